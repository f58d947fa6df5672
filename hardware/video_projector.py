"""Projectors at a video output: PsychoPy draws their disks as on a screen of its own.

Tried on a virtual screen only (Xvfb), not on a physical projector.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pydantic

from calibration.gun_curve import WHITE
from calibration.light_power import read_power
from calibration.projector import ProjectorCalibration
from hardware.projector import (
    HoldingProjector,
    Lit,
    ProjectorSettings,
    ProjectorTwin,
    refuse_flashes,
)
from hardware.screen.messages import Corner, Open, Pace
from hardware.screen.picture import Picture, flashes_picture, flashing, steady
from hardware.screen.playback import ScreenPlayback
from hardware.screen.process import lacks
from rig.devices import Context
from rig.errors import DeviceError, Problem
from rig.picture import Flashes
from rig.streams import StreamSpec

HELD_FOR = 3600.0
"""Seconds after which a held picture ends by itself."""


class VideoProjectorSettings(ProjectorSettings):
    """Settings of a projector at a video output; `frame_hz` is the rate at which it refreshes.

    `screen`, `pace` and the patch are as in `hardware.psychopy_display`. A patch of more than 0
    pixels is light on the cortex, unless something covers that corner of the field.
    `calibration` is the file of its registration; without one the field fills the screen.
    """

    calibration: str = ""

    screen: int = pydantic.Field(default=1, ge=0, le=15)
    pace: Pace = "screen"
    patch_px: int = pydantic.Field(default=0, ge=0, le=2000)
    patch_corner: Corner = "bottom left"


class VideoProjector(HoldingProjector):
    """A projector that shows what is drawn on a screen of the computer.

    Half a period of the flashes lasts whole frames: flashes that are not half of the time on at
    this rate are refused. The onset is that of the first frame, as for displays.
    """

    twin = ProjectorTwin
    Settings = VideoProjectorSettings

    def __init__(self, name: str, settings: VideoProjectorSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        folder, file, light = context.folder, settings.calibration, settings.light
        self._registration = ProjectorCalibration(folder, file) if file else None
        self._power = read_power(folder, light) if light else None
        wanted = Open(
            settings.screen,
            settings.frame_hz,
            settings.pace,
            (0, 0, 0),
            settings.patch_px,
            settings.patch_corner,
        )
        self._playback: ScreenPlayback[Flashes] = ScreenPlayback(
            name, "flashes", wanted, self._picture, context
        )

    def open(self) -> None:
        """Take hold of the projector; it is dark."""
        self._playback.open()

    def off(self) -> None:
        """Be dark; flashes that this cuts short are reported with their true length."""
        self._playback.cut()

    def force_off(self) -> None:
        """Be dark; the process that has the screen for another one ends."""
        self._playback.force_off()

    def close(self) -> None:
        """Be dark and let go of the projector."""
        self._playback.close()

    def check(self) -> list[Problem]:
        """Return what this computer lacks to draw on a screen."""
        return lacks(f"device '{self._name}'")

    def files(self) -> tuple[Path, ...]:
        """Return the files of the registration and of the light, if there are any."""
        return tuple(each.path for each in (self._registration, self._power) if each)

    def mirrors(self) -> tuple[int, int]:
        """Return width and height of the open screen, in pixels."""
        return self._playback.size_px()

    def highest_level(self) -> int:
        """Return the level of white."""
        return WHITE

    def hold(self, lit: Lit, level: int | None = None) -> None:
        """Show a picture until it is off."""
        frames = round(HELD_FOR * self._settings.frame_hz)
        self._playback.hold(steady(lit, WHITE if level is None else level, frames))

    def stream(self) -> StreamSpec:
        """Return what is recorded of each refresh that changed the picture."""
        return self._playback.stream()

    def refuse_stimulus(self, stimulus: Flashes) -> str | None:
        """Return why these flashes cannot be projected as they are meant, or None if they can."""
        reasons = [refuse_flashes(stimulus, self._settings)]
        if self._registration is not None:
            reasons += [self._registration.refuse(disk) for disk in stimulus.disks]
        return next((each for each in reasons if each), None)

    def load(self, stimuli: Mapping[str, Flashes]) -> None:
        """Make these the flashes that can be projected; their pictures are computed now."""
        self._playback.load(stimuli, self.refuse_stimulus)

    def loaded(self) -> frozenset[str]:
        """Return the names of the flashes that can be projected."""
        return self._playback.loaded()

    def present(self, stimulus: str) -> None:
        """Begin to project flashes at the next refresh, in place of any that still last."""
        self._playback.begin(stimulus)

    def _picture(self, flashes: Flashes, width_px: int, height_px: int) -> Picture:
        registration = self._registration
        if registration is not None:
            if (width_px, height_px) != (registration.columns, registration.rows):
                raise DeviceError(
                    f"the screen has {width_px} x {height_px} pixels, and {registration.columns} x "
                    f"{registration.rows} were registered",
                    f"device '{self._name}', {registration.path.name}",
                    "Set the screen as it was, or register the projector again.",
                )
            lit = registration.render(flashes.disks)
            return flashing(lit, flashes, self._settings.frame_hz)
        field = self._settings.field_width_um, self._settings.field_height_um
        return flashes_picture(flashes, width_px, height_px, field, self._settings.frame_hz)
