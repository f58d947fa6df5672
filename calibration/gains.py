"""The gain of a speaker by frequency, with its interval, and the range in which it can be trusted.

Each sweep gives one level for each frequency. Levels in dB are averaged, not spectra: so it does
not matter that two cards without a common clock drift apart between two sweeps. The mean of the
logarithm of a signal with some noise in it is that of the signal alone, as long as the signal is
the stronger one, so it is unbiased in the valid range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq

from calibration.student import reach_of
from calibration.sweep import Floats, Sweep

REFERENCE_PA = 20e-6
"""0 dB SPL, as a root mean square."""
LEAD = 0.01
"""Seconds that a cut begins before the sound arrives."""
GATE = 0.01
"""Seconds after its arrival that belong to a sound: what comes later is an echo of the room."""
MIN_SNR_DB = 20.0
"""How far one sweep must stand above the noise, in a valid range."""
MAX_FALL_DB = 30.0
"""How far the gain may lie below its highest, in a valid range."""
FEWEST_AVERAGES = 2
_BEFORE = 0.005
_FADE = 0.2
"""Share of the gate in which it closes."""
_THIRD = 2 ** (1 / 6)
_MOST_GATES = 64


@dataclass(frozen=True)
class Gains:
    """What sweeps have shown; a tone of amplitude 1 (full scale) has `full_scale_db_spl`.

    Attributes
    ----------
    frequency_hz
        Shape (points,).
    sweeps_db_spl
        The level by each sweep, shape (sweeps, points).
    full_scale_db_spl, standard_error_db
        Their mean and its standard error, shape (points,).
    low_db_spl, high_db_spl
        The interval that holds the true level with a probability of 95 %, by Student's t; shape
        (points,).
    """

    frequency_hz: NDArray[np.float64]
    sweeps_db_spl: NDArray[np.float64]
    full_scale_db_spl: NDArray[np.float64]
    standard_error_db: NDArray[np.float64]
    low_db_spl: NDArray[np.float64]
    high_db_spl: NDArray[np.float64]


def db_spl(amplitudes_pa: Floats) -> NDArray[np.float64]:
    """Return the level of tones by their peak amplitudes.

    Examples
    --------
    >>> float(db_spl(np.array(np.sqrt(2))).round(2))  # 1 Pa
    93.98
    """
    lowest = np.finfo(np.float64).tiny
    return np.asarray(20 * np.log10(np.maximum(amplitudes_pa, lowest) / np.sqrt(2) / REFERENCE_PA))


def transfer(
    cuts: Floats, sweep: Sweep, rate_hz: float, frequency_hz: Floats
) -> NDArray[np.complex128]:
    """Return the transfer from sweeps to what was heard of each.

    Parameters
    ----------
    cuts
        Recordings of one sweep each, whose sound arrives at frame ``LEAD * rate_hz``; shape
        (..., frames).
    sweep
        What was played.
    rate_hz
        Frames a second.
    frequency_hz
        Where the transfer is wanted, shape (points,).

    Returns
    -------
    transfer
        Shape (..., points).
    """
    responses = sweep.impulse_responses(cuts, rate_hz)
    before, after = round(_BEFORE * rate_hz), round(GATE * rate_hz)
    lead = round(LEAD * rate_hz)
    return _gated(responses[..., lead - before : lead + after], before, rate_hz, frequency_hz)


def noise_power(
    silence: Floats, sweep: Sweep, rate_hz: float, frequency_hz: Floats
) -> NDArray[np.float64]:
    """Return the mean squared transfer that noise alone would show, shape (points,).

    `silence`, shape (frames,), must last longer than the sweep by `GATE` and `LEAD` or more.
    """
    responses = sweep.impulse_responses(silence, rate_hz)
    before, after = round(_BEFORE * rate_hz), round(GATE * rate_hz)
    whole = len(silence) - round(sweep.duration * rate_hz)
    count = min(whole // (before + after), _MOST_GATES)
    gates = responses[: count * (before + after)].reshape(count, before + after)
    found = _gated(gates, before, rate_hz, frequency_hz)
    return np.asarray(np.mean(np.abs(found) ** 2, axis=0))


def gains(transfers: NDArray[np.complex128], frequency_hz: NDArray[np.float64]) -> Gains:
    """Return the gain and its interval by the transfers of some sweeps, pascal for full scale.

    Parameters
    ----------
    transfers
        Shape (..., sweeps, points), two sweeps or more. All fields of the result but
        `frequency_hz` get the leading shape.
    frequency_hz
        Shape (points,).
    """
    sweeps_db_spl = db_spl(np.abs(transfers))
    count = sweeps_db_spl.shape[-2]
    mean = sweeps_db_spl.mean(axis=-2)
    error = sweeps_db_spl.std(axis=-2, ddof=1) / np.sqrt(count)
    reach = reach_of(count - 1) * error
    return Gains(frequency_hz, sweeps_db_spl, mean, error, mean - reach, mean + reach)


def band_levels(pascals: Floats, rate_hz: float, frequency_hz: Floats) -> NDArray[np.float64]:
    """Return the level in the third of an octave around each frequency, dB SPL, (points,).

    Parameters
    ----------
    pascals
        Sound pressure, shape (frames,).
    rate_hz
        Frames a second.
    frequency_hz
        Shape (points,).
    """
    count = len(pascals)
    power = np.abs(rfft(pascals - np.mean(pascals))) ** 2 * 2 / count**2
    summed = np.append(0.0, np.cumsum(power))
    bins_hz = rfftfreq(count, 1 / rate_hz)
    first = np.searchsorted(bins_hz, frequency_hz / _THIRD)
    last = np.maximum(np.searchsorted(bins_hz, frequency_hz * _THIRD), first + 1)
    squares = summed[np.minimum(last, len(power))] - summed[np.minimum(first, len(power) - 1)]
    return np.asarray(db_spl(np.sqrt(2 * np.maximum(squares, 0.0))))


def valid_points(full_scale_db_spl: Floats, snr_db: Floats) -> slice:
    """Return the longest run of points that can be trusted; it may be empty.

    Parameters
    ----------
    full_scale_db_spl
        The gain, shape (points,).
    snr_db
        How far one sweep stands above the noise, shape (points,).

    Examples
    --------
    >>> valid_points(np.array([99.0, 60.0, 99.0, 98.0, 97.0]), np.array([50.0, 50, 50, 50, 9]))
    slice(2, 4, None)
    """
    heard = snr_db >= MIN_SNR_DB
    if not heard.any():
        return slice(0, 0)
    strong = full_scale_db_spl >= np.max(full_scale_db_spl[heard]) - MAX_FALL_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[False], heard & strong, [False]])))
    firsts, lasts = edges[::2], edges[1::2]
    longest = int(np.argmax(lasts - firsts))
    return slice(int(firsts[longest]), int(lasts[longest]))


def _gated(
    arrivals: Floats, before: int, rate_hz: float, frequency_hz: Floats
) -> NDArray[np.complex128]:
    """Return the spectrum of responses about their arrival, (..., points).

    They are (..., frames), and `before` of the frames come before the arrival; a window opens
    and closes them.
    """
    count = arrivals.shape[-1]
    fade = np.cos(np.linspace(0, np.pi / 2, round(_FADE * count))) ** 2
    opens = np.cos(np.linspace(np.pi / 2, 0, before // 2)) ** 2
    window = np.ones(count)
    window[: len(opens)], window[-len(fade) :] = opens, fade
    time = np.arange(-before, count - before) / rate_hz
    kernel = window[:, None] * np.exp(-2j * np.pi * time[:, None] * frequency_hz)
    return np.asarray(arrivals @ kernel)
