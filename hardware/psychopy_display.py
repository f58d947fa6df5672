"""Displays that PsychoPy draws on, in a process of their own.

Tried on a virtual screen only (Xvfb, which draws by software and has no refresh of its own), not
on a physical one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pydantic

from calibration.screen import ScreenCalibration
from hardware.display import DisplaySettings, DisplayTwin, refuse_grating
from hardware.screen.geometry import Projection
from hardware.screen.messages import Corner, Levels, Open, Pace
from hardware.screen.picture import GratingView
from hardware.screen.playback import ScreenPlayback
from hardware.screen.process import lacks
from rig.devices import Context, Display
from rig.errors import Problem
from rig.picture import Grating
from rig.streams import StreamSpec


class PsychopyDisplaySettings(DisplaySettings):
    """Settings of a display that PsychoPy draws on.

    `calibration` is the file with the luminances of the screen's guns. `grey` is a share of the
    light between black and white. `screen` is the system's number of the screen. `pace` says who
    makes the refresh: the ``screen`` itself (vsync), or the computer's ``clock`` where a screen
    has none, such as a virtual one. The patch for the photodiode is a square of `patch_px` pixels
    in a corner, black at first; it turns to white or back to black at every onset and offset.
    """

    calibration: str
    projection: Projection = "spherical"
    screen: int = pydantic.Field(default=0, ge=0, le=15)
    pace: Pace = "screen"
    patch_px: int = pydantic.Field(default=60, ge=0, le=2000)
    patch_corner: Corner = "bottom left"


class PsychopyDisplay(Display):
    """A screen whose gratings are drawn frame by frame, each computed beforehand.

    A grating begins at the first refresh after its order for which there is still time to draw.
    Its onset is the time at which PsychoPy tells that the screen has taken the first frame: on a
    screen that makes the refresh, the beginning of the picture's way to it. The light comes later
    by what the screen itself needs; the photodiode tells by how much.
    """

    twin = DisplayTwin
    Settings = PsychopyDisplaySettings

    def __init__(self, name: str, settings: PsychopyDisplaySettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._calibration = ScreenCalibration(context.folder, settings.calibration)
        grey = self._calibration.grey(settings.grey)
        self._view = GratingView(
            settings.refresh_hz,
            settings.width_cm / settings.width_px,
            settings.distance_cm,
            settings.projection,
            self._calibration,
            grey,
        )
        red, green, blue = (int(level) for level in grey)
        wanted = Open(
            settings.screen,
            settings.refresh_hz,
            settings.pace,
            (red, green, blue),
            settings.patch_px,
            settings.patch_corner,
        )
        self._playback: ScreenPlayback[Grating] = ScreenPlayback(
            name, "grating", wanted, self._view.picture, context
        )

    def open(self) -> None:
        """Take hold of the screen; it is grey."""
        self._playback.open(self._settings.width_px)

    def fill(self, levels: Levels) -> None:
        """Show one colour, for a photometer, until it is off or closed."""
        self._playback.fill(levels)

    def size_px(self) -> tuple[int, int]:
        """Return width and height of the open screen."""
        return self._playback.size_px()

    def off(self) -> None:
        """Be grey; a grating that this cuts short is reported with its true length."""
        self._playback.cut()

    def force_off(self) -> None:
        """Be grey; the process that has the screen for another one ends."""
        self._playback.force_off()

    def close(self) -> None:
        """Be grey and let go of the screen."""
        self._playback.close()

    def check(self) -> list[Problem]:
        """Return what this computer lacks to draw on it, and where its measured place is wrong."""
        settings, place = self._settings, self._calibration.place
        where = f"device '{self._name}', {self._calibration.path.name}"
        wrong = place.wrong(settings.width_cm, settings.distance_cm, where) if place else []
        return lacks(f"device '{self._name}'") + wrong

    def files(self) -> tuple[Path, ...]:
        """Return the calibration file."""
        return (self._calibration.path,)

    def stream(self) -> StreamSpec:
        """Return what is recorded of each refresh that changed the screen."""
        return self._playback.stream()

    def refuse_stimulus(self, stimulus: Grating) -> str | None:
        """Return why that grating cannot be shown as it is meant, or None if it can."""
        return refuse_grating(stimulus, self._settings)

    def load(self, stimuli: Mapping[str, Grating]) -> None:
        """Make these the gratings that can be shown; their pictures are computed now."""
        self._playback.load(stimuli, self.refuse_stimulus)

    def loaded(self) -> frozenset[str]:
        """Return the names of the gratings that can be shown."""
        return self._playback.loaded()

    def present(self, stimulus: str) -> None:
        """Begin to show a grating at the next refresh, in place of any that still lasts."""
        self._playback.begin(stimulus)
