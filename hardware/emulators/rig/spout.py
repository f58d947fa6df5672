"""Observers at the spout: what a valve's line or a pump's plunger shows is what comes out."""

from __future__ import annotations

import time

from calibration.valve import ValveCalibration
from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.rig.senses import Drop, Observed, Rinse
from hardware.emulators.serial.ne1000 import PumpEmulator


class ValveSpout:
    """The spout behind a valve on a line of an emulated card.

    Parameters
    ----------
    wires, line
        The card, and the output that the valve is wired to.
    calibration
        What an opening gives.
    longest
        Seconds of opening that are a drop; a longer one is a flush.
    """

    def __init__(
        self, wires: CardWires, line: str, calibration: ValveCalibration, longest: float
    ) -> None:
        self._wires = wires
        self._line = line
        self._calibration = calibration
        self._longest = longest
        self._since = time.monotonic()
        self._rose: float | None = None

    def look(self) -> list[Observed]:
        """Return the drops and flushes whose end has come."""
        seen: list[Observed] = []
        for at, level in self._wires.history(self._line, self._since):
            if at < self._since:
                continue
            self._since = at + 1e-9
            if level:
                self._rose = at
            elif self._rose is not None:
                seen.append(self._came(self._rose, at))
                self._rose = None
        return seen

    def _came(self, rose: float, fell: float) -> Observed:
        if fell - rose > self._longest:
            return Rinse(fell - rose, fell)
        return Drop(self._calibration.volume_ul(fell - rose), fell)


class PumpSpout:
    """The spout behind an emulated syringe pump.

    Parameters
    ----------
    pump
        The pump.
    largest_ul
        What is a drop; more is a flush.
    """

    def __init__(self, pump: PumpEmulator, largest_ul: float) -> None:
        self._pump = pump
        self._largest_ul = largest_ul
        self._seen = 0

    def look(self) -> list[Observed]:
        """Return the drops and flushes whose end has come."""
        self._pump.tick()
        new = self._pump.infusions[self._seen :]
        self._seen += len(new)
        return [
            Drop(each.volume_ul, each.time)
            if each.volume_ul <= self._largest_ul
            else Rinse(1.0, each.time)
            for each in new
        ]
