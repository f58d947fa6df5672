"""A 5 000-trial session: peak memory, and the cost of a late trial against an early one."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from itertools import pairwise

from benchmarks.lab import bench_lab, bench_plan
from rig.session import Session
from rig.trials import TrialRow

TRIALS = 5000
AROUND = 25


class Stopwatch:
    """Notes when each trial has ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def entered(self, trial: int, state: str) -> None:
        """Look away."""

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())


def measure() -> list[tuple[str, str]]:
    """Return costs per trial (medians over 50 trials around it), and memory in a second run."""
    with bench_lab(TRIALS) as lab:
        plan = bench_plan(lab)
        watch = Stopwatch()
        with Session(plan, "virtual", watcher=watch) as session:
            trials = len(session.run().rows)
        tracemalloc.start()
        with Session(plan, "virtual") as session:
            session.run()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    costs = [later - earlier for earlier, later in pairwise(watch.ends)]
    early = statistics.median(costs[50 - AROUND : 50 + AROUND])
    late = statistics.median(costs[-2 * AROUND :])
    return [
        ("trials", f"{trials}"),
        ("around trial 50, us per trial", f"{early * 1e6:.0f}"),
        (f"around trial {trials}, us per trial", f"{late * 1e6:.0f}"),
        ("ratio", f"{late / early:.2f} x"),
        ("peak memory of Python objects, MB", f"{peak / 1e6:.1f}"),
    ]
