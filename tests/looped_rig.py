"""A rig on an emulated card whose outputs are wired to its inputs: what it plays, it hears."""

from __future__ import annotations

import math

from hardware.emulators.ni.card_wires import CardWires
from rig.lab import Lab

PASCALS_PER_VOLT = 2.0 * math.sqrt(2)
"""A sine of 1 V stands for 100 dB SPL, which is 2 Pa."""
SPEAKER = """measured_on = 2026-11-02
measured_by = "test"
microphone = "none"
points = [
    { frequency_hz = 500, full_scale_db_spl = 100.0 },
    { frequency_hz = 80000, full_scale_db_spl = 100.0 },
]
"""
RIG = """setup = "freely_moving"

[devices.valve]
driver = "hardware.ni_valve:NiValve"
line = "Dev1/ctr0"
read_back = "Dev1/port0/line7"
calibration = "calibration/box1-valve.toml"
max_open_ms = 60
address = "{address}"

[devices.speaker]
driver = "hardware.ni_speaker:NiSpeaker"
line = "Dev1/ao0"
rate_hz = 192_307.692
full_scale_v = 1.0
calibration = "calibration/flat.toml"
address = "{address}"

[devices.sensors]
driver = "hardware.ni_analog_input:NiAnalogInput"
meaning = "microphone"
rate_hz = 10_000
range_v = 1.0
channels = [{{ name = "microphone", line = "Dev1/ai7", unit = "Pa", per_volt = {per_volt} }}]
address = "{address}"

[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"
"""


def put_rig(lab: Lab, card: CardWires, more: str = "") -> None:
    """Put the rig `ni` into a lab, on a card, with the tables of `more` devices."""
    card.wire("Dev1/ao0", "Dev1/ai7")
    text = (RIG + more).format(address=card.address, per_volt=PASCALS_PER_VOLT)
    (lab.folder / "rigs/ni.toml").write_text(text, encoding="utf-8")
    (lab.folder / "calibration/flat.toml").write_text(SPEAKER, encoding="utf-8")
