"""The one thread that listens: follows every engine of the lab and queues what they tell.

It finds sessions by the addresses that they leave among the lab's locks. Nothing else in the
window waits for an engine, and nothing here touches a widget.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import zmq

from rig.bus import Heartbeat
from rig.desk import Address, address_files, read_address
from rig.errors import ConfigError, RecordingError, RigError
from rig.events import SCHEMA_VERSION, Header, Record, SessionEnded
from rig.following import Follower
from rig.locks import is_held

LOOK_EVERY = 0.25
"""Seconds between two looks for sessions that have begun."""
SILENT_AFTER = 2.0
"""Seconds without a heartbeat after which an engine is looked after."""
GROUP = 1000
"""Records that are queued together at most."""
CLOSED_WITHIN = 2.0
"""Seconds that the end of the thread is waited for: it may be reading a long past."""


@dataclass(frozen=True)
class Found:
    """A session runs on a rig, or has left its address there."""

    rig: str
    address: Address


@dataclass(frozen=True)
class Told:
    """What a session has told, in its order."""

    rig: str
    records: tuple[Record | Heartbeat, ...]


@dataclass(frozen=True)
class CaughtUp:
    """All that had happened before this window came has been told."""

    rig: str


@dataclass(frozen=True)
class Silent:
    """A session gives no sign of life, though its program still runs."""

    rig: str
    seconds: float


@dataclass(frozen=True)
class Unreadable:
    """A session cannot be followed any more; `why` says what is wrong with what it tells."""

    rig: str
    why: str


@dataclass(frozen=True)
class Gone:
    """A session's program is not there any more."""

    rig: str


Message = Found | Told | CaughtUp | Silent | Unreadable | Gone


@dataclass
class _Followed:
    """A session that is followed."""

    address: Address
    follower: Follower
    heard: float
    ended: bool = False
    told_silent: bool = False


class Reader:
    """Follows the engines of a lab; entering starts its thread, leaving ends it.

    Parameters
    ----------
    locks
        The lab's folder of locks (`rig.lab.Lab.locks`).

    Attributes
    ----------
    queue
        What was heard, to be taken by the window.
    trouble
        Why nothing is heard any more, of whatever session; empty as long as it listens.
    """

    def __init__(self, locks: Path) -> None:
        self.queue: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.trouble = ""
        self._locks = locks
        self._followed: dict[str, _Followed] = {}
        self._done: dict[str, Address] = {}
        self._unreadable: set[str] = set()
        self._detached: frozenset[str] = frozenset()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Listen no more; engines do not notice."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(CLOSED_WITHIN)

    def detach(self, rigs: Iterable[str]) -> None:
        """Follow the engines of these rigs no more, and all others.

        What a rig told is told anew, from its beginning, when it is followed again.
        """
        self._detached = frozenset(rigs)

    def _run(self) -> None:
        look_at = 0.0
        try:
            while not self._closing.is_set():
                if time.monotonic() >= look_at:
                    self._look()
                    look_at = time.monotonic() + LOOK_EVERY
                self._listen()
        except Exception as error:  # whatever it is, the window must say that it is deaf
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            for followed in self._followed.values():
                followed.follower.__exit__()

    def _look(self) -> None:
        """Look for sessions that have begun, and after those that are silent."""
        detached = self._detached
        for rig, file in address_files(self._locks).items():
            if rig in detached:
                continue
            try:
                address = read_address(file)
            except ConfigError:  # half-written, or gone already
                continue
            known = self._followed.get(rig)
            if address == (known.address if known else self._done.get(rig)):
                continue
            self._drop(rig)
            self._follow(rig, address)
        for rig in detached:
            self._drop(rig)
            self._done.pop(rig, None)
            self._unreadable.discard(rig)
        for rig in list(self._followed):
            self._look_after(rig)
        for rig in [rig for rig in self._unreadable if not self._is_held(rig)]:
            self._unreadable.discard(rig)
            self.queue.put(Gone(rig))

    def _follow(self, rig: str, address: Address) -> None:
        """Begin to follow a session: first all that was before."""
        self._unreadable.discard(rig)
        self.queue.put(Found(rig, address))
        follower = Follower(address)
        try:
            follower.__enter__()
        except RecordingError as error:
            self._done[rig] = address
            self._unreadable.add(rig)
            self.queue.put(Unreadable(rig, error.what))
            return
        followed = self._followed[rig] = _Followed(address, follower, time.monotonic())
        if self._hand_on(rig, followed, follower.so_far()):
            self.queue.put(CaughtUp(rig))

    def _listen(self) -> None:
        """Wait a little for what the engines tell, and hand it on."""
        if not self._followed:
            self._closing.wait(LOOK_EVERY)
            return
        poller = zmq.Poller()
        for followed in self._followed.values():
            poller.register(followed.follower.socket, zmq.POLLIN)
        readable = dict(poller.poll(round(LOOK_EVERY * 1000)))
        for rig, followed in list(self._followed.items()):
            if followed.follower.socket in readable:
                self._hand_on(rig, followed, followed.follower.hear(0.0))

    def _hand_on(self, rig: str, followed: _Followed, told: Iterable[Record | Heartbeat]) -> bool:
        """Queue what a session tells; give it up and return False if that cannot be read."""
        group: list[Record | Heartbeat] = []
        why = ""
        try:
            for each in told:
                _refuse_newer(each)
                group.append(each)
                followed.ended |= isinstance(each, SessionEnded)
                if len(group) == GROUP:
                    self.queue.put(Told(rig, tuple(group)))
                    group = []
                    if self._closing.is_set():
                        return False
        except Exception as error:  # whatever one session tells, the others are followed
            why = error.what if isinstance(error, RigError) else f"{type(error).__name__}: {error}"
        if group:
            self.queue.put(Told(rig, tuple(group)))
        if why:
            self.queue.put(Unreadable(rig, why))
            self._unreadable.add(rig)
            self._give_up(rig)
            return False
        followed.heard = time.monotonic()
        followed.told_silent = False
        return True

    def _look_after(self, rig: str) -> None:
        """See whether a session has ended, or why it is silent."""
        followed = self._followed[rig]
        silent = time.monotonic() - followed.heard
        unheard = followed.follower.socket.poll(0)  # it has told something meanwhile
        if not followed.ended and (silent < SILENT_AFTER or unheard):
            return
        if self._is_held(rig):
            if not followed.ended and not followed.told_silent:
                followed.told_silent = True
                self.queue.put(Silent(rig, silent))
            return
        # Who is slow misses the end, which is in the journal.
        if self._hand_on(rig, followed, followed.follower.so_far()):
            self.queue.put(Gone(rig))
            self._give_up(rig)

    def _is_held(self, rig: str) -> bool:
        try:
            return is_held(self._locks, "rig", rig)
        except RigError:
            return False

    def _give_up(self, rig: str) -> None:
        """Follow a session no more: it has ended, or cannot be read."""
        self._done[rig] = self._followed[rig].address
        self._drop(rig)

    def _drop(self, rig: str) -> None:
        followed = self._followed.pop(rig, None)
        if followed is not None:
            followed.follower.__exit__()


def _refuse_newer(record: Record | Heartbeat) -> None:
    """Raise `RecordingError` at the header of a session whose records may mean something else."""
    if isinstance(record, Header) and record.schema_version > SCHEMA_VERSION:
        raise RecordingError(
            f"its record is of schema {record.schema_version}, and this window knows up to "
            f"{SCHEMA_VERSION}",
            record.session,
            "Open a window of the same version as the session.",
        )
