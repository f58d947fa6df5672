"""Pictures of blood vessels beside the records of calibrations: 16 bits, named by their digests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.store import RECORDS
from hardware.imaging.pictures import mean_of, read_frames
from rig.errors import ConfigError, RecordingError

FULL = 65_535


@dataclass(frozen=True)
class Encoded:
    """A picture that is to be kept: its file in the lab's folder, its digest, and its content."""

    name: str
    digest: str
    content: bytes

    def keep(self, folder: Path) -> None:
        """Write it into a lab's folder; raise `RecordingError` if that fails."""
        path = folder / self.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.content)
        except OSError as error:
            raise RecordingError(
                f"the picture cannot be kept: {error.strerror}",
                str(path),
                "Check the rights on the folder and the room on the disk.",
            ) from error


def encoded(subject: str, picture: NDArray[np.float64]) -> Encoded:
    """Return a picture of a mouse's vessels, ``(height, width)``, as it is kept."""
    import cv2

    levels = np.rint(picture / max(float(picture.max()), 1e-9) * FULL).clip(0, FULL)
    _, coded = cv2.imencode(".png", levels.astype(np.uint16))
    content = coded.tobytes()
    digest = hashlib.sha256(content).hexdigest()
    name = RECORDS / f"{subject}-vessels-{digest[:16]}.png"
    return Encoded(name.as_posix(), digest, content)


def kept_picture(folder: Path, name: str, digest: str) -> NDArray[np.float64]:
    """Return a picture that was kept, ``(height, width)``.

    Raises
    ------
    ConfigError
        If it is missing, or is not the one of the record.
    """
    path = folder / name
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise ConfigError(
            "the picture of the record is missing, or is another one",
            str(path),
            "Put it back from a copy of the lab's folder, or make a new reference.",
        )
    return mean_of(read_frames(path))
