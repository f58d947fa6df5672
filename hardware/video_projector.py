"""Projectors at a video output: PsychoPy draws their disks as on a screen of its own.

Tried on a virtual screen only (Xvfb), not on a physical projector.
"""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from hardware.projector import ProjectorSettings, ProjectorTwin, refuse_flashes
from hardware.screen.messages import Corner, Open, Pace
from hardware.screen.picture import Picture, flashes_picture
from hardware.screen.playback import ScreenPlayback
from hardware.screen.process import lacks
from rig.devices import Context, Projector
from rig.errors import Problem
from rig.picture import Flashes
from rig.streams import StreamSpec


class VideoProjectorSettings(ProjectorSettings):
    """Settings of a projector at a video output; `frame_hz` is the rate at which it refreshes.

    `screen`, `pace` and the patch are as in `hardware.psychopy_display`. A patch of more than 0
    pixels is light on the cortex, unless something covers that corner of the field.
    """

    screen: int = pydantic.Field(default=1, ge=0, le=15)
    pace: Pace = "screen"
    patch_px: int = pydantic.Field(default=0, ge=0, le=2000)
    patch_corner: Corner = "bottom left"


class VideoProjector(Projector):
    """A projector that shows what is drawn on a screen of the computer.

    Half a period of the flashes lasts whole frames: flashes that are not half of the time on at
    this rate are refused. The onset is that of the first frame, as for displays.
    """

    twin = ProjectorTwin
    Settings = VideoProjectorSettings

    def __init__(self, name: str, settings: VideoProjectorSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
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

    def stream(self) -> StreamSpec:
        """Return what is recorded of each refresh that changed the picture."""
        return self._playback.stream()

    def refuse_stimulus(self, stimulus: Flashes) -> str | None:
        """Return why these flashes cannot be projected as they are meant, or None if they can."""
        return refuse_flashes(stimulus, self._settings)

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
        field = self._settings.field_width_um, self._settings.field_height_um
        return flashes_picture(flashes, width_px, height_px, field, self._settings.frame_hz)
