"""What a measurement of a speaker comes to, from what was recorded to what a calibration keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.equaliser import Equaliser, flatness_db
from calibration.gains import (
    GATE,
    LEAD,
    MIN_SNR_DB,
    Gains,
    band_levels,
    gains,
    noise_power,
    transfer,
    valid_points,
)
from calibration.heard_sweeps import cut_sweeps, refuse_few
from calibration.microphone import Microphone, refuse_clipped, refuse_constant, refuse_silent
from calibration.speaker import SpeakerPoint
from calibration.sweep import Floats, Sweep, points_hz
from calibration.tones import HeardTone, deviations_db
from rig.errors import DeviceError

POINTS_PER_OCTAVE = 24
NARROWEST_OCTAVES = 1.0
"""A valid range that is narrower is of no use."""
SILENCE_MORE = LEAD + 8 * GATE
"""Seconds that silence is recorded longer than a sweep lasts."""
_FINE_PER_OCTAVE = 48


@dataclass(frozen=True)
class SweepTrain:
    """Sweeps that were played one after the other.

    Attributes
    ----------
    sweep
        One of them.
    amplitude
        Its amplitude, as a share of full scale.
    count
        How many there are.
    gap
        Seconds of silence after each.
    """

    sweep: Sweep
    amplitude: float
    count: int
    gap: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.count * (self.sweep.duration + self.gap)


@dataclass(frozen=True)
class SpeakerResponse:
    """The gain of a speaker by frequency, and what it can be trusted for.

    Attributes
    ----------
    gains
        Gain and interval of each point.
    snr_db
        How far a single sweep stands above the noise, shape (points,).
    floor_db_spl
        The noise without any sound, in the third of an octave around each point, shape (points,).
    valid
        Which points can be trusted.
    """

    gains: Gains
    snr_db: NDArray[np.float64]
    floor_db_spl: NDArray[np.float64]
    valid: slice

    @property
    def valid_range_hz(self) -> tuple[float, float]:
        """The lowest and the highest frequency that can be trusted."""
        inside = self.gains.frequency_hz[self.valid]
        return float(inside[0]), float(inside[-1])

    @property
    def trusted(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Frequencies and full-scale levels that can be trusted, each of shape (points,)."""
        return self.gains.frequency_hz[self.valid], self.gains.full_scale_db_spl[self.valid]


@dataclass(frozen=True)
class Residual:
    """What is left of a speaker's unevenness after a correction, as it was measured.

    Attributes
    ----------
    correction
        Which one, such as ``table`` or ``255 taps``.
    frequency_hz
        Shape (points,).
    error_db
        How much louder it was than it was ordered, shape (points,).
    """

    correction: str
    frequency_hz: NDArray[np.float64]
    error_db: NDArray[np.float64]

    @property
    def flatness_db(self) -> float:
        """Half the way from the weakest to the loudest frequency."""
        return flatness_db(self.error_db)


@dataclass(frozen=True)
class SpeakerMeasurement:
    """All that a measurement of a speaker has found.

    Attributes
    ----------
    microphone
        What it was measured with.
    rate_hz, recorded_rate_hz
        The rates of output and input.
    train
        What was played.
    response
        Gain, interval, noise and valid range.
    equalisers
        Filters that make the speaker flat.
    residuals
        What each correction left, when it was measured again.
    tones
        What was heard of single tones at steps of their level.
    """

    microphone: Microphone
    rate_hz: float
    recorded_rate_hz: float
    train: SweepTrain
    response: SpeakerResponse
    equalisers: tuple[Equaliser, ...]
    residuals: tuple[Residual, ...]
    tones: tuple[HeardTone, ...]

    def points(self) -> tuple[SpeakerPoint, ...]:
        """Return the points of a calibration file: those that can be trusted."""
        return tuple(
            SpeakerPoint(frequency_hz=round(float(f), 3), full_scale_db_spl=round(float(level), 3))
            for f, level in zip(*self.response.trusted, strict=True)
        )

    @property
    def linearity_db(self) -> float:
        """How far a tone lay beside the line of its frequency, at the most."""
        return float(np.nanmax(np.abs(deviations_db(self.tones))))

    @property
    def distortion_db(self) -> float | None:
        """The strongest harmonics, relative to their tone; None if the noise hides them all."""
        told = [tone.distortion_db for tone in self.tones if tone.distortion_db is not None]
        return max(told, default=None)


