"""``rig run``: run one session."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from rig.console import (
    JsonOption,
    LabOption,
    console,
    print_json,
    print_problems,
    the_lab,
    typed,
)
from rig.errors import CheckFailed, ConfigError, ExitCode, RigError, errors_among
from rig.lab import find_lab
from rig.plan import Plan, make_plan, plan_protocol
from rig.progress import ProgressLine
from rig.rehearsal import rehearse
from rig.resumption import find_resumption
from rig.rig_plan import plan_rig
from rig.session import Result, Session
from rig.signals import ignore_stop_signals, stop_on_signals

REHEARSED_TRIALS = 64


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command(
        "run",
        epilog="Example: rig run --rig rigs/box1.toml --protocol protocols/go_nogo.toml "
        "--subject SIM01 --simulate",
    )(run)


def run(
    rig: Annotated[Path, typer.Option(help="The rig file.")],
    protocol: Annotated[Path, typer.Option(help="The protocol file.")],
    subject: Annotated[str, typer.Option(help="Who runs: the name of a file in subjects/.")],
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Replace every device by its twin.")
    ] = False,
    virtual: Annotated[
        bool, typer.Option("--virtual", help="Virtual time: simulate, and never wait.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**63 - 1, help="Seed of all chance; drawn anew by default."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the subject's last session, cut off.")
    ] = False,
    number: Annotated[
        int | None, typer.Option(min=1, max=9999, help="Number of the session on its day.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Run one session, in real time or in virtual time.

    Ctrl-C stops it: every output goes off, the partial trial is kept, the file is sealed.
    Exit codes: 0 ended by itself, 130 stopped, 3 mistakes in the files, 4 a device failed,
    5 the protocol failed, 6 the recording failed, 7 rig or subject in use.
    """
    the = the_lab(lab) if lab else find_lab(rig.resolve().parent if rig.exists() else Path.cwd())
    resumption = None
    if resume:
        if seed is not None:
            raise ConfigError(
                "a resumed session has the seed of the one that it goes on with",
                "--seed and --resume",
                "Leave out one of them.",
            )
        resumption = find_resumption(the, subject, plan_protocol(the, the.find(protocol)))
        seed = resumption.seed
    seed = secrets.randbits(32) if seed is None else seed
    plan = make_plan(the, rig, protocol, subject, simulate=simulate or virtual, seed=seed)
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        _rehearse(plan)
    if not json:
        console.print(f"{subject} on {plan.rig.name}{' (SIMULATED)' if plan.mouse else ''}")
    progress = ProgressLine()
    clock: Literal["virtual", "system"] = "virtual" if virtual else "system"
    session = Session(plan, clock, number=number, resumes=resumption, watcher=progress)
    try:
        with (
            stop_on_signals(lambda reason: session.stop("stop_now", reason)),
            session,
            contextlib.redirect_stdout(sys.stderr),
        ):
            result = _run(session)
    finally:
        ignore_stop_signals()
        progress.close()
    with contextlib.suppress(OSError):  # a terminal that was closed is told nothing
        _tell(result, json=json)
    raise typer.Exit(ExitCode.STOPPED if result.stopped else ExitCode.OK)


def _run(session: Session) -> Result:
    """Run the session; if it fails, say where it is recorded up to there."""
    try:
        return session.run()
    except RigError:
        typer.echo(f"\nRecorded up to here: {session.folder.path}", err=True)
        raise


def _rehearse(plan: Plan) -> None:
    """Play a few virtual trials, so that a protocol's mistakes show before the animal comes."""
    rig = plan.rig if plan.mouse else plan_rig(plan.lab, plan.rig.path, simulate=True)
    problems = rehearse(plan.lab, rig, plan.protocol, trials=REHEARSED_TRIALS).problems
    if errors_among(problems):
        raise CheckFailed(errors_among(problems))


def _tell(result: Result, *, json: bool) -> None:
    outcomes = Counter(row.outcome or "aborted" for row in result.rows)
    if json:
        print_json(
            {
                "session": result.folder.name,
                "folder": str(result.folder.path),
                "reason": result.reason,
                "stopped": result.stopped,
                "trials": len(result.rows),
                "outcomes": dict(sorted(outcomes.items())),
                "water_ml": result.water_ul / 1000,
                "duration": result.duration,
                "warnings": result.warnings,
            }
        )
        return
    print_problems(result.warnings)
    counts = ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))
    console.print(
        f"Ended: {result.reason}. {len(result.rows)} trials ({counts}), "
        f"{result.water_ul / 1000:.3f} mL, {result.duration / 60:.1f} min.",
        soft_wrap=True,
    )
    console.print(f"Recorded: {result.folder.path}", soft_wrap=True)
    console.print(f"Look at it: {typed(f'show {result.folder.name}')}", soft_wrap=True)
