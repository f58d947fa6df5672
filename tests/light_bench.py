"""The bench on which the driver of the projector is tried: an emulated one in another process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from hardware.emulators.lightcrafter.channel import LightChange
from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from hardware.lightcrafter import LightCrafter
from rig.clock import SystemClock
from rig.devices import Context
from rig.inbox import Inbox, Message
from rig.room import Room

PACE = 0.5
"""Seconds of the session in one: a computer that is late by 25 ms does no harm here."""
TURN = 0.1
MATRIX = np.array(
    [
        [np.cos(TURN) / 8, -np.sin(TURN) / 8, 304.0],
        [np.sin(TURN) / 4, np.cos(TURN) / 4, 342.0],
        [0.0, 0.0, 1.0],
    ]
)
LIGHTCRAFTER: dict[str, Any] = {
    "line": "projector",
    "frame_hz": 40,
    "field_width_um": 4000,
    "field_height_um": 3000,
    "calibration": "calibration/box1-projector.toml",
    "led_current": 200,
}


def registration(matrix: np.ndarray = MATRIX, shift: float = 0.5, off: float = 0.0) -> str:
    """Return a registration file, whose points lie `off` mirrors beside where they should."""
    points = []
    for column, row in ((50, 60), (550, 61), (51, 620), (549, 621), (300, 341)):
        plane = np.array([column + shift * (row % 2) + off, row, 1.0])
        x, y, w = np.linalg.inv(matrix) @ plane
        points.append(f"{{ x_um = {x / w}, y_um = {y / w}, column = {column}, row = {row} }}")
    rows = ", ".join(str([float(each) for each in row]) for row in matrix)
    return (
        f'measured_on = 2026-11-02\nmeasured_by = "test"\nodd_rows_shift = {shift}\n'
        f"matrix = [{rows}]\npoints = [{', '.join(points)}]\n"
    )


class LightBench:
    """The driver of a projector and an emulated one that keep the same, slow, time."""

    tolerance = 0.0005
    """Seconds by which the driver's times may differ from those of the light."""
    late = 0.0
    """Seconds by which the end of a stimulus may be late."""

    def __init__(
        self, folder: Path, projector: EmulatedLightCrafter, settings: dict[str, Any] | None = None
    ) -> None:
        (folder / "calibration").mkdir(exist_ok=True)
        path = folder / "calibration/box1-projector.toml"
        path.write_text(registration(), encoding="utf-8")
        self._clock = SystemClock(lambda: time.perf_counter() * PACE)
        self.began = time.perf_counter() * PACE - self._clock.now()
        self.inbox = Inbox()
        self._folder = folder
        self.projector = projector
        table = {**LIGHTCRAFTER, "address": projector.address, **(settings or {})}
        self.settings = LightCrafter.Settings.model_validate(table)
        self.device: Any = LightCrafter("box", self.settings, self.device_context())

    def device_context(self) -> Context:
        """Return what a driver on this bench is given."""
        return Context(self._clock, self.inbox, Room(), self._folder)

    def close(self) -> None:
        """Close the device."""
        self.device.close()

    def now(self) -> float:
        """Return the session's time."""
        return self._clock.now()

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds / PACE)

    def light(self) -> list[LightChange]:
        """Return what came out since the bench was made, by the projector's clock."""
        return [each for each in self.projector.light(self.began) if each.time >= self.began]

    def flashes(self) -> list[tuple[float, float]]:
        """Return begin and end of each flash, by the session's clock."""
        begin, found = None, []
        for each in self.light():
            time = each.time - self.began
            if each.is_bright and begin is None:
                begin = time
            if not each.is_bright and begin is not None:
                found.append((begin, time))
                begin = None
        return found

    def sensed(self) -> list[tuple[str, float]]:
        """Return what flashed, with its onset: `short` are 8 flashes, `long` are 16."""
        found: list[tuple[float, int]] = []
        last = -1.0
        for begin, end in self.flashes():
            if begin - last > 0.1:
                found.append((begin, 0))
            found[-1] = found[-1][0], found[-1][1] + 1
            last = end
        names = {8: "short", 16: "long"}
        return [(names.get(count, f"{count} flashes"), onset) for onset, count in found]

    def messages(self) -> list[Message]:
        """Take all messages of the device."""
        found = []
        while (message := self.inbox.take()) is not None:
            found.append(message)
        return found
