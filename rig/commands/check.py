"""``rig check``: find every mistake before an animal is in the rig."""

from __future__ import annotations

import contextlib
import difflib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
import rich.console
import typer

from rig.config import RigConfig, Subject, read_config, read_toml
from rig.console import (
    JsonOption,
    LabOption,
    console,
    print_json,
    print_problems,
    print_table,
    the_lab,
)
from rig.counting import counted
from rig.curriculum_check import check_curriculum, stage_plans
from rig.errors import ExitCode, Problem, RigError, errors_among, problems_of
from rig.graph import TrialGraph
from rig.lab import Lab
from rig.plan import ProtocolPlan, plan_mouse, plan_protocol, with_subject, wrong_setup
from rig.rehearsal import TRIALS, Rehearsal, rehearse
from rig.rig_plan import RigPlan, check_devices, plan_emulated_rig, plan_rig
from rig.session_folder import check_data_folder
from rig.stages import check_standings
from rig.sync_lines import never_shown
from rig.timing import timing_problems
from rig.trials import short_outcome

TRIED_TRIALS = 40
Item = TypeVar("Item")
Made = TypeVar("Made")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("check", epilog="Example: rig check --protocol protocols/go_nogo.toml")(check)


def check(
    lab: LabOption = None,
    rig: Annotated[list[Path] | None, typer.Option(help="Check this rig; may be repeated.")] = None,
    protocol: Annotated[
        list[Path] | None, typer.Option(help="Check this protocol; may be repeated.")
    ] = None,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Leave real devices alone: check their twins.")
    ] = False,
    emulate: Annotated[
        bool, typer.Option("--emulate", help="Leave real devices alone: `rig run --emulate` will.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find all mistakes of the lab at once: rigs, protocols, curricula, subjects, calibrations.

    Each protocol is also played on the twins of each rig that it is meant for: 250 virtual trials
    with a mouse that licks at random, and then with experts. Ends with exit code 3 if there is an
    error; warnings alone do not count.
    """
    if simulate and emulate:
        raise typer.BadParameter("--emulate does not go with --simulate")
    the = the_lab(lab)
    rigs = [the.find(path) for path in rig] if rig else the.files("rigs")
    protocols = [the.find(path) for path in protocol] if protocol else the.files("protocols")
    with (
        rich.console.Console(stderr=True).status("reading the lab") as status,
        contextlib.redirect_stdout(sys.stderr),  # what protocols print is not our output
    ):
        problems, rehearsals = check_lab(
            the, rigs, protocols, simulate=simulate, emulate=emulate, tell=status.update
        )
    if json:
        print_json({"problems": problems, "rehearsals": rehearsals})
    else:
        _print(rehearsals, problems)
    if errors_among(problems):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def check_lab(
    lab: Lab,
    rigs: list[Path],
    protocols: list[Path],
    *,
    simulate: bool,
    emulate: bool = False,
    tell: Callable[[str], object] = str,
) -> tuple[list[Problem], list[dict[str, Any]]]:
    """Return all problems, and what each protocol came to on each rig.

    `tell` is told in words what is being done.
    """
    problems = [
        Problem(f"the lab has no {kind}", str(lab.folder), f"Add one in {kind}/.")
        for kind, found in (("rigs", rigs), ("protocols", protocols))
        if not found
    ]
    problems += _check_data(lab)
    subjects = _collect(problems, lab.subject, [path.stem for path in lab.files("subjects")])
    if emulate:
        _collect(problems, lambda path: plan_emulated_rig(lab, path), rigs)
    elif not simulate:
        _collect(problems, lambda path: plan_rig(lab, path, simulate=False), rigs)
    for path in [] if simulate else rigs:
        problems += timing_problems(lab.folder, path.resolve().stem)
    rig_plans = _collect(problems, lambda path: plan_rig(lab, path, simulate=True), rigs)
    protocol_plans = _collect(problems, lambda path: plan_protocol(lab, path), protocols)
    for path in lab.files("curricula"):
        tell(f"looking at {path.name}")
        wrong = check_curriculum(lab, path)
        problems += wrong or _check_stages(lab, path, rig_plans)
    problems += check_standings(lab, subjects)
    for subject in subjects:
        problems += _check_params(lab, subject, rig_plans)
    rehearsals = []
    named = protocols != lab.files("protocols")
    for rig in rig_plans:
        graphs: list[TrialGraph] = []
        problems += check_devices(lab, rig)
        problems += _check_mice(lab, rig, [subject for subject in subjects if subject.simulated])
        for protocol in protocol_plans:
            if wrong_setup(rig, protocol):
                continue
            tell(f"playing {protocol.path.stem} on {rig.name}")
            rehearsal = rehearse(lab, rig, protocol)
            problems += rehearsal.problems
            rehearsals.append(_described(rig, protocol, rehearsal))
            graphs += rehearsal.graphs
        if graphs and not named:
            problems += _never_shown(rig, graphs)
    problems += _not_played(lab, rig_plans, protocol_plans, named=named)
    return list(dict.fromkeys(problems)), rehearsals


def _not_played(
    lab: Lab, rigs: list[RigPlan], protocols: list[ProtocolPlan], *, named: bool
) -> list[Problem]:
    """Return protocols that no rig of the lab is meant for; named ones must suit a named rig."""
    configs = _collect([], lambda path: read_config(path, RigConfig), lab.files("rigs"))
    setups = {config.setup for config in configs}
    problems: list[Problem] = []
    for protocol in protocols:
        found = [wrong_setup(rig, protocol) for rig in rigs]
        if not (found and all(found)):
            continue
        if protocol.config.setup not in setups:
            what = f"no rig here has setup = '{protocol.config.setup}', so nothing was played"
            do = "Give a rig file that `setup`, or take it out of the protocol file."
            problems.append(Problem(what, str(protocol.path), do))
        elif named:
            problems += found[0]
    return problems


def _never_shown(rig: RigPlan, graphs: list[TrialGraph]) -> list[Problem]:
    """Return what the sync lines of a rig are to show, and none of these trials has."""
    states = {state.name for graph in graphs for state in graph.states}
    trial_types = {graph.trial_type for graph in graphs}
    return never_shown(rig.config.sync, states, trial_types, str(rig.path))


def _collect(
    problems: list[Problem], make: Callable[[Item], Made], items: Iterable[Item]
) -> list[Made]:
    """Return what can be made of the items; add what is wrong with the others to `problems`."""
    made = []
    for item in items:
        try:
            made.append(make(item))
        except RigError as error:
            problems += problems_of(error)
    return made


def _check_params(lab: Lab, subject: Subject, rigs: list[RigPlan]) -> list[Problem]:
    """Return what is wrong with the parameters of a mouse's own."""
    problems: list[Problem] = []
    where = str(lab.subject_file(subject.id))
    known = {path.stem: path for path in lab.files("protocols")}
    for name in subject.params:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            do = f"Did you mean '{near[0]}'?" if near else "Name a file in protocols/."
            what = f"there is no protocol file '{name}.toml'"
            problems.append(Problem(what, f"{where}, params.{name}", do))
            continue
        plans = _collect(problems, lambda path: plan_protocol(lab, path), [known[name]])
        made = _collect(problems, lambda plan: with_subject(lab, plan, subject), plans)
        problems += _try_on_a_rig(lab, rigs, made, f"{where}, params.{name}")
    return problems


def _check_stages(lab: Lab, path: Path, rigs: list[RigPlan]) -> list[Problem]:
    """Return what a rig refuses of the parameters of a curriculum's stages."""
    problems: list[Problem] = []
    for where, plan in stage_plans(lab, path):
        problems += _try_on_a_rig(lab, rigs, [plan], where)
    return problems


def _try_on_a_rig(
    lab: Lab, rigs: list[RigPlan], plans: list[ProtocolPlan], where: str
) -> list[Problem]:
    """Return what goes wrong with changed parameters on the first rig that fits; they say where."""
    problems: list[Problem] = []
    for plan in plans:
        fitting = [rig for rig in rigs if not wrong_setup(rig, plan)]
        for rig in fitting[:1]:
            found = errors_among(rehearse(lab, rig, plan, trials=TRIED_TRIALS).problems)
            problems += [Problem(each.what, f"{where}; {each.where}", each.do) for each in found]
    return problems


def _check_mice(lab: Lab, rig: RigPlan, subjects: list[Subject]) -> list[Problem]:
    """Return what is wrong with the virtual mice on a rig: settings and memories."""
    problems: list[Problem] = []
    chance = np.random.default_rng(0)
    _collect(problems, lambda subject: plan_mouse(lab, rig, subject).make(chance), subjects)
    return problems


def _check_data(lab: Lab) -> list[Problem]:
    """Return what is wrong with the data folder, and calibration files that are no TOML."""
    problems: list[Problem] = []
    _collect(problems, read_toml, lab.files("calibration"))
    _collect(problems, lambda data: check_data_folder(data, lab.config.min_free_mb), [lab.data])
    return problems


def _described(rig: RigPlan, protocol: ProtocolPlan, rehearsal: Rehearsal) -> dict[str, Any]:
    return {
        "rig": rig.name,
        "protocol": protocol.path.stem,
        "trials": rehearsal.trials,
        "outcomes": rehearsal.outcomes,
        "states": rehearsal.states,
        "longest_trial": rehearsal.longest_trial,
        "water_ul": rehearsal.water_ul,
    }


def _print(rehearsals: list[dict[str, Any]], problems: list[Problem]) -> None:
    rows = [
        (
            r["rig"],
            r["protocol"],
            r["trials"],
            f"{_reached(r['states'])} of {len(r['states'])}",
            r["longest_trial"],
            r["water_ul"] / 1000,
            ", ".join(f"{short_outcome(name)} {count}" for name, count in r["outcomes"].items()),
        )
        for r in rehearsals
    ]
    if rows:
        print_table(
            ("rig", "protocol", "trials", "states", "longest s", "water mL", "outcomes"),
            rows,
            f"Up to {TRIALS} virtual trials of a mouse that licks at random",
        )
        console.print()
    print_problems(problems)
    errors = len(errors_among(problems))
    counts = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}."
    console.print(counts if problems else "Everything is in order.")


def _reached(states: dict[str, int]) -> int:
    return sum(count > 0 for count in states.values())
