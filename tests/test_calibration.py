"""Calibrations, and the sounds made by them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.screen import ScreenCalibration
from calibration.speaker import SpeakerCalibration
from calibration.valve import ValveCalibration
from hardware.sound.synthesis import refuse_sound, render
from protocols.sounds import BUILT_IN, pips
from rig.errors import CheckFailed
from rig.lab import Lab
from rig.sound import Chord, Silence, Sound

RATE_HZ = 192_000
TEMPLATE = Path(__file__).parent.parent / "rig" / "template"
SPEAKER = "calibration/box1-speaker.toml"


@pytest.fixture
def valve(lab: Lab) -> ValveCalibration:
    return ValveCalibration(lab.folder, "calibration/box1-valve.toml")


@pytest.fixture
def speaker(lab: Lab) -> SpeakerCalibration:
    return SpeakerCalibration(lab.folder, SPEAKER)


def test_valve_line_is_the_least_squares_line(valve: ValveCalibration) -> None:
    open_ms = np.array([10, 20, 40, 60, 80])
    volume_ul = np.array([1.18, 2.61, 5.37, 8.22, 10.95])
    slope = np.cov(open_ms, volume_ul, bias=True)[0, 1] / np.var(open_ms)
    expected = (5.0 - volume_ul.mean()) / slope + open_ms.mean()
    assert valve.open_time(5.0) * 1000 == pytest.approx(expected)


def test_valve_inverse(valve: ValveCalibration) -> None:
    for volume_ul in np.linspace(1.2, 10.9, 20):
        assert valve.volume_ul(valve.open_time(float(volume_ul))) == pytest.approx(volume_ul)
    assert valve.volume_ul(0.0) == 0.0


@pytest.mark.parametrize("volume_ul", [0.0, 1.17, 10.96, -1.0, float("nan")])
def test_valve_refuses_to_extrapolate(valve: ValveCalibration, volume_ul: float) -> None:
    assert "outside its calibration" in str(valve.refuse(volume_ul))


def rms_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2)))


@pytest.mark.parametrize("frequency_hz", [2000.0, 4000.0, 10_000.0, 64_000.0])
def test_a_tone_has_its_frequency_and_level(
    speaker: SpeakerCalibration, frequency_hz: float
) -> None:
    tone = Sound((Chord((frequency_hz,), 0.5, 70.0),))
    samples = render(tone, RATE_HZ, speaker, TEMPLATE)
    assert len(samples) == 96_000
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * RATE_HZ / len(samples) == pytest.approx(frequency_hz, abs=2)
    middle = samples[9600:-9600]
    full_scale_db = 20 * np.log10(speaker.amplitude(frequency_hz, 0.0))
    assert rms_db(middle) + 10 * np.log10(2) - full_scale_db == pytest.approx(70, abs=0.05)


def test_gates_begin_and_end_in_silence(speaker: SpeakerCalibration) -> None:
    samples = render(Sound((Chord((5000.0,), 0.1, 80.0),)), RATE_HZ, speaker, TEMPLATE)
    assert abs(samples[0]) < 1e-6
    assert abs(samples[-1]) < 1e-3
    assert np.abs(samples).max() == pytest.approx(speaker.amplitude(5000.0, 80.0), rel=0.01)


def test_parts_begin_on_their_sample(speaker: SpeakerCalibration) -> None:
    samples = render(Sound((*pips(73.0), BUILT_IN["A"].part(73.0))), RATE_HZ, speaker, TEMPLATE)
    assert len(samples) == round(0.92 * RATE_HZ)
    for start, stop in ((0.05, 0.425), (0.475, 0.85)):
        quiet = samples[round(start * RATE_HZ) : round(stop * RATE_HZ)]
        assert not quiet.any()
    for start in (0.0, 0.425, 0.85):
        assert samples[round((start + 0.01) * RATE_HZ) :][:200].any()


@given(st.lists(st.floats(0.001, 0.3), min_size=1, max_size=8))
def test_rendering_keeps_the_length(durations: list[float]) -> None:
    sound = Sound(tuple(Silence(duration) for duration in durations))
    samples = render(sound, RATE_HZ, SpeakerCalibration(TEMPLATE, SPEAKER), TEMPLATE)
    assert abs(len(samples) - sound.duration * RATE_HZ) <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (Chord((96_000.0,), 0.1, 60.0), "needs a rate above"),
        (Chord((1000.0,), 0.1, 60.0), "outside its calibration"),
        (Chord((5000.0,), 0.1, 110.0), "more than the speaker can give"),
        (Chord((5000.0,), 0.009, 60.0), "do not fit"),
    ],
)
def test_what_cannot_be_played_true_is_refused(
    speaker: SpeakerCalibration, sound: Chord, reason: str
) -> None:
    assert reason in str(refuse_sound(Sound((sound,)), RATE_HZ, speaker, TEMPLATE))


def photometer(gamma: float = 2.2) -> str:
    """Return the file of a screen whose guns are alike."""
    points = [
        f'[[points]]\ngun = "{gun}"\nlevel = {level}\n'
        f"luminance_cd_m2 = {100.0 * (level / 255) ** gamma + 0.2}\n"
        for gun in ("red", "green", "blue")
        for level in (0, 32, 64, 96, 128, 160, 192, 224, 255)
    ]
    return 'measured_on = 2026-11-02\nmeasured_by = "test"\nphotometer = "LS-1"\n' + "\n".join(
        points
    )


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2, 2.4])
def test_a_screen_s_curve_gives_the_levels_for_a_light(tmp_path: Path, gamma: float) -> None:
    (tmp_path / "screen.toml").write_text(photometer(gamma), encoding="utf-8")
    screen = ScreenCalibration(tmp_path, "screen.toml")
    assert [curve.exponent for curve in screen.curves] == pytest.approx([gamma] * 3, abs=0.01)
    assert screen.curves[0].luminance_cd_m2(np.array([255])) == pytest.approx([100.2], abs=0.01)
    every = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    assert np.array_equal(screen.levels(screen.light(every)), every)
    assert screen.light(every)[:, 0] == pytest.approx((np.arange(256) / 255) ** gamma, abs=1e-3)
    half = screen.grey(0.5)
    assert screen.light(half).max() <= 0.5 < screen.light(half + np.uint8(1)).min()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("luminance_cd_m2 = 0.2\n", "luminance_cd_m2 = 50.0\n", "does not rise"),
        ("level = 255", "level = 250", "was not measured at the levels 0 and 255"),
        ("level = 32\n", "level = 64\n", "different levels or more, each once"),
    ],
)
def test_points_that_lie_on_no_screen_s_curve_are_refused(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = photometer()
    assert old in text
    (tmp_path / "screen.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CheckFailed, match=reason):
        ScreenCalibration(tmp_path, "screen.toml")


def test_a_bent_curve_of_a_screen_is_refused(tmp_path: Path) -> None:
    text = (
        photometer()
        .replace("level = 96\n", "level = 80\n")
        .replace("level = 224\n", "level = 250\n")
    )
    (tmp_path / "screen.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CheckFailed, match="beside a curve"):
        ScreenCalibration(tmp_path, "screen.toml")
