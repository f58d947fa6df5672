"""Light power per area on the cortex, by a power meter: a line over the projector's levels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydantic
from numpy.typing import NDArray

from calibration.student import reach_of
from rig.calibration_age import LIGHT
from rig.calibration_record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel, Items

MIN_LEVELS = 4
MOST_BENT = 0.05
"""Share of the highest power by which a reading may lie beside the line."""


class PowerPoint(FrozenModel):
    """One reading of a power meter in the focal plane, all of the lit area on its sensor."""

    level: float = pydantic.Field(ge=0)
    power_mw: float = pydantic.Field(ge=0)


class PowerFit(FrozenModel):
    """The line ``power = offset + slope * level`` through readings, per lit area.

    Attributes
    ----------
    slope_mw_per_mm2, offset_mw_per_mm2
        Of the line: by how much a level gives more, and what level 0 would give.
    lowest, highest
        The levels between which it holds.
    residuals_mw_per_mm2
        How far each reading lies above the line.
    """

    slope_mw_per_mm2: float = pydantic.Field(gt=0)
    offset_mw_per_mm2: float
    lowest: float
    highest: float
    residuals_mw_per_mm2: Items[float]


class PowerFile(Calibration):
    """The file of a projector's light: readings over levels (currents of the LED).

    `area_mm2` is the lit area in the focal plane, and `dark_mw` what the meter reads without light.
    One that was typed by hand has no `fit`.
    """

    kind = LIGHT
    meter: str
    area_mm2: float = pydantic.Field(gt=0)
    dark_mw: float = pydantic.Field(default=0.0, ge=0)
    points: Items[PowerPoint] = pydantic.Field(min_length=MIN_LEVELS)
    fit: PowerFit | None = None


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class PowerCalibration:
    """The least-squares line of power per area over levels, with its 95 % interval.

    Parameters
    ----------
    file
        The readings.
    where
        Their file.

    Attributes
    ----------
    path
        Their file.
    levels, mw_per_mm2
        What was measured, ``(points,)``.
    residuals_mw_per_mm2
        How far each reading lies above the line, ``(points,)``.

    Raises
    ------
    ConfigError
        If there are too few levels, the readings lie on no rising line, or below that of the dark.

    Examples
    --------
    >>> points = [{"level": level, "power_mw": 0.02 * level} for level in (0, 50, 100, 200)]
    >>> readings = dict(measured_on="2026-11-02", measured_by="me", meter="PM100", area_mm2=2.0)
    >>> import json
    >>> file = PowerFile.model_validate_json(json.dumps({**readings, "points": points}))
    >>> found = PowerCalibration(file, "light.toml")
    >>> round(found.at(100).value, 6), round(found.level(0.5), 6)
    (1.0, 50.0)
    >>> found.at(250)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rig.errors.CheckFailed: level 250 lies outside its calibration, 0 to 200 (light.toml). ...
    """

    def __init__(self, file: PowerFile, where: str) -> None:
        self.path = Path(where)
        self._where = where
        self.levels = np.array([point.level for point in file.points])
        power = np.array([point.power_mw for point in file.points]) - file.dark_mw
        self.mw_per_mm2 = power / file.area_mm2
        if len(np.unique(self.levels)) < MIN_LEVELS:
            what = f"there are fewer than {MIN_LEVELS} different levels"
            raise CheckFailed([Problem(what, where, "Measure more levels.")])
        slope, offset = np.polyfit(self.levels, self.mw_per_mm2, 1)
        self._slope, self._offset = float(slope), float(offset)
        self.residuals_mw_per_mm2 = self.mw_per_mm2 - self._line(self.levels)
        highest = self.mw_per_mm2.max()
        if self.mw_per_mm2.min() < -MOST_BENT * highest:
            level = self.levels[self.mw_per_mm2.argmin()]
            what = f"the meter showed more in the dark than at level {level:g}"
            raise CheckFailed([Problem(what, where, "Look at the unit; measure both again.")])
        bent = float(np.abs(self.residuals_mw_per_mm2).max())
        if self._slope <= 0 or bent > MOST_BENT * highest:
            what = (
                "the readings lie on no rising line"
                if self._slope <= 0
                else f"a reading lies {bent / highest:.0%} of the highest one beside the line"
            )
            do = "Let the LED warm up, shade the meter, and measure again, over fewer levels."
            raise CheckFailed([Problem(what, where, do)])

    @property
    def fit(self) -> PowerFit:
        """The line, as a record tells it."""
        lowest, highest = self.band
        return PowerFit(
            slope_mw_per_mm2=self._slope,
            offset_mw_per_mm2=self._offset,
            lowest=lowest,
            highest=highest,
            residuals_mw_per_mm2=tuple(float(each) for each in self.residuals_mw_per_mm2),
        )

    @property
    def band(self) -> tuple[float, float]:
        """The lowest and the highest level that was measured."""
        return float(self.levels.min()), float(self.levels.max())

    @property
    def mw_per_mm2_band(self) -> tuple[float, float]:
        """The power per area at these levels, by the line."""
        lowest, highest = self._line(np.array(self.band))
        return float(lowest), float(highest)

    def refuse(self, level: float) -> str | None:
        """Return why the light of a level is not known, or None if it is."""
        lowest, highest = self.band
        if lowest <= level <= highest:
            return None
        return f"level {level:g} lies outside its calibration, {lowest:g} to {highest:g}"

    def refuse_power(self, mw_per_mm2: float) -> str | None:
        """Return why no level is known for a power per area, or None if one is."""
        lowest, highest = self.mw_per_mm2_band
        if lowest <= mw_per_mm2 <= highest:
            return None
        return (
            f"{mw_per_mm2:g} mW/mm2 lies outside its calibration, {lowest:.3g} to {highest:.3g} "
            "mW/mm2"
        )

    def at(self, level: float) -> Estimate:
        """Return the power per area of a level, mW/mm2, with the 95 % interval of the line.

        Raises
        ------
        CheckFailed
            If the level lies outside those that were measured.
        """
        self._check(self.refuse(level))
        (low,), (value,), (high,) = self.curve(np.array([level]))
        return Estimate(float(value), float(low), float(high))

    def curve(
        self, levels: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return low end of the 95 % interval, line, and high end, mW/mm2, ``(levels,)`` each.

        The interval of a mean response (Draper and Smith, Applied Regression Analysis, eq. 1.4.8).
        """
        count, middle = len(self.levels), self.levels.mean()
        spread = np.sqrt(np.sum(self.residuals_mw_per_mm2**2) / (count - 2))
        away = (levels - middle) ** 2 / np.sum((self.levels - middle) ** 2)
        reach = reach_of(count - 2) * spread * np.sqrt(1 / count + away)
        line = self._line(levels)
        return line - reach, line, line + reach

    def level(self, mw_per_mm2: float) -> float:
        """Return the level that gives a power per area.

        Raises
        ------
        CheckFailed
            If it lies outside what was measured.
        """
        self._check(self.refuse_power(mw_per_mm2))
        return (mw_per_mm2 - self._offset) / self._slope

    def _check(self, why: str | None) -> None:
        if why is not None:
            raise CheckFailed([Problem(why, self._where, "Measure there, or ask for less.")])

    def _line(self, levels: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._offset + self._slope * levels


def read_power(folder: Path, name: str) -> PowerCalibration:
    """Return the calibration of a projector's light from its file, relative to the lab's folder.

    Raises
    ------
    ConfigError
        If the file is missing or wrong, or `PowerCalibration` refuses it.
    """
    return PowerCalibration(read_calibration(folder, name, PowerFile), str(folder / name))
