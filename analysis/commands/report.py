"""``rig report``: the pages of a session, of a day and of a mouse."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from analysis.commands.ls import day_of, read_summaries, since_day
from analysis.report_facts import water_of
from analysis.summary import summary_of
from rig.console import JsonOption, LabOption, console, print_json, the_lab, the_session
from rig.errors import OptionError, RecordingError
from rig.export.whole_file import whole_file
from rig.lab import Lab
from rig.session_folder import UNKNOWN, find_sessions
from rig.session_record import load_session

if TYPE_CHECKING:
    from analysis.day_report import Day

FORMATS = (".html", ".htm")
REPORT = "report.html"
REPORTS = "reports"
"""Folder of the lab with the reports of days and mice."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("report", epilog="Example: rig report SIM01 --open")(report)


def report(
    session: Annotated[
        str | None, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(help="Of all sessions of a day: a date, today or yesterday.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Of all sessions of this mouse.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; in the session's folder, or in reports/ of the lab."),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Write the report of one session, of a day or of a mouse: a page that holds all it shows.

    An earlier report in that place is replaced. The sessions' own files are not touched.
    """
    if [session, day, subject].count(None) != 2:
        raise typer.BadParameter("name a session, or --day, or --subject: one of them")
    if out is not None and out.suffix.lower() not in FORMATS:
        do = f"End its name in one of {', '.join(FORMATS)}; a browser prints it as PDF."
        raise OptionError(f"'{out}' is no page", "--out", do)
    if session is not None:
        file, told = _of_session(session, out, lab)
    elif day is not None:
        file, told = _of_day(day_of(day, date.today(), "--day"), out, the_lab(lab), quiet=json)
    else:
        file, told = _of_subject(str(subject), out, the_lab(lab))
    if json:
        print_json({"file": str(file.resolve()), **told})
    else:
        console.print(f"Report: {file.resolve()}", soft_wrap=True)
    if open_:
        typer.launch(str(file.resolve()))


def _of_session(session: str, out: Path | None, lab: Path | None) -> tuple[Path, dict[str, object]]:
    """Write the report of a session; return where it is, and what is told of it."""
    from analysis.report import report as page_of  # matplotlib takes half a second to load

    record = load_session(the_session(session, lab))
    file = out or record.folder.path / REPORT
    _write(file, page_of(record))
    return file, {
        "session": record.folder.name,
        "summary": summary_of(record),
        "water": water_of(record),
    }


def _of_day(
    day: date, out: Path | None, lab: Lab, *, quiet: bool
) -> tuple[Path, dict[str, object]]:
    """Write the report of a day; return where it is, and what is told of it."""
    from analysis.day_report import day_of_rows, day_page, first_day
    from analysis.day_water import read_water

    folders = [
        folder for folder in since_day(find_sessions(lab.data), first_day(day))
        if folder.path.parts[-2] <= day.isoformat() or folder.path.parts[-2] == UNKNOWN
    ]  # fmt: skip
    rows = read_summaries(folders)
    found, water = day_of_rows(day, rows), read_water(lab, day, datetime.now(UTC))
    file = out or lab.folder / REPORTS / f"{day}.html"
    _write(file, day_page(found, water))
    if not quiet:
        _tell_day(found)
    sessions = [row for row in rows if row["day"] in {day.isoformat(), UNKNOWN}]
    return file, {**msgspec.structs.asdict(found), "sessions": sessions, "water": water}


def _tell_day(day: Day) -> None:
    if not day.mice:
        console.print(f"There are no sessions of {day.day}.")
    for mouse in day.mice:
        for why in mouse.look_at:
            console.print(f"{mouse.subject}: {why}", soft_wrap=True, markup=False)


def _of_subject(name: str, out: Path | None, lab: Lab) -> tuple[Path, dict[str, object]]:
    """Write the report of a mouse; return where it is, and what is told of it."""
    from analysis.subject_report import read_mouse, subject_page

    name = lab.named(name)
    folders = list(find_sessions(lab.data, name))
    if not folders and (Path(name).name != name or not lab.subject_file(name).is_file()):
        raise RecordingError(
            f"there is no mouse '{name}': it has no file and no session",
            str(lab.folder),
            "`rig ls` lists the sessions; subjects/ holds the files of mice.",
        )
    mouse = read_mouse(lab, name, read_summaries(folders))
    file = out or lab.folder / REPORTS / f"{name}.html"
    _write(file, subject_page(mouse))
    return file, {"subject": name, "moves": mouse.moves, "sessions": mouse.rows}


def _write(file: Path, text: str) -> None:
    """Write a page as a whole: an earlier one stays until the new one is there."""
    with whole_file(file) as partial:
        partial.write_text(text, encoding="utf-8")
