"""What weighs water between sessions: a balance, or the person who reads one."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

import typer

from hardware.balance import Balance
from rig.lab import Lab

Weigh = Callable[[], float]
"""Returns what stands on the balance, in mg."""


@contextlib.contextmanager
def scales(number: str, lab: Lab) -> Iterator[Weigh | None]:
    """Give what weighs: the balance of a USB number, else the person at the terminal.

    None if no number is given and nobody sits at a terminal.

    Raises
    ------
    DeviceError
        If the balance is not there, or does not answer.
    """
    if not number:
        yield _asked if sys.stdin.isatty() else None
        return
    balance = Balance("balance", Balance.Settings(line=number), lab.folder)
    balance.open()
    try:
        yield lambda: 1000 * balance.weigh()
    finally:
        balance.close()


def _asked() -> float:
    return float(typer.prompt("What does the balance show, in mg?", type=float, err=True))
