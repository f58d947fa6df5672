"""Valves: a drop is one finite opening, its length given by the valve's calibration."""

from __future__ import annotations

from pathlib import Path

import pydantic

from calibration.valve import ValveCalibration
from rig.devices import Context, DeviceSettings, Line, Valve
from rig.errors import DeviceError, Problem
from rig.inbox import Report


class ValveSettings(DeviceSettings):
    """Settings of a valve."""

    line: Line
    calibration: str
    max_open_ms: float = pydantic.Field(gt=0, le=1000)


class ValveTwin(Valve):
    """A valve whose drops the virtual mouse drinks."""

    simulated = True
    Settings = ValveSettings

    def __init__(self, name: str, settings: ValveSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._inbox = context.inbox
        self._room = context.room
        self._calibration = ValveCalibration(context.folder, settings.calibration)
        self._ready = False
        self._opened_at: float | None = None
        self._requested = 0.0
        self._opening = 0

    def open(self) -> None:
        """Take hold of the valve; it is closed."""
        self._ready = True

    def off(self) -> None:
        """Close the valve; an opening that this cuts short is reported with its true length."""
        if self._opened_at is not None:
            achieved = self._clock.now() - self._opened_at
            self._shut(achieved, self._calibration.volume_ul(achieved))

    def close(self) -> None:
        """Close the valve and let go of it."""
        self.off()
        self._ready = False

    def check(self) -> list[Problem]:
        """Return no problems: the calibration was read when the twin was made."""
        return []

    def files(self) -> tuple[Path, ...]:
        """Return the calibration file."""
        return (self._calibration.path,)

    def is_open(self) -> bool:
        """Return whether the valve is open now."""
        return self._opened_at is not None

    def refuse_volume(self, volume_ul: float) -> str | None:
        """Return why that volume cannot be delivered in one opening, or None if it can."""
        reason = self._calibration.refuse(volume_ul)
        if reason:
            return reason
        open_ms = self._calibration.open_time(volume_ul) * 1000
        if open_ms > self._settings.max_open_ms:
            return (
                f"{volume_ul:g} uL means {open_ms:.0f} ms, over its limit of "
                f"{self._settings.max_open_ms:g} ms"
            )
        return None

    def deliver(self, volume_ul: float) -> None:
        """Open now; the end is an appointment, as a counter would time it in hardware."""
        where = f"device '{self._name}'"
        reason = self.refuse_volume(volume_ul)
        if reason:
            raise DeviceError(reason, where, "Change the volume, or the limit in the rig file.")
        if not self._ready:
            raise DeviceError("the valve is not open for orders", where, "Open the device first.")
        if self.is_open():
            raise DeviceError(
                "the valve is still open from the last order",
                where,
                "Let the protocol wait until the drop has fallen.",
            )
        now = self._clock.now()
        self._opened_at = now
        self._requested = self._calibration.open_time(volume_ul)
        self._opening += 1
        opening = self._opening
        self._room.agenda.at(now + self._requested, lambda _: self._end(opening, volume_ul))

    def _end(self, opening: int, volume_ul: float) -> None:
        """End that opening as it was asked for, unless it was cut short before."""
        if opening == self._opening and self.is_open():
            self._shut(self._requested, volume_ul)

    def _shut(self, achieved: float, volume_ul: float) -> None:
        """Close, report the opening, and let the drop fall."""
        if self._opened_at is None:
            return
        opened_at, self._opened_at = self._opened_at, None
        self._inbox.put(
            Report(self._name, "opening", "", opened_at, self._requested, achieved, volume_ul)
        )
        self._room.drop(volume_ul, opened_at + achieved)
