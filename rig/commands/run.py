"""``rig run``: run one session."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import secrets
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rig.clock import FASTEST
from rig.config import LabConfig, validated
from rig.console import (
    JsonOption,
    LabOption,
    console,
    print_json,
    print_problems,
    the_lab,
    typed,
)
from rig.counting import counted
from rig.emulation_link import (
    EmulationLink,
    MouseElsewhere,
    led_to_emulation,
    order_for,
    stimuli_of,
)
from rig.errors import CheckFailed, ConfigError, ExitCode, RigError, errors_among
from rig.events import ClockKind
from rig.export.background import Made, hand_over
from rig.inbox import Command
from rig.lab import Lab, find_lab
from rig.ledger.place import has_ledger
from rig.ledger.poster import begin_posting
from rig.placement import placed
from rig.plan import Plan, StageParams, make_plan
from rig.progress import ProgressLine
from rig.rehearsal import rehearse
from rig.resumption import Resumption, check_same, find_resumption
from rig.rig_plan import plan_rig
from rig.room import Mouse
from rig.session import Session
from rig.session_result import Result
from rig.set_options import is_text, read_changes
from rig.signals import ignore_stop_signals, stop_on_signals
from rig.stages import choose

REHEARSED_TRIALS = 64
YEARS = range(1970, 2200)
"""Of the days under which a session can be recorded: every clock can show them."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command(
        "run",
        epilog="Example: rig run --rig rigs/box1.toml --protocol protocols/go_nogo.toml "
        "--subject SIM01 --simulate",
    )(run)


