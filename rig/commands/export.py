"""``rig export``: a session in the format of another program."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rig import load
from rig.console import JsonOption, LabOption, console, print_json, print_problems, the_session
from rig.counting import counted
from rig.errors import ConfigError, ExitCode, Problem
from rig.session_folder import HDF5
from rig.session_record import load_session


class Format(StrEnum):
    """The formats, as they are named on the command line."""

    NWB = "nwb"
    CSV = "csv"
    ALF = "alf"
    JOURNAL = "journal"


@dataclass(frozen=True)
class Exported:
    """What an export came to; `messages` are those of the check, None if there was none."""

    session: str | None
    files: list[Path]
    warnings: list[Problem]
    messages: list[Problem] | None = None


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("export", epilog="Example: rig export SIM01 --to nwb --check")(export)


def export(
    session: Annotated[
        str,
        typer.Argument(
            help="SUBJECT/DATE/N, SUBJECT, a folder, a journal or an HDF5 file; with --to journal "
            "an NWB file."
        ),
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
    match to:
        case Format.NWB if structured:
            done = _to_structured_nwb(session, out, lab)
        case Format.NWB:
            done = _to_nwb(session, out, lab)
        case Format.JOURNAL:
            done = _to_journal(Path(session), out)
        case Format.CSV | Format.ALF:
            done = _to_tables(session, to, out, lab)
    if check:
        done = _checked(done, session, lab)
    if json:
        print_json(_described(done, to))
    else:
        _tell(done)
    if done.messages:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _to_nwb(session: str, out: Path | None, lab: Path | None) -> Exported:
    from rig.export.nwb import export_nwb  # loading pynwb takes a second

    record = load_session(the_session(session, lab))
    done = export_nwb(record, out)
    return Exported(record.header.session, [done.path], done.problems)


def _to_structured_nwb(session: str, out: Path | None, lab: Path | None) -> Exported:
    from rig.export.nwb import Form, export_nwb

    record = load_session(the_session(session, lab))
    done = export_nwb(record, out, Form.STRUCTURED)
    return Exported(record.header.session, [done.path], done.problems)


def _to_journal(nwb: Path, out: Path | None) -> Exported:
    """Write the journal that an NWB file holds."""
    from rig.export.nwb_journal import write_journal

    return Exported(None, [write_journal(nwb, out)], [])


def _to_tables(session: str, to: Format, out: Path | None, lab: Path | None) -> Exported:
    """Write tables and arrays, as files of their own."""
    from rig.export import alf, csv
    from rig.export.about import warnings_of

    write = {Format.CSV: csv.export, Format.ALF: alf.export}[to]
    data = load(_path_of(session, lab))
    files = [path.absolute() for path in write(data, out)]
    return Exported(data.meta["session"], files, warnings_of(data))


def _path_of(session: str, lab: Path | None) -> Path:
    """Return the file or folder of a session that is named in one of the ways to name one."""
    path = Path(session)
    alone = path.is_file() or (path / HDF5).is_file()
    return path if alone else the_session(session, lab).path


def _checked(done: Exported, session: str, lab: Path | None) -> Exported:
    """Inspect what was exported."""
    from rig.export.nwb_check import check

    definition = load_session(the_session(session, lab)).definition
    messages = [problem for path in done.files for problem in check(path, definition)]
    return Exported(done.session, done.files, done.warnings, messages)


def _described(done: Exported, to: Format) -> dict[str, object]:
    return {
        "session": done.session,
        "format": to.value,
        "files": [str(path) for path in done.files],
        "warnings": done.warnings,
        "messages": done.messages,
    }


def _tell(done: Exported) -> None:
    print_problems(done.warnings)
    where = done.files[0] if len(done.files) == 1 else done.files[0].parent
    console.print(f"Exported {counted(len(done.files), 'file')}: {where}", soft_wrap=True)
    if done.messages is None:
        return
    print_problems(done.messages)
    if done.messages:
        console.print(f"pynwb and nwbinspector gave {counted(len(done.messages), 'message')}.")
    else:
        console.print("pynwb and nwbinspector, by default and for DANDI: no message.")
