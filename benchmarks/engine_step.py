"""The engine's cost per transition beside a bare loop of heapq and dict."""

from __future__ import annotations

import heapq
import statistics
import time

from rig.engine import Engine
from rig.graph import END, State, TrialGraph

TRANSITIONS = 100_000
ROUNDS = 7
STATES = 10


def measure() -> list[tuple[str, str]]:
    """Return both costs and their ratio, rounds alternating."""
    engine, bare = [], []
    for _ in range(ROUNDS):
        engine.append(_engine())
        bare.append(_bare())
    ratio = statistics.median(e / b for e, b in zip(engine, bare, strict=True))
    return [
        ("engine, us per transition", f"{statistics.median(engine) * 1e6:.2f}"),
        ("bare heapq + dict, us per transition", f"{statistics.median(bare) * 1e6:.2f}"),
        ("ratio", f"{ratio:.1f} x"),
    ]


def _engine() -> float:
    """Return seconds per transition of the engine: timers that lead round a ring of states."""
    ring = tuple(
        State(f"s{i}", "one of a ring", timeout=(0.1, f"s{(i + 1) % STATES}"), to={"port_on": END})
        for i in range(STATES)
    )
    engine = Engine()
    engine.start(TrialGraph(ring, "go", "A"), 0.0)
    began = time.perf_counter()
    for _ in range(TRANSITIONS):
        engine.expire()
    return (time.perf_counter() - began) / TRANSITIONS


def _bare() -> float:
    """Return seconds per transition of the least that could do it."""
    ring = {f"s{i}": (0.1, f"s{(i + 1) % STATES}") for i in range(STATES)}
    heap = [(0.1, "s1")]
    began = time.perf_counter()
    for _ in range(TRANSITIONS):
        now, state = heapq.heappop(heap)
        duration, target = ring[state]
        heapq.heappush(heap, (now + duration, target))
    return (time.perf_counter() - began) / TRANSITIONS
