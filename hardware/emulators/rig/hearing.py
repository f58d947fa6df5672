"""Hears which sound came out of an output, and when it began, by its samples alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.rig.senses import Audible, Observed, Onset

SILENT = 1e-6
"""Volts, or shares of full scale: what is below is silence."""
DISTINCT = 0.5
"""Share of the louder sound's energy by which two sounds must differ to be told apart."""
ALIKE, MARGIN = 0.85, 0.1
"""How like the spectrum of a sound must be, and how much more like than that of any other."""
BAND_HZ = 500.0
"""Width of a band: what is within one is not told apart when a sound has gaps."""
SHORTEST = 0.02
"""Seconds that are listened to at least."""
GAP = 0.5
"""Seconds of silence after which a sound is over, also if it should last longer."""
SHIFTS = 3
"""Samples by which what was heard may be shifted against what was expected."""

Samples = NDArray[np.float64]


class SoundRecogniser:
    """Tells the sounds of a protocol from each other by their first samples.

    Parameters
    ----------
    sounds
        By name, the samples that are expected, in the unit of what is heard.
    announcements
        By name, the seconds from the begin of a sound to what tells it from others.
    rate_hz
        Samples a second.

    Attributes
    ----------
    window
        Seconds from an onset that tell any two of the sounds apart; their whole length if they
        are too much alike.
    """

    def __init__(
        self, sounds: Mapping[str, Samples], announcements: Mapping[str, float], rate_hz: float
    ) -> None:
        self._rate_hz = rate_hz
        self._announcements = announcements
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
        if best is not None and misfits[best] < DISTINCT / 2:
            return best
        return self._by_spectrum(heard)

    def _by_spectrum(self, heard: Samples) -> str | None:
        """Return the sound whose spectrum is like that of what was heard with gaps in it."""
        like = {
            name: _likeness(heard, expected, self._rate_hz)
            for name, expected in self._sounds.items()
        }
        ranked = sorted(like.values(), reverse=True)
        best = max(like, key=lambda name: like[name], default=None)
        if best is None or ranked[0] < ALIKE or (ranked[1:] and ranked[0] - ranked[1] < MARGIN):
            return None
        return best

    def told_after(self, name: str) -> float:
        """Return the seconds from the first loud sample of a sound to what tells it from others."""
        return self._announcements[name] - self._first[name] / self._rate_hz

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


def _likeness(heard: Samples, expected: Samples, rate_hz: float) -> float:
    """Return how like two spectra are, band by band: 1 if they differ by a factor at most."""
    size = len(heard)
    edges = np.arange(0, size // 2 + 1, max(1, round(BAND_HZ * size / rate_hz)))
    one, other = (
        np.sqrt(np.add.reduceat(np.abs(np.fft.rfft(each, size)) ** 2, edges))
        for each in (heard, expected[:size])
    )
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm else 0.0


class Listener:
    """Follows one output, and tells which sound began.

    Parameters
    ----------
    recogniser
        Knows the sounds.
    rate_hz
        The output's samples a second.
    fetch
        Returns the samples that came out from a time on, so many.
    """

    def __init__(
        self,
        recogniser: SoundRecogniser,
        rate_hz: float,
        fetch: Callable[[float, int], Samples],
    ) -> None:
        self._recogniser = recogniser
        self._rate_hz = rate_hz
        self._fetch = fetch
        self._began: float | None = None
        self._over = 0.0
        self._loud = 0.0

    def take(self, loud: Samples, now: float, spread: float) -> list[Observed]:
        """Return that something began to sound, and which sound it is once enough was heard.

        Parameters
        ----------
        loud
            Times at which the output was found loud since the last call, in order.
        now
            Until when it was looked at.
        spread
            Seconds by which the first of them may be later than the sound's first loud sample.
        """
        if len(loud):
            self._loud = float(loud[-1])
        if now > self._loud + GAP:
            self._over = 0.0
        new = loud[loud >= self._over]
        if self._began is None and len(new):
            self._began = float(new[0])
            return [Audible(self._began)]
        if self._began is None or now < self._began + self._recogniser.window:
            return []
        start, self._began = max(self._began - spread, self._over), None
        heard = self._fetch(start, round((self._recogniser.window + spread) * self._rate_hz))
        first = first_loud(heard)
        return (
            [] if first is None else self._recognised(heard[first:], start + first / self._rate_hz)
        )

    def _recognised(self, heard: Samples, onset: float) -> list[Observed]:
        """Return the sound whose first loud sample came at `onset`, if it is known."""
        name = self._recogniser.name_of(heard)
        if name is None:
            self._over = onset + self._recogniser.window
            return []
        self._over = onset + self._recogniser.duration(name)
        return [Onset("sound", name, onset + self._recogniser.told_after(name))]
