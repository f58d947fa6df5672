"""What a virtual mouse sees and feels in an emulated rig: recognised by its picture alone."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from light_bench import LightBench
from screen_bench import measured

from calibration.projector import ProjectorCalibration
from calibration.screen import ScreenCalibration
from hardware.display import DisplaySettings
from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from hardware.emulators.rig.cortex_light import FlashedField, LightCrafterEye
from hardware.emulators.rig.mouse_life import BINDING, MouseLife
from hardware.emulators.rig.senses import Drop, Observed, Onset
from hardware.emulators.rig.sight import ScreenEye
from hardware.emulators.screen_grab import Picture
from hardware.policy_mouse import PolicyMouse, PolicySettings
from hardware.screen.picture import GratingView
from rig.picture import Disk, Flashes, Grating

pytestmark = pytest.mark.realtime

PX = (320, 240)
SETTINGS = DisplaySettings(
    line="HDMI-1", refresh_hz=60, width_cm=40, width_px=PX[0], distance_cm=30
)
GRATINGS = {
    "45 deg": Grating(45.0, 3.0),
    "135 deg": Grating(135.0, 3.0),
    "fine": Grating(45.0, 3.0, spatial_frequency_cpd=0.08),
    "upright": Grating(90.0, 3.0),
}
FLASHES = {
    "left": Flashes((Disk(-600.0, 0.0, 360.0),), 0.4),
    "right": Flashes((Disk(600.0, 0.0, 360.0),), 0.4),
    "large": Flashes((Disk(-600.0, 0.0, 720.0),), 0.4),
}


class Gallery:
    """Shows one picture after the other, as a look at a screen would."""

    height_px = PX[1]

    def __init__(self, pictures: list[np.ndarray]) -> None:
        self._pictures = pictures

    def grab(self) -> Picture:
        now = time.perf_counter()
        return Picture(now, now, self._pictures.pop(0))


@pytest.mark.parametrize("name", GRATINGS)
@pytest.mark.parametrize("contrast", [1.0, 0.3])
def test_a_grating_is_seen_once_and_told_from_the_others(
    name: str, contrast: float, tmp_path: Path
) -> None:
    (tmp_path / "screen.toml").write_text(measured(), encoding="utf-8")
    calibration = ScreenCalibration(tmp_path, "screen.toml")
    grey = calibration.grey(0.5)
    view = GratingView(60, 40 / PX[0], 30, "spherical", calibration, grey)
    shown = Grating(
        GRATINGS[name].orientation_deg, 3.0, GRATINGS[name].spatial_frequency_cpd, 2.0, contrast
    )
    picture = view.picture(shown, *PX)
    flat = np.broadcast_to(grey.astype(np.uint8), (PX[1], PX[0], 3)).copy()
    flat[180:, :60] = 255  # the photodiode's patch alone is no grating
    frames = [picture.levels(frame)[::-1] for frame in (0, 7, 15)]
    eye = ScreenEye(Gallery([flat, *frames, flat, *frames[:1]]), GRATINGS, SETTINGS)
    seen = [[onset.name for onset in eye.look() if isinstance(onset, Onset)] for _ in range(6)]
    assert seen == [[], [name], [], [], [], [name]]


@pytest.mark.parametrize("name", FLASHES)
def test_flashes_are_felt_once_and_told_by_where_the_light_falls(
    name: str, tmp_path: Path, emulated_lightcrafter: EmulatedLightCrafter
) -> None:
    made = LightBench(tmp_path, emulated_lightcrafter)
    registered = ProjectorCalibration(tmp_path, "calibration/box1-projector.toml")
    expected = {each: registered.render(flashes.disks) for each, flashes in FLASHES.items()}
    eye = LightCrafterEye(emulated_lightcrafter, FlashedField(expected))
    eye.look()
    eye._field = FlashedField(expected)  # what another test flashed just now is none of these
    made.device.load(FLASHES)
    made.device.open()
    made.device.present(name)
    felt: list[Observed] = []
    end = time.monotonic() + 20.0
    while not made.messages() and time.monotonic() < end:
        felt += eye.look()
        time.sleep(0.01)
    felt += eye.look()
    made.close()
    assert [each.name for each in felt if isinstance(each, Onset)] == [name]


class Script:
    """An observer of what was written beforehand."""

    def __init__(self, observed: list[Observed]) -> None:
        self._observed = observed

    def look(self) -> list[Observed]:
        now = time.perf_counter()
        due = [each for each in self._observed if each.time <= now]
        self._observed = [each for each in self._observed if each.time > now]
        return due


def test_what_begins_together_is_one_thing_though_it_is_noticed_one_by_one() -> None:
    mouse = PolicyMouse(PolicySettings(policy="perfect", go=("go*",)), {}, np.random.default_rng(1))
    now = time.perf_counter()
    sound = Onset("sound", "go tone", now + 0.1)
    grating = Onset("grating", "go grating", now + 0.1 + BINDING / 2)
    alone = Onset("sound", "nogo tone", now + 0.1 + 3 * BINDING)
    touched: list[bool] = []
    drop = Drop(2.0, now + 0.05)
    life = MouseLife(
        mouse, {"lick": touched.append}, [Script([sound, alone]), Script([grating, drop])]
    )
    life.begin()
    end = time.monotonic() + 10.0
    while len(mouse.decisions) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    life.end()
    assert mouse.decisions == [True, False]
    assert touched[:2] == [True, False], "it licked at the drop"
    assert life.memory() == {}
