"""Hears which sound came out of an output, and when it began, by its samples alone."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

SILENT = 1e-6
"""Volts, or shares of full scale: what is below is silence."""
DISTINCT = 0.5
"""Share of the louder sound's energy by which two sounds must differ to be told apart."""
SHORTEST = 0.02
"""Seconds that are listened to at least."""
SHIFTS = 3
"""Samples by which what was heard may be shifted against what was expected."""

Samples = NDArray[np.float64]


class SoundRecogniser:
    """Tells the sounds of a protocol from each other by their first samples.

    Parameters
    ----------
    sounds
        By name, the samples that are expected, in the unit of what is heard.
    rate_hz
        Samples a second.

    Attributes
    ----------
    window
        Seconds from an onset that tell any two of the sounds apart; their whole length if they
        are too much alike.
    """

    def __init__(self, sounds: Mapping[str, Samples], rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._first = {name: first_loud(each) or 0 for name, each in sounds.items()}
        self._sounds = {name: each[self._first[name] :] for name, each in sounds.items()}
        self.window = self._enough()

    def name_of(self, heard: Samples) -> str | None:
        """Return the sound whose beginning was heard, or None if it is none of them.

        Parameters
        ----------
        heard
            Samples from the first loud one on, shape (samples,).
        """
        misfits = {name: _misfit(heard, expected) for name, expected in self._sounds.items()}
        best = min(misfits, key=lambda name: misfits[name], default=None)
        return best if best is not None and misfits[best] < DISTINCT / 2 else None

    def lead(self, name: str) -> float:
        """Return the seconds from the begin of a sound to its first loud sample."""
        return self._first[name] / self._rate_hz

    def duration(self, name: str) -> float:
        """Return the seconds from the first loud sample of a sound to its end."""
        return len(self._sounds[name]) / self._rate_hz

    def _enough(self) -> float:
        """Return for how many seconds must be listened to tell any two sounds apart."""
        seconds = SHORTEST
        longest = max((self.duration(name) for name in self._sounds), default=SHORTEST)
        while seconds < longest and not self._are_distinct(round(seconds * self._rate_hz)):
            seconds *= 2
        return min(seconds, longest)

    def _are_distinct(self, count: int) -> bool:
        pairs = itertools.combinations(self._sounds.values(), 2)
        return all(
            min(_misfit(one[:count], other), _misfit(other[:count], one)) > DISTINCT
            for one, other in pairs
        )


def first_loud(samples: Samples) -> int | None:
    """Return the first sample that is not silent; None if all are."""
    loud = np.flatnonzero(np.abs(samples) > SILENT)
    return int(loud[0]) if len(loud) else None


def _misfit(heard: Samples, expected: Samples) -> float:
    """Return how much of the energy does not fit, at the shift at which most of it does."""
    count = len(heard)
    padded = np.concatenate([np.zeros(SHIFTS), expected[: count + SHIFTS], np.zeros(count)])
    energy = max(float(np.sum(heard**2)), float(np.sum(expected[:count] ** 2)), 1e-30)
    shifts = range(2 * SHIFTS + 1)
    return min(float(np.sum((heard - padded[k : k + count]) ** 2)) for k in shifts) / energy
