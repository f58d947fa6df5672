"""What the commands have in common that enter something into the ledger."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rig.console import console
from rig.errors import ConfigError
from rig.lab import Lab
from rig.ledger.days import FIRST_YEAR, is_day, local, moment, zone_of
from rig.person import Person
from rig.set_options import is_text

if TYPE_CHECKING:
    from rig.ledger.records import Row

LONGEST = 200
"""Characters of a name."""
ByOption = Annotated[
    str | None, typer.Option(help="Who enters it; your name on this computer by default.")
]
AtOption = Annotated[
    str, typer.Option(help="When it was, as 08:05 or 2026-11-25T08:05.", show_default="now")
]
CorrectOption = Annotated[
    str, typer.Option(help="The row that it corrects: its id, or 'last'.", show_default=False)
]
WithdrawOption = Annotated[
    str, typer.Option(help="The row that is taken back, as for --correct.", show_default=False)
]
ReasonOption = Annotated[
    str, typer.Option(help="Why it is corrected or withdrawn.", show_default=False)
]


def author(by: str | None) -> str:
    """Return who enters something; raise `typer.BadParameter` if that is no name."""
    name = getpass.getuser() if by is None else checked_text(by, "--by")
    if not name:
        raise typer.BadParameter("--by needs a name")
    return name


def checked_text(text: str, option: str, longest: int = LONGEST) -> str:
    """Return a text without spaces around it; raise `typer.BadParameter` if it cannot be kept."""
    text = text.strip()
    if not is_text(text) or len(text) > longest or not text.isprintable():
        raise typer.BadParameter(f"{option} is a line of text of up to {longest} characters")
    return text


def when(lab: Lab, text: str, now: datetime) -> datetime:
    """Return the moment that ``--at`` names: a time of this day, or a day and a time.

    Raises
    ------
    typer.BadParameter
        If it names none, or one on no day of a lab, or one that is still to come.
    """
    if not text:
        return now
    zone = zone_of(lab.config)
    whole = text if "-" in text else f"{local(now, zone):%Y-%m-%d}T{text}"
    try:
        at = moment(whole, zone)
    except (ValueError, OverflowError):
        raise typer.BadParameter("--at is a time as 08:05, or as 2026-11-25T08:05") from None
    if not is_day(at.date()):
        raise typer.BadParameter(f"--at {text} is on no day of a lab: they begin in {FIRST_YEAR}")
    if at > now:
        raise typer.BadParameter(f"--at {text} is still to come")
    return at


def now_utc() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def confirm(person: Person, doubt: str, value: float, what: str, unit: str) -> None:
    """Let a person say a doubtful number again; where nobody can, refuse it.

    Raises
    ------
    ConfigError
        If it is not confirmed.
    """
    if person.is_there:
        with person:
            again = person.number(f"Type the {what} again", unit, expected=f"{doubt}.")
        if again == value:
            return
        doubt = f"{doubt}, and {again:g} was typed then"
    raise ConfigError(
        f"{doubt}: nothing is entered", f"{what} {value:g}", "Look again. If it is so: --confirm."
    )


def check_correction(correct: str, withdraw: str, reason: str, *, value: bool) -> None:
    """Raise `typer.BadParameter` if the options that correct a row do not go together."""
    if correct and withdraw:
        raise typer.BadParameter("choose one of --correct and --withdraw")
    if withdraw and value:
        raise typer.BadParameter("--withdraw takes a row back, and needs no value")
    if not withdraw and not value:
        raise typer.BadParameter("the value is missing")
    if (correct or withdraw) and not reason.strip():
        raise typer.BadParameter("a correction needs --reason")
    if reason.strip() and not (correct or withdraw):
        raise typer.BadParameter("--reason goes with --correct ROW or --withdraw ROW")


def print_row(row: Row) -> None:
    """Print what a mouse is due, and what must be looked at."""
    console.print(f"{row.subject}: {row.words}.", soft_wrap=True, markup=False)
    for alert in row.alerts:
        console.print(f"LOOK  {alert}", soft_wrap=True, markup=False)
