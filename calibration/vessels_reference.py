"""The reference of a mouse's blood vessels: the picture in whose micrometres disks are placed."""

from __future__ import annotations

import pydantic

from rig.calibration_record import Calibration


class VesselsReference(Calibration):
    """The picture of a mouse's blood vessels that those of later days are compared with.

    Attributes
    ----------
    subject
        The mouse.
    registration
        The id of the projector's record by which the picture was taken.
    width_px, height_px, um_per_px
        Of the picture, whose distortion is taken out. Its middle is 0, 0 of all disks.
    picture, picture_sha256
        Its file, relative to the lab's folder, and the digest of that.
    """

    kind = "reference"
    subject: str
    registration: str
    width_px: int = pydantic.Field(ge=1)
    height_px: int = pydantic.Field(ge=1)
    um_per_px: float = pydantic.Field(gt=0)
    picture: str
    picture_sha256: str


def reference_file(subject: str) -> str:
    """Return where the reference in force of a mouse is, relative to the lab's folder."""
    return f"calibration/{subject}-{VesselsReference.kind}.toml"
