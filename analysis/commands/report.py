"""``rig report``: the page of one session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analysis.report_facts import water_of
from analysis.summary import summary_of
from rig.console import JsonOption, LabOption, console, print_json, the_session
from rig.errors import RecordingError
from rig.session_record import load_session

REPORT = "report.html"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("report", epilog="Example: rig report SIM01 --open")(report)


def report(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write; report.html in the session's folder.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Write the report of one session: a page that holds all it shows.

    An earlier report in that place is replaced. The session's own files are not touched.
    """
    from analysis.report import report as page_of  # matplotlib takes half a second to load

    record = load_session(the_session(session, lab))
    file = out or record.folder.path / REPORT
    _write(file, page_of(record))
    if json:
        told = {
            "session": record.folder.name,
            "file": str(file.resolve()),
            "summary": summary_of(record),
            "water": water_of(record),
        }
        print_json(told)
    else:
        console.print(f"Report: {file.resolve()}", soft_wrap=True)
    if open_:
        typer.launch(str(file.resolve()))


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecordingError(
            f"the report cannot be written: {error.strerror}",
            str(file),
            "Name another file with --out.",
        ) from error
