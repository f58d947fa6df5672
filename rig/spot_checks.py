"""Spot checks of valves: a few weighed drops between two calibrations, in an append-only file."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from rig.errors import RecordingError
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
    path = lab.folder / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(msgspec.json.encode(check) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RecordingError(
            f"the spot check cannot be recorded: {error.strerror}",
            str(path),
            "Check the rights on the folder and the space on the disk.",
        ) from error


def read_checks(lab: Lab, rig: str, device: str) -> list[SpotCheck]:
    """Return the spot checks of a valve, in their order.

    Raises
    ------
    RecordingError
        If a line is none; nothing is passed over.
    """
    path = lab.folder / FILE
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RecordingError(
            f"the spot checks cannot be read: {error.strerror}", str(path), "Check its rights."
        ) from error
    checks = [_check(line, f"{path}, line {n}") for n, line in enumerate(lines, start=1)]
    return [each for each in checks if (each.rig, each.device) == (rig, device)]


def _check(line: bytes, where: str) -> SpotCheck:
    try:
        return msgspec.json.decode(line, type=SpotCheck)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        do = "Delete the line if it is torn; else put it back as it was."
        raise RecordingError(f"this is no spot check: {error}", where, do) from error
