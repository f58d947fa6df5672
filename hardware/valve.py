"""Valves: a drop is one finite opening, its length given by the valve's calibration.

A flush is one, too; nobody counts its water.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import pydantic

from calibration.valve import ValveCalibration
from hardware.common.valve_limits import OpeningTimes, ValveLimits
from rig.devices import Context, DeviceSettings, Line, Valve
from rig.errors import Problem
from rig.inbox import Report


class ValveSettings(DeviceSettings):
    """Settings of a valve."""

    line: Line
    calibration: str
    max_open_ms: float = pydantic.Field(gt=0, le=1000)


@dataclass(frozen=True, eq=False)
class _Opening:
    """An opening: when it begins, for how long it lasts, and the drop; None for a flush."""

    began: float
    requested: float
    volume_ul: float | None


class ValveTwin(Valve):
    """A valve whose drops the virtual mouse drinks.

    What is no plain valve, but a pump, hands in opening `times` of its own.
    """

    simulated = True
    Settings: ClassVar[type[DeviceSettings]] = ValveSettings

    def __init__(
        self,
        name: str,
        settings: ValveSettings,
        context: Context,
        times: OpeningTimes | None = None,
    ) -> None:
        self._name = name
        self._clock = context.clock
        self._inbox = context.inbox
        self._room = context.room
        self._calibration = times or ValveCalibration(context.folder, settings.calibration)
        self._limits = ValveLimits(name, self._calibration, settings.max_open_ms)
        self._ready = False
        self._opening: _Opening | None = None

    def open(self) -> None:
        """Take hold of the valve; it is closed."""
        self._ready = True

    def off(self) -> None:
        """Close and disarm the valve.

        An opening that this cuts short is reported with its true length; one that was armed only
        is not.
        """
        opening = self._opening
        if opening is not None and opening.began > self._clock.now():
            self._opening = None  # it was armed only
        elif opening is not None:
            achieved = self._clock.now() - opening.began
            drop = opening.volume_ul is not None
            self._shut(opening, achieved, self._calibration.volume_ul(achieved) if drop else None)

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

    def is_busy(self) -> bool:
        """Return whether the valve is open, or armed to open."""
        return self._opening is not None

    def refuse_volume(self, volume_ul: float) -> str | None:
        """Return why that volume cannot be delivered in one opening, or None if it can."""
        return self._limits.refuse_volume(volume_ul)

    def refuse_delay(self, delay: float) -> str | None:
        """Return why an opening cannot be armed `delay` seconds ahead, or None if it can."""
        return self._limits.refuse_delay(delay)

    def deliver(self, volume_ul: float, delay: float = 0.0) -> None:
        """Open `delay` seconds from now, for the time that the calibration gives."""
        self._check(self.refuse_delay(delay) or self.refuse_volume(volume_ul))
        self._open_for(self._calibration.open_time(volume_ul), volume_ul, delay)

    def refuse_flush(self, duration: float) -> str | None:
        """Return why the valve cannot be flushed for `duration` seconds, or None if it can."""
        return self._limits.refuse_flush(duration)

    def flush(self, duration: float) -> None:
        """Open now, for `duration` seconds."""
        self._check(self.refuse_flush(duration))
        self._open_for(duration, None, 0.0)

    def end_flush(self) -> None:
        """Close, if the valve is being flushed; the flush is reported with its true length."""
        if self._opening is not None and self._opening.volume_ul is None:
            self.off()

    def _check(self, reason: str | None) -> None:
        """Raise `DeviceError` if the valve refuses an order, or cannot take one."""
        self._limits.require(reason, ready=self._ready, is_busy=self.is_busy())

    def _open_for(self, duration: float, volume_ul: float | None, delay: float) -> None:
        """Open after `delay`; the end is an appointment, as a counter would time it in hardware."""
        opening = _Opening(self._clock.now() + delay, duration, volume_ul)
        self._opening = opening
        self._room.agenda.at(opening.began + duration, lambda _: self._end(opening))

    def _end(self, opening: _Opening) -> None:
        """End that opening as it was asked for, unless it was cut short before."""
        if opening is self._opening:
            self._shut(opening, opening.requested, opening.volume_ul)

    def _shut(self, opening: _Opening, achieved: float, volume_ul: float | None) -> None:
        """Close, report the opening, and let the drop fall."""
        self._opening = None
        what: Literal["opening", "flush"] = "flush" if volume_ul is None else "opening"
        began, requested = opening.began, opening.requested
        self._inbox.put(Report(self._name, what, "", began, requested, achieved, volume_ul))
        if volume_ul is not None:
            self._room.drop(volume_ul, began + achieved)
