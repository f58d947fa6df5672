"""What a measured speaker is corrected by, and what sounds are at the ear after that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speaker_chain import BAND_HZ, MICROPHONE, QUIET, RATE_HZ, SPEAKER, measured

from calibration.equaliser import MAX_BOOST_DB, equaliser, flatness_db
from calibration.gains import REFERENCE_PA
from calibration.microphone import Microphone
from calibration.speaker import SpeakerCalibration
from calibration.speaker_measurement import SpeakerMeasurement, SpeakerResponse
from calibration.sweep import points_hz
from calibration.tones import HeardTone, deviations_db, hear_tone, refuse_tones
from hardware.emulators.simulated_speaker import SimulatedSpeaker
from hardware.sound.synthesis import refuse_sound, render
from protocols.sounds import BUILT_IN
from rig.errors import DeviceError
from rig.sound import Noise, Part, Sound

POINTS_HZ = points_hz(*BAND_HZ, 24)
FINE_HZ = points_hz(*BAND_HZ, 96)
STILL = replace(SPEAKER, noise_db_spl=-60.0)


def filter_db(taps: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Return what a filter does to tones."""
    waves = np.exp(-2j * np.pi * np.outer(frequency_hz, np.arange(len(taps))) / RATE_HZ)
    return 20 * np.log10(np.abs(waves @ taps))


@pytest.mark.parametrize(("taps", "flat_db", "inside_db"), [(255, 0.45, 0.2), (1023, 0.05, 0.04)])
def test_through_the_filter_all_tones_are_equally_loud(
    taps: int, flat_db: float, inside_db: float
) -> None:
    made = equaliser(POINTS_HZ, SPEAKER.level_db_spl(POINTS_HZ), RATE_HZ, taps)
    heard = filter_db(made.taps, FINE_HZ) + SPEAKER.level_db_spl(FINE_HZ)
    assert flatness_db(heard) < flat_db
    assert flatness_db(heard[8:-8]) < inside_db
    assert heard.mean() == pytest.approx(made.full_scale_db_spl, abs=0.02)


@settings(max_examples=50)
@given(
    st.lists(st.floats(80, 110), min_size=4, max_size=12),
    st.floats(1000, 9000),
    st.floats(20_000, 90_000),
    st.sampled_from([31, 127]),
)
def test_a_filter_lifts_no_tone_delays_all_alike_and_stays_near_its_band(
    levels: list[float], low_hz: float, high_hz: float, taps: int
) -> None:
    frequencies = np.geomspace(low_hz, high_hz, len(levels))
    made = equaliser(frequencies, np.array(levels), RATE_HZ, taps)
    assert len(made.taps) == taps
    assert np.array_equal(made.taps, made.taps[::-1])
    everywhere = filter_db(made.taps, np.linspace(1, RATE_HZ / 2, 1000))
    assert everywhere.max() <= 0.01
    assert made.full_scale_db_spl <= max(levels) + 0.1


def test_a_deep_notch_is_not_filled_beyond_the_limit() -> None:
    levels = np.full(len(POINTS_HZ), 100.0)
    levels[60] = 60.0
    made = equaliser(POINTS_HZ, levels, RATE_HZ, 1023)
    gain = filter_db(made.taps, POINTS_HZ)
    mean = levels.mean() - 100
    assert gain.max() - np.median(gain) == pytest.approx(MAX_BOOST_DB - mean, abs=1)


def heard_tone(
    frequency_hz: float,
    level_db_spl: float,
    harmonics_db: float = -200.0,
    noise: float = 35.0,
    microphone: Microphone = MICROPHONE,
) -> HeardTone:
    """Return a tone with a second harmonic as it is heard."""
    time = np.arange(round(0.1 * RATE_HZ)) / RATE_HZ
    peak = np.sqrt(2) * REFERENCE_PA * 10 ** (level_db_spl / 20)
    pascals = peak * np.sin(2 * np.pi * frequency_hz * time)
    pascals += peak * 10 ** (harmonics_db / 20) * np.sin(4 * np.pi * frequency_hz * time + 1)
    around = np.random.default_rng(4).standard_normal(len(time))
    pascals += REFERENCE_PA * 10 ** (noise / 20) * around
    return hear_tone(pascals, RATE_HZ, frequency_hz, level_db_spl, microphone)


@pytest.mark.parametrize("frequency_hz", [3272.0, 11_899.3, 43_275.0, 82_530.0])
def test_a_tone_is_heard_with_its_level_and_its_harmonics(frequency_hz: float) -> None:
    heard = heard_tone(frequency_hz, 75.0, -46.0)
    assert heard.heard_db_spl == pytest.approx(75.0, abs=0.05)
    assert heard.is_clear
    expected = -46.0 if 2 * frequency_hz < RATE_HZ / 2 else None
    assert heard.harmonics_db == pytest.approx(expected, abs=1.0)


def test_the_microphone_s_own_response_is_in_no_tone_and_in_no_harmonic() -> None:
    places, response = np.array([1000.0, 8000.0, 16_000.0]), np.array([0.0, 2.0, 5.0])
    heard = heard_tone(8000.0, 75.0, -40.0, microphone=Microphone("probe", 0.01, places, response))
    assert heard.heard_db_spl == pytest.approx(73.0, abs=0.05)
    assert heard.harmonics_db == pytest.approx(-43.0, abs=0.3)
    short = Microphone("probe", 0.01, places[:2], response[:2])
    assert heard_tone(8000.0, 75.0, -40.0, microphone=short).harmonics_db is None


