"""How long the ticks of the window take, so that it is seen when it does too much."""

from __future__ import annotations

from collections import deque

import numpy as np

BUDGET = 0.033
"""Seconds between two ticks: what one may take."""
KEPT = 20_000


class Ticks:
    """The durations of the last ticks."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=KEPT)

    def add(self, seconds: float) -> None:
        """Add the duration of a tick."""
        self._seconds.append(seconds)

    def summary(self) -> dict[str, float]:
        """Return how many ticks there were, and median, 95th percentile and worst in ms.

        Examples
        --------
        >>> ticks = Ticks()
        >>> ticks.add(0.002)
        >>> ticks.summary()["worst_ms"]
        2.0
        """
        if not self._seconds:
            return {"ticks": 0, "median_ms": 0.0, "p95_ms": 0.0, "worst_ms": 0.0}
        taken = np.array(self._seconds) * 1000
        return {
            "ticks": len(taken),
            "median_ms": float(np.median(taken)),
            "p95_ms": float(np.percentile(taken, 95)),
            "worst_ms": float(taken.max()),
        }
