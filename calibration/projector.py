"""A projector's registration: which mirror lights which place of the cortex."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pydantic
from numpy.typing import NDArray

from calibration.camera_view import CameraView
from calibration.homography import mapped
from rig.calibration_record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel, Items
from rig.picture import Disk

TOLERANCE = 3.0
"""Mirrors by which a measured point may lie beside where the matrix puts it."""
_RIM = np.linspace(0, 2 * np.pi, 72, endpoint=False)
Row = Annotated[tuple[float, float, float], pydantic.Strict(strict=False)]
Matrix = Annotated[tuple[Row, Row, Row], pydantic.Strict(strict=False)]


class RegistrationPoint(FrozenModel):
    """One measurement: a mirror that was lit alone, and where its light was seen."""

    x_um: float
    y_um: float
    column: int = pydantic.Field(ge=0)
    row: int = pydantic.Field(ge=0)


class ProjectorFile(Calibration):
    """The file of a projector's registration.

    `matrix` leads from x, y, 1 in micrometres to u, v, w: u/w counts columns, v/w rows. An affine
    one ends in the row 0, 0, 1. Where mirrors stand on their corners, every second row is
    shifted: `odd_rows_shift` is by how many columns. `camera` is how a camera saw the mirrors; a
    file that was typed by hand has none.
    """

    kind = "projector"
    columns: int = pydantic.Field(default=608, ge=1, le=10_000)
    rows: int = pydantic.Field(default=684, ge=1, le=10_000)
    odd_rows_shift: float = pydantic.Field(default=0.5, ge=-0.5, le=0.5)
    matrix: Matrix
    points: Items[RegistrationPoint] = pydantic.Field(min_length=4)
    camera: CameraView | None = None


class ProjectorCalibration:
    """The registration of a projector: micrometres on the cortex to mirrors, and back.

    Parameters
    ----------
    folder, name
        The lab's folder and the file in it.

    Attributes
    ----------
    columns, rows
        Of mirrors.
    residuals
        How far each measured point lies from where the matrix puts it, in mirrors, ``(points,)``.

    Raises
    ------
    ConfigError
        If the file is missing or wrong, the matrix cannot be inverted, or a point lies too far off.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        file = read_calibration(folder, name, ProjectorFile)
        self.columns, self.rows = file.columns, file.rows
        self._matrix = np.array(file.matrix)
        if abs(np.linalg.det(self._matrix)) < 1e-12:
            raise CheckFailed([self._problem("the matrix cannot be inverted")])
        self._inverse = np.linalg.inv(self._matrix)
        rows, columns = np.mgrid[: file.rows, : file.columns]
        self._shift = file.odd_rows_shift
        self._plane = np.stack([columns + self._shift * (rows % 2), rows], axis=-1).astype(float)
        self.residuals = self._residuals(file.points)
        if self.residuals.max() > TOLERANCE:
            far = f"a point lies {self.residuals.max():.1f} mirrors from where the matrix puts it"
            raise CheckFailed([self._problem(far)])

    def refuse(self, disk: Disk) -> str | None:
        """Return why a disk cannot be projected, or None if all of it falls on mirrors."""
        radius = disk.diameter_um / 2
        rim = np.column_stack(
            [disk.x_um + radius * np.cos(_RIM), disk.y_um + radius * np.sin(_RIM)]
        )
        u, v = mapped(self._matrix, rim).T
        rows, columns, _ = self._plane.shape
        if u.min() >= 0 and v.min() >= 0 and u.max() <= columns - 1 and v.max() <= rows - 1:
            return None
        return (
            f"the disk of {disk.diameter_um:g} um at {disk.x_um:g}, {disk.y_um:g} um reaches "
            "beyond the mirrors of its registration"
        )

    def render(self, disks: Sequence[Disk]) -> NDArray[np.bool_]:
        """Return which mirrors light disks: those whose middle lies in one, ``(rows, columns)``."""
        picture = np.zeros(self._plane.shape[:2], dtype=bool)
        x, y = np.moveaxis(self.places(), -1, 0)
        for disk in disks:
            radius = disk.diameter_um / 2
            picture |= (x - disk.x_um) ** 2 + (y - disk.y_um) ** 2 <= radius**2
        return picture

    def places(self) -> NDArray[np.float64]:
        """Return the place on the cortex that each mirror lights, um, ``(rows, columns, 2)``."""
        return mapped(self._inverse, self._plane)

    def _residuals(self, points: Sequence[RegistrationPoint]) -> NDArray[np.float64]:
        seen = np.array([[point.x_um, point.y_um] for point in points])
        lit = np.array([[each.column + self._shift * (each.row % 2), each.row] for each in points])
        return np.asarray(np.linalg.norm(mapped(self._matrix, seen) - lit, axis=1))

    def _problem(self, what: str) -> Problem:
        return Problem(what, str(self.path), "Register the projector again.")
