"""A lab on emulated hardware whose outputs are on most of the time, to be killed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pydantic

from rig.commands.init import make_lab
from rig.graph import END, Flash, Pulse, State, TrialGraph, TurnOff, TurnOn
from rig.lab import LAB_TOML, Lab, find_lab
from rig.picture import Disk, Flashes
from rig.protocol import Parameters, TrialProtocol
from rig.trials import TrialRow

LINES = {
    "valve": "Dev1/PFI12",
    "vacuum": "Dev1/PFI13",
    "laser": "Dev1/port1/line0",
    "led": "Dev1/port1/line1",
}
"""Where each output comes out of the card."""
READ_BACK = "Dev1/port0/line7"
"""The input that the valve's output is wired to."""
RIG = """
[guardian]
longest_silence = {longest_silence}

[devices.valve]
driver = "hardware.ni_valve:NiValve"
line = "Dev1/ctr0"
read_back = "Dev1/port0/line7"
calibration = "calibration/slow-valve.toml"
max_open_ms = 1000
address = "{address}"

[devices.vacuum]
driver = "hardware.ni_valve:NiValve"
line = "Dev1/ctr1"
calibration = "calibration/slow-valve.toml"
max_open_ms = 1000
address = "{address}"

[devices.laser]
driver = "hardware.ni_digital_output:NiDigitalOutput"
line = "Dev1/port1/line0"
address = "{address}"

[devices.led]
driver = "hardware.ni_digital_output:NiDigitalOutput"
line = "Dev1/port1/line1"
address = "{address}"

[devices.projector]
driver = "hardware.lightcrafter:LightCrafter"
line = "projector"
address = "{projector}"
calibration = "calibration/mirrors.toml"
led_current = 100
frame_hz = 1000
field_width_um = 4000
field_height_um = 2600
"""
PROTOCOL = """
protocol = "benchmarks.outputs_lab:Bright"

[params]
lit = {lit}
dark = 0.15

[session]
max_trials = 1000
max_duration = 600
max_water_ul = 5000
"""
CALIBRATION = """
measured_on = 2026-11-02
measured_by = "benchmark"
note = "a valve that is open for long"
points = [
    { open_ms = 100, volume_ul = 1.0 },
    { open_ms = 400, volume_ul = 4.0 },
    { open_ms = 800, volume_ul = 8.0 },
]
"""
REGISTRATION = """
measured_on = 2026-11-02
measured_by = "benchmark"
matrix = [[0.125, 0, 304], [0, 0.25, 342], [0, 0, 1]]
odd_rows_shift = 0
points = [
    { x_um = -2000, y_um = -1200, column = 54, row = 42 },
    { x_um = 2000, y_um = -1200, column = 554, row = 42 },
    { x_um = -2000, y_um = 1200, column = 54, row = 642 },
    { x_um = 2000, y_um = 1200, column = 554, row = 642 },
]
"""
SUBJECT = 'id = "M1"\nsex = "F"\n'
SHORTEST_UL, LONGEST_UL = 2.0, 7.5
FLASH_TIME = 0.7
"""Seconds."""


class BrightParams(Parameters):
    """Seconds that the outputs are on, and off, in a trial."""

    lit: float = pydantic.Field(gt=0)
    dark: float = pydantic.Field(gt=0)


class Bright(TrialProtocol):
    """Switches everything on and, some time later, off again."""

    Params = BrightParams

    def flashes(self) -> Mapping[str, Flashes]:
        """Return a disk that flashes for most of the time that the other outputs are on."""
        return {"disk": Flashes((Disk(0.0, 0.0, 720.0),), FLASH_TIME)}

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph:
        """Return a trial with openings of other lengths each time."""
        drops = [round(float(self.rng.uniform(SHORTEST_UL, LONGEST_UL)), 1) for _ in range(2)]
        switches_on = TurnOn("laser"), TurnOn("led"), Pulse("valve", drops[0])
        lit = State(
            "lit", "Laser and LED are on, valve and vacuum open, a disk flashes.",
            enter=(*switches_on, Pulse("vacuum", drops[1]), Flash("projector", "disk")),
            timeout=(self.params.lit, "dark"),
        )  # fmt: skip
        dark = State(
            "dark", "Everything is off.", enter=(TurnOff("laser"), TurnOff("led")),
            timeout=(self.params.dark, END), outcome="hit",
        )  # fmt: skip
        return TrialGraph((lit, dark), "go", "A")


def outputs_lab(
    folder: Path, address: str, projector: str, longest_silence: float, lit: float = 0.8
) -> Lab:
    """Make a lab whose rig is on an emulated card and an emulated projector.

    Parameters
    ----------
    folder
        Where it is to be.
    address, projector
        Where the client library reaches the card, and the driver the projector.
    longest_silence
        The guardian's, in seconds.
    lit
        Seconds that laser and LED are on in each trial.
    """
    make_lab(folder)
    path = folder / LAB_TOML
    path.write_text(path.read_text(encoding="utf-8").replace('["nwb"]', "[]"), encoding="utf-8")
    rig = RIG.format(address=address, projector=projector, longest_silence=longest_silence)
    files = {
        "rigs/outputs.toml": rig,
        "protocols/bright.toml": PROTOCOL.format(lit=lit),
        "calibration/slow-valve.toml": CALIBRATION,
        "calibration/mirrors.toml": REGISTRATION,
        "subjects/M1.toml": SUBJECT,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return find_lab(folder)
