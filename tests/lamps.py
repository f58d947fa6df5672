"""A rig of lamps that leave a trace in a file, so that a test sees which process did what when."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rig.guardian import charge_of
from rig.guardian_process import Charge
from rig.lab import Lab
from rig.plan import Plan, make_plan
from rig.rig_plan import plan_rig

DRIVER = '''
"""Lamps: files that are written to."""
import os
import time

from hardware.digital_output import DigitalOutputSettings, DigitalOutputTwin
from rig.devices import DigitalOutput
from rig.errors import DeviceError, Problem


class LampSettings(DigitalOutputSettings):
    fault: str = ""


class Lamp(DigitalOutput):
    twin = DigitalOutputTwin
    Settings = LampSettings

    def __init__(self, name, settings, context):
        self._name, self._fault, self._level = name, settings.fault, False
        self._file = context.folder / "trace.txt"

    def open(self):
        self._trace("open")

    def check(self):
        if self._fault == "check":
            return [Problem("it has no bulb", self._name, "Put one in.")]
        return []

    def off(self):
        if self._fault in ("off", "always"):
            raise DeviceError("it is stuck", self._name, "Pull the plug.")
        self._trace("off")

    def force_off(self):
        if self._fault == "hang":
            time.sleep(60)
        if self._fault == "always":
            self.off()
        self._trace("forced off")

    def close(self):
        self._trace("close")

    def level(self):
        return self._level

    def switch_on(self):
        self._trace("on")

    def switch_off(self):
        self._trace("off")

    def _trace(self, what):
        self._level = what == "on"
        with self._file.open("a") as file:
            file.write(f"{time.perf_counter()} {os.getpid()} {self._name} {what}\\n")
'''
PROTOCOL = '''
"""Switches the lamp on and off."""
from rig.graph import END, State, TrialGraph, TurnOff, TurnOn
from rig.protocol import Parameters, TrialProtocol


class Blink(TrialProtocol):
    class Params(Parameters):
        pass

    def trial(self, number, past):
        lit = State("lit", "The lamp is on.", enter=(TurnOn("lamp"),), timeout=(0.15, "dark"))
        dark = State("dark", "The lamp is off.", enter=(TurnOff("lamp"),), timeout=(0.05, END),
                     outcome="hit")
        return TrialGraph((lit, dark), "go", "A", stimulus_state="lit")
'''
DEVICE = '[devices.{name}]\ndriver = "lamp.py:Lamp"\nline = "{name}"\nfault = "{fault}"\n'
LIMITS = 'protocol = "blink.py:Blink"\n[session]\nmax_trials = 8\n'


class Traced(msgspec.Struct, frozen=True):
    """What a process did to a lamp, and when by `time.perf_counter`."""

    time: float
    process: int
    lamp: str
    what: str


def with_lamps(lab: Lab, silence: float, **lamps: str) -> Path:
    """Put a rig of lamps into a lab, with the fault of each; return its file."""
    devices = (DEVICE.format(name=name, fault=fault) for name, fault in lamps.items())
    rig = f"[guardian]\nlongest_silence = {silence}\n" + "".join(devices)
    files = {
        "lamp.py": DRIVER,
        "blink.py": PROTOCOL,
        "rigs/lamps.toml": rig,
        "protocols/blink.toml": LIMITS,
        "subjects/M1.toml": 'id = "M1"\n',
    }
    for name, text in files.items():
        (lab.folder / name).write_text(text, encoding="utf-8")
    return lab.folder / "rigs/lamps.toml"


def charge_for(lab: Lab, silence: float, **lamps: str) -> Charge:
    """Return what a guardian of such a rig watches."""
    with_lamps(lab, silence, **dict.fromkeys(lamps, ""))
    sound = charge_of(plan_rig(lab, lab.folder / "rigs/lamps.toml", simulate=False), lab.folder)
    outputs = tuple(
        msgspec.structs.replace(
            each, settings=each.settings.replace('"fault":""', f'"fault":"{lamps[each.name]}"')
        )
        for each in sound.outputs
    )
    return msgspec.structs.replace(sound, outputs=outputs)


def lamps_plan(lab: Lab, silence: float, **lamps: str) -> Plan:
    """Return the plan of a session of blinks on such a rig."""
    rig = with_lamps(lab, silence, **lamps)
    return make_plan(lab, rig, Path("protocols/blink.toml"), "M1", simulate=False, seed=1)


def trace(lab: Lab) -> list[Traced]:
    """Return what was done to the lamps, in order."""
    path = lab.folder / "trace.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    fields = [line.split(" ", 3) for line in lines]
    return [Traced(float(time), int(pid), lamp, what) for time, pid, lamp, what in fields]
