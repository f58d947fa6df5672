"""A screen is calibrated by a photometer: simulated, from a file, before virtual screens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import typer
from conftest import Done
from hypothesis import given, settings
from hypothesis import strategies as st
from screen_bench import BLACK_CD_M2, GAMMAS, Screens, luminance
from serial_bench import NUMBER, plugged

from benchmarks.screen_calibration import coverage, grey_coverage
from calibration.gun_curve import GunCurve, curve_through
from calibration.screen import ScreenCalibration, ScreenFile
from calibration.screen_fit import excess, fit_screen, grating_of, known_curve
from calibration.screen_place import ScreenPlace
from calibration.screen_points import GUNS, ScreenPoint
from calibration.store import RECORDS, put_in_force
from hardware.calibrating.screen import asked, evenly, measure
from hardware.calibrating.simulated import TRUE_GUNS, photometer
from hardware.emulators.screen_grab import ScreenGrab
from hardware.emulators.serial.minolta import PhotometerEmulator
from hardware.serial.address import EIGHT_N_1
from rig.calibration_record import sealed
from rig.errors import CheckFailed, ExitCode
from rig.lab import Lab
from rig.person import Terminal

LEVELS = np.array(evenly(9))
REAL = 'driver = "hardware.psychopy_display:PsychopyDisplay"\ncalibration = "calibration/new.toml"'


def gun(scale: float = 40.0, exponent: float = 2.2, black: float = 0.2) -> list[float]:
    return GunCurve(black, scale, 0.0, exponent).luminance_cd_m2(LEVELS).tolist()


def screen(green: Sequence[float], levels: Sequence[int] = tuple(LEVELS)) -> list[ScreenPoint]:
    """Return points of a screen whose green gun reads so; the others are good."""
    said = {"red": (LEVELS, gun()), "green": (levels, green), "blue": (LEVELS, gun(15.0))}
    return [
        ScreenPoint(gun=name, level=int(level), luminance_cd_m2=value)
        for name in GUNS
        for level, value in zip(*said[name], strict=True)
    ]


def test_intervals_hold_the_truth_in_95_percent_of_calibrations() -> None:
    held = coverage(calibrations=1000, seed=5, levels=9)
    assert len(held) == 4
    assert all(0.93 <= share <= 0.97 for share in held.values()), held
    assert 0.93 <= grey_coverage(calibrations=100, seed=5, levels=9) <= 0.97


@settings(max_examples=25, deadline=None)
@given(exponent=st.floats(1.0, 3.0), offset=st.floats(0.0, 0.05), scale=st.floats(5.0, 300.0))
def test_the_curve_of_exact_points_is_found(exponent: float, offset: float, scale: float) -> None:
    truth = GunCurve(0.1, scale, offset, exponent)
    found = curve_through(LEVELS, truth.luminance_cd_m2(LEVELS))
    every = np.arange(256)
    assert found.light(every) == pytest.approx(truth.light(every), abs=2e-4)


def test_exact_points_are_known_no_better_than_the_last_digit() -> None:
    known = known_curve(LEVELS, gun(15.0))
    margin = known.margin(lambda curve: curve.luminance_cd_m2(255))
    assert 0.002 < margin < 0.01


def test_the_excess_of_a_grating_is_that_of_its_pixels() -> None:
    """Uncorrected it is the mean of sin to a power; by the right curves it is none."""
    curves = [GunCurve(0.0, 50.0, 0.0, 2.2)] * 3
    fit = fit_screen(screen(gun(40.0, 2.2, 0.0)), 0.5, "test")
    waves = (1 + np.sin(2 * np.pi * np.arange(1000) / 1000)) / 2
    twice = np.mean(waves**2.2) * 2**2.2
    assert twice == pytest.approx(1.65, abs=0.005)
    assert fit.isoluminance.uncorrected == pytest.approx(twice * (127.5 / 128) ** 2.2, abs=0.01)
    assert abs(fit.isoluminance.excess) < 0.005
    flat = [GunCurve(0.0, 50.0, 0.0, 1.0)] * 3
    assert excess(curves, grating_of(flat, 0.5)) == pytest.approx(twice - 1, abs=0.005)


@pytest.mark.parametrize(
    ("green", "words"),
    [
        ([20.0] * 9, "shows 20 cd/m2 at most and hardly less"),
        ([0.01, 0.02, 0.01, 0.0, 0.01, 0.01, 0.02, 0.01, 0.01], "was asleep or off"),
        ([0.0] * 9, "was asleep or off"),
        ([*gun()[:7], 25.0, 25.0], "gives no more light from level 223 to 255"),
        ([*gun()[:5], 0.2, 0.2, 0.2, 0.2], "went dark at level 159: the screen fell asleep"),
        ([*gun()[:5], 3.0, *gun()[6:]], "does not rise to level 159"),
        ([*gun()[:4], 14.0, *gun()[5:]], "beside a curve"),
    ],
)
def test_readings_that_are_no_screen_s_are_refused(green: list[float], words: str) -> None:
    fit_screen(screen(gun()), 0.5, "test")
    with pytest.raises(CheckFailed, match=words) as raised:
        fit_screen(screen(green), 0.5, "test")
    assert len(raised.value.problems) == 1
    assert "green" in raised.value.what


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ([128], "needs 5 different levels"),
        ([128] * 9, "needs 5 different levels"),
        (evenly(9)[1:], "not measured at the levels 0 and 255"),
        (evenly(9)[:-1], "not measured at the levels 0 and 255"),
    ],
)
def test_too_few_levels_are_refused(levels: list[int], words: str) -> None:
    with pytest.raises(CheckFailed, match=words):
        fit_screen(screen(gun()[: len(levels)], levels), 0.5, "test")


def test_noise_in_the_dark_is_no_fall() -> None:
    dark = gun(3.0)
    dark[1] = dark[0] - 0.01
    fit_screen(screen(dark), 0.5, "test")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width_cm": 36.0}, "`width_cm` is 35 in the rig file, and 36 was measured"),
        ({"distance_cm": 31.0}, "`distance_cm` is 30"),
        ({"off_normal_deg": 10.0}, "tilted by 10 degrees"),
        ({"width_cm": 350.0, "distance_cm": 30.0}, "161 degrees of the visual field"),
    ],
)
def test_a_place_that_cannot_be_is_refused(change: dict[str, float], words: str) -> None:
    said = {"width_cm": 35.0, "height_cm": 19.7, "distance_cm": 30.0}
    assert ScreenPlace(**said).wrong(35.0, 30.0, "test") == []
    wrong = ScreenPlace(**{**said, **change}).wrong(35.0, 30.0, "test")
    assert words in str(wrong[0])


def test_pixels_are_square() -> None:
    place = ScreenPlace(width_cm=35.0, height_cm=19.7, distance_cm=30.0)
    assert place.not_square(1920, 1080, "test") == []
    assert "1.07 times as high as wide" in str(place.not_square(1920, 1008, "test")[0])


def test_a_simulated_calibration_finds_the_guns_and_keeps_nothing(
    lab: Lab, command: Callable[..., Done]
) -> None:
    done = command("calibrate", "screen", "box2", "--by", "anna", "--simulate", "--json")
    assert done.code == ExitCode.OK, done.err
    told = json.loads(done.out)
    assert told["kept"] is None
    assert not (lab.folder / RECORDS).exists()
    fit = ScreenFile.model_validate_json(json.dumps(told["record"])).fit
    assert fit is not None
    for name, truth in TRUE_GUNS.items():
        low, high = fit.gun(name).exponent_interval
        assert low < truth.exponent < high
        assert high - low < 0.2
    words = " ".join(command("calibrate", "screen", "box2", "--by", "a", "--simulate").out.split())
    assert "brighter than the grey; uncorrected it would be 1.58 times as bright" in words
    assert "28.7 pixels a degree in the middle, 38.5 at the edges, 30.3 degrees away" in words


@pytest.fixture
def real(edit: Callable[[str, str, str], None]) -> None:
    """Give box2 of the lab a screen that is not simulated."""
    edit("rigs/box2.toml", 'driver = "hardware.display:DisplayTwin"', REAL)


def readings(path: Path) -> list[str]:
    points = measure(lambda colour: None, photometer(TRUE_GUNS, 2), evenly(9), Terminal())
    rows = [f"{each.gun},{each.level},{each.luminance_cd_m2:.2f}" for each in points]
    path.write_text("\n".join(["gun,level,luminance_cd_m2", *rows]), encoding="utf-8")
    return rows


@pytest.mark.usefixtures("real")
def test_readings_of_a_file_are_put_in_force(lab: Lab, command: Callable[..., Done]) -> None:
    file = lab.folder / "readings.csv"
    readings(file)
    asked_for = ("calibrate", "screen", "box2", "--by", "anna", "--readings", str(file))
    place = ("--width-cm", "35", "--height-cm", "19.7", "--distance-cm", "30.2", "--json")
    done = command(*asked_for, "--photometer", "LS-100", *place)
    assert done.code == ExitCode.OK, done.err
    told = json.loads(done.out)
    record = ScreenFile.model_validate_json(json.dumps(told["record"]))
    in_force = ScreenCalibration(lab.folder, "calibration/new.toml")
    assert record.fit is not None
    assert in_force.curves == tuple(record.fit.gun(name).curve for name in GUNS)
    fit = record.fit.model_copy(update={"red": record.fit.green})
    put_in_force(lab.folder, "calibration/new.toml", sealed(record.model_copy(update={"fit": fit})))
    changed = ScreenCalibration(lab.folder, "calibration/new.toml").curves
    assert changed[0] == record.fit.green.curve, "what a record says is drawn by, not a new fit"
    assert in_force.place == ScreenPlace(width_cm=35.0, height_cm=19.7, distance_cm=30.2)
    assert Path(told["picture"]).read_bytes().startswith(b"\x89PNG")
    listed = json.loads(command("calibrations", "--json").out)
    assert [each["state"] for each in listed if each["device"] == "screen"] == ["good"]
    assert "nobody said what measures" in command(*asked_for).err


@pytest.mark.usefixtures("real")
def test_a_screen_that_was_moved_is_found_by_check(
    lab: Lab, command: Callable[..., Done], edit: Callable[[str, str, str], None]
) -> None:
    readings(lab.folder / "r.csv")
    place = ("--width-cm", "35", "--height-cm", "19.7", "--distance-cm", "30")
    command("calibrate", "screen", "box2", "--by", "anna", "--photometer", "LS-100",
            "--readings", str(lab.folder / "r.csv"), *place)  # fmt: skip
    edit("rigs/box2.toml", "distance_cm = 30", "distance_cm = 25")
    done = command("check", "--rig", "rigs/box2.toml", "--protocol", "protocols/pretraining.toml")
    assert "`distance_cm` is 25 in the rig file, and 30 was measured" in done.out


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize(
    ("row", "words"),
    [("pink,0,0.2", "line 2"), ("red,256,0.2", "line 2"), ("red,0,OL", "'red,0,OL' is no reading"),
     ("red,0,nan", "line 2"), ("red,0", "line 2")],
)  # fmt: skip
def test_a_row_that_is_no_reading_is_named(
    lab: Lab, command: Callable[..., Done], row: str, words: str
) -> None:
    file = lab.folder / "readings.csv"
    rows = readings(file)
    file.write_text("\n".join(["gun,level,luminance_cd_m2", row, *rows[1:]]), encoding="utf-8")
    done = command("calibrate", "screen", "box2", "--by", "a", "--photometer", "p",
                   "--readings", str(file))  # fmt: skip
    assert done.code == ExitCode.CHECK_FAILED
    assert words in done.err
    assert not (lab.folder / "calibration/new.toml").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "'screen' is simulated: it gives no light"),
        (("--simulate", "--device", "lick"), "there is no display 'lick'"),
        (("--simulate", "--width-cm", "35"), "known in part only"),
        (("--readings", "none.csv", "--simulate"), "cannot be read"),
    ],
)
def test_what_cannot_be_calibrated_is_said(
    command: Callable[..., Done], options: tuple[str, ...], words: str
) -> None:
    done = command("calibrate", "screen", "box2", "--by", "a", "--photometer", "p", *options)
    assert done.code in (ExitCode.CHECK_FAILED, ExitCode.USAGE)
    assert words in done.err


def test_a_reading_that_does_not_rise_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([0.2, 1.0, 0.1, 10.0, float("nan"), 11.0])
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(typed))
    read = asked(Terminal())
    assert [read("red", level) for level in (0, 32, 64, 96)] == [0.2, 1.0, 10.0, 11.0]


@pytest.mark.usefixtures("real")
def test_who_stops_while_being_asked_puts_nothing_in_force(
    lab: Lab, command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ("calibrate", "screen", "box2", "--by", "a", "--photometer", "p")
    assert "there is no terminal" in command(*typed).err

    def stopped(*_: object) -> list[ScreenPoint]:
        raise typer.Abort

    monkeypatch.setattr("hardware.calibrating.screen_steps.read_readings", stopped)
    done = command(*typed, "--readings", "r.csv")
    assert done.code == ExitCode.STOPPED
    assert "nothing was put in force" in done.err
    assert not (lab.folder / "calibration/new.toml").exists()


@pytest.fixture
def eye(
    real: None,
    virtual_screens: Screens,
    edit: Callable[[str, str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ScreenGrab]:
    """Give box2 a virtual screen, and look at it."""
    monkeypatch.setenv("DISPLAY", virtual_screens.display.name)
    edit("rigs/box2.toml", "width_px = 1920", 'width_px = 320\nscreen = 2\npace = "clock"')
    with ScreenGrab(virtual_screens.display.name, 2) as looking:
        yield looking


def light_before(eye: ScreenGrab) -> float:
    """Return the luminance of the pixels that are seen in the middle of a screen."""
    guns = zip(GAMMAS, eye.grab().levels[100, 200], strict=True)
    return sum(luminance(name, level) - BLACK_CD_M2 for name, level in guns) + BLACK_CD_M2


def assert_true_curves(lab: Lab) -> None:
    """What was put in force has the exponents by which the pixels shine."""
    found = ScreenCalibration(lab.folder, "calibration/new.toml")
    exponents = [exponent for _, exponent in GAMMAS.values()]
    assert [curve.exponent for curve in found.curves] == pytest.approx(exponents, abs=0.01)


@pytest.mark.realtime
def test_a_person_reads_a_photometer_before_a_virtual_screen(
    lab: Lab, eye: ScreenGrab, command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is typed is the luminance of the pixels that are seen, whatever was asked for."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    questions: list[str] = []

    def typed(question: str, **_: object) -> float | str:
        questions.append(question)
        if "point the photometer" in question:
            assert eye.grab().levels[100, 200].tolist() == [255, 255, 255]
            return ""
        return light_before(eye)

    monkeypatch.setattr("typer.prompt", typed)
    done = command("calibrate", "screen", "box2", "--by", "anna", "--photometer", "eye")
    assert done.code == ExitCode.OK, done.err
    assert len(questions) == 1 + 3 * 9
    assert "point the photometer" in questions[0]
    assert_true_curves(lab)


@pytest.mark.realtime
def test_a_photometer_on_a_cable_is_read_by_itself(
    lab: Lab, eye: ScreenGrab, command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.photometer.SEVEN_E_2", EIGHT_N_1)  # the cable has no parity
    monkeypatch.setattr("hardware.calibrating.screen.SETTLES", 0.05)
    emulator = PhotometerEmulator(lambda: light_before(eye))
    asked_for = ("calibrate", "screen", "box2", "--by", "anna", "--photometer", "LS-110")
    with plugged(emulator):
        done = command(*asked_for, "--serial", NUMBER, "--levels", "5")
        emulator.trouble = "ER30"
        empty = command(*asked_for, "--serial", NUMBER)
    assert done.code == ExitCode.OK, done.err
    assert_true_curves(lab)
    assert empty.code == ExitCode.HARDWARE
    assert "its battery is empty" in empty.err
