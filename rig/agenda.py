"""What twins will do by themselves, and when: the simulated counterpart of the outside world."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable


class Agenda:
    """Appointments in the order of their times; equal times keep the order they were made in.

    Examples
    --------
    >>> agenda = Agenda()
    >>> agenda.at(2.0, lambda time: print("second at", time))
    >>> agenda.at(1.0, lambda time: print("first at", time))
    >>> agenda.next_time
    1.0
    >>> agenda.run_until(2.0)
    first at 1.0
    second at 2.0
    >>> agenda.next_time
    inf
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[float], object]]] = []
        self._made = 0

    @property
    def next_time(self) -> float:
        """The time of the next appointment; infinite when there is none."""
        return self._heap[0][0] if self._heap else math.inf

    def at(self, time: float, action: Callable[[float], object]) -> None:
        """Call ``action(time)`` when `time` has come."""
        self._made += 1
        heapq.heappush(self._heap, (time, self._made, action))

    def run_until(self, now: float) -> None:
        """Do all that is due at `now`; each action is told its own appointed time."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            time, _, action = heapq.heappop(heap)
            action(time)
