"""Where a screen stands before the eye, as it was measured, and the degrees that follow."""

from __future__ import annotations

import math

import pydantic

from rig.errors import Problem
from rig.frozen import FrozenModel

WIDTH_TOLERANCE, DISTANCE_TOLERANCE = 0.01, 0.02
"""Shares by which width and distance of the rig file may differ from what was measured."""
SQUARE_TOLERANCE = 0.02
"""Share by which a pixel may be higher than wide."""
MOST_OFF_NORMAL_DEG = 3.0
"""At that tilt the cycles per degree are 3 % off at 45 degrees from the middle."""
LEAST_DEG, MOST_DEG = 10.0, 150.0
"""Of the visual field that a screen can cover: else a length is in another unit."""


class ScreenPlace(FrozenModel):
    """Size, distance and orientation of a screen, measured by ruler and protractor.

    Attributes
    ----------
    width_cm, height_cm
        Of the lit area.
    distance_cm
        From the eye to the middle of the screen.
    azimuth_deg
        Where its middle is seen: 0 straight ahead, 90 to the right, -90 to the left.
    off_normal_deg
        The angle between the line of sight to its middle and a right angle to the screen.
    """

    width_cm: float = pydantic.Field(gt=0, le=500)
    height_cm: float = pydantic.Field(gt=0, le=500)
    distance_cm: float = pydantic.Field(gt=0, le=500)
    azimuth_deg: float = pydantic.Field(default=0.0, ge=-180, le=180)
    off_normal_deg: float = pydantic.Field(default=0.0, ge=0, le=90)

    def wrong(self, width_cm: float, distance_cm: float, where: str) -> list[Problem]:
        """Return where it is not plausible, or not what a rig file says of width and distance."""
        problems = []
        covered = 2 * edge_deg(self.width_cm, self.distance_cm)
        if not LEAST_DEG <= covered <= MOST_DEG:
            what = f"a screen {self.width_cm:g} cm wide, {self.distance_cm:g} cm from the eye"
            do = f"That is {covered:.0f} degrees of the visual field: give lengths in cm."
            problems.append(Problem(what, where, do))
        for name, measured, said, tolerance in (
            ("width_cm", self.width_cm, width_cm, WIDTH_TOLERANCE),
            ("distance_cm", self.distance_cm, distance_cm, DISTANCE_TOLERANCE),
        ):
            if abs(measured / said - 1) > tolerance:
                what = f"`{name}` is {said:g} in the rig file, and {measured:g} was measured"
                do = "Put the rig file right, or measure again: degrees of gratings follow from it."
                problems.append(Problem(what, where, do))
        if self.off_normal_deg > MOST_OFF_NORMAL_DEG:
            what = f"the screen is tilted by {self.off_normal_deg:g} degrees"
            do = "Turn it to a right angle to the line of sight: gratings are drawn for that."
            problems.append(Problem(what, where, do))
        return problems

    def not_square(self, width_px: int, height_px: int, where: str) -> list[Problem]:
        """Return that pixels are not as high as wide, if the screen has so many."""
        ratio = (self.height_cm / height_px) / (self.width_cm / width_px)
        if abs(ratio - 1) <= SQUARE_TOLERANCE:
            return []
        what = f"by its size of {self.width_cm:g} x {self.height_cm:g} cm, pixels of {width_px} x "
        what += f"{height_px} are {ratio:.2f} times as high as wide"
        return [Problem(what, where, "Measure the lit area, and use the screen's own resolution.")]


def edge_deg(width_cm: float, distance_cm: float) -> float:
    """Return how far from the middle the edges of a screen are seen."""
    return math.degrees(math.atan2(width_cm / 2, distance_cm))


def px_per_deg(width_cm: float, width_px: int, distance_cm: float, away_deg: float) -> float:
    """Return the pixels of a degree of the visual field, at so many degrees beside the middle.

    A line of sight at the angle e meets a flat screen at d tan(e): the derivative grows with
    1 / cos(e)**2.

    Examples
    --------
    >>> [round(px_per_deg(40, 917, 30, each), 1) for each in (0, 30)]
    [12.0, 16.0]
    """
    return (
        width_px / width_cm * distance_cm * math.radians(1) / math.cos(math.radians(away_deg)) ** 2
    )
