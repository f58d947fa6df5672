"""Stands in for serial devices: each one on a pseudo-terminal of its own."""

from __future__ import annotations

from typing import Any

from hardware.emulators.rig.spout import PumpSpout
from hardware.emulators.rig.stand_ins import StandIn, Surroundings
from hardware.emulators.serial.board import BoardEmulator, Hello
from hardware.emulators.serial.ne1000 import PumpEmulator
from hardware.emulators.serial.pty_line import EmulatedDevice, PtyLine
from hardware.serial.pump_protocol import number


def lickometer(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a lickometer board: the mouse touches its line."""
    board = BoardEmulator(Hello("lickometer"))
    return _plugged("lickometer board", board, around, name, sensor=board.touch)


def treadmill(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a treadmill: it stands still."""
    board = BoardEmulator(Hello("treadmill"), rate_hz=settings.rate_hz)
    return _plugged("treadmill board", board, around, name)


def pump(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a syringe pump: what it infuses comes out of the spout."""
    emulator = PumpEmulator()
    largest_ul = settings.max_open_ms / 1000 * float(number(settings.rate_ml_min)) * 1000 / 60
    spout = PumpSpout(emulator, largest_ul)
    return _plugged("syringe pump NE-1000", emulator, around, name, observers=(spout,))


def _plugged(
    what: str, device: EmulatedDevice, around: Surroundings, name: str, **parts: Any
) -> StandIn:
    """Return the stand-in of a device at the other end of a serial cable."""
    around.tell(f"{what} for '{name}'")
    line = PtyLine(device)
    line.plug()
    around.stack.callback(line.unplug)
    return StandIn(f"emulated {what}", {"port": line.port}, **parts)
