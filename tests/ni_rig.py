"""The devices that tests of NI cards are made of."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from ni_bench import NiBench

from hardware.emulators.ni.client import EmulatedCard
from hardware.ni_analog_input import NiAnalogInput
from hardware.ni_analog_lick import NiAnalogLick
from hardware.ni_digital_input import NiDigitalInput
from hardware.ni_digital_output import NiDigitalOutput
from hardware.ni_line_record import NiLineRecord
from hardware.ni_speaker import NiSpeaker
from hardware.ni_timed_output import NiTimedOutput
from hardware.ni_valve import NiValve
from rig.devices import Device
from rig.lab import Lab

T = TypeVar("T")
RATE_HZ = 10_000.0
SAMPLE = 1 / RATE_HZ
LICK = {"line": "Dev1/port0/line1"}
LIGHT = {"line": "Dev1/port1/line0"}
VALVE: dict[str, Any] = {
    "line": "Dev1/ctr0",
    "calibration": "calibration/box1-valve.toml",
    "max_open_ms": 60,
    "read_back": "Dev1/port0/line7",
}
ANALOG: dict[str, Any] = {
    "meaning": "treadmill and photodiode",
    "rate_hz": 10_000.0,
    "range_v": 5.0,
    "channels": [
        {"name": "speed", "line": "Dev1/ai0", "unit": "m/s", "per_volt": 0.2},
        {"name": "photodiode", "line": "Dev1/ai1"},
    ],
}
SPEAKER: dict[str, Any] = {
    "line": "Dev1/ao0",
    "rate_hz": 192_307.692,
    "full_scale_v": 2.0,
    "calibration": "calibration/box1-speaker.toml",
}
DRIVERS: list[tuple[type[Device], dict[str, object]]] = [
    (NiDigitalInput, dict(LICK)),
    (NiDigitalOutput, dict(LIGHT)),
    (NiValve, dict(VALVE)),
    (NiTimedOutput, {"line": "Dev1/ctr1"}),
    (NiSpeaker, dict(SPEAKER)),
    (NiAnalogInput, dict(ANALOG)),
    (NiAnalogLick, {"line": "Dev1/ai5", "on_v": 0.3, "off_v": 0.1}),
    (NiLineRecord, {"meaning": "lick", "channels": [{"name": "lick", **LICK}]}),
]


def bench(
    driver: type[Device],
    settings: dict[str, object],
    lab: Lab,
    card: EmulatedCard,
    address: str | None = None,
) -> NiBench:
    return NiBench(driver, settings, lab.folder, card, address)


def in_order(device: Device) -> str:
    """Return the first problem of a device as one text; empty if there is none."""
    return "; ".join(str(problem) for problem in device.check())


def all_of(made: NiBench, sort: type[T], seconds: float = 3.0) -> list[T]:
    """Wait for messages of a sort; return those that have come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = [message for message in made.messages() if isinstance(message, sort)]
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError(f"no {sort.__name__} came within {seconds} s")


def waited_for(made: NiBench, sort: type[T]) -> T:
    """Return the next message of a sort."""
    return all_of(made, sort)[0]
