"""Gains of a speaker out of recordings of sweeps: true, with honest intervals, or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import resample
from speaker_chain import (
    AFTER,
    BAND_HZ,
    BEFORE,
    MICROPHONE,
    QUIET,
    RATE_HZ,
    SPEAKER,
    SWEEPS,
    measured,
    recorded,
    samples,
    silence,
)

from calibration.gains import (
    LEAD,
    MAX_FALL_DB,
    MIN_SNR_DB,
    REFERENCE_PA,
    band_levels,
    gains,
    transfer,
)
from calibration.heard_sweeps import cut_sweeps
from calibration.microphone import Microphone, sensitivity
from calibration.speaker_measurement import residual, response
from calibration.sweep import points_hz, sweep_over
from hardware.emulators.simulated_speaker import SimulatedSpeaker
from rig.errors import ConfigError, DeviceError


def stretched(volts: np.ndarray, by: float) -> np.ndarray:
    """Return what an input of another rate makes of a recording."""
    return resample(volts, round(len(volts) * by))


def test_95_of_100_intervals_hold_the_true_gain() -> None:
    sweep = sweep_over(*BAND_HZ, 0.03, RATE_HZ)
    lead = round((LEAD - SPEAKER.distance) * RATE_HZ)
    one = np.concatenate([np.zeros(lead), 0.3 * sweep.samples(RATE_HZ), np.zeros(5000)])
    rng = np.random.default_rng(3)
    silent = replace(SPEAKER, noise_db_spl=-60.0)
    clean = silent.heard(one, RATE_HZ, rng) / silent.sensitivity_v_per_pa
    noise = rng.standard_normal((150, 4, len(one)), dtype=np.float32)
    cuts = clean.astype(np.float32) + np.float32(REFERENCE_PA * 10 ** (35 / 20)) * noise
    points = points_hz(*BAND_HZ, 12)
    found = gains(transfer(cuts, sweep, RATE_HZ, points) / 0.3, points)
    truth = SPEAKER.level_db_spl(points)
    held = (found.low_db_spl <= truth) & (truth <= found.high_db_spl)
    assert 0.94 <= held.mean() <= 0.96
    assert found.full_scale_db_spl.std(axis=0) == pytest.approx(
        np.sqrt(np.mean(found.standard_error_db**2, axis=0)), rel=0.25
    )


def test_gain_and_valid_range_come_out_of_a_recording_that_began_at_any_time() -> None:
    found = measured()
    frequencies = found.gains.frequency_hz
    truth = SPEAKER.level_db_spl(frequencies)
    assert np.ptp(truth) > 14.9
    assert found.gains.full_scale_db_spl == pytest.approx(truth, abs=0.05)
    assert found.valid_range_hz == pytest.approx(BAND_HZ)
    assert found.gains.sweeps_db_spl.shape == (4, len(frequencies))


@pytest.mark.parametrize("drift", [1.0004, 0.9999])
def test_two_clocks_that_drift_apart_do_no_harm(drift: float) -> None:
    apart = replace(SWEEPS, count=3, gap=0.5)
    volts = stretched(recorded(samples(apart), QUIET), drift)
    found = response(volts, silence(), apart, RATE_HZ, MICROPHONE).gains
    assert found.full_scale_db_spl == pytest.approx(
        SPEAKER.level_db_spl(found.frequency_hz), abs=0.05
    )


def test_every_sweep_is_cut_at_its_arrival() -> None:
    apart = replace(SWEEPS, count=3, gap=0.5)
    volts = stretched(recorded(samples(apart), QUIET), 1.0004)
    pascals, still = MICROPHONE.pascals(volts), MICROPHONE.pascals(silence(QUIET))
    cuts = cut_sweeps(pascals, still, apart.sweep, apart.count, apart.gap, RATE_HZ)
    strongest = np.abs(apart.sweep.impulse_responses(cuts, RATE_HZ)).argmax(axis=1)
    assert strongest == pytest.approx(round(LEAD * RATE_HZ), abs=1)


def test_harmonics_of_the_speaker_are_kept_out_of_its_gain() -> None:
    found = measured(replace(QUIET, second_harmonic=0.05)).gains
    truth = SPEAKER.level_db_spl(found.frequency_hz)
    assert found.full_scale_db_spl == pytest.approx(truth, abs=0.02)


def test_the_microphone_s_own_response_is_taken_away() -> None:
    known = Microphone(
        "probe",
        SPEAKER.sensitivity_v_per_pa,
        np.array([1000.0, 3000.0, 90_000.0]),
        np.array([0.0, 0.0, 6.0]),
    )
    plain, found = measured(), measured(microphone=known)
    share = np.log(found.gains.frequency_hz / 3000) / np.log(30)
    for field in ("full_scale_db_spl", "high_db_spl"):
        lower = getattr(plain.gains, field) - getattr(found.gains, field)
        assert lower == pytest.approx(6 * share)
    assert plain.floor_db_spl - found.floor_db_spl == pytest.approx(6 * share)
    assert plain.snr_db == pytest.approx(found.snr_db)


def test_the_microphone_s_own_response_is_in_no_residual() -> None:
    probe = Microphone(
        "probe", SPEAKER.sensitivity_v_per_pa, np.array([3000.0, 90_000.0]), np.array([2.0, 2.0])
    )
    volts = recorded(samples())
    plain, found = (
        residual("none", volts, silence(), SWEEPS, 100.0, RATE_HZ, each)
        for each in (MICROPHONE, probe)
    )
    assert plain.error_db == pytest.approx(SPEAKER.level_db_spl(plain.frequency_hz) - 100, abs=0.1)
    assert plain.error_db - found.error_db == pytest.approx(2.0)
    assert plain.flatness_db == pytest.approx(7.5, abs=0.1)


def test_the_floor_is_the_noise_of_a_third_of_an_octave() -> None:
    found = measured()
    width = found.gains.frequency_hz * (2 ** (1 / 6) - 2 ** (-1 / 6))
    share = np.minimum(width, RATE_HZ / 2 - found.gains.frequency_hz * 2 ** (-1 / 6))
    expected = SPEAKER.noise_db_spl + 10 * np.log10(share / (RATE_HZ / 2))
    assert found.floor_db_spl == pytest.approx(expected, abs=1.5)
    assert np.mean(found.floor_db_spl - expected) == pytest.approx(0, abs=0.3)


def test_a_tone_has_its_level_in_its_band() -> None:
    tone = np.sqrt(2) * np.sin(2 * np.pi * 8000 * np.arange(19_200) / RATE_HZ)  # 1 Pa
    found = band_levels(tone, RATE_HZ, np.array([4000.0, 8000.0]))
    assert found[1] == pytest.approx(93.98, abs=0.01)
    assert found[0] < 0


def test_the_valid_range_ends_where_the_noise_begins_or_the_speaker_does() -> None:
    noisy = measured(replace(SPEAKER, noise_db_spl=78.0))
    assert noisy.snr_db[noisy.valid].min() >= MIN_SNR_DB
    assert 6000 < noisy.valid_range_hz[1] < 80_000
    beyond = noisy.snr_db[noisy.valid.stop]
    assert beyond < MIN_SNR_DB
    dull = measured(replace(QUIET, high_hz=20_000.0))
    levels = dull.gains.full_scale_db_spl
    assert dull.valid_range_hz[1] < 70_000
    assert levels[dull.valid.stop] < levels.max() - MAX_FALL_DB <= levels[dull.valid].min()


def test_what_a_sound_server_filters_away_is_not_in_the_valid_range() -> None:
    spectrum = np.fft.rfft(recorded(samples()))
    spectrum[np.fft.rfftfreq(2 * len(spectrum) - 2, 1 / RATE_HZ) > 24_000] = 0
    volts = np.fft.irfft(spectrum) + silence_of(len(spectrum) * 2 - 2)
    found = response(volts, silence(), SWEEPS, RATE_HZ, MICROPHONE)
    assert 23_000 < found.valid_range_hz[1] < 24_500


def silence_of(frames: int) -> np.ndarray:
    return SPEAKER.heard(np.zeros(frames), RATE_HZ, np.random.default_rng(9))


def clipped() -> np.ndarray:
    return recorded(samples(), replace(SPEAKER, clip_v=0.017))


def clipped_on_one_side() -> np.ndarray:
    return np.maximum(recorded(samples()), -0.015)


def clipped_before_the_noise() -> np.ndarray:
    return np.clip(recorded(samples(), QUIET), -0.012, 0.012) + silence_of(
        len(samples()) + BEFORE + AFTER
    )


def too_noisy(level: float) -> Callable[[], np.ndarray]:
    return lambda: recorded(samples(), replace(SPEAKER, noise_db_spl=level))


def at_another_rate(by: float) -> Callable[[], np.ndarray]:
    return lambda: stretched(recorded(samples()), by)


@pytest.mark.parametrize(
    ("volts", "noise_db_spl", "reason"),
    [
        (clipped, 35.0, "the microphone is clipped: the tops of the sound are flat at 0.017 V"),
        (clipped_on_one_side, 35.0, "the microphone is clipped"),
        (clipped_before_the_noise, 35.0, "the microphone is clipped"),
        (lambda: np.full(100_000, 0.01), 35.0, "the microphone gives nothing"),
        (lambda: recorded(0 * samples()), 35.0, "the sweeps are not heard"),
        (lambda: recorded(samples()), -20.0, "less than any microphone has"),
        (too_noisy(93.0), 93.0, "the noise is too high: only"),
        (at_another_rate(1.0016), 35.0, r"the sweep comes back 1\.002 times as long"),
        (at_another_rate(0.5), 35.0, r"the sweep comes back 0\.5 times as long"),
        (at_another_rate(2.0), 35.0, "the sweep comes back 2 times as long"),
        (lambda: silence_of(100_000) * 30, 35.0, "nothing in it comes again"),
        (lambda: recorded(samples())[: -AFTER - 9000], 35.0, "ends before the last sweep"),
    ],
)
def test_recordings_that_show_no_gain_are_refused(
    volts: Callable[[], np.ndarray], noise_db_spl: float, reason: str
) -> None:
    quiet = silence(replace(SPEAKER, noise_db_spl=noise_db_spl))
    with pytest.raises(DeviceError, match=reason) as caught:
        response(volts(), quiet, SWEEPS, RATE_HZ, MICROPHONE)
    assert caught.value.do.endswith(".")


def test_one_sweep_is_refused() -> None:
    with pytest.raises(DeviceError, match="1 sweep tells nothing of how much the gain varies"):
        response(recorded(samples()), silence(), replace(SWEEPS, count=1), RATE_HZ, MICROPHONE)


@pytest.mark.parametrize("range_v", [0.04, 0.4, 4.0])
def test_coarse_steps_of_a_converter_are_not_taken_for_clipping(range_v: float) -> None:
    step = range_v / 32_768
    volts = np.round(recorded(samples()) / step) * step
    quiet = silence_of(len(silence()))  # the last range shows none of it
    assert response(volts, quiet, SWEEPS, RATE_HZ, MICROPHONE).valid_range_hz[0] < 4000


def test_a_band_that_the_microphone_s_sheet_leaves_out_is_refused() -> None:
    short = Microphone("probe", 0.01, np.array([500.0, 40_000.0]), np.zeros(2))
    with pytest.raises(DeviceError, match="known from 500 to 40000 Hz, and wanted from 3000"):
        measured(microphone=short)


def test_a_band_that_the_rate_cannot_carry_is_refused() -> None:
    with pytest.raises(ConfigError, match="no sweep goes from 3000 to 90000 Hz at 96000"):
        sweep_over(3000.0, 90_000.0, 1.0, 96_000.0)


def pistonphone(level_db_spl: float, frequency_hz: float = 250.0) -> np.ndarray:
    """Return the volts of a microphone on a pistonphone, with noise of 60 dB SPL."""
    speaker = SimulatedSpeaker(noise_db_spl=60.0, sensitivity_v_per_pa=0.0123)
    pascals = np.sqrt(2) * REFERENCE_PA * 10 ** (level_db_spl / 20)
    tone = pascals * np.sin(2 * np.pi * frequency_hz * np.arange(96_000) / RATE_HZ)
    noise = speaker.heard(np.zeros(96_000), RATE_HZ, np.random.default_rng(5))
    return speaker.sensitivity_v_per_pa * tone + noise


@pytest.mark.parametrize(("level", "frequency_hz"), [(94.0, 1000.0), (114.0, 250.0)])
def test_a_pistonphone_tells_the_sensitivity(level: float, frequency_hz: float) -> None:
    found = sensitivity(pistonphone(level, frequency_hz), RATE_HZ, level, frequency_hz)
    assert found == pytest.approx(0.0123, rel=2e-3)


@pytest.mark.parametrize(
    ("volts", "reason"),
    [
        (pistonphone(94.0, 1000.0), "of what the microphone hears is a tone of 250 Hz"),
        (pistonphone(40.0), "of what the microphone hears is a tone of 250 Hz"),
        (pistonphone(94.0) * np.linspace(1, 0.9, 96_000), "tone changes by 5%"),
        (np.clip(pistonphone(114.0), -0.1, 0.1), "the microphone is clipped"),
        (np.zeros(96_000), "the microphone gives nothing"),
    ],
)
def test_what_is_no_pistonphone_is_refused(volts: np.ndarray, reason: str) -> None:
    with pytest.raises(DeviceError, match=reason):
        sensitivity(volts, RATE_HZ, 94.0, 250.0)
