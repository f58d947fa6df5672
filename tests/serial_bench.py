"""The bench on which serial drivers are tried: an emulator on a pseudo-terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from serial.tools import list_ports

from hardware.emulators.serial.board import BoardEmulator, Hello
from hardware.emulators.serial.ne1000 import PumpEmulator
from hardware.emulators.serial.pty_line import EmulatedDevice, PtyLine
from rig.clock import Clock, VirtualClock
from rig.devices import Context
from rig.inbox import Inbox, Message
from rig.room import Room
from rig.stream_store import Drain, StreamSink

NUMBER = "TEENSY-17"
SYRINGE = """measured_on = 2026-11-02
measured_by = "test"
diameter_mm = 14.5
points = [
    { ordered_ul = 1, weighed_ul = 0.97 },
    { ordered_ul = 5, weighed_ul = 5.02 },
    { ordered_ul = 10, weighed_ul = 10.1 },
]
"""
PUMP: dict[str, object] = {
    "line": NUMBER,
    "calibration": "calibration/box1-syringe.toml",
    "max_open_ms": 60,
    "rate_ml_min": 8.064,
}
RIG = """
from types import SimpleNamespace
from serial.tools import list_ports
from rig.main import main
{before}
plug = SimpleNamespace(device={port!r}, serial_number={number!r}, vid=0x16C0, pid=0x0483)
list_ports.comports = lambda: [plug]
main()
"""
SETTLED = 4
"""Questions of a driver after which it has dealt with what happened before."""


def rig_with(line: PtyLine, before: str = "") -> tuple[str, ...]:
    """Return the command ``rig`` with a device in a socket of the computer.

    `before` is done before it begins.
    """
    script = RIG.format(before=before, port=line.port, number=NUMBER)
    return sys.executable, "-P", "-c", script


@dataclass
class Plug:
    """What the system tells of a USB plug."""

    device: str
    serial_number: str | None = NUMBER
    vid: int = 0x16C0
    pid: int = 0x0483


class Socket:
    """The computer's USB sockets: the system lists what is plugged in here.

    As long as it is there, drivers ask their devices more often, so that no test waits long.
    """

    def __init__(self) -> None:
        self.plugs: list[Plug] = []
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(list_ports, "comports", lambda: list(self.plugs))
        self._patch.setattr("hardware.serial.framed_board.BEAT", 0.01)
        self._patch.setattr("hardware.syringe_pump.BEAT", 0.01)
        self._patch.setattr("hardware.serial.link.LOOK_AGAIN", 0.05)

    def plug(self, line: PtyLine, number: str = NUMBER) -> None:
        """Plug a device in."""
        line.plug()
        self.plugs.append(Plug(line.port, number))

    def unplug(self, line: PtyLine) -> None:
        """Pull a device's plug."""
        self.plugs = [plug for plug in self.plugs if plug.device != line.port]
        line.unplug()

    def close(self) -> None:
        """Let the system list what is really there."""
        self._patch.undo()


@contextlib.contextmanager
def plugged(device: EmulatedDevice) -> Iterator[tuple[Socket, PtyLine]]:
    """Plug a device into a socket of the computer, from ``with`` to the end of the block."""
    socket, line = Socket(), PtyLine(device)
    socket.plug(line)
    try:
        yield socket, line
    finally:
        line.unplug()
        socket.close()


def eventually(happens: Callable[[], object], seconds: float = 5.0) -> bool:
    """Wait until something happens; return whether it did in time."""
    end = time.monotonic() + seconds
    while not happens() and time.monotonic() < end:
        time.sleep(0.002)
    return bool(happens())


class SerialBench:
    """A driver and an emulator that share a clock; what goes over the wire takes real time.

    Parameters
    ----------
    driver, settings
        What is tried.
    folder
        A lab's folder.
    emulator
        Makes the emulator, given its clock.
    """

    tolerance = 1e-5
    ul_per_second = 134.4  # at the pump's rate
    """Seconds by which a device's times may differ from those of the bench."""
    late = 0.0
    """Seconds by which the end of a stimulus may be late."""

    def __init__(
        self,
        driver: Any,
        settings: dict[str, object],
        folder: Path,
        emulator: Callable[[Callable[[], float]], Any],
        clock: Clock | None = None,
        streams: StreamSink | None = None,
    ) -> None:
        (folder / "calibration").mkdir(exist_ok=True)
        (folder / "calibration/box1-syringe.toml").write_text(SYRINGE, encoding="utf-8")
        self.clock = clock or VirtualClock()
        self.inbox = Inbox()
        self.emulator = emulator(self.clock.now)
        self.line = PtyLine(self.emulator)
        self.socket = Socket()
        self.socket.plug(self.line)
        context = Context(self.clock, self.inbox, Room(), folder, streams or Drain())
        self.device = driver("box", driver.Settings.model_validate(settings), context)

    def close(self) -> None:
        """Close the device, and pull its plug."""
        try:
            self.device.close()
        finally:
            self.line.unplug()
            self.socket.close()

    def now(self) -> float:
        """Return the session's time."""
        return self.clock.now()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the driver deal with what happened before and in it."""
        self.settle()
        self.clock.receive(Inbox(), self.clock.now() + seconds)
        self.settle()

    def settle(self) -> None:
        """Wait until the driver has dealt with what has happened."""
        enough = self.emulator.asked + SETTLED
        eventually(lambda: self.emulator.asked >= enough or not self._asks())

    def touch(self, level: bool) -> float:
        """Let the animal begin or end to touch the sensor; return when."""
        self.emulator.touch(level)
        return self.now()

    def drunk(self) -> list[tuple[float, float]]:
        """Return the drops that came out of the spout, with the times when they had.

        What is more than a drop is a flush, which is led away.
        """
        return [
            (each.volume_ul, each.time) for each in self.emulator.infusions if each.volume_ul < 20
        ]

    def messages(self) -> list[Message]:
        """Take all messages of the device."""
        found = []
        while (message := self.inbox.take()) is not None:
            found.append(message)
        return found

    def _asks(self) -> bool:
        """Whether the driver asks the device anything: from `open` to `off` or `close`."""
        inside = vars(self.device)
        if "_board" in inside:
            return bool(inside["_board"].is_open and vars(inside["_board"])["_beats"])
        return bool(inside["_link"].is_open)


def lickometer(now: Callable[[], float]) -> BoardEmulator:
    return BoardEmulator(Hello("lickometer"), now)


def treadmill(now: Callable[[], float]) -> BoardEmulator:
    return BoardEmulator(Hello("treadmill"), now)


def pump(now: Callable[[], float]) -> PumpEmulator:
    return PumpEmulator(now)
