"""``rig ls``: the sessions of the lab."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

import rich.console
import typer
from rich.progress import track

from analysis.summary import read_summary
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
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
    "ended": "ended",
}


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("ls", epilog="Example: rig ls --subject SIM01 --since yesterday")(ls)


def ls(
    subject: Annotated[str | None, typer.Option(help="Only this subject.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only from this day on: a date, today or yesterday.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """List the sessions of the lab, a line each; one that cannot be read is listed as such."""
    first = None if since is None else day_of(since, date.today())
    folders = list(find_sessions(the_lab(lab).data, subject))
    if first is not None:
        folders = [folder for folder in folders if folder.path.parts[-2] >= first.isoformat()]
    sessions = _read(folders)
    if json:
        print_json(sessions)
        return
    if not sessions:
        console.print(
            "There are no sessions." if first is None else f"There are none since {first}."
        )
        return
    rows = [[_cell(session, column) for column in _COLUMNS] for session in sessions]
    print_table(list(_COLUMNS.values()), rows)


def _cell(session: dict[str, Any], column: str) -> object:
    """Return what stands in a column; an emulated session says so beside its protocol."""
    emulated = " (emulated)" if column == "protocol" and session.get("emulated") else ""
    return f"{session[column]}{emulated}" if emulated else session.get(column)


def day_of(words: str, today: date) -> date:
    """Return the day that a person names: a date, ``today`` or ``yesterday``.

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
        return date.fromisoformat(words)
    except ValueError:
        raise typer.BadParameter(
            f"'{words}' is no day; write a date such as {today}, today or yesterday",
            param_hint="--since",
        ) from None


def _read(folders: Sequence[SessionFolder]) -> list[dict[str, Any]]:
    """Return the summaries of sessions; of many, show on standard error how far it is."""
    errors = rich.console.Console(stderr=True)
    quiet = len(folders) < MANY or not errors.is_terminal
    shown = track(folders, "reading sessions", console=errors, transient=True, disable=quiet)
    return [read_summary(folder) for folder in shown]
