"""How a camera sees the mirrors of a projector: a projective map and the lens's radial term."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.camera_view import CameraView, SeenDot
from calibration.dot_grid import DotGrid, mirror_places
from calibration.dots import find_blobs, find_dots
from calibration.homography import Places, fitted, mapped
from calibration.lens import STRONGEST, Lens, middle, perfect_lens
from calibration.projector import Matrix, ProjectorFile, RegistrationPoint
from calibration.stage_micrometer import Scale
from rig.calibration_record import Origin
from rig.errors import CheckFailed, Problem

WHERE = "the registration of camera and projector"
CENTRE_SPREAD = 0.05
"""How far the lens's centre is expected beside the picture's: SD, in half diagonals.

A lens without distortion has no centre that could be seen: none is to be invented."""
TYPICAL_PX = 0.1
"""How far a dot is usually seen from where it is: weighs the dots against `CENTRE_SPREAD`."""
WORST_PX = 2.0
"""A dot may lie this far from where the fit puts it."""


@dataclass(frozen=True, eq=False)
class CameraRegistration:
    """What a camera's picture of the dots tells.

    Attributes
    ----------
    matrix
        From pixels without distortion to columns and rows of mirrors, ``(3, 3)``.
    lens
        The camera's.
    lens_covariance
        How sure `k1` and the centre (column and row, in half diagonals) are, ``(3, 3)``.
    shape
        Height and width of the picture.
    seen_px
        The dots in the picture, ``(dots, 2)``.
    mirrors
        Column and row of the mirror in the middle of each dot, ``(dots, 2)``.
    odd_rows_shift, columns, rows
        Of the projector, as in its file.
    residuals_px
        How far each dot is seen from where the fit puts it, x and y, ``(dots, 2)``.
    """

    matrix: NDArray[np.float64]
    lens: Lens
    lens_covariance: NDArray[np.float64]
    shape: tuple[int, int]
    seen_px: Places
    mirrors: NDArray[np.int64]
    odd_rows_shift: float
    columns: int
    rows: int
    residuals_px: Places

    @property
    def mean_px(self) -> float:
        """Mean distance of the dots from where the fit puts them, in pixels."""
        return float(np.linalg.norm(self.residuals_px, axis=1).mean())

    @property
    def worst_px(self) -> float:
        """The largest of these distances, in pixels."""
        return float(np.linalg.norm(self.residuals_px, axis=1).max())

    def expected_px(self, mirrors: NDArray[np.int64]) -> Places:
        """Return where mirrors, ``(mirrors, 2)``, are seen in the picture, in pixels."""
        places = mirror_places(mirrors, self.odd_rows_shift)
        return self.lens.distorted(mapped(np.linalg.inv(self.matrix), places))

    def places_um(self, seen_px: Places, um_per_px: float) -> Places:
        """Return where on the cortex places in the picture lie, in um from its middle.

        x counts to the right and y downwards. Both have the shape ``(..., 2)``.
        """
        away = self.lens.undistorted(seen_px) - middle(self.shape)
        return np.asarray(away * um_per_px)

    def to_file(
        self,
        camera: str,
        pitch_um: float,
        scale: Scale,
        measured_on: date,
        measured_by: str,
        note: str = "",
        record: Origin | None = None,
    ) -> ProjectorFile:
        """Return the projector's file: from micrometres to mirrors, and how the camera saw them.

        Parameters
        ----------
        camera, pitch_um, scale
            Which camera it was, the pitch of the stage micrometer, and the scale by it.
        measured_on, measured_by, note, record
            See `rig.calibration_record.Calibration`.
        """
        um_per_px = scale.um_per_px
        pixels = np.diag([1 / um_per_px, 1 / um_per_px, 1.0])
        pixels[:2, 2] = middle(self.shape)
        places = self.places_um(self.seen_px, um_per_px)
        return ProjectorFile(
            measured_on=measured_on,
            measured_by=measured_by,
            note=note,
            record=record,
            columns=self.columns,
            rows=self.rows,
            odd_rows_shift=self.odd_rows_shift,
            matrix=as_rows(self.matrix @ pixels),
            points=tuple(
                RegistrationPoint(x_um=float(x), y_um=float(y), column=int(column), row=int(row))
                for (x, y), (column, row) in zip(places, self.mirrors, strict=True)
            ),
            camera=self._view(camera, pitch_um, scale),
        )

    def _view(self, camera: str, pitch_um: float, scale: Scale) -> CameraView:
        height, width = self.shape
        return CameraView(
            camera=camera,
            width_px=width,
            height_px=height,
            pitch_um=pitch_um,
            um_per_px=scale.um_per_px,
            um_per_px_low=scale.low,
            um_per_px_high=scale.high,
            k1=self.lens.k1,
            mean_px=self.mean_px,
            worst_px=self.worst_px,
            dots=tuple(
                SeenDot(x_px=float(x), y_px=float(y), column=int(column), row=int(row))
                for (x, y), (column, row) in zip(self.seen_px, self.mirrors, strict=True)
            ),
        )


@dataclass(frozen=True, eq=False)
class DailyCheck:
    """Where the daily dots are seen, and where the record puts them, both ``(dots, 2)`` in px."""

    seen_px: Places
    expected_px: Places

    @property
    def away_px(self) -> NDArray[np.float64]:
        """How far each lies from where it was, ``(dots,)``, in pixels."""
        return np.asarray(np.linalg.norm(self.seen_px - self.expected_px, axis=1))

    @property
    def rms_px(self) -> float:
        """Root of the mean square distance, in pixels."""
        return float(np.sqrt(np.mean(self.away_px**2)))


def register_camera(picture: NDArray[Any], grid: DotGrid) -> CameraRegistration:
    """Return how a camera sees the mirrors, by its picture, ``(height, width)``, of a grid of dots.

    Raises
    ------
    CheckFailed
        If `find_dots` refuses the picture, or the dots do not fit a projective map and a lens.
    """
    found = find_dots(picture, grid)
    mirrors = grid.mirrors()[found.numbers]
    registration = fit_camera(found.places_px, mirrors, found.shape, grid)
    if registration.worst_px > WORST_PX:
        raise _refused(
            f"a dot lies {registration.worst_px:.1f} px from where the fit puts it",
            "Lay a flat, clean, white card into the focal plane, and focus camera and projector.",
        )
    return registration


def fit_camera(
    seen_px: Places, mirrors: NDArray[np.int64], shape: tuple[int, int], grid: DotGrid
) -> CameraRegistration:
    """Return the least-squares fit of a projective map and one radial term to dots.

    Parameters
    ----------
    seen_px
        The dots in the picture, ``(dots, 2)``.
    mirrors
        Column and row of the mirror in the middle of each, ``(dots, 2)``.
    shape
        Height and width of the picture.
    grid
        Of it only what is the projector's counts: its mirrors, and how odd rows are shifted.
    """
    plane = mirror_places(mirrors, grid.odd_rows_shift)
    start = fitted(plane, seen_px)
    flat = perfect_lens(shape)
    size = np.abs(start.ravel()[:8]) + 1e-9

    def parts(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], Lens]:
        matrix = np.append(start.ravel()[:8] + numbers[:8] * size, 1.0).reshape(3, 3)
        x, y = np.array(flat.centre_px) + numbers[9:] * flat.radius_px
        return matrix, Lens(float(numbers[8]), (float(x), float(y)), flat.radius_px)

    def misses(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        matrix, lens = parts(numbers)
        return np.asarray(lens.distorted(mapped(matrix, plane)) - seen_px)

    def cost(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.append(misses(numbers).ravel(), numbers[9:] / CENTRE_SPREAD * TYPICAL_PX)

    reach = np.array([np.inf] * 8 + [STRONGEST, 1.0, 1.0])
    best = least_squares(cost, np.zeros(11), bounds=(-reach, reach), x_scale="jac")
    matrix, lens = parts(best.x)
    inverse = np.linalg.inv(matrix)
    return CameraRegistration(
        matrix=inverse / inverse[2, 2],
        lens=lens,
        lens_covariance=_covariance(best.jac, misses(best.x))[8:, 8:],
        shape=shape,
        seen_px=seen_px,
        mirrors=mirrors,
        odd_rows_shift=grid.odd_rows_shift,
        columns=grid.columns,
        rows=grid.rows,
        residuals_px=-misses(best.x),
    )


def camera_of(file: ProjectorFile, view: CameraView) -> CameraRegistration:
    """Return how the camera of a projector's file sees the mirrors."""
    seen = np.array([[dot.x_px, dot.y_px] for dot in view.dots])
    mirrors = np.array([[dot.column, dot.row] for dot in view.dots])
    grid = DotGrid(columns=file.columns, rows=file.rows, odd_rows_shift=file.odd_rows_shift)
    return fit_camera(seen, mirrors, (view.height_px, view.width_px), grid)


