"""A valve's calibration: opening times and the volumes that came out, and the line through them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydantic

from calibration.record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel

MIN_POINTS = 3
MIN_R_SQUARED = 0.98


class ValvePoint(FrozenModel):
    """One measurement: mean volume of a drop for one opening time."""

    open_ms: float = pydantic.Field(gt=0)
    volume_ul: float = pydantic.Field(gt=0)


class ValveFile(Calibration):
    """The file of a valve's calibration."""

    points: tuple[ValvePoint, ...] = pydantic.Field(min_length=MIN_POINTS)


class ValveCalibration:
    """The least-squares line ``volume = offset + slope * time`` through the measured points.

    Parameters
    ----------
    folder, name
        The lab's folder and the file in it.

    Raises
    ------
    ConfigError
        If the file is missing or wrong, or its points lie on no rising line.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        file = read_calibration(folder, name, ValveFile)
        open_ms = np.array([point.open_ms for point in file.points])
        volume_ul = np.array([point.volume_ul for point in file.points])
        problems = _problems(open_ms, volume_ul, str(self.path))
        if problems:
            raise CheckFailed(problems)
        slope, offset = np.polyfit(open_ms, volume_ul, 1)
        self._slope, self._offset = float(slope), float(offset)
        self.smallest_ul, self.largest_ul = float(volume_ul.min()), float(volume_ul.max())

    def refuse(self, volume_ul: float) -> str | None:
        """Return why a volume cannot be promised: it lies outside what was measured."""
        if self.smallest_ul <= volume_ul <= self.largest_ul:
            return None
        return (
            f"{volume_ul:g} uL lies outside its calibration, "
            f"{self.smallest_ul:g} to {self.largest_ul:g} uL"
        )

    def open_time(self, volume_ul: float) -> float:
        """Return the seconds of opening that deliver `volume_ul`."""
        return (volume_ul - self._offset) / self._slope / 1000

    def volume_ul(self, open_time: float) -> float:
        """Return the volume that an opening of that many seconds delivers; never below 0."""
        return max(0.0, self._offset + self._slope * open_time * 1000)


def _problems(
    open_ms: np.ndarray[tuple[int], np.dtype[np.float64]],
    volume_ul: np.ndarray[tuple[int], np.dtype[np.float64]],
    where: str,
) -> list[Problem]:
    """Return what is wrong with the points; both arrays have shape (points,)."""
    if len(np.unique(open_ms)) < MIN_POINTS:
        return [
            Problem(
                f"there are fewer than {MIN_POINTS} different opening times",
                where,
                "Measure more opening times.",
            )
        ]
    slope, offset = np.polyfit(open_ms, volume_ul, 1)
    residual = volume_ul - (offset + slope * open_ms)
    spread = float(np.sum((volume_ul - volume_ul.mean()) ** 2))
    r_squared = 1 - float(np.sum(residual**2)) / spread if spread else 0.0
    if slope <= 0 or r_squared < MIN_R_SQUARED:
        return [
            Problem(
                f"the points lie on no rising line (r2 = {r_squared:.3f}, "
                f"slope = {slope:.3g} uL/ms)",
                where,
                "Measure the points again; look for air in the tube or a sticking valve.",
            )
        ]
    return []
