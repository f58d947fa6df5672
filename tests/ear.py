"""What is heard of a sound: its samples, undone by the calibration of the template's speaker."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calibration.speaker import SpeakerCalibration
from hardware.sound.synthesis import refuse_sound, render
from rig.sound import Part, Sound

TEMPLATE = Path(__file__).parent.parent / "rig" / "template"
SPEAKER = SpeakerCalibration(TEMPLATE, "calibration/box1-speaker.toml")
RATES_HZ = (192_000.0, 192_307.69)
BAND_HZ = (2000.0, 64_000.0)


def refused(*parts: Part, rate_hz: float = RATES_HZ[0], folder: Path = TEMPLATE) -> str | None:
    """Return why a sound of these parts is refused, if it is."""
    return refuse_sound(Sound(parts), rate_hz, SPEAKER, folder)


def played(*parts: Part, rate_hz: float = RATES_HZ[0], folder: Path = TEMPLATE) -> np.ndarray:
    """Return the samples that are sent to the speaker."""
    assert refused(*parts, rate_hz=rate_hz, folder=folder) is None
    samples = render(Sound(parts), rate_hz, SPEAKER, folder)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() <= 1
    return samples.astype(float)


def heard(*parts: Part, rate_hz: float = RATES_HZ[0], folder: Path = TEMPLATE) -> np.ndarray:
    """Return what the speaker makes of a sound at the ear; a tone of 0 dB SPL has amplitude 1."""
    samples = played(*parts, rate_hz=rate_hz, folder=folder)
    spectrum = np.fft.rfft(samples)
    frequencies = np.clip(np.fft.rfftfreq(len(samples), 1 / rate_hz), *BAND_HZ)
    loudness = np.interp(
        np.log(frequencies),
        np.log([2000, 4000, 8000, 16_000, 32_000, 64_000]),
        [102.0, 106.5, 108.0, 107.2, 105.8, 103.1],
    )
    return np.fft.irfft(spectrum * 10 ** (loudness / 20), len(samples))


def level(pressure: np.ndarray) -> float:
    """Return the mean level, dB SPL."""
    return float(10 * np.log10(2 * np.mean(pressure**2)))


def inner(pressure: np.ndarray, rate_hz: float, gate: float = 0.005) -> np.ndarray:
    """Return what lies between the gates: the stretch over which a mean level is taken."""
    count = round(gate * rate_hz) + 1
    return pressure[count:-count]
