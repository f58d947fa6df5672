"""The bench on which drivers of NI cards are tried: an emulated card in another process."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from calibration.valve import ValveCalibration
from hardware.emulators.ni.client import EmulatedCard
from rig.clock import SystemClock
from rig.devices import Context, Device
from rig.inbox import Inbox, Message
from rig.room import Room

VALVE_LINE = "Dev1/PFI12"
"""The output of the counter that the valves of these tests are on."""
OBSERVED_HZ = 48_000.0
"""How often the output of a speaker is looked at."""
LONGEST_DROP = 0.06
"""Seconds of opening for a drop."""


class NiBench:
    """A driver of an NI card in real time; the world at the other end is the emulator's.

    Parameters
    ----------
    driver, settings
        What is tried.
    folder
        A lab's folder.
    card
        The emulated card, whose lines are low.
    address
        Where it is reached; empty for the C library of this computer.
    """

    ul_per_second = 139.68  # through the valve of the lab's calibration, by its line
    tolerance = 0.0005
    """Seconds by which a device's times may differ from those of the card: some samples."""
    late = 0.0
    """Seconds by which the end of a stimulus may be late."""

    def __init__(
        self,
        driver: type[Device],
        settings: dict[str, object],
        folder: Path,
        card: EmulatedCard,
        address: str | None = None,
    ) -> None:
        self._card = card
        self._clock = SystemClock(time.monotonic)
        self._began = time.monotonic() - self._clock.now()
        self._inbox = Inbox()
        context = Context(self._clock, self._inbox, Room(), folder)
        table = {**settings, "address": card.address if address is None else address}
        self.device = driver("box", driver.Settings.model_validate(table), context)
        self._line = str(settings.get("line", ""))
        self._calibration = ValveCalibration(folder, "calibration/box1-valve.toml")

    def close(self) -> None:
        """Close the device, and let go of its sensor."""
        self.device.close()
        if "/port0/" in self._line or "/ai" in self._line:
            self._card.set_line(self._line, False)

    def now(self) -> float:
        """Return the session's time."""
        return self._clock.now()

    def session_time(self, monotonic: float) -> float:
        """Return the session's time of one of the emulator's."""
        return monotonic - self._began

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def touch(self, level: bool) -> float:
        """Let the animal begin or end to touch the sensor; return when."""
        return self.session_time(self._card.set_line(self._line, level))

    def openings(self) -> list[tuple[float, float]]:
        """Return begin and end of each opening of the valve, by the session's clock."""
        edges = self._card.history(VALVE_LINE, self._began)
        times = [self.session_time(time) for time, _ in edges]
        return list(zip(times[::2], times[1::2], strict=False))

    def drunk(self) -> list[tuple[float, float]]:
        """Return the volumes that came out of the spout, with the times when they had.

        An opening that is longer than a drop may take is a flush, which is led away.
        """
        return [
            (round(self._calibration.volume_ul(end - begin), 1), end)
            for begin, end in self.openings()
            if end - begin <= LONGEST_DROP
        ]

    def sensed(self) -> list[tuple[str, float]]:
        """Return the sound that came out of the output, with its onset; none if it was silent.

        The sound `short` is one of 4 kHz, the sound `long` one of 5 kHz.
        """
        count = int(self.now() * OBSERVED_HZ)
        volts = np.array(self._card.volts(self._line, self._began, OBSERVED_HZ, count))
        loud = np.flatnonzero(volts)
        if not len(loud):
            return []
        heard = np.abs(np.fft.rfft(volts[loud[0] : loud[0] + 4800]))
        name = {4000: "short", 5000: "long"}[round(heard.argmax() * OBSERVED_HZ / 4800)]
        return [(name, float(loud[0] / OBSERVED_HZ))]

    def messages(self) -> list[Message]:
        """Take all messages of the device."""
        found = []
        while (message := self._inbox.take()) is not None:
            found.append(message)
        return found
