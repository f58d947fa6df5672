"""Turns a `Sound` into samples, at the true rate of the output and by the speaker's calibration."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from calibration.speaker import SpeakerCalibration
from rig.sound import Chord, Part, Silence, Sound


def refuse_sound(sound: Sound, rate_hz: float, calibration: SpeakerCalibration) -> str | None:
    """Return why a sound cannot be played as it is meant, or None if it can.

    Frequencies must lie below half the rate and within the calibration, gates must fit, and
    the sum of all tones must not clip.
    """
    for part in sound.parts:
        if isinstance(part, Silence):
            continue
        if 2 * part.gate > part.duration:
            return f"two gates of {part.gate:g} s do not fit into {part.duration:g} s"
        for frequency_hz in part.frequencies_hz:
            if frequency_hz >= rate_hz / 2:
                return f"{frequency_hz:g} Hz needs a rate above {2 * frequency_hz:g} Hz"
            reason = calibration.refuse(frequency_hz)
            if reason:
                return reason
        if sum(_amplitudes(part, calibration)) > 1:
            return f"{part.level_db_spl:g} dB SPL is more than the speaker can give"
    return None


def render(sound: Sound, rate_hz: float, calibration: SpeakerCalibration) -> NDArray[np.float32]:
    """Return the samples of a sound, shape (samples,), full scale at 1.

    The borders between parts fall on the sample nearest to their time, so that errors do not
    add up over the parts.
    """
    ends = np.cumsum([0.0, *(part.duration for part in sound.parts)])
    borders = np.rint(ends * rate_hz).astype(int)
    samples = np.zeros(borders[-1], dtype=np.float32)
    for part, start, stop in zip(sound.parts, borders[:-1], borders[1:], strict=True):
        samples[start:stop] = _render_part(part, stop - start, rate_hz, calibration)
    return samples


def _render_part(
    part: Part, count: int, rate_hz: float, calibration: SpeakerCalibration
) -> NDArray[np.float64]:
    """Return `count` samples of one part."""
    if isinstance(part, Silence):
        return np.zeros(count)
    time = np.arange(count) / rate_hz
    amplitudes = _amplitudes(part, calibration)
    wave = np.zeros(count)
    # Golden-angle phases keep the tones from adding up to one peak at the onset.
    for number, (frequency_hz, amplitude) in enumerate(
        zip(part.frequencies_hz, amplitudes, strict=True)
    ):
        wave += amplitude * np.sin(2 * np.pi * frequency_hz * time + 2.399963 * number)
    return wave * _envelope(part, time)


def _amplitudes(part: Chord, calibration: SpeakerCalibration) -> list[float]:
    """Return the amplitude of each tone: equal powers that add up to the level of the whole."""
    share_db = 10 * math.log10(len(part.frequencies_hz))
    modulation_db = 10 * math.log10(3 / 8) if part.modulation_hz else 0.0
    level = part.level_db_spl - share_db - modulation_db
    return [calibration.amplitude(frequency_hz, level) for frequency_hz in part.frequencies_hz]


def _envelope(part: Chord, time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the gates, cosine-shaped, and the modulation, shape (samples,)."""
    envelope = np.ones(len(time))
    if part.gate > 0:
        rise = np.clip(time / part.gate, 0, 1)
        fall = np.clip((part.duration - time) / part.gate, 0, 1)
        envelope = (1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * fall)) / 4
    if part.modulation_hz:
        envelope = envelope * (1 - np.cos(2 * np.pi * part.modulation_hz * time)) / 2
    return envelope