def _covariance(jacobian: NDArray[np.float64], misses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of fitted numbers, by the spread of what is left over."""
    variance = np.sum(misses**2) / (misses.size - jacobian.shape[1])
    return np.asarray(variance * np.linalg.inv(jacobian.T @ jacobian))


def check_camera(
    picture: NDArray[Any], grid: DotGrid, registration: CameraRegistration
) -> DailyCheck:
    """Return how far the dots of a small grid lie from where a registration puts them.

    Parameters
    ----------
    picture
        The camera's, ``(height, width)``.
    grid
        ``DotGrid(across=2, down=2)`` is enough.
    registration
        That of the day when all was put up.

    Raises
    ------
    CheckFailed
        If the picture has another size, or a dot is not to be seen.
    """
    if picture.shape != registration.shape:
        height, width = registration.shape
        what = f"the picture is {picture.shape[1]} x {picture.shape[0]} px, and was {width} x "
        raise _refused(f"{what}{height}", "Set the camera as it was, or register it again.")
    expected = registration.expected_px(grid.mirrors())
    seen = find_blobs(picture).places_px
    if len(seen) < len(expected):
        raise _refused(
            f"{len(seen)} of {len(expected)} dots are to be seen", "Look at what covers the others."
        )
    away = np.linalg.norm(expected[:, None] - seen[None], axis=-1)
    return DailyCheck(seen[away.argmin(axis=1)], expected)


def as_rows(matrix: NDArray[np.float64]) -> Matrix:
    """Return a matrix, ``(3, 3)``, as a projector's file has it, its last number 1."""
    one, two, three = (matrix / matrix[2, 2]).tolist()
    return (tuple(one), tuple(two), tuple(three))


def _refused(what: str, do: str) -> CheckFailed:
    return CheckFailed([Problem(what, WHERE, do)])
