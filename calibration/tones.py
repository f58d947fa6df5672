"""What was heard of tones: how straight a speaker's level follows its order, and its distortion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq

from calibration.gains import db_spl
from calibration.microphone import Microphone
from calibration.sweep import Floats
from rig.errors import DeviceError

STEP_DB = 5.0
"""Steps of the levels at which tones are tried."""
MAX_DEVIATION_DB = 1.0
"""How far a tone may lie beside the straight line of its frequency, of slope 1."""
MAX_DISTORTION_DB = -40.0
"""What second and third harmonic may have together, relative to the tone: 1 %."""
MIN_OVER_NOISE_DB = 15.0
"""A weaker tone tells nothing, and a weaker harmonic is not told from noise."""
HIGHEST_SHARE = 0.48
"""Share of the rate up to which a tone is sampled well."""
_BINS = 4


@dataclass(frozen=True)
class HeardTone:
    """One tone that was played.

    Attributes
    ----------
    frequency_hz
        Its frequency.
    ordered_db_spl, heard_db_spl
        Its level as it was ordered, and at the microphone.
    noise_db_spl
        What the microphone told beside it, as wide as a tone is taken for.
    harmonics_db
        Second and third harmonic, and the noise where they are, relative to the tone; None where
        the input is too slow to hear one.
    """

    frequency_hz: float
    ordered_db_spl: float
    heard_db_spl: float
    noise_db_spl: float
    harmonics_db: float | None

    @property
    def is_clear(self) -> bool:
        """Whether it stands far enough above the noise."""
        return self.heard_db_spl >= self.noise_db_spl + MIN_OVER_NOISE_DB

    @property
    def distortion_db(self) -> float | None:
        """Its harmonics, if they stand far enough above the noise to be told; else None."""
        if self.harmonics_db is None:
            return None
        over_noise = self.heard_db_spl + self.harmonics_db - self.noise_db_spl
        return self.harmonics_db if over_noise >= MIN_OVER_NOISE_DB else None


def hear_tone(
    pascals: Floats, rate_hz: float, frequency_hz: float, ordered: float, microphone: Microphone
) -> HeardTone:
    """Return what was heard of a tone that was ordered with a level in dB SPL.

    Parameters
    ----------
    pascals
        Sound pressure while it was at its full strength, shape (frames,).
    rate_hz
        Frames a second.
    frequency_hz, ordered
        The tone.
    microphone
        Its own response is taken away, for the harmonics too.
    """
    count = len(pascals)
    # A Hann window keeps three eighths of a power.
    power = np.abs(rfft((pascals - np.mean(pascals)) * np.hanning(count))) ** 2 * 2 / 0.375
    bins_hz = rfftfreq(count, 1 / rate_hz)
    places = [frequency_hz]
    places += [n * frequency_hz for n in (2, 3) if n * frequency_hz < HIGHEST_SHARE * rate_hz]
    known = _known(microphone, places)
    squares = np.array([_near(power, bins_hz, each) for each in known]) / count**2
    noise = _beside(power, bins_hz, frequency_hz) / count**2
    squares *= 10 ** (-microphone.own_db(np.array(known)) / 10)
    level, noise_level = db_spl(np.sqrt(2 * np.array([squares[0], noise])))
    harmonics = None
    if len(known) > 1:
        harmonics = float(10 * np.log10(np.sum(squares[1:]) / squares[0]))
    return HeardTone(frequency_hz, ordered, float(level), float(noise_level), harmonics)


def deviations_db(tones: tuple[HeardTone, ...]) -> NDArray[np.float64]:
    """Return how far each tone lies beside the line of its frequency, of slope 1, (tones,).

    The line goes through the middle of the tones of that frequency that are clear; tones that
    are not are NaN.
    """
    found = np.full(len(tones), np.nan)
    frequencies = np.array([tone.frequency_hz for tone in tones])
    offset = np.array([tone.heard_db_spl - tone.ordered_db_spl for tone in tones])
    clear = np.array([tone.is_clear for tone in tones])
    for frequency in np.unique(frequencies):
        these = (frequencies == frequency) & clear
        if these.any():
            found[these] = offset[these] - np.median(offset[these])
    return found


def refuse_tones(tones: tuple[HeardTone, ...]) -> None:
    """Raise `DeviceError` if tones are distorted, or do not follow their order."""
    told = [(tone.distortion_db, tone) for tone in tones if tone.distortion_db is not None]
    distortion, worst = max(told, key=lambda each: each[0], default=(-np.inf, tones[0]))
    if distortion > MAX_DISTORTION_DB:
        raise DeviceError(
            f"a tone of {worst.frequency_hz:.0f} Hz at {worst.ordered_db_spl:.0f} dB SPL has "
            f"harmonics of {distortion:.1f} dB; {MAX_DISTORTION_DB:g} dB are allowed",
            "speaker",
            "Measure at lower levels or in a smaller band, and turn the amplifier or the "
            "microphone's gain down: one of them is driven too hard.",
        )
    beside = deviations_db(tones)
    if np.all(np.isnan(beside)):
        raise DeviceError(
            "no tone stands clear of the noise",
            "speaker",
            f"Measure at levels that are {MIN_OVER_NOISE_DB:g} dB above the noise.",
        )
    worst_at = int(np.nanargmax(np.abs(beside)))
    if abs(beside[worst_at]) > MAX_DEVIATION_DB:
        tone = tones[worst_at]
        raise DeviceError(
            f"a tone of {tone.frequency_hz:.0f} Hz at {tone.ordered_db_spl:.0f} dB SPL lies "
            f"{beside[worst_at]:+.1f} dB beside the line; {MAX_DEVIATION_DB:g} dB are allowed",
            "speaker",
            "Switch off what changes levels by itself (gain control, limiter, enhancements), and "
            "measure at lower levels.",
        )


def _known(microphone: Microphone, places: list[float]) -> list[float]:
    """Return the tone, and those of its harmonics at which the microphone's response is known."""
    highest = microphone.response_hz[-1] if len(microphone.response_hz) else np.inf
    return [places[0], *(each for each in places[1:] if each <= highest)]


def _near(power: Floats, bins_hz: Floats, frequency_hz: float) -> float:
    """Return the power within some bins of a frequency; its clock may be a little off."""
    reach = _BINS * bins_hz[1] + 2e-4 * frequency_hz
    return float(power[np.abs(bins_hz - frequency_hz) <= reach].sum())


def _beside(power: Floats, bins_hz: Floats, frequency_hz: float) -> float:
    """Return what noise has within so many bins, by the median of those beside a tone."""
    reach = _BINS * bins_hz[1] + 2e-4 * frequency_hz
    away = np.abs(bins_hz - frequency_hz)
    beside = power[(away > 2 * reach) & (away < 12 * reach)]
    # The median of a power with two degrees of freedom is ln 2 times its mean.
    mean = float(np.median(beside)) / np.log(2) if len(beside) else 0.0
    return mean * int(np.count_nonzero(away <= reach))
