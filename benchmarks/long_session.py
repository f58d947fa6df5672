"""A 5 000-trial session: peak memory, and the cost of a late trial against an early one."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from itertools import pairwise

from benchmarks.lab import bench_lab, bench_plan
from rig.errors import Problem
from rig.session import Session
from rig.trials import TrialRow
from rig.watcher import Nobody

TRIALS = 5000
WINDOW = 1000


class Stopwatch(Nobody):
    """Notes when each trial has ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def entered(self, trial: int, state: str) -> None:
        """Look away."""

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())

    def warned(self, problem: Problem) -> None:
        """Look away."""


def measure() -> list[tuple[str, str]]:
    """Return costs per trial, and memory in a second run.

    Trials with licks cost several times those without, so costs are means over many trials.
    """
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
    early = statistics.mean(costs[50 : 50 + WINDOW])
    late = statistics.mean(costs[-WINDOW:])
    return [
        ("trials", f"{trials}"),
        (f"from trial 50 on, us per trial (mean of {WINDOW})", f"{early * 1e6:.0f}"),
        (f"up to trial {trials}, us per trial (mean of {WINDOW})", f"{late * 1e6:.0f}"),
        ("ratio", f"{late / early:.2f} x"),
        ("peak memory of Python objects, MB", f"{peak / 1e6:.1f}"),
    ]
