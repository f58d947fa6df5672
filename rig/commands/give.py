"""``rig give``: enter water that mice get beside sessions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rig.commands.entering import (
    AtOption,
    ByOption,
    ReasonOption,
    author,
    check_correction,
    checked_text,
    confirm,
    now_utc,
    print_row,
    when,
)
from rig.console import JsonOption, LabOption, console, print_json, the_lab
from rig.errors import ConfigError
from rig.lab import Lab
from rig.ledger.days import local_day, zone_of

if TYPE_CHECKING:
    from rig.ledger.board import Row
    from rig.ledger.store import Ledger

MOST_ML = 10.0


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("give", epilog="Example: rig give M014 0.38")(give)


def give(
    subject: Annotated[
        str, typer.Argument(help="Which mouse: its name, or its tag.", show_default=False)
    ] = "",
    ml: Annotated[
        float | None, typer.Argument(min=0.001, max=MOST_ML, help="How much it got, in mL.")
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="It got what it is due.")] = False,
    everybody: Annotated[
        bool, typer.Option("--all", help="Every mouse that is due water got it.")
    ] = False,
    form: Annotated[str, typer.Option(help="What it got: water, gel, ...")] = "water",
    confirmed: Annotated[
        bool, typer.Option("--confirm", help="It is so, although it is more than the cap.")
    ] = False,
    correct: Annotated[
        str, typer.Option(help="The row that it corrects: its id, or 'last'.", show_default=False)
    ] = "",
    withdraw: Annotated[
        str, typer.Option(help="The row that is taken back, as for --correct.", show_default=False)
    ] = "",
    reason: ReasonOption = "",
    at: AtOption = "",
    by: ByOption = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Enter water that a mouse got beside sessions, or what all mice got that were due some.

    A day's total over the lab's cap has to be confirmed with --confirm. A mouse whose due nobody
    can tell is left out of --all, and named; the exit code is 3 then.
    """
    the, now = the_lab(lab), now_utc()
    moment, who = when(the, at, now), author(by)
    if everybody:
        if subject or ml is not None or due or correct or withdraw:
            raise typer.BadParameter("--all goes with no mouse, volume or correction")
        _give_all(the, moment, now, who, checked_text(form, "--form"), json=json)
        return
    if not subject:
        raise typer.BadParameter("name a mouse, or --all")
    if due and (ml is not None or correct or withdraw):
        raise typer.BadParameter("--due goes with no volume or correction")
    check_correction(correct, withdraw, reason, value=due or ml is not None)
    from rig.ledger.board import row_of
    from rig.ledger.entries import Entry, enter_supplement, find_row
    from rig.ledger.store import open_ledger
    from rig.ledger.subjects import find_subject
    from rig.ledger.tables import supplements

    zone = zone_of(the.config)
    with open_ledger(the) as ledger:
        take_in(ledger, the, moment)
        with ledger.reading() as connection:
            mouse = find_subject(connection, subject)
            old = None
            if correct or withdraw:
                old = find_row(connection, supplements, mouse.id, correct or withdraw)
                moment = moment if at else old["at"]
            day = local_day(moment, zone)
            before = row_of(connection, the.config.water, zone, mouse, day, now)
        ml = _due_of(before) if due else ml
        old_ml = (old["volume_ul"] or 0.0) / 1000 if old else 0.0
        if ml is not None and not confirmed:
            _check_cap(the, before, ml, old_ml)
        entry = Entry(
            mouse, moment, now, who, old["id"] if old else "", checked_text(reason, "--reason")
        )
        volume_ul = None if ml is None else round(1000 * ml, 3)
        row = enter_supplement(ledger, entry, volume_ul, checked_text(form, "--form"))
        with ledger.reading() as connection:
            after = row_of(connection, the.config.water, zone, mouse, day, now)
    if json:
        print_json({"row": row, "board": after})
        return
    did = "has one supplement less" if ml is None else f"got {ml:.2f} mL of {form}"
    console.print(f"{mouse.name} {did}.", soft_wrap=True, markup=False)
    print_row(after)


def take_in(ledger: Ledger, lab: Lab, moment: datetime) -> None:
    """Enter the sessions around a moment, so that their water is counted."""
    from rig.ledger.day_list import RECENT
    from rig.ledger.taking_in import take_in_sessions

    take_in_sessions(ledger, lab, local_day(moment, zone_of(lab.config)) - RECENT)


def _give_all(
    lab: Lab, moment: datetime, now: datetime, who: str, form: str, *, json: bool
) -> None:
    """Enter for every mouse what it is due."""
    from rig.ledger.board import board
    from rig.ledger.entries import Entry, enter_supplement
    from rig.ledger.store import open_ledger
    from rig.ledger.subjects import find_subject

    zone = zone_of(lab.config)
    with open_ledger(lab) as ledger:
        take_in(ledger, lab, moment)
        with ledger.reading() as connection:
            rows = board(connection, lab.config.water, zone, local_day(moment, zone), now)
            due = [row for row in rows if row.is_due]
            mice = {row.subject: find_subject(connection, row.subject) for row in due}
        given = {row.subject: row.due_ml for row in due if row.due_ml is not None}
        for name, volume_ml in given.items():
            entry = Entry(mice[name], moment, now, who)
            enter_supplement(ledger, entry, round(1000 * volume_ml, 3), form)
    unknown = [row for row in due if row.due_ml is None]
    if json:
        print_json({"given_ml": given, "not_given": [row.subject for row in unknown]})
    else:
        for name, volume_ml in given.items():
            console.print(f"{name} got {volume_ml:.2f} mL of {form}.", markup=False)
        if not due:
            console.print("No mouse is due water.")
        for row in unknown:
            print_row(row)
    if unknown:
        raise ConfigError(
            f"nobody can tell what is due to {', '.join(row.subject for row in unknown)}",
            "ledger",
            "Weigh each of them, then `rig give MOUSE --due`.",
        )


def _due_of(row: Row) -> float:
    """Return what a mouse is due; raise `ConfigError` if nobody can tell."""
    if row.due_ml is None:
        raise ConfigError(
            f"nobody can tell what is due to {row.subject}: {row.words}",
            "ledger",
            f"Weigh it (`rig weigh {row.subject} GRAMS`), or name a volume.",
        )
    if not row.is_due:
        raise ConfigError(f"{row.subject} is due nothing: {row.words}", "ledger", "Give nothing.")
    return row.due_ml


def _check_cap(lab: Lab, row: Row, ml: float, instead_of_ml: float) -> None:
    """Raise `ConfigError` if the day's total would be over the cap, and nobody confirms it."""
    total = row.session_ml + row.hand_ml + row.supplement_ml - instead_of_ml + ml
    if total > lab.config.water.cap_ml:
        doubt = f"{row.subject} would have {total:.2f} mL on this day (cap"
        confirm(f"{doubt} {lab.config.water.cap_ml:g} mL)", ml, "volume")
