"""Gathers the samples of some wires until they make a block that is worth handing on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[Any]
"""Samples, ``(rows, wires)``."""
Take = Callable[[Rows, int, float], None]
"""Is given rows, the number of the first one in the run, and the session's time of it."""


class Gathered:
    """The samples of some wires that wait to be handed on.

    Parameters
    ----------
    take
        Is given each block.
    at_least
        Rows of a block.
    time
        Returns the session's time of a sample, by its number.

    Examples
    --------
    >>> def show(rows, first, time):
    ...     print(rows[:, 0].tolist(), first, time)
    >>> block = Gathered(show, at_least=3, time=lambda sample: sample / 10)
    >>> block.add(np.array([[1, 2]]))
    >>> block.add(np.array([[3, 4]]))
    [1, 2, 3, 4] 0 0.0
    >>> block.add(np.array([[5]]))
    >>> block.hand_on()
    [5] 4 0.4
    """

    def __init__(self, take: Take, at_least: int, time: Callable[[int], float]) -> None:
        self._take = take
        self._at_least = at_least
        self._time = time
        self._first = 0
        self._parts: list[Rows] = []
        self._waiting = 0

    def add(self, samples: Rows) -> None:
        """Add samples, ``(wires, samples)``; hand them on if they make a block."""
        self._parts.append(samples)
        self._waiting += samples.shape[1]
        if self._waiting >= self._at_least:
            self.hand_on()

    def hand_on(self) -> None:
        """Hand on what waits."""
        if not self._waiting:
            return
        rows = np.concatenate(self._parts, axis=1).T
        first = self._first
        self._parts, self._waiting, self._first = [], 0, first + len(rows)
        self._take(rows, first, self._time(first))
