"""``rig rerun``: run a recorded session again, as a new one in a lab of its own."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from rig.console import JsonOption, LabOption, console, print_json, print_table, the_session, typed
from rig.errors import ConfigError, ExitCode
from rig.rerun import Rerun, free_folder, rerun
from rig.session_record import load_session


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("rerun", epilog="Example: rig rerun SIM01/2026-11-25/1 --simulate")(run_again)


def run_again(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    simulate: Annotated[
        bool, typer.Option("--simulate", help="On the twins of the rig, in virtual time.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the new lab; by default a free rerun-SUBJECT-DATE-N where you are."
        ),
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Run a recorded session again in virtual time, from its record alone, in a new lab.

    Seed, files, virtual mouse and its memory are those of the record. A session that was
    recorded in virtual time, to its end, without orders of persons and by the same program, must
    give the same journal; exit code 3 if it does not. Others are run, and compared all the same.
    """
    if not simulate:
        raise ConfigError(
            "a session can be run again on simulated devices only",
            "--simulate",
            "Add it. With an animal, begin another session: `rig run`.",
        )
    record = load_session(the_session(session, lab))
    folder = (out or free_folder(record.folder, Path.cwd())).resolve()
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        done = rerun(record, folder)
    if json:
        print_json(_described(done))
    else:
        _tell(done)
    if not done.same and not done.reasons:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _described(done: Rerun) -> dict[str, object]:
    return {
        "session": done.folder.name,
        "folder": str(done.folder.path),
        "same": done.same,
        "recorded_sha256": done.recorded,
        "sha256": done.again,
        "reasons": done.reasons,
        "code": done.changes,
        "error": str(done.error) if done.error else None,
    }


def _tell(done: Rerun) -> None:
    console.print(f"Recorded again: {done.folder.path}", soft_wrap=True)
    if done.error is not None:
        console.print(f"It failed: {done.error}", soft_wrap=True, markup=False)
    if done.same:
        console.print(f"The journals are the same: {done.again}", soft_wrap=True)
    else:
        console.print(f"The journals differ: it was {done.recorded}", soft_wrap=True)
        console.print(f"                     and is {done.again}", soft_wrap=True)
        because = "; ".join(done.reasons)
        console.print(
            f"They need not be the same: {because}." if because else "They should be the same.",
            soft_wrap=True,
        )
    if done.changes:
        rows = [(change.what, change.recorded, change.here) for change in done.changes]
        print_table(("program", "recorded with", "here"), rows)
    console.print(f"Look at it: {typed(f'show {done.folder.path}')}", soft_wrap=True)
