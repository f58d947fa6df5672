"""A simulated speaker and microphone, and sweeps that are played through them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.microphone import Microphone
from calibration.speaker_measurement import SILENCE_MORE, SpeakerResponse, SweepTrain, response
from calibration.sweep import sweep_over, train
from hardware.emulators.simulated_speaker import SimulatedSpeaker

RATE_HZ = 192_000.0
BAND_HZ = (3000.0, 90_000.0)
SPEAKER = SimulatedSpeaker()
QUIET = replace(SPEAKER, noise_db_spl=5.0)
"""The same with next to no noise."""
MICROPHONE = Microphone("simulated", SPEAKER.sensitivity_v_per_pa)
SWEEPS = SweepTrain(sweep_over(*BAND_HZ, 0.08, RATE_HZ), amplitude=0.3, count=4, gap=0.04)
BEFORE, AFTER = 5000, 8000
"""Frames that are recorded before the sweeps and after them."""


def samples(sweeps: SweepTrain = SWEEPS) -> np.ndarray:
    """Return what is played of sweeps."""
    return sweeps.amplitude * train(sweeps.sweep, sweeps.count, sweeps.gap, RATE_HZ)


def recorded(played: np.ndarray, speaker: SimulatedSpeaker = SPEAKER, seed: int = 1) -> np.ndarray:
    """Return the microphone's volts from somewhat before what is played until after it."""
    whole = np.concatenate([np.zeros(BEFORE), played, np.zeros(AFTER)])
    return speaker.heard(whole, RATE_HZ, np.random.default_rng(seed))


def silence(speaker: SimulatedSpeaker = SPEAKER, seed: int = 2) -> np.ndarray:
    """Return the microphone's volts while nothing is played."""
    frames = round((SWEEPS.sweep.duration + SILENCE_MORE) * RATE_HZ)
    return speaker.heard(np.zeros(frames), RATE_HZ, np.random.default_rng(seed))


def measured(
    speaker: SimulatedSpeaker = SPEAKER, microphone: Microphone = MICROPHONE
) -> SpeakerResponse:
    """Return the response that sweeps through a speaker show."""
    volts = recorded(samples(), speaker)
    return response(volts, silence(speaker), SWEEPS, RATE_HZ, microphone)