def run(
    rig: Annotated[Path, typer.Option(help="The rig file.")],
    subject: Annotated[str, typer.Option(help="Who runs: id or ear tag of a file in subjects/.")],
    protocol: Annotated[
        Path | None, typer.Option(help="The protocol file; by default that of the subject's stage.")
    ] = None,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Replace every device by its twin.")
    ] = False,
    emulate: Annotated[
        bool, typer.Option("--emulate", help="Put emulators behind the real drivers.")
    ] = False,
    virtual: Annotated[
        bool, typer.Option("--virtual", help="Virtual time: simulate, and never wait.")
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option(min=1, max=FASTEST, help="With --simulate: so many times as fast as real."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**63 - 1, help="Seed of all chance; drawn anew by default."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the subject's last session, cut off.")
    ] = False,
    experimenter: Annotated[
        list[str] | None,
        typer.Option(help="Who runs it, as 'Last, First'; by default those of lab.toml."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE: a parameter of this session alone; repeatable."),
    ] = None,
    by: Annotated[str, typer.Option(help="Who starts the session.", show_default=False)] = "",
    note: Annotated[
        list[str] | None, typer.Option(help="Words for the record; may be repeated.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="With --virtual: the day under which it is recorded."
        ),
    ] = None,
    number: Annotated[
        int | None, typer.Option(min=1, max=9999, help="Number of the session on its day.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Run one session, in real time, faster than that, or in virtual time.

    Without --protocol, the subject's stage in its curriculum chooses protocol and parameters.
    Ctrl-C stops it: every output goes off, the partial trial is kept, the file is sealed.
    Exit codes: 0 ended by itself, 130 stopped, 3 mistakes in the files, 4 a device failed,
    5 the protocol failed, 6 the recording failed, 7 rig or subject in use.
    """
    clock = _clock(speed, simulate=simulate, virtual=virtual)
    if emulate and (simulate or virtual):
        raise typer.BadParameter("--emulate goes with neither --simulate nor --virtual")
    the = the_lab(lab) if lab else find_lab(rig.resolve().parent if rig.exists() else Path.cwd())
    if day is not None and not virtual:
        raise typer.BadParameter("--day goes with --virtual")
    started_at = _on_day(day) if day else None
    notes = _notes(note or [], by)
    subject = the.named(subject)
    resumption = None
    changed = read_changes(changes or [])
    if resume:
        _check_resuming(seed, changed)
        resumption = find_resumption(the, subject)
        seed, changed = resumption.definition.seed, resumption.definition.changed
    seed = secrets.randbits(32) if seed is None else seed
    plan, suggestion = _plan(
        the,
        rig,
        protocol,
        subject,
        resumption,
        changed,
        simulate=simulate or virtual,
        emulate=emulate,
        seed=seed,
    )
    plan = dataclasses.replace(plan, operator=by.strip())
    if experimenter:
        plan = dataclasses.replace(plan, experimenters=_persons(experimenter))
    if the.config.water.ceiling_ml is not None and has_ledger(the):
        from rig.ledger.welfare import with_ceiling

        resumed_ul = resumption.water_ul if resumption else 0.0
        plan = with_ceiling(plan, resumed_ul, datetime.now().astimezone())
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        _rehearse(plan)
    if not json:
        stage = f", stage {plan.stage}" if plan.stage else ""
        console.print(f"{subject} on {plan.rig.name}{_world(plan)}{stage}")
        for key, value in plan.changed.items():
            console.print(f"changed for this session: {key} = {value}", soft_wrap=True)
        if suggestion:
            console.print(suggestion, soft_wrap=True)
            console.print(f"Accept it: {typed(f'stage {subject} --accept')}", soft_wrap=True)
    with _hardware(plan, resumption, quiet=json) as (plan, mouse):
        progress = ProgressLine()
        session = Session(
            plan,
            clock,
            speed=speed or 1.0,
            started_at=started_at,
            number=number,
            resumes=resumption,
            watcher=progress,
            mouse=mouse,
        )
        for each in notes:
            session.hand_in(each)
        try:
            with (
                stop_on_signals(lambda reason: session.stop("stop_now", reason)),
                contextlib.ExitStack() as afterwards,
                session,
                contextlib.redirect_stdout(sys.stderr),
            ):
                begin_posting(the, session.folder)
                made: Made = "report" if virtual else "all"
                afterwards.callback(hand_over, session.folder, the.config.recording, made)
                result = _run(session)
        finally:
            ignore_stop_signals()
            progress.close()
    with contextlib.suppress(OSError):  # a terminal that was closed is told nothing
        if json:
            print_json(_described(result) | {"stage": plan.stage or None, "suggestion": suggestion})
        else:
            _tell(result)
    raise typer.Exit(ExitCode.STOPPED if result.stopped else ExitCode.OK)


def _plan(
    lab: Lab,
    rig: Path,
    protocol: Path | None,
    subject: str,
    resumption: Resumption | None,
    changed: Mapping[str, Any],
    *,
    simulate: bool,
    emulate: bool,
    seed: int,
) -> tuple[Plan, str | None]:
    """Return the plan of the session; and where the stage chose it, the move that it suggests."""
    stage = suggestion = None
    if protocol is None and resumption is not None:
        was = resumption.definition
        protocol = lab.folder / "protocols" / f"{was.protocol}.toml"
        stage = StageParams(was.stage, was.params, resumption.session)
    elif protocol is None:
        choice = choose(lab, subject)
        protocol, stage = choice.protocol, choice.params
        if choice.decision.verdict != "hold":
            suggestion = choice.decision.sentence()
    plan = make_plan(
        lab,
        rig,
        protocol,
        subject,
        simulate=simulate,
        emulate=emulate,
        seed=seed,
        stage=stage,
        changes=changed,
    )
    if resumption is not None:
        check_same(resumption, plan.protocol)
    return plan, suggestion


def _check_resuming(seed: int | None, changed: Mapping[str, Any]) -> None:
    """Raise `ConfigError` if something is given that a resumed session takes from the other."""
    given = {"seed": seed is not None, "set": bool(changed)}
    for option, what in (("seed", "the seed"), ("set", "the parameters")):
        if given[option]:
            raise ConfigError(
                f"a resumed session has {what} of the one that it goes on with",
                f"--{option} and --resume",
                "Leave out one of them.",
            )


def _notes(texts: list[str], by: str) -> list[Command]:
    """Return notes as commands; raise `typer.BadParameter` if one has no words."""
    if not all(text.strip() for text in texts):
        raise typer.BadParameter("--note needs words")
    if not all(map(is_text, (*texts, by))):
        raise typer.BadParameter("--note and --by are texts in Unicode")
    return [Command("note", text.strip(), by.strip() or getpass.getuser()) for text in texts]


def _on_day(day: date) -> datetime:
    """Return the present time of day on another day; raise `typer.BadParameter` if it is far."""
    if day.year not in YEARS:
        raise typer.BadParameter(f"--day lies in the years {YEARS[0]} to {YEARS[-1]}")
    now = datetime.now().astimezone()
    return datetime.combine(day, now.time()).astimezone()


def _clock(speed: float | None, *, simulate: bool, virtual: bool) -> ClockKind:
    """Return which clock the session runs on; raise `ConfigError` if it cannot be paced."""
    if speed is None:
        return "virtual" if virtual else "system"
    if virtual or not simulate:
        raise ConfigError(
            "only a simulated session in real time can be made faster",
            "--speed",
            "Leave out --virtual." if virtual else "Add --simulate, or leave out --speed.",
        )
    return "paced"


def _persons(names: list[str]) -> tuple[str, ...]:
    """Return the names of persons; raise `CheckFailed` if one is not written ``Last, First``."""
    lab = validated(LabConfig, {"name": "-", "experimenters": names}, "command line")
    return lab.experimenters


@contextlib.contextmanager
def _hardware(
    plan: Plan, resumption: Resumption | None, *, quiet: bool
) -> Iterator[tuple[Plan, Mouse | None]]:
    """Start the emulators of an emulated session; the block is given the plan that leads to them.

    The mouse is the one that lives there; None if the session makes its own.
    """
    if not plan.rig.emulated:
        yield plan, None
        return
    parts = resumption.parts if resumption else 0
    wanted = stimuli_of(plan.protocol, plan.seed)
    stimuli = placed(wanted, plan.lab, plan.subject.id, plan.rig.name)
    order = order_for(plan.lab, plan.rig, stimuli, plan.mouse, plan.seed, parts)
    with EmulationLink(order, _tell_start if not quiet else str) as link:
        memory = plan.mouse.memory if plan.mouse else {}
        yield led_to_emulation(plan, link), MouseElsewhere(link, memory)


def _tell_start(text: str) -> None:
    typer.echo(f"emulated rig: {text}", err=True)


def _world(plan: Plan) -> str:
    """Return what a person must know of the hardware."""
    if plan.rig.emulated:
        return " (EMULATED)"
    return " (SIMULATED)" if plan.mouse else ""


def _run(session: Session) -> Result:
    """Run the session; if it fails, say where it is recorded up to there."""
    try:
        return session.run()
    except RigError:
        typer.echo(f"\nRecorded up to here: {session.folder.path}", err=True)
        raise


def _rehearse(plan: Plan) -> None:
    """Play a few virtual trials, so that a protocol's mistakes show before the animal comes."""
    simulated = plan.mouse is not None and not plan.rig.emulated
    rig = plan.rig if simulated else plan_rig(plan.lab, plan.rig.path, simulate=True)
    problems = rehearse(plan.lab, rig, plan.protocol, trials=REHEARSED_TRIALS).problems
    if errors_among(problems):
        raise CheckFailed(errors_among(problems))


def _described(result: Result) -> dict[str, Any]:
    return {
        "session": result.folder.name,
        "folder": str(result.folder.path),
        "reason": result.reason,
        "stopped": result.stopped,
        "trials": len(result.rows),
        "outcomes": _outcomes(result),
        "water_ml": result.water_ul / 1000,
        "duration": result.duration,
        "warnings": result.warnings,
    }


def _tell(result: Result) -> None:
    print_problems(result.warnings)
    counts = ", ".join(f"{name} {count}" for name, count in _outcomes(result).items())
    console.print(
        f"Ended: {result.reason}. {counted(len(result.rows), 'trial')} ({counts}), "
        f"{result.water_ul / 1000:.3f} mL, {result.duration / 60:.1f} min.",
        soft_wrap=True,
    )
    console.print(f"Recorded: {result.folder.path}", soft_wrap=True)
    console.print(f"Look at it: {typed(f'show {result.folder.name}')}", soft_wrap=True)


def _outcomes(result: Result) -> dict[str, int]:
    return dict(sorted(Counter(row.outcome or "aborted" for row in result.rows).items()))
