"""Checks of a device between two calibrations, in append-only files.

A few weighed drops of a valve, or the four dots of a projector that a camera sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import msgspec

from rig.json_lines import append_line, read_lines
from rig.lab import Lab

_FOLDER = Path("calibration") / "records"


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


class DotCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The dots of a projector were looked at.

    Attributes
    ----------
    at
        When, with time zone.
    rig, device
        Name of the rig and of its projector.
    by
        Who did it.
    registration
        The id of the record that tells where they should be.
    away_um
        How far each lies from there.
    limit_um
        How far the root of their mean square may be.
    """

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    rig: str
    device: str
    by: str
    registration: str
    away_um: tuple[float, ...]
    limit_um: float

    @property
    def rms_um(self) -> float:
        """Root of the mean square distance."""
        square = sum(each**2 for each in self.away_um) / max(len(self.away_um), 1)
        return float(square**0.5)

    @property
    def passed(self) -> bool:
        """Whether that is within the limit."""
        return self.rms_um <= self.limit_um

    @property
    def words(self) -> str:
        """What was seen, in words.

        Examples
        --------
        >>> from datetime import UTC
        >>> DotCheck(
        ...     at=datetime(2026, 11, 2, tzinfo=UTC), rig="box2", device="projector", by="anna",
        ...     registration="", away_um=(30.0, 30.0, 34.0, 26.0), limit_um=20.0,
        ... ).words
        'its dots lie 30 um from where they were (26 to 34, limit 20)'
        """
        return (
            f"its dots lie {self.rms_um:.0f} um from where they were "
            f"({min(self.away_um):.0f} to {max(self.away_um):.0f}, limit {self.limit_um:g})"
        )


Check = TypeVar("Check", SpotCheck, DotCheck)


@dataclass(frozen=True)
class CheckFile(Generic[Check]):
    """The file of all checks of a kind.

    Attributes
    ----------
    kind
        What each line is.
    path
        The file, relative to the lab's folder.
    what
        What a line is, in words.
    """

    kind: type[Check]
    path: Path
    what: str

    def append(self, lab: Lab, check: Check) -> None:
        """Append a check; it is on the disk when this returns. The rig's lock must be held."""
        append_line(lab.folder / self.path, check, f"the {self.what}")

    def read(self, lab: Lab) -> list[Check]:
        """Return the checks of all devices, in their order.

        Raises
        ------
        RecordingError
            If a line is none; nothing is passed over.
        """
        return read_lines(lab.folder / self.path, self.kind, self.what)

    def of(self, lab: Lab, rig: str, device: str) -> list[Check]:
        """Return the checks of a device, in their order; raise as `read`."""
        return [each for each in self.read(lab) if (each.rig, each.device) == (rig, device)]


SPOT_CHECKS = CheckFile(SpotCheck, _FOLDER / "spot-checks.jsonl", "spot check")
DOT_CHECKS = CheckFile(DotCheck, _FOLDER / "dot-checks.jsonl", "check of dots")


def dots_against(lab: Lab, rig: str, device: str, registration: str) -> list[DotCheck]:
    """Return the checks of a projector's dots against a registration; raise as `CheckFile.read`."""
    return [each for each in DOT_CHECKS.of(lab, rig, device) if each.registration == registration]
