"""``rig curriculum``: check a curriculum, and see what it would have decided."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from rig.console import (
    JsonOption,
    LabOption,
    console,
    print_json,
    print_problems,
    print_table,
)
from rig.counting import counted
from rig.curriculum_check import check_curriculum, sound_curriculum
from rig.errors import ExitCode, errors_among
from rig.evidence import read_evidence
from rig.lab import Lab, find_lab
from rig.stage_rules import replay as replay_rules

FileArgument = Annotated[Path, typer.Argument(help="The curriculum's file.")]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    group = typer.Typer(no_args_is_help=True)
    group.command("check", epilog="Example: rig curriculum check curricula/ceballo2019.toml")(check)
    group.command(
        "replay", epilog="Example: rig curriculum replay curricula/ceballo2019.toml SIM01"
    )(replay)
    app.add_typer(
        group,
        name="curriculum",
        help="Check a curriculum, or see what it would have decided on past sessions.",
        epilog="Example: rig curriculum check curricula/ceballo2019.toml",
    )


def check(file: FileArgument, lab: LabOption = None, json: JsonOption = False) -> None:
    """Find the mistakes of a curriculum: its stages, its rules and their protocols.

    Stages that are never reached, rules that contradict each other or can never act, protocols
    that are missing, parameters that they do not know. Ends with exit code 3 if there is an
    error; warnings alone do not count.
    """
    the = _lab_of(file, lab)
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        problems = check_curriculum(the, the.find(file))
    if json:
        print_json({"problems": problems})
    else:
        print_problems(problems)
        errors = len(errors_among(problems))
        counts = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}."
        console.print(counts if problems else "Everything is in order.")
    if errors_among(problems):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def replay(
    file: FileArgument,
    subject: Annotated[str, typer.Argument(help="Which mouse: the name of a file in subjects/.")],
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a curriculum would have decided after each past session of a mouse.

    It begins with the first stage, and takes each suggestion as accepted. Nothing is recorded.
    """
    the = _lab_of(file, lab)
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        curriculum = sound_curriculum(the, the.find(file))
    sessions = read_evidence(the, the.subject(subject))
    decisions = replay_rules(curriculum, sessions)
    rows = [
        {
            "session": each.session,
            "stage": decision.stage,
            "verdict": decision.verdict,
            "target": decision.target,
            "reason": decision.reason,
        }
        for each, decision in zip(sessions, decisions, strict=True)
    ]
    if json:
        print_json(rows)
        return
    if not rows:
        console.print(f"There are no sessions of {subject}.")
        return
    print_table(
        ("session", "stage", "verdict", "to", "reason"), [tuple(row.values()) for row in rows]
    )


def _lab_of(file: Path, lab: Path | None) -> Lab:
    """Return the lab named on the command line, else that of the file, else that of the shell."""
    return find_lab(lab or (file.resolve().parent if file.exists() else Path.cwd()))
