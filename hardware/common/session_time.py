"""The session's time of what a process of a device saw by a clock that both share."""

from __future__ import annotations

import time

from rig.clock import Clock

READINGS = 5


def ahead_of_perf_counter(clock: Clock) -> float:
    """Return the session's seconds less those of `time.perf_counter`: the surest of some readings.

    A thread may be put aside between the readings of two clocks.
    """
    readings = []
    for _ in range(READINGS):
        before = time.perf_counter()
        now = clock.now()
        after = time.perf_counter()
        readings.append((after - before, now - (before + after) / 2))
    return min(readings)[1]
