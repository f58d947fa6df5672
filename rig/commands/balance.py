"""``rig balance``: what the balance shows on which mice are weighed."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from rig.console import JsonOption, LabOption, print_json, the_lab
from rig.dialog import OnBalance
from rig.lab import LAB_TOML, Lab
from rig.person import DialogOption, Person, the_person
from rig.scale import follow_balance, read_balance
from rig.signals import interrupt_once, stop_on_signals

BalanceOption = Annotated[
    str, typer.Option(help="USB number of the balance (MT-SICS).", show_default="as in lab.toml")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("balance", epilog="Example: rig balance")(balance)


def balance(
    balance: BalanceOption = "",
    lab: LabOption = None,
    json: JsonOption = False,
    dialog: DialogOption = False,
) -> None:
    """Say what the lab's balance shows now; nothing is entered.

    With --dialog it is told anew whenever it shows something else, until the input ends. Exit code
    4 if the balance is not there.
    """
    the = the_lab(lab)
    number = balance or the.config.balance
    if not number:
        raise typer.BadParameter(f"name the balance in {LAB_TOML} or by --balance")
    person = the_person(dialog)
    shown = _follow(number, the, person) if dialog else read_balance(number, the.folder)
    if json:
        print_json({"shown": shown})
    elif shown is not None:
        typer.echo(f"{shown.grams:g} g" + ("" if shown.is_stable else ", not stable yet"))


def _follow(number: str, lab: Lab, person: Person) -> OnBalance | None:
    """Tell what the balance shows until the input ends; return the last of it."""
    last: OnBalance | None = None
    followed = contextlib.closing(follow_balance(number, lab.folder))
    with (
        stop_on_signals(interrupt_once()),
        contextlib.suppress(KeyboardInterrupt),
        person,
        followed as tellings,
    ):
        for told in tellings:
            if isinstance(told, OnBalance):
                last = told
                person.watch_balance(told)
            else:
                person.tell(f"{told.what}. {told.do}")
    return last
