"""Cameras: frames go into a video file beside the record, the time of each into a stream."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pydantic

from hardware.film.thumbnail import Thumbnail
from rig.clock import VirtualClock
from rig.devices import Camera, Context, DeviceSettings, Line
from rig.errors import DeviceError, Problem
from rig.session_folder import SessionFolder
from rig.streams import Channel, StreamSpec

_CODEC = "MJPG"


class CameraSettings(DeviceSettings):
    """Settings of a camera; `line` is its serial number."""

    line: Line
    meaning: Annotated[str, pydantic.Field(min_length=1)]
    width_px: int = pydantic.Field(default=320, ge=16, le=8192)
    height_px: int = pydantic.Field(default=240, ge=16, le=8192)
    rate_hz: float = pydantic.Field(default=30.0, gt=0, le=1000)


class CameraTwin(Camera):
    """A camera that sees a bar, which moves on by a pixel with every frame.

    Where time does not jump, it leaves a small picture beside the video, for people to look at.
    """

    simulated = True
    Settings = CameraSettings

    def __init__(self, name: str, settings: CameraSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._agenda = context.room.agenda
        self._streams = context.streams
        self._folder: Path | None = None
        self._video: Any = None
        self._is_watched = not isinstance(context.clock, VirtualClock)
        self._thumbnail: Thumbnail | None = None
        self._began = 0.0
        self._frames = 0
        self._opening = 0

    def record_to(self, folder: Path) -> None:
        """Put the video into that folder; without one the camera films nothing."""
        self._folder = folder
        if self._is_watched:
            self._thumbnail = Thumbnail(SessionFolder(folder).thumbnail(self._name))

    def stream(self) -> StreamSpec:
        """Return what is recorded of each frame: the session's seconds of its exposure."""
        return StreamSpec(
            name=self._name,
            device=self._name,
            meaning=self._settings.meaning,
            channels=(Channel("time", "s"),),
            dtype="<f8",
            rate_hz=None,
            external_file=f"{self._name}.avi",
        )

    def open(self) -> None:
        """Begin to film."""
        if self._video is not None or self._folder is None:
            return
        import cv2

        size = self._settings.width_px, self._settings.height_px
        path = self._folder / self.stream().external_file
        codec = cv2.VideoWriter.fourcc(*_CODEC)
        self._video = cv2.VideoWriter(str(path), codec, self._settings.rate_hz, size, isColor=False)
        if not self._video.isOpened():
            self._video = None
            raise DeviceError(
                "the video cannot be written",
                f"device '{self._name}', {path}",
                "Check the rights on the folder and the space on its disk.",
            )
        self._began = self._clock.now()
        self._frames = 0
        self._opening += 1
        self._make_appointment(self._opening)

    def off(self) -> None:
        """Film no more; the video is complete then."""
        if self._video is not None:
            self._video.release()
            self._video = None
        if self._thumbnail is not None:
            self._thumbnail.remove()

    def close(self) -> None:
        """Film no more and let go of the camera."""
        self.off()

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def _make_appointment(self, opening: int) -> None:
        """Expose the next frame when it is due."""
        due = self._began + (self._frames + 1) / self._settings.rate_hz
        self._agenda.at(due, lambda time: self._expose(opening, time))

    def _expose(self, opening: int, time: float) -> None:
        if self._video is None or opening != self._opening:
            return
        frame = self._frame()
        self._video.write(frame)
        if self._thumbnail is not None:
            self._thumbnail.take(frame)
        self._streams.write(self._name, np.array([[time]]), time)
        self._frames += 1
        self._make_appointment(opening)

    def _frame(self) -> npt.NDArray[np.uint8]:
        """Return what the camera sees, ``(height, width)``."""
        frame = np.full((self._settings.height_px, self._settings.width_px), 96, np.uint8)
        frame[:, self._frames % self._settings.width_px] = 224
        return frame
