"""What reaches the loop from outside: readings of devices, and commands."""

from __future__ import annotations

import queue
from typing import Literal

import msgspec


class Edge(msgspec.Struct, frozen=True):
    """A digital input changed its level at `hardware_time` (seconds since session start)."""

    device: str
    level: bool
    hardware_time: float


class Report(msgspec.Struct, frozen=True):
    """A device tells what it really did.

    `requested` and `achieved` are seconds: how long an opening or a sound was asked for and
    how long it lasted. `volume_ul` is what a valve delivered by its calibration.
    """

    device: str
    what: Literal["opening", "sound"]
    detail: str
    hardware_time: float
    requested: float
    achieved: float
    volume_ul: float | None = None


class Failure(msgspec.Struct, frozen=True):
    """A device failed while the session runs; the session ends safely."""

    device: str
    what: str
    do: str


class Command(msgspec.Struct, frozen=True):
    """An order from a person: stop now, or after the running trial."""

    verb: Literal["stop_now", "stop_after_trial"]
    reason: str


Message = Edge | Report | Failure | Command


class Inbox:
    """The one door into the loop.

    Any thread and any signal handler may `put`; only the loop takes out. (`SimpleQueue` is
    the queue whose `put` may interrupt a waiting `get` of the same thread.)
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.put = self._queue.put

    def take(self) -> Message | None:
        """Return the oldest message, or None when there is none."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def wait(self, timeout: float) -> Message | None:
        """Return the oldest message; wait at most `timeout` seconds for one."""
        try:
            return self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
