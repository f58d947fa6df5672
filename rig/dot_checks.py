"""Daily checks of a projector: four dots, seen by the camera, in an append-only file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from rig.json_lines import append_line, read_lines
from rig.lab import Lab

FILE = Path("calibration") / "records" / "dot-checks.jsonl"


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


def append_check(lab: Lab, check: DotCheck) -> None:
    """Append a check; it is on the disk when this returns. The rig's lock must be held."""
    append_line(lab.folder / FILE, check, "the check of the dots")


def read_checks(lab: Lab, rig: str, device: str, registration: str) -> list[DotCheck]:
    """Return the checks of a projector against a registration, in their order.

    Raises
    ------
    RecordingError
        If a line is none; nothing is passed over.
    """
    checks = read_lines(lab.folder / FILE, DotCheck, "check of dots")
    return [
        each
        for each in checks
        if (each.rig, each.device, each.registration) == (rig, device, registration)
    ]
