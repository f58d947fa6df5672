"""The balance on which mice are weighed: what its class is able to, and how it is read."""

from __future__ import annotations

import abc
import time
from collections.abc import Generator
from pathlib import Path
from typing import Self

from rig.dialog import OnBalance
from rig.errors import DeviceError
from rig.person import Person
from rig.plugins import load_class

BALANCE = "hardware.balance:Balance"
PATIENCE = 30.0
"""Seconds until a mouse is quiet."""
READ_EVERY, LOOK_AGAIN = 0.2, 1.0
"""Seconds between two looks at what a balance shows, and at whether a missing one is there."""
_DECIMALS = 2
"""A mouse is weighed to 10 mg, which a person can type again if the weight is doubted."""


class Scale(abc.ABC):
    """What tells a weight, as soon as it is stable."""

    @classmethod
    @abc.abstractmethod
    def of_number(cls, number: str, patience: float, folder: Path) -> Self:
        """Return the scale of a USB number; it waits `patience` seconds for a stable weight."""

    @abc.abstractmethod
    def open(self) -> None:
        """Find it; raise `DeviceError` if it is not there."""

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of it."""

    @abc.abstractmethod
    def weigh(self) -> float:
        """Return the weight in grams; raise `DeviceError` if it does not become stable in time."""

    @abc.abstractmethod
    def read(self) -> tuple[float, bool]:
        """Return what it shows in grams, and whether that is stable; raise `DeviceError`."""


def read_weight(number: str, folder: Path, person: Person) -> float:
    """Return what the mouse on a balance weighs, in g.

    Parameters
    ----------
    number
        The USB number of the balance.
    folder
        The lab's folder.
    person
        Is told what is waited for, and what the balance showed.

    Raises
    ------
    DeviceError
        If the balance is not there, nothing lies on it, or the mouse does not keep still.
    """
    scale = _scale(number, folder)
    scale.open()
    try:
        person.tell(f"Waiting until the mouse is quiet, {PATIENCE:g} s at most.")
        grams = round(scale.weigh(), _DECIMALS)
    finally:
        scale.close()
    person.tell(f"The balance shows {grams:g} g.")
    return grams


def read_balance(number: str, folder: Path) -> OnBalance:
    """Return what a balance shows now; raise `DeviceError` if it is not there."""
    scale = _scale(number, folder)
    scale.open()
    try:
        return _shown(scale)
    finally:
        scale.close()


def follow_balance(number: str, folder: Path) -> Generator[OnBalance | DeviceError, None, None]:
    """Give what a balance shows whenever that is another, and why it cannot be read.

    It goes on until it is closed, and lets go of the balance then; one that is missing is looked
    for.
    """
    scale = _scale(number, folder)
    is_open = False
    last: OnBalance | str | None = None
    try:
        while True:
            try:
                if not is_open:
                    scale.open()
                    is_open = True
                shown = _shown(scale)
                if shown != last:
                    last = shown
                    yield shown
            except DeviceError as error:
                if str(error) != last:
                    last = str(error)
                    yield error
            time.sleep(READ_EVERY if is_open else LOOK_AGAIN)
    finally:
        scale.close()


def _shown(scale: Scale) -> OnBalance:
    grams, is_stable = scale.read()
    return OnBalance(round(grams, _DECIMALS), is_stable)


def _scale(number: str, folder: Path) -> Scale:
    return load_class(BALANCE, Scale, folder, "balance").of_number(number, PATIENCE, folder)
