"""Screens that PsychoPy draws on, as somebody sees them who looks from outside."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from presented import disks
from screen_bench import (
    BLACK_CD_M2,
    GAMMAS,
    PATCH,
    SCREEN,
    STALL,
    VIDEO,
    ScreenBench,
    luminance,
)
from streamed import Kept

from calibration.dot_grid import DotGrid
from hardware.display import DisplayTwin
from hardware.emulators.screen_grab import Picture
from hardware.psychopy_display import PsychopyDisplay
from hardware.screen.process import ScreenProcess
from hardware.video_projector import VideoProjector
from rig.clock import SystemClock
from rig.devices import Context
from rig.errors import DeviceError
from rig.inbox import Failure, Inbox, Report
from rig.lab import Lab
from rig.picture import Disk, Flashes, Grating
from rig.room import Room

pytestmark = pytest.mark.realtime

MakeBench = Callable[..., ScreenBench]
FRAME = 1 / 60


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def screen(lab: Lab, request: pytest.FixtureRequest, kept: Kept) -> Iterator[MakeBench]:
    """Return a function that opens a screen with other settings than the usual ones."""
    made: list[ScreenBench] = []

    def make(**settings: object) -> ScreenBench:
        made.append(ScreenBench(PsychopyDisplay, {**SCREEN, **settings}, lab.folder, request, kept))
        made[-1].device.open()
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def projector(lab: Lab, request: pytest.FixtureRequest, kept: Kept) -> Iterator[ScreenBench]:
    made = ScreenBench(VideoProjector, VIDEO, lab.folder, request, kept)
    made.device.open()
    yield made
    made.close()


def light(picture: Picture) -> np.ndarray:
    """Return the light of a picture by the true curves: cd/m2 above black, (rows, columns, 3)."""
    curves = [[luminance(gun, level) - BLACK_CD_M2 for level in range(256)] for gun in GAMMAS]
    return np.stack([np.array(curves[k])[picture.levels[..., k]] for k in range(3)], axis=-1)


def shown(bench: ScreenBench, grating: Grating) -> Picture:
    """Return what the screen shows of a grating, once a whole picture of it is drawn."""
    bench.device.load({"it": grating})
    seen = len(bench.changes())
    bench.device.present("it")
    until(lambda: len(bench.changes()) > seen)
    until(lambda: is_drawn(bench, grating))
    return bench.eye.grab()


def is_drawn(bench: ScreenBench, grating: Grating) -> bool:
    """Whether the grey before it is gone from every row; one that stands still is then whole."""
    one, other = bench.eye.grab().levels, bench.eye.grab().levels
    whole = grating.drift_hz > 0 or np.array_equal(one, other)
    return whole and np.ptp(other[:400, 100:]) > 0


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20.0
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.002)


def meant(grating: Grating, frame: int, distance_cm: float = 30.0) -> np.ndarray:
    """Return the light that is meant, as a share of white: (rows, columns), highest row first.

    The grating's phase is the angle between the line of sight and the plane through the eye that
    holds its middle stripe.
    """
    x = (np.arange(640) - 319.5) / 16
    y = (239.5 - np.arange(480)) / 16
    across = {45.0: (-1, 1), 135.0: (1, 1), 90.0: (-1, 0), 0.0: (0, 1)}[grating.orientation_deg]
    sight = np.stack(np.broadcast_arrays(x[None], y[:, None], distance_cm), axis=-1)
    sight /= np.linalg.norm(sight, axis=-1, keepdims=True)
    along = sight[..., :2] @ (np.array(across) / np.hypot(*across))
    cycles = np.degrees(np.arcsin(along)) * grating.spatial_frequency_cpd
    cycles -= grating.drift_hz * frame / 60
    return 0.5 * (1 + grating.contrast * np.sin(2 * np.pi * cycles))


def wrong(picture: Picture, wanted: np.ndarray) -> float:
    """Return the greatest difference of a picture from what is meant, as a share of white."""
    full = np.array([top for top, _ in GAMMAS.values()])
    off = np.abs(light(picture) / full - wanted[..., None])
    off[PATCH.top :, : PATCH.width] = 0
    return float(off.max())


@pytest.mark.parametrize("orientation", [45.0, 135.0])
def test_a_grating_is_what_the_formula_says_at_the_frame_that_is_recorded(
    screen: MakeBench, kept: Kept, orientation: float
) -> None:
    bench = screen()
    grating = Grating(orientation, 0.5, drift_hz=2.0)
    first = shown(bench, grating)
    time.sleep(0.2)
    later = bench.eye.grab()
    bench.wait_for(1)
    flips = kept.rows["box_flips"]
    for picture in (first, later):
        after, before = picture.after + bench.ahead, picture.before + bench.ahead
        # The flip before it, and one that the screen had taken before it was told so.
        begin, end = np.searchsorted(flips[:, 0], (after, before))
        frames = [int(frame) for frame in flips[max(0, begin - 2) : end + 2, 3]]
        over = Grating(orientation, 0.5, contrast=0.0)
        errors = {
            frame: wrong(picture, meant(grating if frame < flips[-1, 3] else over, frame))
            for frame in frames
        }
        # A level of a gun is 0.9 % of white at most, and a grey one is rounded down.
        assert min(errors.values()) < 0.013, errors


def test_grey_is_as_bright_as_a_grating_is_on_average(screen: MakeBench) -> None:
    bench = screen()
    grey = light(bench.eye.grab())[:400]
    grating = light(shown(bench, Grating(45.0, 20.0, spatial_frequency_cpd=1.0, drift_hz=0.0)))[
        :400
    ]
    assert np.all(grey == grey[0, 0])
    assert grating.mean(axis=(0, 1)) == pytest.approx(grey.mean(axis=(0, 1)), rel=0.01)
    assert grating.max(axis=(0, 1)) == pytest.approx(2 * grey[0, 0], rel=0.02)
    naive = 127.5 / 255
    assert grey[0, 0, 1] / GAMMAS["green"][0] == pytest.approx(0.5, rel=0.02) != naive**2.1


def test_a_screen_that_was_filled_for_a_photometer_is_grey_again(screen: MakeBench) -> None:
    bench = screen()
    grey = bench.eye.grab().levels[100, 100].tolist()
    for levels in ((255, 0, 0), (0, 0, 17)):
        bench.device.fill(levels)
        assert np.all(bench.eye.grab().levels[:400] == levels)
    bench.device.off()
    assert bench.eye.grab().levels[100, 100].tolist() == grey != [0, 0, 17]
    bench.device.fill((255, 0, 0))
    bench.device.close()
    assert bench.eye.grab().levels[100, 100].tolist() == grey


def test_a_degree_holds_as_many_cycles_at_the_edge_as_in_the_middle(screen: MakeBench) -> None:
    grating = Grating(90.0, 20.0, drift_hz=0.0)

    def half_cycles(**settings: object) -> np.ndarray:
        bench = screen(distance_cm=20, **settings)
        line = light(shown(bench, grating))[240, :, 1]
        bench.close()  # its window would lie beside the next one's, on one screen
        line = line - GAMMAS["green"][0] / 2
        before = np.flatnonzero(np.sign(line[1:]) != np.sign(line[:-1]))
        crossing = before + line[before] / (line[before] - line[before + 1])
        return np.diff(np.degrees(np.arctan((crossing - 319.5) / 16 / 20)))

    # Half a cycle of 0.04 cycles per degree: three on each side, from 0 to 37.5 deg.
    assert half_cycles() == pytest.approx(np.full(6, 12.5), abs=0.15)
    flat = half_cycles(projection="flat")
    assert flat[len(flat) // 2] == pytest.approx(12.5, rel=0.05)
    assert flat[-1] < 0.8 * 12.5


def test_the_patch_turns_at_every_onset_and_offset_and_flips_tell_when(
    screen: MakeBench, kept: Kept
) -> None:
    bench = screen()
    bench.device.load({"a": Grating(45.0, 0.3), "b": Grating(135.0, 0.3)})
    # Its process serves all tests, so that the patch begins as the test before left it.
    was_white = bool(bench.eye.grab(PATCH).levels.mean() > 128)
    for wait in (0.15, 0.5):
        bench.device.present("a" if wait < 0.3 else "b")
        time.sleep(wait)
    first, second = bench.wait_for(2)
    assert isinstance(first, Report)
    assert isinstance(second, Report)
    until(lambda: len(bench.changes()) == 3)
    seen = bench.changes()
    assert [change.level > 128 for change in seen] == [not was_white, was_white, not was_white]
    flips = kept.rows["box_flips"]
    ends = flips[flips[:, 2] == flips[0, 2]][-1, 0], flips[-1, 0]
    told = first.hardware_time, second.hardware_time, ends[1]
    for change, time_told in zip(seen, told, strict=True):
        # The screen was asked at that time, and takes the picture as soon as it can.
        after, before = change.after + bench.ahead, change.before + bench.ahead
        assert after - FRAME - STALL <= time_told <= before
    assert ends[0] == pytest.approx(second.hardware_time, abs=1e-3)


def test_refreshes_that_are_missed_are_counted_and_neither_stretch_nor_slow_a_grating(
    screen: MakeBench, kept: Kept
) -> None:
    bench = screen()
    shown(bench, Grating(45.0, 0.6))
    (child,) = [bench.device._playback._screen._process._process.pid]
    os.kill(child, signal.SIGSTOP)
    time.sleep(0.2)
    os.kill(child, signal.SIGCONT)
    (report,) = bench.wait_for(1)
    assert isinstance(report, Report)
    flips = kept.rows["box_flips"]
    refresh, frame, missed = flips[:, 1], flips[:, 3], flips[:, 4]
    assert missed.max() >= 10
    assert np.all(np.diff(refresh) == 1 + missed[1:])
    assert frame[-1] == refresh[-1] - refresh[0] >= 36
    assert np.all(np.diff(frame)[:-1] >= 0)
    assert report.achieved == pytest.approx(frame[-1] * FRAME)
    (notice,) = bench.notices
    told = f"{missed.sum():g} refreshes passed without a picture while it showed 'it'"
    assert notice.what == told
    assert missed[np.diff(flips[:, 0], prepend=flips[0, 0]) < 1.4 * FRAME].sum() == 0


def test_disks_are_where_they_are_meant_on_a_second_screen_and_flash_half_of_the_time(
    projector: ScreenBench, kept: Kept
) -> None:
    projector.device.load({"it": disks(x_um=1000.0)})
    projector.device.present("it")
    pictures = []
    while not projector.messages():
        pictures.append(projector.eye.grab().levels)
        time.sleep(0.004)
    lit = max(pictures, key=lambda levels: levels.mean())
    assert set(np.unique(lit)) == {0, 255}
    right, down = (np.arange(320) - 159.5) * 12.5, (np.arange(240) - 119.5) * 12.5
    for x, y, diameter in ((0.0, 0.0, 360.0), (1000.0, 100.0, 720.0)):
        away = np.hypot(right[None] - x, down[:, None] - y)
        assert np.all(lit[away < diameter / 2 - 10] == 255)
        assert np.all(lit[(away > diameter / 2 + 10) & (away < 450)] == 0)
    levels = [change.level for change in projector.changes()]
    assert levels[:4] == [255, 0, 255, 0]
    flips = kept.rows["box_flips"]
    assert len(flips) + flips[:, 4].sum() == flips[-1, 3] + 1 >= 17, "the end of 16 frames"


REGISTRATION = """measured_on = 2026-11-02
measured_by = "test"
columns = 320
rows = 240
odd_rows_shift = 0
matrix = [[0, -0.08, 159.5], [0.08, 0, 119.5], [0, 0, 1]]
points = [
    { x_um = 0, y_um = 0, column = 160, row = 120 },
    { x_um = 0, y_um = 1000, column = 80, row = 120 },
    { x_um = 1000, y_um = 0, column = 160, row = 200 },
    { x_um = 1000, y_um = 1000, column = 80, row = 200 },
]
"""


def lit(bench: ScreenBench, level: int) -> np.ndarray:
    """Return the first picture that has that level somewhere, ``(rows, columns)``."""
    seen: list[np.ndarray] = []
    until(lambda: seen.append(bench.eye.grab().levels[..., 0]) or seen[-1].max() == level)
    return seen[-1]


def test_a_registered_projector_lights_the_pixels_that_a_camera_saw_there_and_holds_a_picture(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    """The camera is turned by a quarter: x on the cortex goes down on the screen."""
    (lab.folder / "calibration/video.toml").write_text(REGISTRATION, encoding="utf-8")
    settings = {**VIDEO, "calibration": "calibration/video.toml"}
    bench = ScreenBench(VideoProjector, settings, lab.folder, request)
    device = bench.device
    device.open()
    assert device.mirrors() == (320, 240)
    picture = DotGrid.over(320, 240, 0.0).picture()
    device.hold(picture, 200)
    assert np.array_equal(lit(bench, 200) == 200, picture)
    device.load({"it": Flashes((Disk(500.0, 0.0, 250.0),), 30.0)})
    device.present("it")
    rows, columns = np.nonzero(lit(bench, 255))
    assert (rows.mean(), columns.mean()) == pytest.approx((159.5, 159.5), abs=0.6)
    (path,) = device.files()
    assert path.name == "video.toml"
    bench.close()


def test_what_the_screen_is_not_is_refused_when_it_is_opened(
    screen: MakeBench, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DeviceError, match="the screen is 640 pixels wide, not 1920"):
        screen(width_px=1920)
    bench = screen()
    monkeypatch.setattr(ScreenProcess, "open", lambda *_: pytest.fail("it asked the screen"))
    monkeypatch.delenv("DISPLAY")
    (problem,) = bench.device.check()
    assert problem.what == "there is no display: DISPLAY is not set"
    monkeypatch.setitem(sys.modules, "psychopy", None)
    (problem,) = bench.device.check()
    assert "PsychoPy, which draws on screens, is not installed" in problem.what
    assert PsychopyDisplay.twin is DisplayTwin


def test_a_screen_that_there_is_not_is_not_replaced_by_another_one(screen: MakeBench) -> None:
    with pytest.raises(DeviceError, match="the system has no screen of that number"):
        screen(screen=4)


def test_a_projector_is_made_dark_from_another_process_when_its_own_hangs(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    bench = ScreenBench(VideoProjector, {**VIDEO, "screen": 2}, lab.folder, request)
    bench.device.open()
    bench.device.load({"it": disks(duration=60.0)})
    bench.device.present("it")
    until(lambda: len(bench.changes()) > 2)
    guardian = VideoProjector(
        "box", bench.device._settings, Context(SystemClock(), Inbox(), Room(), lab.folder)
    )
    guardian.force_off()
    assert bench.eye.grab().levels.max() == 0
    (failure,) = (each for each in bench.wait_for(1) if isinstance(each, Failure))
    assert "its process ended" in failure.what
    guardian.force_off()
    bench.close()
