"""What every calibration file says: how old it is, and at which device it was measured."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rig.config import read_toml
from rig.devices import Device, Speaker, Valve
from rig.errors import ConfigError, Problem


@dataclass(frozen=True)
class Age:
    """How old the calibration of one device is.

    Attributes
    ----------
    device, kind
        Its name in the rig file, and what kind of device it is.
    days
        Days since it was measured, below 0 if that day is still to come; None if it never was.
    """

    device: str
    kind: str
    days: int | None

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
    """Return the age of the calibration of each valve and each speaker."""
    return [
        Age(name, device.kind, _days_since(device, today))
        for name, device in devices.items()
        if isinstance(device, Valve | Speaker)
    ]


def _days_since(device: Device, today: date) -> int | None:
    """Return the days since a device was calibrated; of several files the oldest counts."""
    dates = [found for path in device.files() if (found := _measured_on(path)) is not None]
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
    record: object = None
    with contextlib.suppress(ConfigError):
        record = read_toml(path).get("record")
    if not isinstance(record, dict) or (record.get("rig"), record.get("device")) == (rig, device):
        return None
    return Problem(
        f"it was measured at '{record.get('device')}' of rig '{record.get('rig')}', "
        f"not at '{device}' of '{rig}'",
        str(path),
        f"Calibrate '{device}': another device does not give the same.",
    )
