"""A measuring microphone: what its volts stand for, and why a recording of it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq

from calibration.gains import REFERENCE_PA
from calibration.sweep import Floats
from rig.errors import DeviceError

MICROPHONE = "microphone"
QUIETEST_DB_SPL = 0.0
"""No measuring microphone has less noise of its own than this."""
TONE_SHARE = 0.9
"""Share of the power that a pistonphone's tone must have."""
STEADY = 0.02
"""Share by which a pistonphone's tone may change from one half of a recording to the other."""
CROWD, FEWEST = 5, 20
"""Of a clipped recording so many times more samples lie at its largest volt than a little below."""
_WIDTHS = (1e-4, 1e-3, 1e-2, 2e-2)
"""Shares of the largest volt that are taken for a little: noise behind the clipping blurs it."""
_MOST_STEPS = 4
_HALF_WIDTH = 0.03
"""Share of the frequency on each side that belongs to a tone."""
_NO_RESPONSE = np.zeros(0)


@dataclass(frozen=True)
class Microphone:
    """A probe microphone.

    Attributes
    ----------
    name
        Make and serial number.
    sensitivity_v_per_pa
        Volts for a pascal, by a pistonphone.
    response_hz, response_db
        Its own response by its maker's sheet, relative to the pistonphone's frequency; shape
        (points,), with rising frequencies. Empty: it is taken for flat.
    """

    name: str
    sensitivity_v_per_pa: float
    response_hz: NDArray[np.float64] = field(default_factory=lambda: _NO_RESPONSE)
    response_db: NDArray[np.float64] = field(default_factory=lambda: _NO_RESPONSE)

    def pascals(self, volts: Floats) -> NDArray[np.float64]:
        """Return sound pressure, of the shape of `volts`; its own response is still in it."""
        return np.asarray(volts / self.sensitivity_v_per_pa, dtype=np.float64)

    def own_db(self, frequency_hz: Floats) -> NDArray[np.float64]:
        """Return by how much it tells too much at frequencies, shape (frequencies,).

        Raises
        ------
        DeviceError
            If its own response is not known for all of them.
        """
        if not len(self.response_hz):
            return np.zeros(len(frequency_hz))
        low, high = self.response_hz[0], self.response_hz[-1]
        if frequency_hz[0] < low or frequency_hz[-1] > high:
            raise DeviceError(
                f"the microphone's response is known from {low:g} to {high:g} Hz, and wanted "
                f"from {frequency_hz[0]:g} to {frequency_hz[-1]:g} Hz",
                MICROPHONE,
                "Measure a smaller band, or take more points from its maker's sheet.",
            )
        places = np.log(self.response_hz)
        return np.asarray(np.interp(np.log(frequency_hz), places, self.response_db))


def sensitivity(volts: Floats, rate_hz: float, level_db_spl: float, frequency_hz: float) -> float:
    """Return the volts that a microphone gives for a pascal, by a pistonphone on it.

    Parameters
    ----------
    volts
        What was recorded of the pistonphone, shape (frames,).
    rate_hz
        Frames a second.
    level_db_spl
        What the pistonphone gives: 94 dB is 1 Pa, 114 dB is 10 Pa.
    frequency_hz
        Its frequency.

    Raises
    ------
    DeviceError
        If the microphone is silent or clipped, or hears no steady tone of that frequency.
    """
    refuse_clipped(volts)
    halves = [_tone(half, rate_hz, frequency_hz) for half in np.array_split(volts, 2)]
    rms = float(np.sqrt(np.mean([tone for tone, _ in halves])))
    share = min(share for _, share in halves)
    if share < TONE_SHARE:
        raise DeviceError(
            f"only {share:.0%} of what the microphone hears is a tone of {frequency_hz:g} Hz",
            "pistonphone",
            "Put the pistonphone on the microphone and switch it on; see which tone it gives.",
        )
    first, second = (np.sqrt(tone) for tone, _ in halves)
    if abs(second / first - 1) > STEADY:
        raise DeviceError(
            f"the pistonphone's tone changes by {abs(second / first - 1):.0%} in the recording",
            "pistonphone",
            "Let it sit firmly on the microphone, see its battery, and record it again.",
        )
    return rms / (REFERENCE_PA * 10 ** (level_db_spl / 20))


def refuse_constant(volts: Floats) -> None:
    """Raise `DeviceError` if a recording, (frames,), is the same all the time."""
    if not np.all(np.isfinite(volts)) or np.ptp(volts) == 0:
        raise DeviceError(
            "the microphone gives nothing: all samples are the same",
            MICROPHONE,
            "Connect the microphone and switch its amplifier on; see which input it is on, and "
            "whether the range of that input is small enough.",
        )


def refuse_clipped(volts: Floats) -> None:
    """Raise `DeviceError` if a recording of sound, (frames,), has flat tops, or is constant.

    Of a sine, fewer samples lie within half a width of its top than in the three widths below.
    Clipping gathers all that would be higher at the top.
    """
    refuse_constant(volts)
    for side in (volts, -volts):
        highest = float(side.max())
        if highest > 0 and any(_crowded(side, highest, width) for width in _widths(side, highest)):
            raise DeviceError(
                f"the microphone is clipped: the tops of the sound are flat at {highest:.3g} V",
                MICROPHONE,
                "Lower the gain of its amplifier, or play less loud.",
            )


def refuse_silent(pascals: Floats) -> None:
    """Raise `DeviceError` if a recording of silence, (frames,), has less noise than can be."""
    rms = float(np.std(pascals))
    level = 20 * np.log10(max(rms, 1e-30) / REFERENCE_PA)
    if level < QUIETEST_DB_SPL:
        raise DeviceError(
            f"the microphone gives {level:.0f} dB SPL of noise, less than any microphone has",
            MICROPHONE,
            "Connect the microphone and switch its amplifier on; see its sensitivity.",
        )


def _tone(volts: Floats, rate_hz: float, frequency_hz: float) -> tuple[float, float]:
    """Return the mean square of a tone, and its share of that of all that is no offset."""
    centred = volts - np.mean(volts)
    # A Hann window keeps three eighths of a power.
    power = np.abs(rfft(centred * np.hanning(len(centred)))) ** 2 * 2 / (0.375 * len(centred) ** 2)
    bins_hz = rfftfreq(len(centred), 1 / rate_hz)
    reach = max(_HALF_WIDTH * frequency_hz, 3 * bins_hz[1])
    tone = float(power[np.abs(bins_hz - frequency_hz) <= reach].sum())
    return tone, tone / max(float(power.sum()), 1e-300)


def _widths(side: Floats, highest: float) -> list[float]:
    """Return the widths that are looked at: many steps of the converter each."""
    steps = np.diff(np.unique(side[side > highest / 2]))
    step = float(np.min(steps[steps > 1e-9 * highest], initial=highest))
    return [share * highest for share in _WIDTHS if share * highest >= _MOST_STEPS * step]


def _crowded(side: Floats, highest: float, width: float) -> bool:
    """Return whether samples crowd within half a width of the highest one."""
    below = highest - side[side > highest - 3.5 * width]
    at_top = int(np.count_nonzero(below < width / 2))
    return at_top >= FEWEST and at_top >= CROWD * (len(below) - at_top)
