"""What weighs water between sessions: a balance, or the person who reads one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from hardware.balance import Balance
from rig.config import RigConfig, read_config
from rig.lab import Lab
from rig.person import Person

NO_BALANCE = "none"
"""What is typed instead of a number, for a person who reads the balance."""
LESS_MG = 5.0
"""By which a balance may show less than before: water dries up, and the last digit flickers."""
Weigh = Callable[[], float]
"""Returns what stands on the balance, in mg."""


def balance_of(rig: Path, named: str) -> str:
    """Return the USB number of the balance under a rig's spouts; empty if a person reads one.

    Parameters
    ----------
    rig
        The rig file, which may name one.
    named
        The number that counts instead, or ``none``; empty for that of the rig file.

    Raises
    ------
    RigError
        If the rig file is wrong.
    """
    number = named or read_config(rig, RigConfig).balance
    return "" if number == NO_BALANCE else number


@contextlib.contextmanager
def scales(number: str, lab: Lab, person: Person) -> Iterator[Weigh | None]:
    """Give what weighs: the balance of a USB number, else the person who reads one.

    None if no number is given and nobody is there.

    Raises
    ------
    DeviceError
        If the balance is not there, or does not answer.
    """
    if not number:
        yield _asks(person) if person.is_there else None
        return
    balance = Balance("balance", Balance.Settings(line=number), lab.folder)
    balance.open()
    try:
        yield lambda: _read(balance, person)
    finally:
        balance.close()


def _read(balance: Balance, person: Person) -> float:
    weight_mg = 1000 * balance.weigh()
    person.tell(f"The balance shows {weight_mg:.1f} mg.")
    return weight_mg


def _asks(person: Person) -> Weigh:
    """Return what asks for weights of a dish that is not emptied between."""
    before: float | None = None

    def weigh() -> float:
        nonlocal before
        if before is None:
            before = person.number("What does the balance show?", "mg")
            return before
        before = person.number(
            "What does the balance show now?",
            "mg",
            least=before - LESS_MG,
            expected=f"It showed {before:g} mg before; the dish is not emptied between.",
        )
        return before

    return weigh
