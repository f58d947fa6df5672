"""Seconds since session start: by the computer's clock, or jumping to the next deadline."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from rig.errors import DeviceError
from rig.inbox import Inbox, Message

LONGEST_WAIT = 0.1
"""Seconds: on Windows a wait cannot be interrupted by Ctrl-C, so waits are cut into slices."""


class Reading(NamedTuple):
    """Another clock's seconds, read at `time` (session's seconds) to within `uncertainty`."""

    time: float
    seconds: float
    uncertainty: float


class Clock(ABC):
    """Seconds since session start, and the only place where the loop waits."""

    @abstractmethod
    def start(self) -> None:
        """Set the clock to zero: the session starts now."""

    @abstractmethod
    def now(self) -> float:
        """Return the seconds since session start."""

    @abstractmethod
    def receive(self, inbox: Inbox, until: float) -> Message | None:
        """Return the next message, or None when the time `until` has come first."""

    def utc(self) -> Reading | None:
        """Return what the wall clock shows now; None where there is none."""
        return None


class SystemClock(Clock):
    """The computer's monotonic clock; any thread may ask for the time.

    Parameters
    ----------
    source
        Returns seconds; must never go backwards. If it does, `receive` raises `DeviceError`.
    """

    def __init__(self, source: Callable[[], float] = time.perf_counter) -> None:
        self._source = source
        self.start()

    def start(self) -> None:
        """Set the clock to zero: the session starts now."""
        self._start = self._source()
        self._last = 0.0

    def now(self) -> float:
        """Return the seconds since session start."""
        return self._source() - self._start

    def utc(self) -> Reading:
        """Return the wall clock's seconds since 1970, read between two looks at this clock."""
        before = self.now()
        seconds = time.time()
        after = self.now()
        return Reading((before + after) / 2, seconds, (after - before) / 2)

    def receive(self, inbox: Inbox, until: float) -> Message | None:
        """Wait for the next message, at most until the clock shows `until`."""
        message = inbox.take()
        while message is None:
            now = self.now()
            if now < self._last:
                raise DeviceError(
                    f"the computer's clock went backwards by {self._last - now:.6f} s",
                    "engine clock",
                    "Restart the computer; if it happens again, run `rig doctor`.",
                )
            self._last = now
            if now >= until:
                return None
            message = inbox.wait(min(until - now, LONGEST_WAIT))
        return message


class VirtualClock(Clock):
    """A clock that never waits: it jumps to the next deadline.

    Examples
    --------
    >>> clock = VirtualClock()
    >>> clock.receive(Inbox(), until=3600.0) is None
    True
    >>> clock.now()
    3600.0
    """

    def __init__(self) -> None:
        self._now = 0.0

    def start(self) -> None:
        """Set the clock to zero: the session starts now."""
        self._now = 0.0

    def now(self) -> float:
        """Return the seconds since session start."""
        return self._now

    def receive(self, inbox: Inbox, until: float) -> Message | None:
        """Return a waiting message, else jump to `until`."""
        message = inbox.take()
        if message is None:
            self._now = max(self._now, until)
            if self._now == math.inf:
                raise DeviceError(
                    "nothing will ever happen again: no timer runs and no twin has a plan",
                    "virtual clock",
                    "Give the session a longest duration, or the waiting state a timeout.",
                )
        return message
