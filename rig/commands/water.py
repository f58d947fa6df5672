"""``rig water``: who is due how much water, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from rig.commands.entering import now_utc, print_row
from rig.commands.give import take_in
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
from rig.counting import counted
from rig.ledger.days import bounds, is_day, local, local_day, zone_of


def _checked_day(day: datetime | None) -> datetime | None:
    """Return the day; raise `typer.BadParameter` if it is a slip."""
    if day is not None and not is_day(day.date()):
        raise typer.BadParameter(f"{day:%Y-%m-%d} is no day of a lab")
    return day


DayOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Another day than today, as 2026-11-25.",
        callback=_checked_day,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("water", epilog="Example: rig water")(water)


def water(day: DayOption = None, lab: LabOption = None, json: JsonOption = False) -> None:
    """Show the water board: what each mouse weighs, has got and is due, with the arithmetic.

    Of a day to come: what it will be due then, without a session. Sessions that are not in the
    ledger yet are entered first.
    """
    from rig.ledger.board import board
    from rig.ledger.store import open_ledger

    the, now = the_lab(lab), now_utc()
    zone = zone_of(the.config)
    which = day.date() if day else local_day(now, zone)
    with open_ledger(the) as ledger:
        take_in(ledger, the, min(bounds(which, zone)[0], now))
        with ledger.reading() as connection:
            rows = board(connection, the.config.water, zone, which, now)
    if json:
        print_json({"day": which, "board": rows})
        return
    print_table(
        ("mouse", "tag", "g", "%", "need", "sessions", "by hand", "given", "due mL", "last water"),
        [
            (
                row.subject,
                row.tag,
                f"{row.weight_g:.1f}{'' if row.weighed else ' (old)'}" if row.weight_g else None,
                f"{100 * row.ratio:.0f}" if row.ratio else None,
                _ml(row.need_ml),
                _ml(row.session_ml),
                _ml(row.hand_ml),
                _ml(row.supplement_ml),
                "?" if row.due_ml is None else _ml(row.due_ml),
                f"{local(row.last_water_at, zone):%d.%m. %H:%M}" if row.last_water_at else None,
            )
            for row in rows
        ],
        f"Water on {which}",
    )
    console.print()
    for row in rows:
        print_row(row)
    due = [row for row in rows if row.is_due]
    unknown = sum(row.due_ml is None for row in due)
    told = f"Due in all: {sum(row.due_ml or 0.0 for row in due):.2f} mL"
    more = f", and {counted(unknown, 'mouse', 'mice')} of which nobody can tell" if unknown else ""
    console.print(f"\n{told}{more}.", soft_wrap=True)


def _ml(volume: float | None) -> str | None:
    return None if volume is None else f"{volume:.2f}"
