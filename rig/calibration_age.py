"""What every calibration file says: how old it is, and at which device it was measured."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rig.config import read_toml
from rig.devices import Device, Display, Projector, Speaker, Valve
from rig.errors import ConfigError, Problem

LIGHT = "light"
"""The kind of a projector's second file: its light per area."""
_KINDS = {"display": "screen"}
"""Of calibrations that are not called as their devices are."""


@dataclass(frozen=True)
class Age:
    """How old a calibration of a device is.

    Attributes
    ----------
    device, kind
        The device's name in the rig file, and the kind of calibration: ``valve``, ``speaker``,
        ``screen``, ``projector`` or ``light``.
    days
        Days since it was measured, below 0 if that day is still to come; None if it never was.
    """

    device: str
    kind: str
    days: int | None

    @property
    def of(self) -> str:
        """What was calibrated: the device, or its light."""
        return f"light of {self.device}" if self.kind == LIGHT else self.device

    @property
    def words(self) -> str:
        """The age in words.

        Examples
        --------
        >>> Age("valve", "valve", 41).words, Age("valve", "valve", None).words
        ('last calibrated 41 days ago', 'never calibrated')
        """
        if self.days is None:
            return "never calibrated"
        if self.days < 0:
            return f"calibrated on a day that is {_days(-self.days)} ahead"
        return "calibrated today" if self.days == 0 else f"last calibrated {_days(self.days)} ago"


def ages(devices: Mapping[str, Device], today: date) -> list[Age]:
    """Return the age of the calibration of each valve and each speaker.

    And of each file that a screen or a projector has: it may do without.
    """
    return [
        Age(name, kind, _days_since(paths, today))
        for name, device in devices.items()
        for kind, paths in _by_kind(device).items()
    ]


def record_of(path: Path) -> Mapping[str, Any]:
    """Return the table `record` of a calibration file; empty if there is none to be read."""
    with contextlib.suppress(ConfigError):
        found = read_toml(path).get("record")
        return found if isinstance(found, dict) else {}
    return {}


def _by_kind(device: Device) -> dict[str, list[Path]]:
    """Return the files of a device by the kind of calibration; those of others have no age."""
    kind = _KINDS.get(device.kind, device.kind)
    found: dict[str, list[Path]] = {}
    match device:
        case Valve() | Speaker():
            found[kind] = list(device.files())
        case Display() | Projector():
            for path in device.files():
                is_light = record_of(path).get("kind") == LIGHT
                found.setdefault(LIGHT if is_light else kind, []).append(path)
        case _:
            pass
    return found


def _days_since(paths: Sequence[Path], today: date) -> int | None:
    """Return the days since files were measured; of several the oldest counts."""
    dates = [found for path in paths if (found := _measured_on(path)) is not None]
    return (today - min(dates)).days if dates else None


def _measured_on(path: Path) -> date | None:
    """Return the date in a calibration file; None if it has none."""
    with contextlib.suppress(ConfigError):
        found = read_toml(path).get("measured_on")
        if isinstance(found, datetime):
            return found.date()
        return found if isinstance(found, date) else None
    return None


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def foreign(path: Path, rig: str, device: str) -> Problem | None:
    """Return that a record was measured at another device; None if not, or if it does not say.

    A file that was typed by hand does not say at which device it was measured.
    """
    record = record_of(path)
    if not record or (record.get("rig"), record.get("device")) == (rig, device):
        return None
    return Problem(
        f"it was measured at '{record.get('device')}' of rig '{record.get('rig')}', "
        f"not at '{device}' of '{rig}'",
        str(path),
        f"Calibrate '{device}': another device does not give the same.",
    )


def of_another_kind(path: Path, kind: str) -> Problem | None:
    """Return that a file holds a record of another kind; None if not, or if it does not say.

    Then two devices name one file, and a calibration of one would replace that of the other.
    """
    there = record_of(path).get("kind", kind)
    if there == kind:
        return None
    return Problem(
        f"holds the calibration of a {there}, and that of a {kind} would take its place",
        str(path),
        "Name a file of its own for each in the rig file.",
    )
