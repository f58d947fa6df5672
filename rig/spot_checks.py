"""Spot checks of valves: a few weighed drops between two calibrations, in an append-only file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from rig.json_lines import append_line, read_lines
from rig.lab import Lab

FILE = Path("calibration") / "records" / "spot-checks.jsonl"


class SpotCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Drops of a valve were weighed.

    Attributes
    ----------
    at
        When, with time zone.
    rig, device
        Name of the rig and of its valve.
    by
        Who did it.
    ordered_ul
        The drop that was ordered, by the calibration in force.
    drops, weight_mg
        How many, and what they weighed.
    given_ul
        The mean drop that came.
    tolerance
        Share by which it may differ.
    """

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    rig: str
    device: str
    by: str
    ordered_ul: float
    drops: int
    weight_mg: float
    given_ul: float
    tolerance: float

    @property
    def wrong(self) -> float:
        """By which share more came than was ordered."""
        return self.given_ul / self.ordered_ul - 1

    @property
    def passed(self) -> bool:
        """Whether that is within the tolerance."""
        return abs(self.wrong) <= self.tolerance

    @property
    def words(self) -> str:
        """What came, in words.

        Examples
        --------
        >>> from datetime import UTC
        >>> SpotCheck(
        ...     at=datetime(2026, 11, 2, tzinfo=UTC), rig="box1", device="valve", by="anna",
        ...     ordered_ul=3.0, drops=20, weight_mg=46.0, given_ul=2.3, tolerance=0.15,
        ... ).words
        '2.3 uL for 3.0 (-23 %)'
        """
        return f"{self.given_ul:.1f} uL for {self.ordered_ul:.1f} ({100 * self.wrong:+.0f} %)"


def append_check(lab: Lab, check: SpotCheck) -> None:
    """Append a check; it is on the disk when this returns. The rig's lock must be held."""
    append_line(lab.folder / FILE, check, "the spot check")


def read_checks(lab: Lab, rig: str, device: str) -> list[SpotCheck]:
    """Return the spot checks of a valve, in their order; raise as `read_all_checks`."""
    return [each for each in read_all_checks(lab) if (each.rig, each.device) == (rig, device)]


def read_all_checks(lab: Lab) -> list[SpotCheck]:
    """Return the spot checks of all valves, in their order.

    Raises
    ------
    RecordingError
        If a line is none; nothing is passed over.
    """
    return read_lines(lab.folder / FILE, SpotCheck, "spot check")
