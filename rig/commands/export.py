"""``rig export``: a session in the format of another program."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from rig.console import JsonOption, LabOption, console, print_json, print_problems, the_session
from rig.errors import ConfigError, ExitCode, Problem
from rig.session_record import SessionRecord, load_session


class Format(StrEnum):
    """The formats, as they are named on the command line."""

    NWB = "nwb"
    JOURNAL = "journal"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("export", epilog="Example: rig export SIM01 --to nwb --check")(export)


def export(
    session: Annotated[
        str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder; with --to journal a file.")
    ],
    to: Annotated[Format, typer.Option(help="The format; journal takes it out of an NWB file.")],
    out: Annotated[
        Path | None, typer.Option(help="Where to write; by default beside what is exported.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Inspect the NWB file, and say what it lacks.")
    ] = False,
    structured: Annotated[
        bool, typer.Option("--structured", help="Add the form of ndx-structured-behavior to it.")
    ] = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Write a session in the format of another program.

    An earlier export is replaced as a whole. The session's own files are not touched.
    Exit codes: 0 exported, 3 --check found something, 6 it could not be read or written.
    """
    if to is not Format.NWB and (check or structured):
        raise ConfigError(
            "--check and --structured are about NWB files", "command line", "Leave them out."
        )
    if to is Format.JOURNAL:
        _to_journal(Path(session), out, json=json)
        return
    record = load_session(the_session(session, lab))
    files, warnings = _to_nwb(record, out, structured=structured)
    messages = _inspected(files, record) if check else None
    if json:
        print_json(_described(record.header.session, to, files, warnings, messages))
    else:
        _tell(files, warnings, messages)
    if messages:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _to_nwb(
    record: SessionRecord, out: Path | None, *, structured: bool
) -> tuple[list[Path], list[Problem]]:
    """Write the NWB file; return it, and what a person should know."""
    from rig.export.nwb import Form, export_nwb  # loading pynwb takes a second

    done = export_nwb(record, out, Form.STRUCTURED if structured else Form.CORE)
    return [done.path], done.problems


def _to_journal(nwb: Path, out: Path | None, *, json: bool) -> None:
    """Write the journal that an NWB file holds."""
    from rig.export.nwb_journal import write_journal

    path = write_journal(nwb, out)
    if json:
        print_json(_described(None, Format.JOURNAL, [path], [], None))
    else:
        _tell([path], [], None)


def _inspected(files: list[Path], record: SessionRecord) -> list[Problem]:
    from rig.export.nwb_check import check

    return [problem for path in files for problem in check(path, record.definition)]


def _described(
    session: str | None,
    to: Format,
    files: list[Path],
    warnings: list[Problem],
    messages: list[Problem] | None,
) -> dict[str, Any]:
    return {
        "session": session,
        "format": to.value,
        "files": [str(path) for path in files],
        "warnings": warnings,
        "messages": messages,
    }


def _tell(files: list[Path], warnings: list[Problem], messages: list[Problem] | None) -> None:
    print_problems(warnings)
    for path in files:
        console.print(f"Exported: {path}", soft_wrap=True)
    if messages is None:
        return
    print_problems(messages)
    if messages:
        console.print(f"pynwb and nwbinspector gave {len(messages)} message(s).")
    else:
        console.print("pynwb and nwbinspector, by default and for DANDI: no message.")
