"""``rig export``: a session in the format of another program."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rig import load
from rig.console import JsonOption, LabOption, console, print_json, print_problems, the_session
from rig.dataset import SessionData
from rig.export import alf, csv
from rig.export.about import warnings_of
from rig.session_folder import HDF5


class Format(StrEnum):
    """The formats, as they are named on the command line."""

    CSV = "csv"
    ALF = "alf"


_EXPORTS: dict[Format, Callable[[SessionData, Path | None], list[Path]]] = {
    Format.CSV: csv.export,
    Format.ALF: alf.export,
}


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("export", epilog="Example: rig export SIM01 --to csv")(export)


def export(
    session: Annotated[
        str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT, a folder, a journal or an HDF5 file.")
    ],
    to: Annotated[Format, typer.Option(help="The format.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write; by default a folder of the format's name beside it."),
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Write a session in the format of another program.

    An earlier export is replaced as a whole. The session's own files are not touched.
    """
    data = load(_path_of(session, lab))
    files = [path.absolute() for path in _EXPORTS[to](data, out)]
    warnings = warnings_of(data)
    if json:
        print_json(
            {
                "session": data.meta["session"],
                "format": to.value,
                "files": [str(path) for path in files],
                "warnings": warnings,
            }
        )
        return
    print_problems(warnings)
    where = files[0] if len(files) == 1 else files[0].parent
    console.print(f"Exported {len(files)} file(s): {where}", soft_wrap=True)


def _path_of(session: str, lab: Path | None) -> Path:
    """Return the file or folder of a session that is named in one of the ways to name one."""
    path = Path(session)
    alone = path.is_file() or (path / HDF5).is_file()
    return path if alone else the_session(session, lab).path
