"""Exponential sweeps, and the responses of a speaker that follow from what was heard of them.

A sweep whose frequency rises exponentially takes the harmonics that a speaker adds to places
before the sound that they belong to, so that they do not touch the response (A. Farina, 108th AES
Convention, 2000, preprint 5093). The recording is divided by the spectrum of the sweep; outside
its band the division is regularised (O. Kirkeby et al., IEEE Trans. Speech Audio Process. 6, 189,
1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

from rig.errors import ConfigError

RUN_UP, RUN_OUT = 2.0, 2 ** (1 / 6)
"""By what factor a sweep begins below its band, and ends above it if the rate lets it."""
HIGHEST = 0.49
"""Share of the rate at which a sweep ends at the latest."""
_INSIDE, _OUTSIDE = -10.0, 0.0
"""Regularisation in the band and where the sweep ends: power of ten of the strongest frequency."""
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Sweep:
    """A sweep of amplitude 1 over a band and somewhat more.

    Attributes
    ----------
    begin_hz, end_hz
        Its first and its last frequency.
    low_hz, high_hz
        The band. The sweep has its full strength from half way before it to half way behind it,
        so that what is done at its ends does not ring in the band.
    duration
        Seconds.
    """

    begin_hz: float
    low_hz: float
    high_hz: float
    end_hz: float
    duration: float

    def samples(self, rate_hz: float) -> NDArray[np.float64]:
        """Return the sweep, shape (frames,)."""
        octaves = np.log(self.end_hz / self.begin_hz)
        time = np.arange(round(self.duration * rate_hz)) / rate_hz
        growth = np.exp(time * octaves / self.duration)
        phase = 2 * np.pi * self.begin_hz * self.duration / octaves * (growth - 1)
        strength = (1 + np.cos(np.pi * self._outside(self.begin_hz * growth))) / 2
        return np.asarray(strength * np.sin(phase))

    def impulse_responses(self, recordings: Floats, rate_hz: float) -> NDArray[np.float64]:
        """Return what lies between the sweep and recordings of it.

        Parameters
        ----------
        recordings
            Shape (..., frames).
        rate_hz
            Frames a second.

        Returns
        -------
        responses
            Shape (..., longer): column k is what comes k frames after its cause. What comes
            before its cause, as harmonics do, stands at the end.
        """
        reference = self.samples(rate_hz)
        count = int(next_fast_len(recordings.shape[-1] + len(reference), real=True))
        spectrum = rfft(reference, count)
        power = np.abs(spectrum) ** 2
        outside = self._outside(np.maximum(rfftfreq(count, 1 / rate_hz), 1e-9))
        ease = power.max() * 10 ** (_INSIDE + (_OUTSIDE - _INSIDE) * outside)
        divided = rfft(recordings, count) * (np.conj(spectrum) / (power + ease))
        return np.asarray(irfft(divided, count))

    def _outside(self, frequencies_hz: Floats) -> NDArray[np.float64]:
        """Return how near frequencies are to an end: 0 to half way from the band, 1 at the end."""
        below = np.log(self.low_hz / frequencies_hz) / np.log(self.low_hz / self.begin_hz)
        above = np.log(frequencies_hz / self.high_hz) / np.log(self.end_hz / self.high_hz)
        return np.asarray(np.clip(2 * np.maximum(below, above) - 1, 0, 1))


def sweep_over(low_hz: float, high_hz: float, duration: float, rate_hz: float) -> Sweep:
    """Return a sweep over a band, for an output or an input of a rate (the lower one).

    Raises
    ------
    ConfigError
        If there is no such band, or the rate is too low for it.
    """
    end_hz = min(high_hz * RUN_OUT, HIGHEST * rate_hz)
    if not 0 < low_hz < high_hz or end_hz < 1.01 * high_hz:
        raise ConfigError(
            f"no sweep goes from {low_hz:g} to {high_hz:g} Hz at {rate_hz:g} samples a second",
            "calibration of a speaker",
            f"Begin above 0 Hz, and end at {HIGHEST / 1.01 * rate_hz:.0f} Hz or below.",
        )
    return Sweep(low_hz / RUN_UP, low_hz, high_hz, end_hz, duration)


def train(sweep: Sweep, count: int, gap: float, rate_hz: float) -> NDArray[np.float64]:
    """Return a sweep played `count` times with `gap` seconds of silence after each, (frames,).

    Each begins on the frame that is nearest to its time.
    """
    one = sweep.samples(rate_hz)
    period = (sweep.duration + gap) * rate_hz
    samples = np.zeros(round(count * period))
    for begin in np.rint(np.arange(count) * period).astype(int):
        samples[begin : begin + len(one)] = one
    return samples


def points_hz(low_hz: float, high_hz: float, per_octave: int) -> NDArray[np.float64]:
    """Return frequencies from one to another, evenly spaced over their logarithm, (points,).

    Examples
    --------
    >>> points_hz(1000.0, 4000.0, 1)
    array([1000., 2000., 4000.])
    """
    steps = max(1, round(np.log2(high_hz / low_hz) * per_octave))
    return np.geomspace(low_hz, high_hz, steps + 1)
