"""Every protocol of a new lab, 1 000 virtual trials each: against real time, and one by one."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rig.commands.init import make_lab
from rig.lab import Lab, find_lab
from rig.plan import first_rig_for, plan_protocol
from rig.rehearsal import play

TRIALS = 1000


def measure() -> list[tuple[str, str]]:
    """Return the time that all protocols take together, and the share of the slowest one."""
    with tempfile.TemporaryDirectory() as folder:
        make_lab(Path(folder) / "lab")
        lab = find_lab(Path(folder) / "lab")
        played = {path.stem: _play(lab, path) for path in lab.files("protocols")}
    wall = sum(seconds for seconds, _ in played.values())
    session = sum(simulated for _, simulated in played.values())
    slowest = max(played, key=lambda name: played[name][0])
    what = f"{len(played)} protocols, {TRIALS} trials each: wall-clock s"
    return [
        (what, f"{wall:.1f}"),
        ("session time / wall-clock time", f"{session / wall:.0f} x"),
        (f"share of the slowest one, {slowest}", f"{played[slowest][0] / wall:.0%}"),
    ]


def _play(lab: Lab, path: Path) -> tuple[float, float]:
    """Play sessions of a protocol until it has had its trials; return wall and session time."""
    protocol = plan_protocol(lab, path)
    rig = first_rig_for(lab, protocol)
    trials, wall, simulated = 0, 0.0, 0.0
    while trials < TRIALS:
        began = time.perf_counter()
        played = play(lab, rig, protocol, TRIALS, trials, {"policy": "random"})
        wall += time.perf_counter() - began
        trials += len(played.table.rows)
        simulated += played.table.rows[-1].end_time
    return wall, simulated
