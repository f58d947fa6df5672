"""A throw-away lab for benchmarks."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rig.commands.init import make_lab
from rig.lab import Lab, find_lab
from rig.plan import Plan, make_plan

EDITS = {
    "protocols/go_nogo.toml": {
        "max_trials = 250": "max_trials = {trials}",
        "max_duration = 3600": "max_duration = 86400",
        "max_water_ul = 1200": "max_water_ul = 5000",
        "reward_ul = 5.0": "reward_ul = 1.5",
    },
}
# A mouse that licks to every second sound, as a trained one does, and is never sated.
MOUSE = """[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"

[simulation.settings]
policy = "random"
"""


@contextlib.contextmanager
def bench_lab(trials: int) -> Iterator[Lab]:
    """Make a lab whose Go/NoGo sessions have that many trials."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder) / "lab"
        make_lab(lab)
        for name, edits in EDITS.items():
            text = (lab / name).read_text(encoding="utf-8")
            for old, new in edits.items():
                text = text.replace(old, new.format(trials=trials))
            (lab / name).write_text(text, encoding="utf-8")
        rig = lab / "rigs/box1.toml"
        devices = rig.read_text(encoding="utf-8").split("[simulation]")[0]
        rig.write_text(devices + MOUSE, encoding="utf-8")
        yield find_lab(lab)


def bench_plan(lab: Lab) -> Plan:
    """Return the plan of a session of that lab."""
    protocol = Path("protocols/go_nogo.toml")
    return make_plan(lab, Path("rigs/box1.toml"), protocol, "SIM01", simulate=True, seed=1)
