"""Where the cortex of a session lies against the reference: the result, its limits, its use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.camera_registration import as_rows
from calibration.homography import mapped
from calibration.lens import middle
from calibration.projector import ProjectorFile
from rig.errors import CheckFailed, Problem
from rig.picture import Disk

WHERE = "the session's picture of blood vessels"


@dataclass(frozen=True)
class Limits:
    """What a registration must reach, and may not go beyond.

    Parameters
    ----------
    inliers
        Features that must agree on one movement.
    likeness
        Correlation that the two pictures must have when one lies over the other.
    scale
        Share by which the session's picture may be larger or smaller: the optics are the same.
    shear
        Share by which its scales along two directions may differ: more is a tilted window.
    turn_deg, shift
        How far it may be turned, and moved, as a share of its width.
    """

    inliers: int = 30
    likeness: float = 0.4
    scale: float = 0.01
    shear: float = 0.02
    turn_deg: float = 30.0
    shift: float = 0.5


@dataclass(frozen=True, eq=False)
class VesselRegistration:
    """How the vessels of a reference are seen in a session: a rigid movement, and how sure it is.

    Attributes
    ----------
    matrix
        From pixels of the reference to pixels of the session, ``(2, 3)``: a turn and a shift.
    loose
        The affine map on which features agree that may stretch, too, ``(2, 3)``: it tells whether
        the movement is rigid.
    shape
        Height and width of both pictures.
    inliers
        Features that agree on it.
    likeness
        Correlation of the two pictures, one laid over the other: 1 is equal.
    """

    matrix: NDArray[np.float64]
    loose: NDArray[np.float64]
    shape: tuple[int, int]
    inliers: int
    likeness: float

    @property
    def shift_px(self) -> tuple[float, float]:
        """By how much the picture's middle has moved to the right, and down."""
        centre = np.array(middle(self.shape))
        x, y = self.matrix[:, :2] @ centre + self.matrix[:, 2] - centre
        return float(x), float(y)

    @property
    def turn_deg(self) -> float:
        """By how many degrees it is turned, clockwise as it is seen."""
        (a, b), (c, d) = self.matrix[:, :2]
        return float(np.degrees(np.arctan2(c - b, a + d)))

    @property
    def scale(self) -> float:
        """By how much it is larger: root of the ratio of areas."""
        return float(np.sqrt(abs(np.linalg.det(self.loose[:, :2]))))

    @property
    def shear(self) -> float:
        """By how much its scales along two directions differ: 0 for a rigid body."""
        larger, smaller = np.linalg.svd(self.loose[:, :2], compute_uv=False)
        return float(larger / smaller - 1)

    @property
    def words(self) -> str:
        """The registration in words."""
        x, y = self.shift_px
        return (
            f"moved by {x:.1f}, {y:.1f} px, turned by {self.turn_deg:.2f} deg, scale "
            f"{self.scale:.4f}, shear {self.shear:.4f}; {self.inliers} features agree, "
            f"likeness {self.likeness:.2f}"
        )

    def refuse(self, limits: Limits) -> str | None:
        """Return why this is no registration of the same window, or None if it is one."""
        if self.inliers < limits.inliers:
            return f"{self.inliers} features agree and {limits.inliers} are needed"
        if self.likeness < limits.likeness:
            return f"the pictures are alike to {self.likeness:.2f}, and {limits.likeness} is needed"
        if abs(self.scale - 1) > limits.scale:
            return f"it is seen {self.scale:.3f} times as large"
        if self.shear > limits.shear:
            return f"it is sheared by {self.shear:.3f}"
        if abs(self.turn_deg) > limits.turn_deg:
            return f"it is turned by {self.turn_deg:.0f} deg"
        if np.hypot(*self.shift_px) > limits.shift * self.shape[1]:
            return "less than half of the reference is in it"
        return None

    def in_um(self, um_per_px: float) -> NDArray[np.float64]:
        """Return the map in um from the pictures' middle, x right and y down, ``(3, 3)``."""
        whole = np.eye(3)
        whole[:2, :2] = self.matrix[:, :2]
        whole[:2, 2] = np.array(self.shift_px) * um_per_px
        return whole

    def carried(self, disks: Sequence[Disk], um_per_px: float) -> tuple[Disk, ...]:
        """Return disks of the reference where they lie in the session, with their diameters.

        Parameters
        ----------
        disks
            In um from the middle of the reference.
        um_per_px
            Of both pictures, whose distortion is taken out (`calibration.lens`).
        """
        places = np.array([[disk.x_um, disk.y_um] for disk in disks]).reshape(-1, 2)
        moved = mapped(self.in_um(um_per_px), places)
        return tuple(
            msgspec.structs.replace(disk, x_um=float(x), y_um=float(y))
            for disk, (x, y) in zip(disks, moved, strict=True)
        )

    def moved(self, file: ProjectorFile, um_per_px: float) -> ProjectorFile:
        """Return a projector's file for the session: places of the reference lead to mirrors.

        Disks keep their places in the subject's file, which are those on the reference.
        """
        whole = self.in_um(um_per_px)
        back = np.linalg.inv(whole)
        points = []
        for point in file.points:
            ((x, y),) = mapped(back, np.array([[point.x_um, point.y_um]]))
            points.append(point.model_copy(update={"x_um": float(x), "y_um": float(y)}))
        matrix = as_rows(np.array(file.matrix) @ whole)
        return file.model_copy(update={"matrix": matrix, "points": tuple(points)})


def accepted(registration: VesselRegistration, limits: Limits) -> VesselRegistration:
    """Return a registration that keeps to its limits.

    Raises
    ------
    CheckFailed
        If it does not: another animal, another window, or a picture without vessels.
    """
    why = registration.refuse(limits)
    if why is not None:
        raise not_registered(why)
    return registration


def not_registered(why: str) -> CheckFailed:
    """Return the refusal of a session's picture."""
    return CheckFailed(
        [
            Problem(
                f"the blood vessels are not those of the reference: {why}",
                WHERE,
                "Look whether it is the right animal; focus on the vessels, clean the window, "
                "and take the picture again.",
            )
        ]
    )
