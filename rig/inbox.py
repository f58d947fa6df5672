"""What reaches the loop from outside: readings of devices, and commands."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import Any, Literal

import msgspec


class Edge(msgspec.Struct, frozen=True):
    """A digital input changed its level at `hardware_time` (seconds since session start)."""

    device: str
    level: bool
    hardware_time: float


class Report(msgspec.Struct, frozen=True):
    """A device tells what it really did.

    `requested` and `achieved` are seconds: how long an opening or a stimulus was asked for and
    how long it lasted. `volume_ul` is what a valve delivered by its calibration; None for a flush,
    whose water is not counted.
    """

    device: str
    what: Literal["opening", "flush", "sound", "grating", "flashes"]
    detail: str
    hardware_time: float
    requested: float
    achieved: float
    volume_ul: float | None = None


class Failure(msgspec.Struct, frozen=True):
    """A device failed while the session runs; the session ends safely.

    One that is not `urgent` lets the running trial end first.
    """

    device: str
    what: str
    do: str
    urgent: bool = True


class Notice(msgspec.Struct, frozen=True):
    """A device did not do all that it should: it lost a frame, for example. The session goes on."""

    device: str
    what: str
    do: str


Verb = Literal[
    "pause_after_trial",
    "resume",
    "stop_after_trial",
    "stop_now",
    "reward",
    "drop",
    "flush",
    "stop_flush",
    "speed",
    "fault",
    "skip_block",
    "set",
    "answer",
    "note",
]


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="command"):
    """An order from a person.

    Attributes
    ----------
    verb
        What is to be done.
    text
        The reason of a stop, the words of a note, the choice of an answer, the name of a fault.
    author
        Who gives the order; empty if nobody does (a signal, a limit).
    key, value
        The parameter to set and its value; a reward's volume in uL, None for the usual one; the
        seconds of a flush; how many times faster a paced clock is to be.
    id
        What the giver calls the command; it is recorded with it. Empty if nobody asks for that.
    """

    verb: Verb
    text: str = ""
    author: str = ""
    key: str = ""
    value: Any = None
    id: str = ""


class Touch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="touch"):
    """A mouse that is led by hand begins (True) or ends (False) to touch a sensor."""

    sensor: str
    level: bool


Order = Command | Touch
"""What may come from another program."""


class Reply(msgspec.Struct, frozen=True):
    """What a session answers to an order: whether it obeys, and what happens, in words."""

    accepted: bool
    text: str


@dataclass(frozen=True)
class Request:
    """An order whose reply somebody waits for."""

    order: Order
    replies: queue.SimpleQueue[Reply]


Message = Edge | Report | Failure | Notice | Command | Request


class Inbox:
    """The one door into the loop.

    Any thread and any signal handler may `put`; only the loop takes out. (`SimpleQueue` is
    the queue whose `put` may interrupt a waiting `get` of the same thread.)
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.put = self._queue.put

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return self._queue.empty()

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