def test_noise_is_not_taken_for_harmonics() -> None:
    heard = heard_tone(8000.0, 60.0, noise=50.0)
    assert heard.noise_db_spl == pytest.approx(50 - 10 * np.log10(9600 / 9), abs=3)
    assert heard.is_clear
    assert heard.distortion_db is None
    refuse_tones((heard,))
    assert heard_tone(8000.0, 60.0, -15.0, noise=50.0).distortion_db == pytest.approx(-15, abs=2)


def steps(frequency_hz: float, offsets: list[float], heard_db: float | None) -> list[HeardTone]:
    """Return tones of one frequency at steps of 5 dB, each heard with an offset."""
    return [
        HeardTone(frequency_hz, 60.0 + 5 * n, 60.0 + 5 * n + offset, 10.0, heard_db)
        for n, offset in enumerate(offsets)
    ]


def test_a_limiter_is_found_by_the_line_of_its_frequency() -> None:
    even = steps(4000.0, [3.0, 3.0, 3.0, 3.0], -60.0)
    limited = steps(9000.0, [0.0, 0.0, 0.0, -1.4], None)
    assert deviations_db((*even, *limited)) == pytest.approx([0, 0, 0, 0, 0, 0, 0, -1.4])
    refuse_tones(tuple(even))
    with pytest.raises(DeviceError, match=r"9000 Hz at 75 dB SPL lies -1\.4 dB beside the line"):
        refuse_tones((*even, *limited))


def test_distortion_above_one_per_cent_is_refused() -> None:
    refuse_tones(tuple(steps(4000.0, [0.0, 0.0], -40.5)))
    with pytest.raises(DeviceError, match=r"harmonics of -39\.5 dB; -40 dB are allowed"):
        refuse_tones(tuple(steps(4000.0, [0.0, 0.0], -39.5)))


def test_tones_in_the_noise_tell_nothing() -> None:
    faint = [HeardTone(4000.0, 60.0, 40.0, 35.0, -3.0)]
    assert np.isnan(deviations_db(tuple(faint))).all()
    refuse_tones((*faint, *steps(4000.0, [0.0, 0.0], -60.0)))
    with pytest.raises(DeviceError, match="no tone stands clear of the noise"):
        refuse_tones(tuple(faint))


def written(found: SpeakerResponse, folder: Path) -> SpeakerCalibration:
    """Return the calibration whose file holds what was measured."""
    one = SpeakerMeasurement(MICROPHONE, RATE_HZ, RATE_HZ, None, found, (), (), ())  # type: ignore[arg-type]
    rows = "".join(
        f"{{ frequency_hz = {each.frequency_hz}, full_scale_db_spl = {each.full_scale_db_spl} }},"
        for each in one.points()
    )
    head = 'measured_on = 2026-11-29\nmeasured_by = "test"\nmicrophone = "simulated"\n'
    (folder / "speaker.toml").write_text(f"{head}points = [{rows}]\n", encoding="utf-8")
    return SpeakerCalibration(folder, "speaker.toml")


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> SpeakerCalibration:
    """Return the calibration of the simulated speaker, as it was measured and written."""
    return written(measured(), tmp_path_factory.mktemp("speaker"))


def at_the_ear(
    part: Part, calibrated: SpeakerCalibration, speaker: SimulatedSpeaker = STILL
) -> np.ndarray:
    """Return the pascals that the simulated speaker makes of a sound, without its delay."""
    assert refuse_sound(Sound((part,)), RATE_HZ, calibrated, Path()) is None
    played = render(Sound((part,)), RATE_HZ, calibrated, Path()).astype(float)
    volts = speaker.heard(played, RATE_HZ, np.random.default_rng(0))
    return volts[round(speaker.distance * RATE_HZ) :] / speaker.sensitivity_v_per_pa


def level(pascals: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(pascals**2)) / REFERENCE_PA))


@pytest.mark.parametrize("name", ["A", "B", "C"])
def test_complex_sounds_have_one_mean_level_at_the_ear(
    calibrated: SpeakerCalibration, name: str
) -> None:
    heard = at_the_ear(BUILT_IN[name].part(73.0), calibrated)
    gate = round(0.006 * RATE_HZ)
    assert level(heard[gate:-gate]) == pytest.approx(73.0, abs=0.15)


@pytest.mark.parametrize(("begin", "end"), [(60.0, 85.0), (85.0, 60.0)])
def test_a_ramp_is_exact_at_the_ear_from_60_to_85_db(
    calibrated: SpeakerCalibration, begin: float, end: float
) -> None:
    ramp = Noise(4000.0, 64_000.0, 2.0, begin, end_level_db_spl=end, seed=7)
    heard = at_the_ear(ramp, calibrated)
    stretches = np.array_split(heard[960:-960], 25)
    found = np.array([level(each) for each in stretches])
    straight = begin + (end - begin) * (np.arange(25) + 0.5) / 25
    assert found == pytest.approx(straight, abs=0.5)
    assert np.mean(found - straight) == pytest.approx(0, abs=0.05)


def test_the_same_ramp_by_a_coarse_table_is_not_exact(tmp_path: Path) -> None:
    found = measured(QUIET)
    keep = slice(None, None, 29)
    coarse = replace(
        found,
        gains=replace(
            found.gains,
            frequency_hz=found.gains.frequency_hz[keep],
            full_scale_db_spl=found.gains.full_scale_db_spl[keep],
        ),
        valid=slice(0, 5),
    )
    heard = at_the_ear(BUILT_IN["A"].part(73.0), written(coarse, tmp_path))
    assert abs(level(heard[1200:-1200]) - 73.0) > 1.0
