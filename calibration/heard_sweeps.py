"""Finds a train of sweeps in a recording, and says why it cannot be used.

The recording begins at any time before the train, and its clock need not be that of the output.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.ndimage import maximum_filter1d

from calibration.gains import FEWEST_AVERAGES, LEAD
from calibration.sweep import Floats, Sweep
from rig.errors import DeviceError

RATE_LIMIT = 5e-4
"""Share by which a train may come back longer or shorter."""
MIN_RISE_DB = 1.0
"""How far sweeps must stand above the silence before them, over the whole band."""
_SHORTEST = 0.2
"""Share of the period from which on a repetition is looked for."""
_ALIKE = 0.05
"""What two sweeps have in common, as a share of all that was heard, at the least."""
_NEAR = 8
"""Frames by which a sweep may come before or after its time."""


def cut_sweeps(
    pascals: Floats, silence: Floats, sweep: Sweep, count: int, gap: float, rate_hz: float
) -> NDArray[np.float64]:
    """Return what was heard of each sweep of a train.

    Parameters
    ----------
    pascals
        What was heard from before the train until after it, shape (frames,).
    silence
        What was heard while nothing was played, shape (frames,).
    sweep, count, gap
        The train (`calibration.sweep.train`).
    rate_hz
        Frames a second of the recordings.

    Returns
    -------
    cuts
        Shape (count, frames); in each the sound arrives at frame ``LEAD * rate_hz``.

    Raises
    ------
    DeviceError
        If the sweeps are not heard, or come back stretched; if there are fewer than two.
    """
    refuse_few(count)
    band = sweep.low_hz, sweep.high_hz
    rise = 10 * np.log10(_power(pascals, rate_hz, band) / _power(silence, rate_hz, band))
    if rise < MIN_RISE_DB:
        raise DeviceError(
            f"the sweeps are not heard: they stand {rise:.1f} dB above the silence before them",
            "speaker",
            "See that the amplifier is on and turned up, that speaker and microphone are "
            "connected, and that the microphone stands where the ear will be.",
        )
    period = (sweep.duration + gap) * rate_hz
    ratio = _repetition(pascals, period, rate_hz, sweep.low_hz) / period
    if abs(ratio - 1) > RATE_LIMIT:
        raise DeviceError(
            f"the sweep comes back {ratio:.4g} times as long as it is",
            "rate_hz",
            "Output or input has another rate than it is told to have: read both rates back, and "
            "name the card by a host API that does not convert.",
        )
    begins = arrivals(pascals, sweep, count, period * ratio, rate_hz)
    lead = round(LEAD * rate_hz)
    frames = round(period)
    padded = np.concatenate([np.zeros(lead), pascals, np.zeros(frames)])
    return np.stack([padded[at : at + frames] for at in begins])


def arrivals(
    pascals: Floats, sweep: Sweep, count: int, period: float, rate_hz: float
) -> NDArray[np.int_]:
    """Return the frame at which each sweep begins to be heard, shape (count,).

    Parameters
    ----------
    pascals
        What was heard, shape (frames,).
    sweep, count
        What was played, and how often.
    period
        Frames from one sweep to the next, as they were heard.
    rate_hz
        Frames a second.

    Raises
    ------
    DeviceError
        If the recording ends before the last sweep.
    """
    strength = np.abs(sweep.impulse_responses(pascals, rate_hz)[: len(pascals)])
    steps = np.rint(np.arange(count) * period).astype(int)
    latest = len(pascals) - int(steps[-1])
    if latest < 1:
        raise _cut_short()
    about = maximum_filter1d(strength, 2 * _NEAR + 1)
    first = int(np.argmax(np.sum([about[step : step + latest] for step in steps], axis=0)))
    begins = np.maximum(first + steps - 2 * _NEAR, 0)
    found = [begin + int(np.argmax(strength[begin : begin + 4 * _NEAR + 1])) for begin in begins]
    if found[-1] + round(sweep.duration * rate_hz) > len(pascals):
        raise _cut_short()
    return np.array(found)


def refuse_few(count: int) -> None:
    """Raise `DeviceError` if there are too few sweeps for an interval."""
    if count < FEWEST_AVERAGES:
        raise DeviceError(
            f"{count} sweep tells nothing of how much the gain varies",
            "averages",
            f"Play {FEWEST_AVERAGES} or more; 4 are usual.",
        )


def _power(pascals: Floats, rate_hz: float, band_hz: tuple[float, float]) -> float:
    """Return the mean square in a band."""
    frequencies = rfftfreq(len(pascals), 1 / rate_hz)
    inside = (frequencies >= band_hz[0]) & (frequencies <= band_hz[1])
    squares = np.abs(rfft(pascals)[inside]) ** 2
    return max(float(squares.sum()) / len(pascals) ** 2, 1e-300)


def _repetition(pascals: Floats, period: float, rate_hz: float, low_hz: float) -> float:
    """Return after how many frames the sound comes again."""
    count = int(next_fast_len(2 * len(pascals), real=True))
    power = np.abs(rfft(pascals, count)) ** 2
    power[rfftfreq(count, 1 / rate_hz) < low_hz / 2] = 0
    alike = irfft(power, count)[: len(pascals)]
    first = round(_SHORTEST * period)
    lag = first + int(np.argmax(alike[first:]))
    if alike[lag] < _ALIKE * alike[0]:
        raise DeviceError(
            "what is heard are not the sweeps: nothing in it comes again",
            "speaker",
            "Let nothing else sound meanwhile; see that output and input have the rates that "
            "they are told to have.",
        )
    return float(lag)


def _cut_short() -> DeviceError:
    return DeviceError(
        "the recording ends before the last sweep",
        "microphone",
        "Record until a second after the sound; see that the input loses nothing.",
    )
