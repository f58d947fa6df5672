"""``rig weigh``: enter the weight of a mouse."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

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
from rig.commands.give import take_in
from rig.console import JsonOption, LabOption, console, print_json, the_lab
from rig.errors import ConfigError
from rig.lab import LAB_TOML, Lab
from rig.ledger.days import local, local_day, zone_of
from rig.person import DialogOption, Person, the_person
from rig.scale import read_weight
from rig.water_policy import LEAST_G, MOST_G, gain_doubt

if TYPE_CHECKING:
    from rig.ledger.store import Ledger
    from rig.ledger.subjects import LedgerSubject


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("weigh", epilog="Example: rig weigh M014 21.4")(weigh)


def weigh(
    subject: Annotated[str, typer.Argument(help="Which mouse: its name, or its tag.")],
    grams: Annotated[
        float | None,
        typer.Argument(
            min=LEAST_G,
            max=MOST_G,
            help="What it weighs in g, implant included; without it the balance is read.",
        ),
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirm", help="It is so, although it differs much.")
    ] = False,
    correct: CorrectOption = "",
    withdraw: WithdrawOption = "",
    balance: Annotated[
        str,
        typer.Option(
            help="USB number of the balance (MT-SICS) with the mouse on it.",
            show_default="as in lab.toml",
        ),
    ] = "",
    source: Annotated[
        Literal["typed", "balance"],
        typer.Option(help="Where the grams are from, for programs that read the balance."),
    ] = "typed",
    reason: ReasonOption = "",
    at: AtOption = "",
    by: ByOption = None,
    lab: LabOption = None,
    json: JsonOption = False,
    dialog: DialogOption = False,
) -> None:
    """Enter the weight of a mouse, and say what it is due.

    Without a number the lab's balance is read, as soon as the mouse on it is quiet.

    A weight that differs much from the last one is to be typed again, or confirmed with --confirm;
    else nothing is entered, and the exit code is 3.

    A slip is mended with the right weight and --correct last, or taken back with --withdraw last,
    each with --reason: `rig weigh M014 21.4 --correct last --reason misread`.
    """
    from rig.ledger.board import last_weight, row_of
    from rig.ledger.entries import Entry, enter_weight, find_row
    from rig.ledger.store import open_ledger
    from rig.ledger.subjects import check_alive, find_subject
    from rig.ledger.tables import weighings
    from rig.water_policy import weight_doubt

    the, now = the_lab(lab), now_utc()
    if balance and (withdraw or grams is not None):
        raise typer.BadParameter("--balance reads the weight: leave out the grams, and --withdraw")
    number = "" if withdraw or grams is not None else _balance(the, balance, at or correct)
    check_correction(correct, withdraw, reason, value=grams is not None or bool(number))
    person = the_person(dialog)
    zone, config, moment = zone_of(the.config), the.config.water, when(the, at, now)
    with open_ledger(the) as ledger:
        with ledger.reading() as connection:
            mouse = find_subject(connection, subject)
            check_alive(mouse, moment, zone)
            old = None
            if correct or withdraw:
                old = find_row(connection, weighings, mouse.id, correct or withdraw)
                moment = moment if at else old["at"]
            last = last_weight(connection, mouse, moment, without=old["id"] if old else "")
        if number:
            grams = _on_the_balance(number, the, person)
        before, usual = last.weight_g if last else None, mouse.facts.usual_g
        doubt = weight_doubt(config, grams, before, usual) if grams else ""
        if doubt and grams and not confirmed:
            confirm(person, doubt, grams, "weight", "g")
        gain = ""
        if grams and last and not old:
            gain = _gain(ledger, the, mouse, (last[:2], (moment, grams)))
        row = enter_weight(
            ledger,
            Entry(
                mouse, moment, now, author(by),
                old["id"] if old else "", checked_text(reason, "--reason"),
            ),
            grams,
            confirmed=bool(doubt),
            source="balance" if number else source,
        )  # fmt: skip
        with ledger.reading() as connection:
            due = row_of(connection, config, zone, mouse, local_day(moment, zone), now)
    if json:
        print_json({"row": row, "board": due, "gain": gain})
        return
    did = f"weighs {grams:g} g" if grams else "has one weighing less"
    if grams and last:
        since = f"{local(last.at, zone):%Y-%m-%d %H:%M}"
        did += f" ({100 * (grams / last.weight_g - 1):+.1f} % since {since})"
    console.print(f"{mouse.name} {did}.", soft_wrap=True, markup=False)
    print_row(due)
    if gain:
        console.print(f"LOOK  {gain}", soft_wrap=True, markup=False)


def _gain(
    ledger: Ledger,
    lab: Lab,
    mouse: LedgerSubject,
    weights: tuple[tuple[datetime, float], tuple[datetime, float]],
) -> str:
    """Return why two weights of a day do not fit what the mouse got between them; empty if so."""
    from rig.ledger.board import water_between

    (begin, before_g), (end, after_g) = weights
    config, zone = lab.config.water, zone_of(lab.config)
    if config.weight_after == "off" or local_day(begin, zone) != local_day(end, zone):
        return ""
    take_in(ledger, lab, end)
    with ledger.reading() as connection:
        delivered_ml = water_between(connection, mouse, begin, end)
    return gain_doubt(config, after_g - before_g, delivered_ml)


def _balance(lab: Lab, named: str, past: str) -> str:
    """Return the number of the balance that is to be read.

    Raises
    ------
    typer.BadParameter
        If there is none, or if an earlier weight is meant, which no balance tells.
    """
    number = named or lab.config.balance
    if not number:
        raise typer.BadParameter(
            f"the value is missing: type the grams, or name the balance in {LAB_TOML} or --balance"
        )
    if past:
        raise typer.BadParameter("a balance tells what a mouse weighs now: type what it weighed")
    return number


def _on_the_balance(number: str, lab: Lab, person: Person) -> float:
    """Return what the mouse on the balance weighs, if that can be a mouse."""
    grams = read_weight(number, lab.folder, person)
    if not LEAST_G <= grams <= MOST_G:
        raise ConfigError(
            f"{grams:g} g is no mouse: nothing is entered",
            f"balance {number}",
            "Set the balance to zero with the empty box on it, put the mouse in, and try again.",
        )
    return grams
