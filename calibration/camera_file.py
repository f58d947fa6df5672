"""The file of a camera that looks at the mirrors of a projector: its dots, and its scale."""

from __future__ import annotations

from datetime import date

import numpy as np
import pydantic

from calibration.camera_registration import CameraRegistration, fit_camera
from calibration.dot_grid import DotGrid
from calibration.record import Calibration
from calibration.stage_micrometer import Scale
from rig.frozen import FrozenModel, Items

LEAST_DOTS = 8
"""The fit has eleven numbers; each dot gives two."""


class SeenDot(FrozenModel):
    """One measurement: where the dot around a mirror is seen in the camera's picture."""

    x_px: float
    y_px: float
    column: int = pydantic.Field(ge=0)
    row: int = pydantic.Field(ge=0)


class CameraFile(Calibration):
    """The file of a camera: what the daily check compares with.

    `um_per_px` is the scale without distortion, with the ends of its 95 % interval. Map and lens
    are fitted to the points anew whenever it is read.
    """

    kind = "camera"
    width_px: int = pydantic.Field(ge=1)
    height_px: int = pydantic.Field(ge=1)
    columns: int = pydantic.Field(default=608, ge=1, le=10_000)
    rows: int = pydantic.Field(default=684, ge=1, le=10_000)
    odd_rows_shift: float = pydantic.Field(default=0.5, ge=-0.5, le=0.5)
    um_per_px: float = pydantic.Field(gt=0)
    um_per_px_low: float = pydantic.Field(gt=0)
    um_per_px_high: float = pydantic.Field(gt=0)
    points: Items[SeenDot] = pydantic.Field(min_length=LEAST_DOTS)


def camera_file(
    registration: CameraRegistration,
    scale: Scale,
    measured_on: date,
    measured_by: str,
    note: str = "",
) -> CameraFile:
    """Return the file of a camera that was registered, and whose scale was measured."""
    height, width = registration.shape
    return CameraFile(
        measured_on=measured_on,
        measured_by=measured_by,
        note=note,
        width_px=width,
        height_px=height,
        columns=registration.columns,
        rows=registration.rows,
        odd_rows_shift=registration.odd_rows_shift,
        um_per_px=scale.um_per_px,
        um_per_px_low=scale.low,
        um_per_px_high=scale.high,
        points=tuple(
            SeenDot(x_px=float(x), y_px=float(y), column=int(column), row=int(row))
            for (x, y), (column, row) in zip(
                registration.seen_px, registration.mirrors, strict=True
            )
        ),
    )


def camera_of(file: CameraFile) -> CameraRegistration:
    """Return how the camera of a file sees the mirrors."""
    seen = np.array([[point.x_px, point.y_px] for point in file.points])
    mirrors = np.array([[point.column, point.row] for point in file.points])
    grid = DotGrid(columns=file.columns, rows=file.rows, odd_rows_shift=file.odd_rows_shift)
    return fit_camera(seen, mirrors, (file.height_px, file.width_px), grid)
