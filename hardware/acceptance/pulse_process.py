"""A program that opens a valve for a while, to be killed meanwhile.

``python -m hardware.acceptance.pulse_process LAB RIG VALVE SECONDS``. It says ``ready``, opens the
valve at the first line that it hears, says ``opened``, and closes the valve at the end of its
input, which comes too when whoever started it is gone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hardware.acceptance.place import Ears
from rig.devices import Valve
from rig.lab import find_lab
from rig.rig_plan import plan_rig


def main(folder: str, rig: str, name: str, seconds: str) -> None:
    """Open the valve when told to."""
    lab = find_lab(Path(folder))
    plan = plan_rig(lab, Path(rig), simulate=False)
    # The read-back line is watched by whoever started this: the card's inputs have one owner.
    settings = plan.settings[name].model_copy(update={"read_back": ""})
    valve = plan.drivers[name](name, settings, Ears().context(lab.folder))
    if not isinstance(valve, Valve):
        raise TypeError(f"'{name}' is no valve")
    valve.open()
    try:
        _say("ready")
        if sys.stdin.readline():
            valve.flush(float(seconds))
            _say("opened")
            sys.stdin.read()
    finally:
        valve.close()


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
