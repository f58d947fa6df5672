"""``rig wrap-up``: say what is to be said of a session that is over."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rig.console import JsonOption, LabOption, console, print_json, the_session
from rig.errors import RecordingError
from rig.export.background import report_again
from rig.session_folder import SessionFolder
from rig.session_record import load_session, why_ended
from rig.wrap_up import MOST_DROPPINGS, WRAP_UP, WrapUp, wrap_up


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command(
        "wrap-up",
        epilog="Example: rig wrap-up M014 --condition good --droppings 3 --by Anna",
    )(wrap_up_command)


def wrap_up_command(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    reason: Annotated[
        str | None, typer.Option(help="Why it ended; by default as its record says.")
    ] = None,
    condition: Annotated[str, typer.Option(help="How the mouse is.", show_default=False)] = "",
    droppings: Annotated[
        int | None, typer.Option(min=0, max=MOST_DROPPINGS, help="How many were in the rig.")
    ] = None,
    comment: Annotated[str, typer.Option(help="Anything else.", show_default=False)] = "",
    not_usable: Annotated[
        bool, typer.Option("--not-usable", help="The session is not to be used; it is kept.")
    ] = False,
    by: Annotated[
        str | None, typer.Option(help="Who says it; your name on this computer by default.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Say how a session was: the mouse's condition, droppings, a comment, whether to use it.

    It is written beside the journal, which is not touched. It can be said anew: what was said
    before is kept. A session that still runs is refused. Its report is written anew, in the
    background.
    """
    folder = the_session(session, lab)
    said = wrap_up(
        folder,
        WrapUp(
            session=folder.name,
            at=datetime.now().astimezone(),
            by=getpass.getuser() if by is None else by.strip(),
            reason=_why_ended(folder) if reason is None else reason.strip(),
            condition=condition.strip(),
            droppings=droppings,
            comment=comment.strip(),
            usable=not not_usable,
        ),
    )
    report_again(folder, lab or Path.cwd())
    if json:
        print_json(said)
        return
    again = f" (said before: {len(said.earlier)})" if said.earlier else ""
    console.print(f"{said.session} is wrapped up by {said.by}{_use(said)}{again}.", soft_wrap=True)
    console.print(f"Written: {folder.path / WRAP_UP}", soft_wrap=True)


def _use(said: WrapUp) -> str:
    """Return whether a session is to be used, where that is worth a word."""
    if not said.usable:
        return ", not to be used"
    return ", to be used again" if said.earlier and not said.earlier[-1].usable else ""


def _why_ended(folder: SessionFolder) -> str:
    """Return why a session ended by its record, which may be damaged."""
    try:
        return why_ended(load_session(folder).ended, running=False)
    except RecordingError:
        return "unreadable"
