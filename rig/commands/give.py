"""``rig give``: enter water that mice get beside sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rig.commands.entering import (
    AtOption,
    ByOption,
    CorrectOption,
    ReasonOption,
    WithdrawOption,
    author,
    check_correction,
    checked_text,
    confirm,
    now_utc,
    print_row,
    when,
)
from rig.console import JsonOption, LabOption, console, print_json, the_lab
from rig.errors import ConfigError, ExitCode
from rig.lab import Lab
from rig.ledger.days import local_day, zone_of
from rig.person import DialogOption, Person, the_person
from rig.water_policy import MOST_ML, WaterConfig, volume_doubt

if TYPE_CHECKING:
    from rig.ledger.records import Row
    from rig.ledger.store import Ledger


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
    correct: CorrectOption = "",
    withdraw: WithdrawOption = "",
    reason: ReasonOption = "",
    at: AtOption = "",
    by: ByOption = None,
    lab: LabOption = None,
    json: JsonOption = False,
    dialog: DialogOption = False,
) -> None:
    """Enter water that a mouse got beside sessions, or what all mice got that were due some.

    A slip is taken back with --withdraw last, or mended with another volume and --correct last,
    each with --reason: `rig give M014 --withdraw last --reason "it was M015"`.

    A day's total over the lab's cap has to be confirmed with --confirm. A mouse whose due nobody
    can tell is left out of --all, and named; the exit code is 3 then.
    """
    _check_options(subject, ml, correct or withdraw, due=due, everybody=everybody)
    the, now = the_lab(lab), now_utc()
    wish = _Wish(
        the, when(the, at, now), now, author(by), checked_text(form, "--form"),
        confirmed=confirmed, corrects=correct or withdraw, reason=checked_text(reason, "--reason"),
        keeps_time=not at, person=the_person(dialog),
    )  # fmt: skip
    if everybody:
        _give_all(wish, json=json)
        return
    check_correction(correct, withdraw, reason, value=due or ml is not None)
    row, name, volume_ml, after = _give_one(wish, subject, ml, due=due)
    if json:
        print_json({"row": row, "board": after})
        return
    did = "has one supplement less" if volume_ml is None else f"got {volume_ml:.2f} mL of {form}"
    console.print(f"{name} {did}.", soft_wrap=True, markup=False)
    print_row(after)


@dataclass(frozen=True)
class _Wish:
    """What the options ask for.

    `corrects` is the row that a correction names, empty if it is none; with `keeps_time` it holds
    for the moment of that row.
    """

    lab: Lab
    moment: datetime
    now: datetime
    by: str
    form: str
    confirmed: bool
    corrects: str
    reason: str
    keeps_time: bool
    person: Person


def _check_options(
    subject: str, ml: float | None, corrects: str, *, due: bool, everybody: bool
) -> None:
    """Raise `typer.BadParameter` if the options do not go together."""
    if everybody and (subject or ml is not None or due or corrects):
        raise typer.BadParameter("--all goes with no mouse, volume or correction")
    if not everybody and not subject:
        raise typer.BadParameter("name a mouse, or --all")
    if due and (ml is not None or corrects):
        raise typer.BadParameter("--due goes with no volume or correction")


def _give_one(
    wish: _Wish, subject: str, ml: float | None, *, due: bool
) -> tuple[str, str, float | None, Row]:
    """Enter what one mouse got; return the row, the mouse, the volume, and what it is due now."""
    from rig.ledger.board import row_of
    from rig.ledger.entries import Entry, enter_supplement, find_row
    from rig.ledger.store import open_ledger
    from rig.ledger.subjects import check_alive, find_subject
    from rig.ledger.tables import supplements

    zone, rules, moment, old = zone_of(wish.lab.config), wish.lab.config.water, wish.moment, None
    with open_ledger(wish.lab) as ledger:
        take_in(ledger, wish.lab, moment)
        with ledger.reading() as connection:
            mouse = find_subject(connection, subject)
            check_alive(mouse, moment, zone)
            if wish.corrects:
                old = find_row(connection, supplements, mouse.id, wish.corrects)
                moment = old["at"] if wish.keeps_time else moment
            day = local_day(moment, zone)
            before = row_of(connection, rules, zone, mouse, day, wish.now)
        volume_ml = _due_of(before) if due else ml
        if volume_ml is not None and not wish.confirmed:
            instead_of_ul = (old["volume_ul"] or 0.0) if old else 0.0
            doubt = _over_cap(rules, before, volume_ml - instead_of_ul / 1000)
            if doubt:
                confirm(wish.person, doubt, volume_ml, "volume", "mL")
        corrects = old["id"] if old else ""
        entry = Entry(mouse, moment, wish.now, wish.by, corrects, wish.reason)
        row = enter_supplement(ledger, entry, _in_ul(volume_ml), wish.form)
        with ledger.reading() as connection:
            after = row_of(connection, rules, zone, mouse, day, wish.now)
    return row, mouse.name, volume_ml, after


def take_in(ledger: Ledger, lab: Lab, moment: datetime) -> None:
    """Enter the sessions around a moment, so that their water is counted."""
    from rig.ledger.day_list import RECENT
    from rig.ledger.taking_in import take_in_sessions

    take_in_sessions(ledger, lab, local_day(moment, zone_of(lab.config)) - RECENT)


def _give_all(wish: _Wish, *, json: bool) -> None:
    """Enter for every mouse what it is due; name those of which nobody can tell."""
    from rig.ledger.board import board
    from rig.ledger.entries import Entry, enter_supplement
    from rig.ledger.store import open_ledger
    from rig.ledger.subjects import check_alive, find_subject

    zone, rules = zone_of(wish.lab.config), wish.lab.config.water
    with open_ledger(wish.lab) as ledger:
        take_in(ledger, wish.lab, wish.moment)
        with ledger.reading() as connection:
            rows = board(connection, rules, zone, local_day(wish.moment, zone), wish.now)
            due = [row for row in rows if row.is_due]
            mice = {row.subject: find_subject(connection, row.subject) for row in due}
            for mouse in mice.values():
                check_alive(mouse, wish.moment, zone)
        given = {row.subject: row.due_ml for row in due if row.due_ml is not None}
        for name, volume_ml in given.items():
            entry = Entry(mice[name], wish.moment, wish.now, wish.by)
            enter_supplement(ledger, entry, _in_ul(volume_ml), wish.form)
    unknown = [row for row in due if row.due_ml is None]
    if json:
        print_json({"given_ml": given, "not_given": [row.subject for row in unknown]})
    else:
        for name, volume_ml in given.items():
            console.print(f"{name} got {volume_ml:.2f} mL of {wish.form}.", markup=False)
        if not due:
            console.print("No mouse is due water.")
        for row in unknown:
            console.print(f"{row.subject} got nothing: {row.words}.", soft_wrap=True, markup=False)
    if unknown:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _in_ul(volume_ml: float | None) -> float | None:
    return None if volume_ml is None else round(1000 * volume_ml, 3)


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


def _over_cap(rules: WaterConfig, row: Row, more_ml: float) -> str:
    """Return that the day's total would be over the cap, in words; empty if it would not."""
    total = row.session_ml + row.hand_ml + row.supplement_ml + more_ml
    return volume_doubt(rules, row.subject, total)
