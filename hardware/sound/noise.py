"""Noise for a speaker: flat at the ear, at an exact level, with peaks that are known before.

A noise is the sum of tones of equal level at the ear, one for each 1/duration in its band, with
random phases.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from calibration.speaker import SpeakerCalibration
from hardware.sound.envelope import (
    between_gates,
    gates,
    modulation,
    modulation_db,
    ramp,
    refuse_gates,
)
from rig.sound import Noise

CREST_FACTOR = 5.0
"""No sample exceeds this number of times the RMS, 14 dB."""

TONES = 20
"""A sum of fewer tones is no noise."""

_ROUNDS = 100


def refuse_noise(noise: Noise, rate_hz: float, calibration: SpeakerCalibration) -> str | None:
    """Return why a noise cannot be played as it is meant, or None if it can."""
    reason = refuse_gates(noise.gate, noise.duration)
    if reason:
        return reason
    if not noise.low_hz < noise.high_hz:
        return f"there is no band from {noise.low_hz:g} to {noise.high_hz:g} Hz"
    if noise.high_hz >= rate_hz / 2:
        return f"{noise.high_hz:g} Hz needs a rate above {2 * noise.high_hz:g} Hz"
    reason = calibration.refuse(noise.low_hz) or calibration.refuse(noise.high_hz)
    if reason:
        return reason
    narrowest = math.ceil(TONES / (noise.duration - 2 * noise.gate))
    if noise.high_hz - noise.low_hz < narrowest:
        return f"noise of {noise.duration:g} s needs a band of {narrowest} Hz or more"
    if not _peak(noise, calibration) * 10 ** (max(_step_db(noise), 0) / 20) <= 1:
        loudest = noise.level_db_spl + max(_step_db(noise), 0)
        return f"{loudest:g} dB SPL is more than the speaker can give as noise"
    return None


def render_noise(
    noise: Noise, count: int, rate_hz: float, calibration: SpeakerCalibration
) -> NDArray[np.float64]:
    """Return `count` samples of a noise, full scale at 1."""
    envelope = modulation(noise.modulation_hz, count, rate_hz)
    carrier = _carrier(noise, envelope, rate_hz, calibration)
    return carrier * envelope * ramp(_step_db(noise), count) * gates(noise.gate, count, rate_hz)


def _carrier(
    noise: Noise,
    envelope: NDArray[np.float64],
    rate_hz: float,
    calibration: SpeakerCalibration,
) -> NDArray[np.float64]:
    """Return the noise before its envelope, at the level that it has with it at the start.

    Peaks are lowered by turning phases: each round clips the samples and keeps the phases of
    what remains, so that the spectrum stays what it is.
    """
    count = len(envelope)
    frequencies = np.fft.rfftfreq(count, 1 / rate_hz)
    inside = (frequencies >= noise.low_hz) & (frequencies <= noise.high_hz)
    phases = np.random.default_rng(noise.seed).uniform(0, 2 * np.pi, np.count_nonzero(inside))
    middle = between_gates(noise.gate, count, rate_hz)
    peak = _peak(noise, calibration)
    spectrum = np.zeros(len(frequencies), dtype=np.complex128)
    samples = np.zeros(count)
    for _ in range(_ROUNDS):
        spectrum[inside] = np.exp(1j * phases)
        heard = np.fft.irfft(spectrum, count)[middle] * envelope[middle]
        scale = 10 ** (noise.level_db_spl / 20) / np.sqrt(2 * np.mean(heard**2))
        samples = scale * np.fft.irfft(calibration.drive(spectrum, frequencies), count)
        if np.abs(samples).max() <= peak:
            break
        phases = np.angle(np.fft.rfft(np.clip(samples, -0.9 * peak, 0.9 * peak))[inside])
    return np.clip(samples, -peak, peak)


def _peak(noise: Noise, calibration: SpeakerCalibration) -> float:
    """Return the largest sample that the noise may have before its envelope."""
    share_db = modulation_db(noise.modulation_hz, noise.gate, noise.duration - noise.gate)
    level = noise.level_db_spl - share_db
    return CREST_FACTOR * calibration.noise_rms(noise.low_hz, noise.high_hz, level)


def _step_db(noise: Noise) -> float:
    """Return by how much the level rises from start to end."""
    end = noise.end_level_db_spl
    return 0.0 if end is None else end - noise.level_db_spl
