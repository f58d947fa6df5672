"""The balance on which mice are weighed: what its class is able to, and how it is read."""

from __future__ import annotations

import abc
from pathlib import Path
from typing import Self

from rig.person import Person
from rig.plugins import load_class

BALANCE = "hardware.balance:Balance"
PATIENCE = 30.0
"""Seconds until a mouse is quiet."""
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
    made = load_class(BALANCE, Scale, folder, "balance")
    scale = made.of_number(number, PATIENCE, folder)
    scale.open()
    try:
        person.tell(f"Waiting until the mouse is quiet, {PATIENCE:g} s at most.")
        grams = round(scale.weigh(), _DECIMALS)
    finally:
        scale.close()
    person.tell(f"The balance shows {grams:g} g.")
    return grams
