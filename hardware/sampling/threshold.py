"""Finds touches in a voltage: two thresholds, and a time in which nothing more counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Threshold:
    """The level of one voltage, which is off before its first sample.

    It becomes on where the voltage reaches `on_v`, and off where it comes back to `off_v`; what
    lies between the two changes nothing. After each change, on or off, the level stays for
    `refractory` samples, whatever the voltage does; then it follows the voltage again.

    Parameters
    ----------
    on_v, off_v
        Volts. A touch raises the voltage if `on_v` is above `off_v`, and lowers it if it is below.
    refractory
        Samples from one change to the next at least; 0 and 1 let every sample change the level.

    Attributes
    ----------
    level
        The level after the last sample.

    Examples
    --------
    >>> touch = Threshold(on_v=1.0, off_v=0.5, refractory=3)
    >>> touch.take(np.array([0.0, 1.2, 0.2, 1.2, 0.7, 0.4]))
    [(True, 1), (False, 5)]
    >>> touch.take(np.array([1.2, 1.2, 1.2]))
    [(True, 8)]
    """

    def __init__(self, on_v: float, off_v: float, refractory: int) -> None:
        self.level = False
        self._sign = 1.0 if on_v > off_v else -1.0
        self._on, self._off = self._sign * on_v, self._sign * off_v
        self._refractory = max(1, refractory)
        self._count = 0
        self._ready = 0

    def take(self, volts: NDArray[np.float64]) -> list[tuple[bool, int]]:
        """Return the changes among the next samples, as level and number of the sample.

        Parameters
        ----------
        volts
            The next ones, shape (samples,).
        """
        signed = self._sign * volts
        reached = {
            True: np.flatnonzero(signed >= self._on),
            False: np.flatnonzero(signed <= self._off),
        }
        found: list[tuple[bool, int]] = []
        while True:
            ahead = reached[not self.level]
            next_one = int(np.searchsorted(ahead, self._ready - self._count))
            if next_one == len(ahead):
                break
            self.level = not self.level
            sample = self._count + int(ahead[next_one])
            self._ready = sample + self._refractory
            found.append((self.level, sample))
        self._count += len(volts)
        return found
