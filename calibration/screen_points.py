"""The points of a screen's guns, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import pydantic

from calibration.gun_curve import WHITE, scatter_cd_m2
from rig.errors import Problem
from rig.frozen import FrozenModel

MIN_LEVELS = 5
DARK_CD_M2 = 0.5
"""A gun that gives no more at any level is off, or its photometer covered."""
LEAST_RISE = 1.5
"""Of the brightest reading of a gun by that of level 0."""
LEAST_LAST_STEP = 0.25
"""Of the last step between two levels, by that of a straight line; a curve of a screen is steeper
than the line there."""
SURELY = 4.0
"""Times its scatter by which a reading may lie below the one before it."""
Gun = Literal["red", "green", "blue"]
GUNS: tuple[Gun, ...] = ("red", "green", "blue")


class ScreenPoint(FrozenModel):
    """One measurement: what a photometer reads while one gun has a level and the others have 0."""

    gun: Gun
    level: int = pydantic.Field(ge=0, le=WHITE)
    luminance_cd_m2: float = pydantic.Field(ge=0)


def of_gun(points: Sequence[ScreenPoint], gun: Gun) -> tuple[list[int], list[float]]:
    """Return levels and luminances of a gun, ordered by level."""
    found = sorted((each.level, each.luminance_cd_m2) for each in points if each.gun == gun)
    return [level for level, _ in found], [luminance for _, luminance in found]


def wrong_points(points: Sequence[ScreenPoint], where: str) -> list[Problem]:
    """Return what is wrong with the points of each gun; at most one problem of each."""
    found = [_problem(gun, *of_gun(points, gun), where) for gun in GUNS]
    return [problem for problem in found if problem]


def _problem(gun: Gun, levels: list[int], luminances: list[float], where: str) -> Problem | None:
    if len(set(levels)) < MIN_LEVELS or len(set(levels)) < len(levels):
        what = f"the {gun} gun needs {MIN_LEVELS} different levels or more, each once"
        return Problem(what, where, "Measure more levels: nine or seventeen, evenly spaced.")
    if levels[0] != 0 or levels[-1] != WHITE:
        what = f"the {gun} gun was not measured at the levels 0 and {WHITE}"
        return Problem(what, where, "Measure them, too.")
    dark, brightest = luminances[0], max(luminances)
    if brightest < LEAST_RISE * dark or brightest == 0:
        return _flat(gun, brightest, where)
    asleep = _fell_asleep(luminances)
    if asleep is not None:
        what = f"the {gun} gun went dark at level {levels[asleep]}: the screen fell asleep"
        return Problem(what, where, "Switch off its power saving, and measure again.")
    straight = (luminances[-1] - dark) * (levels[-1] - levels[-2]) / WHITE
    if abs(luminances[-1] - luminances[-2]) < LEAST_LAST_STEP * straight:
        what = f"the {gun} gun gives no more light from level {levels[-2]} to {WHITE}"
        do = "The photometer is saturated, or the screen's contrast too high: change its range."
        return Problem(what, where, do)
    for level, (earlier, later) in zip(levels[1:], pairwise(luminances), strict=True):
        if later < earlier - SURELY * float(scatter_cd_m2(earlier)):
            what = f"the luminance of the {gun} gun does not rise to level {level}"
            return Problem(what, where, "Measure it again; look for wrong numbers.")
    return None


def _flat(gun: Gun, brightest: float, where: str) -> Problem:
    if brightest < DARK_CD_M2:
        what = f"the {gun} gun gives {brightest:g} cd/m2 at most: the screen was asleep or off"
        return Problem(what, where, "Wake it, take the cap off the photometer, and measure again.")
    what = f"the photometer shows {brightest:g} cd/m2 at most and hardly less at level 0, {gun}"
    return Problem(what, where, "Point it at the middle of the screen, in the dark.")


def _fell_asleep(luminances: list[float]) -> int | None:
    """Return the first reading that is as dark as level 0 though the one before it was not."""
    limit = luminances[0] + 0.05 * (max(luminances) - luminances[0])
    dark = np.array(luminances) <= limit
    fell = np.flatnonzero(dark[1:] & ~dark[:-1])
    return int(fell[0]) + 1 if len(fell) else None
