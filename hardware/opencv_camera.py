"""Cameras by OpenCV: UVC cameras, video files and synthetic ones.

Tried with files and synthetic cameras only, never with a physical camera. A camera that OpenCV
cannot open (GigE Vision, USB3 Vision) needs a source of the lab's own, around its vendor's SDK
(`hardware.film.frame_source.FrameSource`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pydantic

from hardware.camera import CameraSettings, CameraTwin
from hardware.common.session_time import ahead_of_perf_counter
from hardware.film.filming import Filming
from hardware.film.frame_count import FrameCount
from hardware.film.frame_source import Asked, Frame, FrameSource, Pixels
from hardware.film.opencv_source import CaptureSource, FileSource
from hardware.film.synthetic_source import SyntheticSettings, SyntheticSource
from hardware.film.thumbnail import Thumbnail
from hardware.film.video_file import SUFFIXES, Recording, VideoFile
from rig.devices import Camera, Context
from rig.errors import ConfigError, Problem, problems_of
from rig.inbox import Failure, Notice
from rig.plugins import load_class
from rig.session_folder import SessionFolder
from rig.streams import Channel, StreamSpec

BLOCK_DURATION = 0.1
"""Seconds of rows that are written together: what a killed program can lose of them."""
TELL_EVERY = 5.0
"""Seconds between two notes about missing frames."""
SLOW_DO = "Look at the camera's cable; close other programs, or film fewer or smaller frames."
PATIENCE = 0.8
"""Seconds without a frame after which a camera counts as lost; five periods if they are longer."""


class OpenCVCameraSettings(CameraSettings):
    """Settings of a camera; `line` is its serial number, or what you call it.

    `source` is ``camera``, ``file`` or ``synthetic``, or names a lab's own `FrameSource` as drivers
    are named. `address` is the number or the device file of a camera, or the path of a video file,
    relative to the lab's folder. `recording` is ``small``
    (Motion JPEG, for behaviour) or ``lossless`` (FFV1, for imaging), and `bits` is 16 for a
    lossless one if the camera has them. `width_px`, `height_px` and `rate_hz` must be the
    camera's.
    """

    source: str = "camera"
    address: str = "0"
    recording: Recording = "small"
    bits: Literal[8, 16] = 8
    synthetic: SyntheticSettings = SyntheticSettings()

    @pydantic.model_validator(mode="after")
    def _fits(self) -> OpenCVCameraSettings:
        if self.bits == 16 and self.recording != "lossless":
            raise ValueError('16 bits need recording = "lossless"')
        if self.bits == 16 and self.source in {"camera", "file"}:
            raise ValueError(f"a {self.source} gives 8 bits through OpenCV, not 16")
        return self


class OpenCVCamera(Camera):
    """A camera whose frames one thread takes and another one writes.

    Each frame's row holds the session's seconds of its arrival, its number and the seconds of the
    camera's clock. A gap in the numbers is a loss; it is told when it is seen, and again in sum.
    """

    twin = CameraTwin
    Settings = OpenCVCameraSettings

    def __init__(self, name: str, settings: OpenCVCameraSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._where = f"device '{name}'"
        self._lab = context.folder
        self._clock = context.clock
        self._inbox = context.inbox
        self._streams = context.streams
        self._folder: Path | None = None
        self._thumbnail: Thumbnail | None = None
        self._openings = 0
        self._filming: Filming | None = None
        self._video: VideoFile | None = None
        self._count = FrameCount()
        self._told = 0
        self._tells_from = 0.0
        self._rows: list[tuple[float, float, float]] = []

    def record_to(self, folder: Path) -> None:
        """Put the video into that folder; without one the camera films nothing."""
        self._folder = folder
        self._thumbnail = Thumbnail(SessionFolder(folder).thumbnail(self._name))

    def stream(self) -> StreamSpec:
        """Return what is recorded of each frame: when it came, its number, the camera's time."""
        return StreamSpec(
            name=self._name,
            device=self._name,
            meaning=self._settings.meaning,
            channels=(Channel("time", "s"), Channel("number", ""), Channel("device_time", "s")),
            dtype="<f8",
            rate_hz=None,
            external_file=f"{self._name}{SUFFIXES[self._settings.recording]}",
        )

    def open(self) -> None:
        """Begin to film; a second filming of a session goes into a file ``NAME-2``."""
        if self._filming is not None or self._folder is None:
            return
        settings = self._settings
        shape = settings.height_px, settings.width_px
        path = self._folder / self.stream().external_file
        if self._openings:
            path = path.with_stem(f"{path.stem}-{self._openings + 1}")
        source = self._source()
        source.open()
        try:
            self._video = VideoFile(
                path, settings.recording, settings.rate_hz, shape, settings.bits
            )
        except BaseException:
            source.close()
            raise
        self._openings += 1
        self._count, self._rows = FrameCount(), []
        self._told, self._tells_from = 0, 0.0
        patience = max(PATIENCE, 5 / settings.rate_hz)
        self._filming = Filming(source, self._keep, patience, self._fail)

    def off(self) -> None:
        """Film no more; the video and the stream are complete then."""
        if self._filming is not None:
            self._filming.end()
            if self._video is not None:
                self._video.close()
            self._write_rows()
            if self._filming.last is not None:
                self._count.miss_until(self._filming.last + 1)
            if self._count.lost > self._told:
                self._tell_losses(self._clock.now())
            self._filming = None
        if self._thumbnail is not None:
            self._thumbnail.remove()

    def close(self) -> None:
        """Film no more and let go of the camera."""
        self.off()

    def check(self) -> list[Problem]:
        """Return what is wrong with the file, if there is one; a camera is seen when it opens."""
        if self._settings.source == "file":
            path = self._lab / self._settings.address
            do = "Correct `address`."
            problem = Problem("there is no such video", f"{self._where}, {path}", do)
            return [] if path.is_file() else [problem]
        try:
            self._source()
        except ConfigError as error:
            return problems_of(error)
        return []

    def _source(self) -> FrameSource:
        return source_of(self._settings, self._lab, self._where)

    def _keep(self, frame: Frame) -> None:
        """Keep a frame: the picture in the video, the times in a row."""
        if self._video is None:
            return
        self._video.write(frame.pixels)
        came = frame.arrival_time + ahead_of_perf_counter(self._clock)
        if self._rows and came - self._rows[0][0] >= BLOCK_DURATION:
            self._write_rows()
        self._rows.append((came, float(frame.number), frame.device_time))
        if self._thumbnail is not None:
            self._thumbnail.take(_in_eight_bits(frame.pixels))
        if self._count.take(frame.number) and came >= self._tells_from:
            self._tell_losses(came)

    def _tell_losses(self, now: float) -> None:
        """Tell which frames are missing so far."""
        self._told, self._tells_from = self._count.lost, now + TELL_EVERY
        slow = self._filming.overflowed if self._filming is not None else 0
        why = f"; {slow} came while the computer was too slow to write them" if slow else ""
        self._inbox.put(Notice(self._name, f"{self._count.words()}{why}", SLOW_DO))

    def _fail(self, what: str, do: str) -> None:
        self._inbox.put(Failure(self._name, what, do))

    def _write_rows(self) -> None:
        """Hand the rows on to the streams."""
        rows, self._rows = self._rows, []
        if rows:
            self._streams.write(self._name, np.array(rows, dtype="<f8"), rows[0][0])


def source_of(settings: OpenCVCameraSettings, lab: Path, where: str) -> FrameSource:
    """Return the source of a camera's frames, closed; raise `ConfigError` if there is none.

    Parameters
    ----------
    settings, lab
        Those of the camera, and the lab's folder.
    where
        The device, for errors.
    """
    shape = settings.height_px, settings.width_px
    asked = Asked(settings.address, lab, shape, settings.bits, settings.rate_hz, where)
    match settings.source:
        case "camera":
            return CaptureSource(asked)
        case "file":
            return FileSource(asked)
        case "synthetic":
            return SyntheticSource(asked, settings.synthetic)
        case own:
            return load_class(own, FrameSource, lab, f"{where}, source")(asked)


def _in_eight_bits(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Return a picture for people to look at."""
    return np.asarray(pixels >> 8 if pixels.dtype == np.uint16 else pixels, dtype=np.uint8)
