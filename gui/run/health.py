"""How the devices and the record of a session are, in words. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from gui.alarms import UNSAFE_FOR
from gui.boxes import Box
from gui.run.words import ago, bytes_in_words, many
from gui.session_view import SessionView
from rig.bus import Heartbeat
from rig.events import MILD, DeviceRecord


@dataclass(frozen=True)
class Line:
    """What is said of a device or of the record: its level, its head, and the rest."""

    level: str
    head: str
    told: str


def device_lines(box: Box) -> list[Line]:
    """Return a line for each device of the session in a box."""
    view = box.view
    if view is None or view.definition is None:
        return []
    return [_device(device, view, box.now) for device in view.definition.devices]


def record_line(box: Box) -> Line:
    """Return how the record of the session in a box stands."""
    view = box.view
    if view is None or view.beat is None:
        return Line("", "record", "nothing has been heard of it yet")
    beat = view.beat
    if not box.is_running:
        return Line("good", "record", f"{many(view.events)} events")
    late = (box.now - view.safe_until) / view.speed
    well = late < UNSAFE_FOR and beat.logger == "ready"
    stored = f"{many(view.events)} events, on disk up to {ago(late)}"
    return Line("good" if well else "warn", "record", f"{stored}; {_logger(beat)}")


def summary(box: Box) -> Line:
    """Return all of it in one line."""
    lines, record = device_lines(box), record_line(box)
    ill = [line.head for line in lines if line.level == "bad"]
    devices = f"{len(lines)} devices, no fault"
    if ill:
        devices = f"{', '.join(ill)}: look at the devices"
    level = "bad" if ill else record.level
    return Line(level, "health", f"{record.told}. {devices}")


def _device(device: DeviceRecord, view: SessionView, now: float) -> Line:
    """Return the line of a device."""
    driver = device.driver.rsplit(":", 1)[-1]
    what = "SIMULATED" if device.simulated else driver
    if view.emulated:
        what = f"{driver} (EMULATED)"
    places = reversed(view.fault_at)
    place = next((where for where in places if _is_of(where, device.name)), None)
    if place is not None:
        fault = view.fault_at[place]
        level = "warn" if fault.level in MILD else "bad"
        return Line(level, device.name, f"{device.kind}, {what}: {fault.told}")
    lit = view.lit.get(device.name)
    if lit is None:
        return Line("", device.name, f"{device.kind}, {what}: not heard of yet")
    when, words = lit
    return Line("good", device.name, f"{device.kind}, {what}: {words}, {ago(now - when)}")


def _is_of(where: str, name: str) -> bool:
    """Whether a place names a device, as in ``device 'water'``."""
    return where == name or f"'{name}'" in where


def _logger(beat: Heartbeat) -> str:
    """Return how the logger is."""
    if beat.logger == "catching up":
        return f"logger catches up, {bytes_in_words(beat.backlog)} to go"
    return f"logger {beat.logger}"
