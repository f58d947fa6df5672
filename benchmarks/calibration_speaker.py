"""Calibrations of a simulated speaker: how often their intervals hold the truth, what is left.

The speaker's gain goes up and down by 7.5 dB from 3 to 90 kHz; the microphone has white noise. Each
calibration looks for four sweeps of 0.1 s in a recording, as it does for a real speaker. Then one
calibration by sweeps of 2 s is corrected, and measured again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calibration.equaliser import TAPS, equaliser
from calibration.gains import REFERENCE_PA
from calibration.microphone import Microphone
from calibration.speaker_measurement import (
    SILENCE_MORE,
    SpeakerResponse,
    SweepTrain,
    residual,
    response,
)
from calibration.sweep import Floats, sweep_over, train
from hardware.emulators.simulated_speaker import SimulatedSpeaker

CALIBRATIONS = 1000
RATE_HZ = 192_000.0
BAND_HZ = 3000.0, 90_000.0
NOISES_DB_SPL = 35.0, 60.0
AMPLITUDE, AVERAGES, GAP = 0.3, 4, 0.05
SHORT, LONG = 0.1, 2.0
AROUND = np.zeros(10_000)
SPEAKER = SimulatedSpeaker()
MICROPHONE = Microphone("simulated", SPEAKER.sensitivity_v_per_pa)


def measure() -> list[tuple[str, str]]:
    """Return what was measured, in words."""
    found = []
    for noise in NOISES_DB_SPL:
        found += _intervals(noise)
    return found + _flatness()


def _intervals(noise_db_spl: float) -> list[tuple[str, str]]:
    """Return how true many calibrations are in some noise."""
    sweeps = _sweeps(BAND_HZ, SHORT, AVERAGES)
    rng = np.random.default_rng(2026)
    clean = _clean(_played(sweeps))
    silent = np.zeros(round((SHORT + SILENCE_MORE) * RATE_HZ))
    held, errors, reach = [], [], []
    for _ in range(CALIBRATIONS):
        volts, silence = (_noisy(each, noise_db_spl, rng) for each in (clean, silent))
        found = response(volts, silence, sweeps, RATE_HZ, MICROPHONE)
        held.append(_held(found))
        truth = SPEAKER.level_db_spl(found.trusted[0])
        errors.append(np.mean((found.trusted[1] - truth) ** 2))
        gains = found.gains
        reach.append(np.median((gains.high_db_spl - gains.low_db_spl)[found.valid]) / 2)
    by_calibration = np.percentile([each.mean() for each in held], (2.5, 97.5))
    name = f"{CALIBRATIONS} calibrations, noise of {noise_db_spl:g} dB SPL"
    return [
        (f"{name}: 95 % intervals that hold the truth", f"{np.concatenate(held).mean():.2%}"),
        (f"{name}: of one calibration", "{:.0%} to {:.0%}".format(*by_calibration)),
        (f"{name}: error, rms", f"{np.sqrt(np.mean(errors)):.4f} dB"),
        (f"{name}: half an interval, median", f"{np.median(reach):.4f} dB"),
    ]


def _flatness() -> list[tuple[str, str]]:
    """Return how flat a corrected speaker is when it is measured again."""
    rng = np.random.default_rng(2027)
    sweeps = _sweeps(BAND_HZ, LONG, AVERAGES)
    silence = _noisy(np.zeros(round((LONG + SILENCE_MORE) * RATE_HZ)), 35.0, rng)
    volts = _noisy(_clean(_played(sweeps)), 35.0, rng)
    found = response(volts, silence, sweeps, RATE_HZ, MICROPHONE)
    truth = SPEAKER.level_db_spl(found.trusted[0])
    error = np.sqrt(np.mean((found.trusted[1] - truth) ** 2))
    lines = [
        ("four sweeps of 2 s: gain before correction", f"±{np.ptp(truth) / 2:.2f} dB"),
        ("four sweeps of 2 s: error, rms", f"{error:.5f} dB"),
    ]
    for taps in TAPS:
        made = equaliser(*found.trusted, RATE_HZ, taps)
        again = replace(_sweeps(made.band_hz, LONG, 2), amplitude=AMPLITUDE)
        volts = _noisy(_clean(np.convolve(_played(again), made.taps)), 35.0, rng)
        level = made.full_scale_db_spl
        left = residual(f"{taps} taps", volts, silence, again, level, RATE_HZ, MICROPHONE)
        third = (left.frequency_hz > BAND_HZ[0] * 2 ** (1 / 3)) & (
            left.frequency_hz < BAND_HZ[1] / 2 ** (1 / 3)
        )
        inner = np.ptp(left.error_db[third]) / 2
        words = f"±{left.flatness_db:.2f} dB; a third of an octave inside ±{inner:.2f} dB"
        lines.append((f"{taps} taps, measured again", words))
    return lines


def _sweeps(band_hz: tuple[float, float], duration: float, count: int) -> SweepTrain:
    return SweepTrain(sweep_over(*band_hz, duration, RATE_HZ), AMPLITUDE, count, GAP)


def _played(sweeps: SweepTrain) -> NDArray[np.float64]:
    return sweeps.amplitude * train(sweeps.sweep, sweeps.count, sweeps.gap, RATE_HZ)


def _clean(played: Floats) -> NDArray[np.float64]:
    """Return the volts without noise, from somewhat before what is played until after it."""
    still = replace(SPEAKER, noise_db_spl=-100.0)
    whole = np.concatenate([AROUND, played, AROUND])
    return still.heard(whole, RATE_HZ, np.random.default_rng(0))


def _noisy(volts: Floats, noise_db_spl: float, rng: np.random.Generator) -> NDArray[np.float64]:
    scale = SPEAKER.sensitivity_v_per_pa * REFERENCE_PA * 10 ** (noise_db_spl / 20)
    return np.asarray(volts + scale * rng.standard_normal(len(volts)))


def _held(found: SpeakerResponse) -> NDArray[np.bool_]:
    """Return for each point that is trusted whether its interval holds the true level."""
    gains = found.gains
    truth = SPEAKER.level_db_spl(gains.frequency_hz)
    return np.asarray((gains.low_db_spl <= truth) & (truth <= gains.high_db_spl))[found.valid]