def response(
    volts: Floats, silence_v: Floats, train: SweepTrain, rate_hz: float, microphone: Microphone
) -> SpeakerResponse:
    """Return a speaker's gain by what a microphone heard of sweeps.

    Parameters
    ----------
    volts
        What it told from before the train until after it, shape (frames,).
    silence_v
        What it told while nothing was played, for `SILENCE_MORE` longer than a sweep or more;
        shape (frames,).
    train
        What was played.
    rate_hz
        Frames a second of the recordings.
    microphone
        The microphone.

    Raises
    ------
    DeviceError
        If the recordings cannot be used: fewer than two sweeps, microphone silent or clipped,
        speaker not heard, sweeps stretched, noise too high.
    """
    sweep = train.sweep
    refuse_few(train.count)
    cuts, silence = _cuts(volts, silence_v, train, rate_hz, microphone)
    frequency_hz = points_hz(sweep.low_hz, sweep.high_hz, POINTS_PER_OCTAVE)
    own = 10 ** (microphone.own_db(frequency_hz) / 20)
    transfers = transfer(cuts, sweep, rate_hz, frequency_hz) / own
    noise = noise_power(silence, sweep, rate_hz, frequency_hz) / own**2
    snr_db = 10 * np.log10(np.mean(np.abs(transfers) ** 2, axis=0) / noise)
    found = gains(transfers / train.amplitude, frequency_hz)
    floor = band_levels(silence, rate_hz, frequency_hz) - 20 * np.log10(own)
    valid = valid_points(found.full_scale_db_spl, snr_db)
    _refuse_noisy(frequency_hz[valid], snr_db)
    return SpeakerResponse(found, snr_db, floor, valid)


def residual(
    correction: str,
    volts: Floats,
    silence_v: Floats,
    train: SweepTrain,
    ordered_db_spl: float,
    rate_hz: float,
    microphone: Microphone,
) -> Residual:
    """Return how evenly corrected sweeps were heard.

    Parameters
    ----------
    correction
        Its name.
    volts, silence_v, rate_hz, microphone
        As for `response`.
    train
        What was played, before its correction.
    ordered_db_spl
        The level that a tone of amplitude 1 was to have.

    Raises
    ------
    DeviceError
        If the recording cannot be used.
    """
    cuts, _ = _cuts(volts, silence_v, train, rate_hz, microphone)
    frequency_hz = points_hz(train.sweep.low_hz, train.sweep.high_hz, _FINE_PER_OCTAVE)
    found = gains(transfer(cuts, train.sweep, rate_hz, frequency_hz), frequency_hz)
    heard = found.full_scale_db_spl - microphone.own_db(frequency_hz)
    error = heard - 20 * np.log10(train.amplitude) - ordered_db_spl
    return Residual(correction, frequency_hz, error)


def _cuts(
    volts: Floats, silence_v: Floats, train: SweepTrain, rate_hz: float, microphone: Microphone
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what was heard of each sweep, and of silence, in pascals."""
    refuse_constant(silence_v)
    refuse_clipped(volts)
    silence = microphone.pascals(silence_v)
    refuse_silent(silence)
    pascals = microphone.pascals(volts)
    sweep = train.sweep
    return cut_sweeps(pascals, silence, sweep, train.count, train.gap, rate_hz), silence


def _refuse_noisy(valid_hz: Floats, snr_db: Floats) -> None:
    octaves = float(np.log2(valid_hz[-1] / valid_hz[0])) if len(valid_hz) else 0.0
    if octaves < NARROWEST_OCTAVES:
        raise DeviceError(
            f"the noise is too high: only {octaves:.1f} octaves of the sweep stand "
            f"{MIN_SNR_DB:g} dB above it (half of them at {np.median(snr_db):.0f} dB or less)",
            "microphone",
            "Close the box, switch off fans and pumps, play louder or longer sweeps.",
        )
