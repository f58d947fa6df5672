"""Where the cortex of a mouse lies under a rig's camera: what carries disks to their places."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import msgspec
import pydantic

from rig.calibration_record import Calibration, read_calibration, recorded_calibration
from rig.errors import RigError, problems_of
from rig.events import Definition
from rig.frozen import Items
from rig.lab import Lab
from rig.picture import Disk
from rig.stimuli import Stimuli

Row = Annotated[tuple[float, float, float], pydantic.Strict(strict=False)]


class Placement(Calibration):
    """How the blood vessels of a mouse's reference are seen on a day, confirmed by a person.

    Attributes
    ----------
    subject, reference
        The mouse, and the id of its reference.
    registration
        The id of the projector's record by which the picture was taken.
    um_per_px
        Of the picture.
    matrix
        From x, y, 1 on the reference to x and y of the day, in um from the picture's middle: two
        rows.
    shift_um, turn_deg
        By how much its middle has moved to the right and down, and how far it is turned clockwise.
    scale, shear, inliers, likeness
        How sure that is (`calibration.vessel_registration`).
    picture, picture_sha256
        The file of the day's picture, relative to the lab's folder, and its digest.
    """

    kind = "vessels"
    subject: str
    reference: str
    registration: str
    um_per_px: float = pydantic.Field(gt=0)
    matrix: Annotated[tuple[Row, Row], pydantic.Strict(strict=False)]
    shift_um: Items[float] = pydantic.Field(min_length=2, max_length=2)
    turn_deg: float
    scale: float
    shear: float
    inliers: int
    likeness: float
    picture: str
    picture_sha256: str

    @property
    def words(self) -> str:
        """The movement in words."""
        x, y = self.shift_um
        return f"moved by {x:.0f}, {y:.0f} um, turned by {self.turn_deg:.1f} deg"

    def carried(self, disk: Disk) -> Disk:
        """Return a disk of the reference where it lies on the day."""
        x, y = (a * disk.x_um + b * disk.y_um + c for a, b, c in self.matrix)
        return msgspec.structs.replace(disk, x_um=x, y_um=y)

    def on_reference(self, disk: Disk) -> Disk:
        """Return a disk of the day where it lies on the reference."""
        (a, b, c), (d, e, f) = self.matrix
        x, y, size = disk.x_um - c, disk.y_um - f, a * e - b * d
        return msgspec.structs.replace(
            disk, x_um=(e * x - b * y) / size, y_um=(a * y - d * x) / size
        )


def placement_file(subject: str) -> str:
    """Return where the placement in force of a mouse is, relative to the lab's folder."""
    return f"calibration/{subject}-{Placement.kind}.toml"


def placement_of(lab: Lab, subject: str, rig: str) -> Placement | None:
    """Return the placement in force of a mouse on a rig; None if there is none.

    Raises
    ------
    ConfigError
        If its file is wrong, or was changed after a person confirmed it.
    """
    file = placement_file(subject)
    if not (lab.folder / file).exists():
        return None
    found = read_calibration(lab.folder, file, Placement)
    is_of_rig = found.record is not None and found.record.rig == rig
    return found if is_of_rig else None


def recorded_placement(definition: Definition) -> str:
    """Return in words where the cortex lay in a session; empty if its disks were not carried.

    A record that was changed since is refused, and the words say so.
    """
    name = placement_file(definition.subject)
    try:
        found = recorded_calibration(definition.calibration_toml, name, Placement)
    except RigError as error:
        return f"not known: {problems_of(error)[0]}"
    if found is None:
        return ""
    record = f", record {found.record.id}" if found.record else ""
    return f"{found.words}, by the blood vessels of {found.measured_on}{record}"


def placed(stimuli: Stimuli, lab: Lab, subject: str, rig: str) -> Stimuli:
    """Return stimuli as devices present them: disks where the cortex of a mouse lies on a rig.

    Raises
    ------
    ConfigError
        If there are disks, and the file of the placement is wrong.
    """
    placement = placement_of(lab, subject, rig) if stimuli.flashes else None
    if placement is None:
        return stimuli
    flashes = {
        name: msgspec.structs.replace(each, disks=tuple(map(placement.carried, each.disks)))
        for name, each in stimuli.flashes.items()
    }
    return replace(stimuli, flashes=flashes)
