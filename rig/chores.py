"""What the loop does beside the trials, at times of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol


class Chore(Protocol):
    """Something that is due again and again, such as a beat.

    Attributes
    ----------
    due
        Seconds of session time at which it is due next; infinite if it never is.
    """

    due: float

    def run(self, now: float) -> None:
        """Do all that is due at `now`, and set `due` to a later time."""


class Chores:
    """The chores of one loop."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = tuple(chores)

    @property
    def due(self) -> float:
        """Seconds of session time at which the first of them is due."""
        if not self._chores:  # as in most simulated sessions: the loop asks at every turn
            return math.inf
        return min((chore.due for chore in self._chores), default=math.inf)

    def run(self, now: float) -> None:
        """Do all that is due at `now`."""
        for chore in self._chores:
            if chore.due <= now:
                chore.run(now)
