"""The lab of the oscilloscope test: a set-shifting rig, a mouse with lapses, short protocols."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hardware.emulators.oscilloscope import Probes
from rig.commands.init import make_lab
from rig.lab import Lab, find_lab

RIG = Path("rigs/scope.toml")
WHOLE, HURRIED, SHORT = (Path(f"protocols/{name}.toml") for name in ("whole", "hurried", "short"))
RATE_HZ = 192_307.692
RIG_TOML = f"""setup = "head_fixed"

[devices.lick]
driver = "hardware.ni_digital_input:NiDigitalInput"
line = "Dev1/port0/line1"

[devices.valve]
driver = "hardware.ni_valve:NiValve"
line = "Dev1/ctr0"
read_back = "Dev1/port0/line2"
trigger = "/Dev1/PFI0"
calibration = "calibration/box1-valve.toml"
max_open_ms = 150

[devices.speaker]
driver = "hardware.ni_speaker:NiSpeaker"
line = "Dev1/ao0"
rate_hz = {RATE_HZ}
full_scale_v = 1.0
trigger = "/Dev1/PFI0"
read_back = "Dev1/port0/line4"
calibration = "calibration/box1-speaker.toml"

[devices.screen]
driver = "hardware.psychopy_display:PsychopyDisplay"
line = "HDMI-1"
refresh_hz = 60
width_cm = 40
width_px = 1280
distance_cm = 30
calibration = "calibration/screen.toml"

[devices.vacuum]
driver = "hardware.ni_digital_output:NiDigitalOutput"
line = "Dev1/port1/line3"

[devices.onset]
driver = "hardware.ni_digital_output:NiDigitalOutput"
line = "Dev1/port1/line4"

[sync]
onset = "onset"

[guardian]
longest_silence = 5

[simulation]
mouse = "mice/lapsing.py:LapsingMouse"

[simulation.settings]
policy = "perfect"
go = ["45 deg*", "5 kHz*"]
nogo = ["135 deg*", "10 kHz*"]

[simulation.settings.body]
reaction_time = 0.1
reaction_spread = 0.3
persistence = PERSISTENCE
impulsive_probability = 0.1
notice_probability = 0.0
find_probability = 0.0
spontaneous_interval = 20.0
thirst_ul = 1e6
"""
MOUSE = '''"""A mouse that knows the task, and lapses now and then."""

from __future__ import annotations

from hardware.common.mouse_body import Percept
from hardware.policy_mouse import PolicyMouse

LAPSES = 0.15


class LapsingMouse(PolicyMouse):
    """Does the opposite of what it should in some trials."""

    def _licks(self, percept: Percept) -> bool:
        right = super()._licks(percept)
        return not right if self._rng.random() < LAPSES else right
'''
PROTOCOL = '''"""Set-shifting without its priming trials."""

from __future__ import annotations

from protocols.set_shifting import SetShifting


class Bimodal(SetShifting):
    """Begins with bimodal trials."""

    def _begin_priming(self) -> None:
        self._begin_bimodal()
'''
TRIAL = "[params.trial]\nreward_by = 'hardware'\n"
WHOLE_TOML = f"""protocol = "protocols.set_shifting:SetShifting"
[session]
max_trials = 500
max_duration = 7200
[params]
break_time = 20
criterion = {{ d_prime_above = 1.0, hits_above = 0.6, correct_rejections_above = 0.6 }}
{TRIAL}"""
HURRIED_TOML = f"""{WHOLE_TOML}interval = 0.8
visual_error_interval = 1.6
auditory_error_interval = 2.0
"""
SHORT_TOML = f"""protocol = "protocols/bimodal.py:Bimodal"
[session]
max_trials = 12
[params]
first = "visual"
blocks = 1
bimodal_trials = 12
break_time = 0
{TRIAL}stimulus_time = 0.8
reward_time = 0.5
interval = 0.8
visual_error_interval = 1.2
auditory_error_interval = 1.2
vacuum_time = 0.2
"""


def oscilloscope_lab(folder: Path, persistence: float) -> Lab:
    """Make a lab whose mouse licks for so many seconds; return it."""
    make_lab(folder)
    files = {
        RIG: RIG_TOML.replace("PERSISTENCE", str(persistence)),
        Path("mice/lapsing.py"): MOUSE,
        Path("protocols/bimodal.py"): PROTOCOL,
        WHOLE: WHOLE_TOML,
        HURRIED: HURRIED_TOML,
        SHORT: SHORT_TOML,
        Path("calibration/screen.toml"): _screen(),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    lab = folder / "lab.toml"
    text = lab.read_text(encoding="utf-8").replace('export = ["nwb"]', "export = []")
    text = text.replace("report = true", "report = false")
    lab.write_text(text, encoding="utf-8")
    return find_lab(folder)


LINES = {
    "lick": "Dev1/port0/line1",
    "valve": "Dev1/PFI12",
    "vacuum": "Dev1/port1/line3",
    "onset": "Dev1/port1/line4",
}


def probes(observed: Mapping[str, str], environment: Mapping[str, str]) -> Probes:
    """Return what the oscilloscope looks at, by how the emulated rig is reached."""
    return Probes(
        observed["Dev1"],
        tuple(LINES.values()),
        "Dev1/ao0",
        RATE_HZ,
        environment["DISPLAY"],
        0,
        (0, 180, 60, 60),
    )


def _screen() -> str:
    """Return the calibration of a screen whose guns have an exponent of 2.2."""
    lines = ['measured_on = 2026-11-02\nmeasured_by = "computed"\nphotometer = "none"\n']
    lines += [
        f'[[points]]\ngun = "{gun}"\nlevel = {level}\n'
        f"luminance_cd_m2 = {0.1 + full * (level / 255) ** 2.2:.4f}\n"
        for gun, full in (("red", 40.0), ("green", 120.0), ("blue", 15.0))
        for level in np.linspace(0, 255, 9).round().astype(int)
    ]
    return "\n".join(lines)
