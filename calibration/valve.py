"""A valve's calibration: opening times and the volumes that came out, and the line through them."""

from __future__ import annotations

import statistics
from pathlib import Path

import pydantic

from calibration.valid_range import outside
from rig.calibration_record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel, Items

MIN_POINTS = 3
MIN_R_SQUARED = 0.98


class ValvePoint(FrozenModel):
    """One measurement: mean volume of a drop for one opening time.

    `weight_mg` is what all its `drops` weighed, if that was written down.
    """

    open_ms: float = pydantic.Field(gt=0)
    volume_ul: float = pydantic.Field(gt=0)
    drops: int | None = pydantic.Field(default=None, ge=1)
    weight_mg: float | None = pydantic.Field(default=None, gt=0)


class ValveFit(FrozenModel):
    """The line ``volume = offset + slope * time`` through points, and how well it is known.

    Attributes
    ----------
    slope_ul_per_ms, offset_ul
        Of the line.
    slope_interval, offset_interval
        Their 95 % intervals, lowest and highest.
    residuals
        How much more came at each point than the line says, as a share of the line's volume.
    """

    slope_ul_per_ms: float = pydantic.Field(gt=0)
    offset_ul: float
    slope_interval: Items[float] = pydantic.Field(min_length=2, max_length=2)
    offset_interval: Items[float] = pydantic.Field(min_length=2, max_length=2)
    residuals: Items[float]


class ValveFile(Calibration):
    """The file of a valve's calibration; one that was typed by hand has no `fit`."""

    kind = "valve"
    points: Items[ValvePoint] = pydantic.Field(min_length=MIN_POINTS)
    fit: ValveFit | None = None


class ValveCalibration:
    """The line ``volume = offset + slope * time`` through the measured points.

    It is that of the file's `fit`, else the least-squares line. That is computed without linear
    algebra libraries, whose last digit depends on the processor: opening times stand in the
    session's record, which must be the same on every computer.

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
        open_ms = [point.open_ms for point in file.points]
        volume_ul = [point.volume_ul for point in file.points]
        problems = _problems(open_ms, volume_ul, str(self.path))
        if problems:
            raise CheckFailed(problems)
        if file.fit is None:
            self._slope, self._offset = statistics.linear_regression(open_ms, volume_ul)
        else:
            self._slope, self._offset = file.fit.slope_ul_per_ms, file.fit.offset_ul
        self.smallest_ul, self.largest_ul = min(volume_ul), max(volume_ul)

    def refuse(self, volume_ul: float) -> str | None:
        """Return why a volume cannot be promised: it lies outside what was measured."""
        return outside(volume_ul, self.smallest_ul, self.largest_ul, "uL")

    def open_time(self, volume_ul: float) -> float:
        """Return the seconds of opening that deliver `volume_ul`."""
        return (volume_ul - self._offset) / self._slope / 1000

    def volume_ul(self, open_time: float) -> float:
        """Return the volume that an opening of that many seconds delivers; never below 0."""
        return max(0.0, self._offset + self._slope * open_time * 1000)


def _problems(open_ms: list[float], volume_ul: list[float], where: str) -> list[Problem]:
    """Return what is wrong with the points."""
    if len(set(open_ms)) < MIN_POINTS:
        return [
            Problem(
                f"there are fewer than {MIN_POINTS} different opening times",
                where,
                "Measure more opening times.",
            )
        ]
    if len(set(volume_ul)) == 1 or statistics.correlation(open_ms, volume_ul) < MIN_R_SQUARED**0.5:
        return [
            Problem(
                "the points lie on no rising line",
                where,
                "Measure the points again; look for air in the tube or a sticking valve.",
            )
        ]
    return []
