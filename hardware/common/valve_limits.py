"""What a valve may be asked for: by its calibration, its longest opening, and one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from rig.devices import LONGEST_DELAY, LONGEST_FLUSH
from rig.errors import DeviceError


class OpeningTimes(Protocol):
    """Turns volumes into seconds of opening and back; `path` is the file that says how."""

    path: Path

    def refuse(self, volume_ul: float) -> str | None:
        """Return why a volume cannot be promised, or None if it can."""

    def open_time(self, volume_ul: float) -> float:
        """Return the seconds of opening that deliver `volume_ul`."""

    def volume_ul(self, open_time: float) -> float:
        """Return the volume that an opening of that many seconds delivers."""


def over_limit(volume_ul: float, open_time: float, max_open_ms: float) -> str | None:
    """Return why an opening of that many seconds is too long for a volume, or None if it is not."""
    open_ms = open_time * 1000
    if open_ms <= max_open_ms:
        return None
    return f"{volume_ul:g} uL means {open_ms:.0f} ms, over its limit of {max_open_ms:g} ms"


class ValveLimits:
    """The limits of one valve.

    Parameters
    ----------
    name
        The valve's name in the rig file.
    calibration
        What its openings deliver.
    max_open_ms
        The longest opening for a drop.
    """

    def __init__(self, name: str, calibration: OpeningTimes, max_open_ms: float) -> None:
        self._where = f"device '{name}'"
        self._calibration = calibration
        self._max_open_ms = max_open_ms

    def refuse_volume(self, volume_ul: float) -> str | None:
        """Return why that volume cannot be delivered in one opening, or None if it can."""
        reason = self._calibration.refuse(volume_ul)
        if reason:
            return reason
        open_time = self._calibration.open_time(volume_ul)
        return over_limit(volume_ul, open_time, self._max_open_ms)

    def refuse_delay(self, delay: float) -> str | None:
        """Return why an opening cannot be armed `delay` seconds ahead, or None if it can."""
        if 0 <= delay <= LONGEST_DELAY:
            return None
        return f"an opening is armed up to {LONGEST_DELAY:g} s ahead, not {delay:g} s"

    def refuse_flush(self, duration: float) -> str | None:
        """Return why the valve cannot be flushed for `duration` seconds, or None if it can."""
        if 0 < duration <= LONGEST_FLUSH:
            return None
        return f"a flush lasts up to {LONGEST_FLUSH:g} s, not {duration:g} s"

    def require(self, reason: str | None, *, ready: bool, is_busy: bool) -> None:
        """Raise `DeviceError` if an order is refused, or the valve cannot take one.

        Parameters
        ----------
        reason
            Why the order is refused; None if it is not.
        ready, is_busy
            Whether the valve takes orders, and whether another one is under way.
        """
        if reason:
            raise DeviceError(
                reason, self._where, "Ask for less, or change the limit in the rig file."
            )
        if not ready:
            raise DeviceError(
                "the valve is not open for orders", self._where, "Open the device first."
            )
        if is_busy:
            raise DeviceError(
                "the valve is still open from the last order",
                self._where,
                "Let the protocol wait until the drop has fallen.",
            )
