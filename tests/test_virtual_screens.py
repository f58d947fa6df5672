"""Virtual screens, what is seen on them from outside, and what becomes of them without a driver."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from screen_bench import STALL, Screens

from hardware.emulators.screen_grab import Box, ScreenGrab, find_stripes
from hardware.emulators.x_connection import XConnection

TESTS = Path(__file__).parent
FOUND = os.pathsep.join([str(TESTS), str(TESTS.parent)])
PATIENCE = 60.0


def drawn(orientation_deg: float, cycles_per_px: float, phase: float) -> np.ndarray:
    x, y = np.meshgrid(np.arange(640), -np.arange(480))
    angle = np.radians(orientation_deg)
    wave = np.sin(2 * np.pi * cycles_per_px * (y * np.cos(angle) - x * np.sin(angle)) + phase)
    return np.repeat(np.uint8(np.rint(127.5 + 127 * wave))[:, :, None], 3, axis=2)


@pytest.mark.parametrize("phase", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("orientation_deg", [0.0, 45.0, 80.0, 90.0, 135.0])
@pytest.mark.parametrize("cycles_per_px", [0.005, 0.05])
def test_stripes_are_found_with_orientation_and_frequency(
    orientation_deg: float, cycles_per_px: float, phase: float
) -> None:
    found = find_stripes(drawn(orientation_deg, cycles_per_px, phase))
    assert found is not None
    assert abs((found.orientation_deg - orientation_deg + 90) % 180 - 90) < 2
    assert found.cycles_per_px == pytest.approx(cycles_per_px, rel=0.05)


def test_a_grey_screen_has_no_stripes() -> None:
    assert find_stripes(np.full((480, 640, 3), 186, np.uint8)) is None


def test_a_screen_is_grey_and_then_given_back_when_its_driver_is_killed(
    virtual_screens: Screens, tmp_path: Path
) -> None:
    environment = {**os.environ, **virtual_screens.display.environment, "PYTHONPATH": FOUND}
    command = [sys.executable, str(TESTS / "screen_driver.py"), str(tmp_path)]
    with (
        subprocess.Popen(command, env=environment) as driver,
        ScreenGrab(virtual_screens.display.name, 3) as eye,
    ):
        try:
            row = Box(100, 100, 220, 1)
            wait_until(lambda: np.ptp(eye.grab(row).levels[0, :, 1].astype(int)) > 200)
        finally:
            killed = time.perf_counter()
            driver.send_signal(signal.SIGKILL)
        seen = [eye.grab(row)]
        while np.ptp(seen[-1].levels[0, :, 1]) and time.perf_counter() < killed + PATIENCE:
            seen.append(eye.grab(row))
    grey = seen[-1].levels[0]
    assert np.all(grey == grey[0])
    assert seen[-1].after - killed < 0.1 + STALL
    assert grey[0].max() > 150 or grey[0].max() == 0, "grey, or gone with its window"


def test_a_virtual_screen_ends_when_the_program_that_started_it_is_killed() -> None:
    script = (
        "import time\n"
        "from hardware.emulators.x_display import x_display\n"
        "with x_display((64, 48)) as x:\n"
        "    print(x.name, flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": FOUND}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        name = program.stdout.readline().strip()
        with XConnection(name) as server:
            assert [(root.width_px, root.height_px) for root in server.roots] == [(64, 48)]
        program.kill()

    def gone() -> bool:
        try:
            XConnection(name).close()
        except OSError:
            return True
        return False

    wait_until(gone)


def wait_until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)
