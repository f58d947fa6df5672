"""A program that opens the outputs of an NI card, and then hangs: it is to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from ni_bench import LONGEST_DROP

from hardware.ni import watchdog
from hardware.ni_digital_output import NiDigitalOutput
from hardware.ni_valve import NiValve
from rig.clock import SystemClock
from rig.devices import Context
from rig.inbox import Inbox
from rig.room import Room

LIGHT = {"line": "Dev1/port1/line0"}
VALVE = {
    "line": "Dev1/ctr0",
    "calibration": "calibration/box1-valve.toml",
    "max_open_ms": 1000 * LONGEST_DROP,
}


def main(address: str, folder: str, timeout: str) -> None:
    """Switch a light on, open a valve for 20 s, say so, and wait for the end of the input."""
    watchdog.TIMEOUT = float(timeout)
    context = Context(SystemClock(), Inbox(), Room(), Path(folder))
    light = NiDigitalOutput(
        "light", NiDigitalOutput.Settings.model_validate({**LIGHT, "address": address}), context
    )
    valve = NiValve(
        "valve", NiValve.Settings.model_validate({**VALVE, "address": address}), context
    )
    light.open()
    valve.open()
    light.switch_on()
    valve.flush(20.0)
    sys.stdout.write("on\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
