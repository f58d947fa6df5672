"""Stands in for what has to do with light: screens, projectors on the cortex, cameras."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.projector import ProjectorCalibration
from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from hardware.emulators.rig.cortex_light import (
    BRIGHT,
    FlashedField,
    LightCrafterEye,
    TriggerWire,
    VideoEye,
)
from hardware.emulators.rig.sight import ScreenEye
from hardware.emulators.rig.stand_ins import SCREEN_PX, StandIn, Surroundings
from hardware.emulators.screen_grab import ScreenGrab
from hardware.ni.card import card_name
from hardware.screen.picture import Picture, flashes_picture


def display(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a display: a virtual screen, which has fewer pixels over the same width."""
    screen = around.screen_of(name)
    grab = around.stack.enter_context(ScreenGrab(around.environment["DISPLAY"], screen))
    reached = {"screen": screen, "width_px": SCREEN_PX[0], "pace": "clock"}
    eye = ScreenEye(grab, around.stimuli.gratings, settings.model_copy(update=reached))
    return StandIn(_words(screen), reached, observers=(eye,))


def video_projector(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a projector at a video output: a virtual screen."""
    screen = around.screen_of(name)
    grab = around.stack.enter_context(ScreenGrab(around.environment["DISPLAY"], screen))
    field = settings.field_width_um, settings.field_height_um
    expected = {
        flashes: _lit(flashes_picture(each, *SCREEN_PX, field, settings.frame_hz))
        for flashes, each in around.stimuli.flashes.items()
    }
    eye = VideoEye(grab, FlashedField(expected))
    reached = {"screen": screen, "pace": "clock", "calibration": ""}
    return StandIn(_words(screen), reached, observers=(eye,))


def lightcrafter(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a LightCrafter: what its mirrors and LEDs throw is felt on the cortex."""
    around.tell(f"LightCrafter for '{name}'")
    unit = around.stack.enter_context(EmulatedLightCrafter())
    registration = ProjectorCalibration(around.lab.folder, settings.calibration)
    expected = {
        flashes: registration.render(each.disks) for flashes, each in around.stimuli.flashes.items()
    }
    eye = LightCrafterEye(unit, FlashedField(expected))
    if not settings.trigger or not around.onset:
        return StandIn("emulated LightCrafter", {"address": unit.address}, observers=(eye,))
    wires = around.wires_of(card_name(around.onset))
    wire = TriggerWire(wires, around.onset, unit, time.monotonic())
    return StandIn("emulated LightCrafter", {"address": unit.address}, observers=(wire, eye))


def camera(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a camera: frames that are drawn, as many and as large as it would give."""
    return StandIn("drawn frames", {"source": "synthetic"})


def _words(screen: int) -> str:
    return f"virtual screen {screen} of {SCREEN_PX[0]} x {SCREEN_PX[1]} px"


def _lit(picture: Picture) -> NDArray[np.bool_]:
    """Return which pixels of the first frame are bright, highest row first."""
    return np.asarray(picture.levels(0).max(axis=2)[::-1] >= BRIGHT)
