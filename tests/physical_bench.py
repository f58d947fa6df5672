"""The bench on which the devices of a physical rig are tried: `pytest --hardware rigs/box1.toml`.

Nobody touches its sensors, and nobody listens; what a valve does, its read-back line shows.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from calibration.valve import ValveCalibration
from hardware.acceptance.place import Ears
from hardware.acceptance.valves import RATE_HZ, read_back_record
from hardware.ni_valve import NiValveSettings
from rig.clock import SystemClock
from rig.devices import Context, Device, DigitalInput, DigitalOutput, Presenter, Speaker, Valve
from rig.inbox import Inbox, Message
from rig.plugins import load_class
from rig.room import Room

KINDS = (DigitalInput, DigitalOutput, Valve, Presenter)
VALVE: dict[str, Any] = {"calibration": "calibration/box1-valve.toml", "max_open_ms": 60}
SPEAKER: dict[str, Any] = {"calibration": "calibration/box1-speaker.toml"}
"""What the contracts count on, whatever the rig's own valves and speakers are calibrated to."""
SEEN_AFTER = 0.3
"""Seconds after which the read-back line has shown what happened."""


class PhysicalBench:
    """A device of a physical rig, in real time.

    Parameters
    ----------
    driver, table
        The driver, and its settings in the rig file.
    folder
        A lab's folder.
    """

    ul_per_second = 139.68  # through the valve of the lab's calibration, by its line
    tolerance = 0.0015
    """Seconds by which a device's times may differ: those of a call that takes a millisecond."""
    late = 0.03
    """Seconds by which the end of a stimulus may be late: two frames of a screen."""

    def __init__(self, driver: type[Device], table: dict[str, Any], folder: Path) -> None:
        changed = VALVE if issubclass(driver, Valve) else {}
        changed = SPEAKER if issubclass(driver, Speaker) else changed
        settings = driver.Settings.model_validate(table | changed)
        self._clock, self._inbox = SystemClock(time.monotonic), Inbox()
        self._stack, self._ears = ExitStack(), Ears()
        context = Context(self._clock, self._inbox, Room(), folder, self._ears)
        self.device = driver("box", settings, context)
        self._calibration = ValveCalibration(folder, VALVE["calibration"])
        self._record = None
        if isinstance(settings, NiValveSettings) and settings.read_back:
            self._record = read_back_record(settings, context)
            self._record.open()

    def close(self) -> None:
        """Close the device."""
        self.device.close()
        if self._record is not None:
            self._record.close()

    def now(self) -> float:
        """Return the session's time."""
        return self._clock.now()

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def drunk(self) -> list[tuple[float, float]]:
        """Return the volumes of the drops that the read-back line shows, and when they had come."""
        assert self._record is not None
        time.sleep(SEEN_AFTER)
        times, levels = self._ears.heard(self._record.stream(), 0)
        edges = np.flatnonzero(np.diff(levels))
        openings = zip(edges[::2], edges[1::2], strict=False)
        return [
            (round(self._calibration.volume_ul((end - begin) / RATE_HZ), 1), float(times[end]))
            for begin, end in openings
            if end - begin <= VALVE["max_open_ms"] * RATE_HZ / 1000
        ]

    def messages(self) -> list[Message]:
        """Take all messages of the device."""
        found = []
        while (message := self._inbox.take()) is not None:
            found.append(message)
        return found


def physical(
    rig: Path, kind: type[Device], *, observed: bool
) -> dict[str, Callable[[Path, Any], PhysicalBench]]:
    """Return what makes the bench of each device of a kind in a rig file, by its name.

    Twins are left out, and with `observed` all that nobody observes from outside.
    """
    tables = tomllib.loads(rig.read_text(encoding="utf-8"))["devices"]
    makers: dict[str, Callable[[Path, Any], PhysicalBench]] = {}
    for name, table in tables.items():
        driver = load_class(table["driver"], Device, rig.parent.parent, name)
        settings = {key: value for key, value in table.items() if key != "driver"}
        is_seen = issubclass(driver, Valve) and "read_back" in settings
        if driver.simulated or not issubclass(driver, KINDS) or (observed and not is_seen):
            continue
        if issubclass(driver, kind):
            makers[name] = lambda folder, _, driver=driver, settings=settings: PhysicalBench(
                driver, settings, folder
            )
    return makers
