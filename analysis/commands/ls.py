"""``rig ls``: the sessions of the lab."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Annotated, Any

import rich.console
import typer
from rich.progress import track

from analysis.fits.sessions import folders_of
from analysis.quality import Word
from analysis.summary import read_summary
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
from rig.ledger.days import is_day
from rig.session_folder import SessionFolder, find_sessions

MANY = 50
"""Reading so many sessions takes so long that it shows how far it is."""
_COLUMNS = {
    "session": "session",
    "protocol": "protocol",
    "stage": "stage",
    "trials": "trials",
    "hit_rate": "hits",
    "false_alarm_rate": "FA",
    "d_prime": "d'",
    "water_ml": "mL",
    "qc": "QC",
    "ended": "ended",
}


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("ls", epilog="Example: rig ls --since yesterday --qc good")(ls)


def ls(
    subject: Annotated[str | None, typer.Option(help="Only this subject.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only from this day on: a date, today or yesterday.")
    ] = None,
    qc: Annotated[
        Word | None, typer.Option(help="Only sessions of which this is said.", metavar="WORD")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """List the sessions of the lab, a line each; one that cannot be read is listed as such.

    QC says how far a session can be used: good, short, check water, sync gap, sensor, cut off, ...
    """
    first = None if since is None else day_of(since, date.today())
    the = the_lab(lab)
    found = find_sessions(the.data) if subject is None else folders_of(the, subject)
    folders = since_day(found, first)
    sessions = [row for row in read_summaries(folders) if qc is None or str(qc) in row["qc"]]
    if json:
        print_json(sessions)
        return
    if not sessions:
        console.print(_none(first, qc))
        return
    rows = [[_cell(session, column) for column in _COLUMNS] for session in sessions]
    print_table(list(_COLUMNS.values()), rows)


def _none(first: date | None, qc: Word | None) -> str:
    """Return in a sentence that there are no such sessions."""
    of_which = f" of which it is said: {qc}" if qc is not None else ""
    if first is None:
        return f"There are no sessions{of_which}."
    return f"There are none since {first}{of_which}."


def since_day(folders: Iterable[SessionFolder], first: date | None) -> list[SessionFolder]:
    """Return the sessions from a day on; all if it is None."""
    return [
        folder for folder in folders
        if first is None or folder.path.parts[-2] >= first.isoformat()
    ]  # fmt: skip


def _cell(session: dict[str, Any], column: str) -> object:
    """Return what stands in a column; an emulated session says so beside its protocol."""
    if column == "qc":
        return ", ".join(session["qc"])
    emulated = " (emulated)" if column == "protocol" and session.get("emulated") else ""
    return f"{session[column]}{emulated}" if emulated else session.get(column)


def day_of(words: str, today: date, option: str = "--since") -> date:
    """Return the day that a person names with an option: a date, ``today`` or ``yesterday``.

    Raises
    ------
    typer.BadParameter
        If it is none of these.

    Examples
    --------
    >>> day_of("yesterday", date(2026, 11, 1)).isoformat()
    '2026-10-31'
    """
    if words in {"today", "yesterday"}:
        return today - timedelta(days=words == "yesterday")
    try:
        day = date.fromisoformat(words)
    except ValueError:
        day = None
    if day is None or not is_day(day):
        raise typer.BadParameter(
            f"'{words}' is no day; write a date such as {today}, today or yesterday",
            param_hint=option,
        )
    return day


def read_summaries(folders: Sequence[SessionFolder]) -> list[dict[str, Any]]:
    """Return the summaries of sessions; of many, show on standard error how far it is."""
    errors = rich.console.Console(stderr=True)
    quiet = len(folders) < MANY or not errors.is_terminal
    shown = track(folders, "reading sessions", console=errors, transient=True, disable=quiet)
    return [read_summary(folder) for folder in shown]
