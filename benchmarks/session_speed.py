"""A 300-trial Go/NoGo session in virtual time, everything recorded, against real time."""

from __future__ import annotations

import statistics
import time

from benchmarks.lab import bench_lab, bench_plan
from rig.session import Session

TRIALS = 300
ROUNDS = 7


def measure() -> list[tuple[str, str]]:
    """Return the ratio of session time to computing time, folders and sealing included."""
    ratios, durations = [], []
    with bench_lab(TRIALS) as lab:
        plan = bench_plan(lab)
        for _ in range(ROUNDS):
            began = time.perf_counter()
            with Session(plan, "virtual") as session:
                result = session.run()
            took = time.perf_counter() - began
            ratios.append(result.duration / took)
            durations.append(result.duration)
    return [
        ("trials", f"{TRIALS}"),
        ("session time, s", f"{statistics.median(durations):.0f}"),
        (f"faster than real time, median of {ROUNDS}", f"{statistics.median(ratios):,.0f} x"),
        ("faster than real time, worst", f"{min(ratios):,.0f} x"),
    ]
