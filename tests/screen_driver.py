"""Run as a program: a driver that shows a grating that stands still, until somebody kills it."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from screen_bench import SCREEN, measured

from hardware.psychopy_display import PsychopyDisplay
from rig.clock import SystemClock
from rig.devices import Context
from rig.inbox import Inbox
from rig.picture import Grating
from rig.room import Room


def main(folder: Path) -> None:
    path = folder / "calibration/box1-screen.toml"
    path.parent.mkdir()
    path.write_text(measured(), encoding="utf-8")
    settings = {**SCREEN, "screen": 3, "width_px": 320}
    context = Context(SystemClock(), Inbox(), Room(), folder)
    device = PsychopyDisplay("box", PsychopyDisplay.Settings.model_validate(settings), context)
    device.open()
    device.load({"it": Grating(90.0, 60.0, drift_hz=0.0)})
    device.present("it")
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
