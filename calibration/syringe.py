"""A syringe's calibration: its diameter, and drops of ordered volumes that were weighed."""

from __future__ import annotations

from pathlib import Path

import pydantic

from calibration.valid_range import outside
from rig.calibration_record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel, Items

TOLERANCE = 0.1
"""Share by which a weighed drop may differ from the ordered one."""


class SyringePoint(FrozenModel):
    """One measurement: the drop that was ordered, and the mean of those that came."""

    ordered_ul: float = pydantic.Field(gt=0)
    weighed_ul: float = pydantic.Field(gt=0)


class SyringeFile(Calibration):
    """The file of a syringe's calibration; the diameter inside stands in its maker's table."""

    kind = "syringe"
    diameter_mm: float = pydantic.Field(ge=0.1, le=50)
    points: Items[SyringePoint] = pydantic.Field(min_length=2)


class SyringeCalibration:
    """What a syringe on a pump can promise: the volumes that were tried by weight.

    The pump knows volumes by the diameter. The weights show that the diameter is the right one,
    and from which drop on the tubing gives what the syringe is pushed.

    Parameters
    ----------
    folder, name
        The lab's folder and the file in it.

    Raises
    ------
    ConfigError
        If the file is missing or wrong, or what came differs too much from what was ordered.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        file = read_calibration(folder, name, SyringeFile)
        wrong = [each for each in file.points if abs(_share(each) - 1) > TOLERANCE]
        if wrong:
            raise CheckFailed([_problem(each, str(self.path)) for each in wrong])
        ordered = [point.ordered_ul for point in file.points]
        self.smallest_ul, self.largest_ul = min(ordered), max(ordered)
        self.diameter_mm = file.diameter_mm

    def refuse(self, volume_ul: float) -> str | None:
        """Return why a volume cannot be promised: it lies outside what was weighed."""
        return outside(volume_ul, self.smallest_ul, self.largest_ul, "uL")


def _share(point: SyringePoint) -> float:
    return point.weighed_ul / point.ordered_ul


def _problem(point: SyringePoint, where: str) -> Problem:
    return Problem(
        f"{point.weighed_ul:g} uL came where {point.ordered_ul:g} uL were ordered",
        where,
        "Look for air in the syringe and for a leak, correct `diameter_mm`, and weigh again.",
    )
