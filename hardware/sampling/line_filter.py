"""Finds the changes of a line in its samples, and leaves out what bounces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class LineFilter:
    """The level of one line, which is low before its first sample.

    Parameters
    ----------
    steady
        Samples for which a level must last to count; 0 and 1 let every change count.

    Attributes
    ----------
    level
        The level that counts.

    Examples
    --------
    >>> found = LineFilter(steady=3)
    >>> found.take(np.array([False, True, False, True, True]))
    []
    >>> found.take(np.array([True, True]))
    [(True, 3)]
    """

    def __init__(self, steady: int) -> None:
        self.level = False
        self._steady = max(1, steady)
        self._raw = False
        self._since = 0
        self._count = 0

    def take(self, samples: NDArray[np.bool_]) -> list[tuple[bool, int]]:
        """Return the changes that count now, as level and number of the sample where they began.

        Parameters
        ----------
        samples
            The next ones, shape (samples,).
        """
        found: list[tuple[bool, int]] = []
        if not len(samples):
            return found
        changes = np.flatnonzero(np.diff(samples, prepend=self._raw))
        for change in changes.tolist():
            self._settle(self._count + change, found)
            self._raw, self._since = not self._raw, self._count + change
        self._count += len(samples)
        self._settle(self._count, found)
        return found

    def _settle(self, end: int, found: list[tuple[bool, int]]) -> None:
        """Let the level that lasted up to sample `end` count, if it lasted for long enough."""
        if self._raw != self.level and end - self._since >= self._steady:
            self.level = self._raw
            found.append((self._raw, self._since))
