"""Seconds since session start: by the computer's clock, faster, or from deadline to deadline."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from rig.errors import DeviceError
from rig.inbox import Inbox, Message

FASTEST = 50.0
"""The highest speed of a paced clock."""
LONGEST_WAIT = 0.1
"""Seconds: on Windows a wait cannot be interrupted by Ctrl-C, so waits are cut into slices."""


class Reading(NamedTuple):
    """Another clock's seconds, read at `time` (session's seconds) to within `uncertainty`."""

    time: float
    seconds: float
    uncertainty: float


class Clock(ABC):
    """Seconds since session start, and the only place where the loop waits."""

    @property
    def speed(self) -> float:
        """How many session's seconds pass in a second of real time."""
        return 1.0

    @abstractmethod
    def start(self) -> None:
        """Set the clock to zero: the session starts now."""

    @abstractmethod
    def now(self) -> float:
        """Return the seconds since session start."""

    def since(self, time: float) -> float:
        """Return the seconds that have passed since `time`."""
        return self.now() - time

    @abstractmethod
    def receive(self, inbox: Inbox, until: float) -> Message | None:
        """Return the next message, or None when the time `until` has come first."""

    def utc(self) -> Reading | None:
        """Return what the wall clock shows now; None where there is none."""
        return None

    def pace(self, speed: float) -> bool:
        """Let time pass `speed` times faster than real time; return False if that cannot be."""
        return False


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


class PacedClock(Clock):
    """The computer's clock, `speed` times faster: for simulated rigs. Any thread may ask for it.

    Parameters
    ----------
    speed
        How many times faster than real time the session runs, 1 to `FASTEST`.
    source
        As for `SystemClock`.

    Examples
    --------
    >>> clock = PacedClock(10.0, iter([0.0, 2.0, 2.0, 2.0, 5.0]).__next__)
    >>> clock.now()
    20.0
    >>> clock.pace(1.0)  # does not jump: it goes on from 20 s
    True
    >>> clock.now(), clock.now()
    (20.0, 23.0)
    """

    def __init__(self, speed: float, source: Callable[[], float] = time.perf_counter) -> None:
        self._real = SystemClock(source)
        self._anchor = 0.0, 0.0, speed

    @property
    def speed(self) -> float:
        """How many session's seconds pass in a second of real time."""
        return self._anchor[2]

    def start(self) -> None:
        """Set the clock to zero: the session starts now."""
        self._real.start()
        self._anchor = 0.0, 0.0, self.speed

    def now(self) -> float:
        """Return the seconds since session start."""
        real, session, speed = self._anchor
        return session + (self._real.now() - real) * speed

    def pace(self, speed: float) -> bool:
        """Let time pass `speed` times faster than real time from now on."""
        real, session, before = self._anchor
        now = self._real.now()
        self._anchor = now, session + (now - real) * before, speed
        return True

    def receive(self, inbox: Inbox, until: float) -> Message | None:
        """Wait for the next message, at most until the clock shows `until`."""
        real, session, speed = self._anchor
        message = self._real.receive(inbox, real + (until - session) / speed)
        while message is None and self.now() < until:  # by a rounding error
            message = inbox.take()
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
