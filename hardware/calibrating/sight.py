"""What a camera sees while something is calibrated: its frames, or a file of another program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from hardware.calibrating.chosen import Meant, chosen
from hardware.calibrating.holding import SETTLED
from hardware.imaging.pictures import FRAMES, read_frames, taken_frames
from hardware.opencv_camera import OpenCVCameraSettings, source_of
from rig.devices import Camera
from rig.errors import OptionError


@dataclass(frozen=True)
class Sight:
    """Whose pictures are looked at.

    Attributes
    ----------
    meant
        The device that is calibrated; its person puts under the camera what is to be seen.
    camera
        Name of the camera in the rig file; empty for the only one.
    """

    meant: Meant
    camera: str

    def shown(self, file: Path | None, what: str) -> NDArray[Any]:
        """Return pictures of what is shown just now, ``(frames, height, width)``.

        A person is asked to save the picture first, if it is to be read from a file.
        """
        if file is None:
            return self._taken()
        if self.meant.person.is_there:
            self.meant.person.ready(f"Save the camera's picture of {what} as {file}.")
        return read_frames(file)

    def prepared(self, file: Path | None, do: str, option: str) -> NDArray[Any]:
        """Return pictures of what a person puts there first, ``(frames, height, width)``.

        Raises
        ------
        OptionError
            If there is no file, and nobody to be asked.
        """
        if file is not None:
            return read_frames(file)
        if not self.meant.person.is_there:
            what = "nobody is there to put it under the camera"
            raise OptionError(what, option, "Give the picture's file, or run it at a terminal.")
        self.meant.person.ready(do)
        return self._taken()

    def name(self, file: Path | None) -> str:
        """Return which camera it is, for the record."""
        return file.name if file else self._settings()[0]

    def _taken(self) -> NDArray[Any]:
        name, settings = self._settings()
        source = source_of(settings, self.meant.lab.folder, f"device '{name}'")
        return taken_frames(source, FRAMES, SETTLED)

    def _settings(self) -> tuple[str, OpenCVCameraSettings]:
        which = chosen(
            replace(self.meant, device=self.camera, simulate=False),
            Camera,
            OpenCVCameraSettings,
            why_not="it sees nothing",
            option="--camera, or the file of its picture",
        )
        return which.name, which.settings
