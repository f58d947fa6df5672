"""Follows a running session from outside, from its first event on, and leaves nothing out.

Whoever comes late, or is slow, takes what was missed from the journal. However many follow, and
however slow they are, the session does not notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import zmq

from rig.bus import Heartbeat, listen, parse
from rig.desk import Address
from rig.errors import RecordingError
from rig.events import UNREADABLE, Record, decode
from rig.frames import damaged, split
from rig.journal import MAGIC
from rig.tail import Tail

_AT_A_TIME = 1000
"""Messages that are taken in before `Follower.hear` returns, however fast they come."""


class Follower:
    """Hears a running session; entering begins, leaving ends it.

    Parameters
    ----------
    address
        The session's address (`rig.desk.read_address`).

    Raises
    ------
    RecordingError
        At the beginning, if the address leads nowhere.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._tail = Tail(Path(address.journal), MAGIC)

    def __enter__(self) -> Self:
        self._context = zmq.Context()
        try:
            self._events = listen(self._context, self._address.events)
        except (ValueError, zmq.ZMQError) as error:
            self._context.destroy(linger=0)
            raise RecordingError(
                f"nothing can be heard at '{self._address.events}': {error}",
                f"address of the session '{self._address.session}'",
                "Look with the version of mouserig that runs the session.",
            ) from error
        return self

    def __exit__(self, *error: object) -> None:
        self._context.destroy(linger=0)

    @property
    def socket(self) -> zmq.Socket[bytes]:
        """What is readable when `hear` has something to tell, for who follows several sessions."""
        return self._events

    def so_far(self) -> Iterator[Record]:
        """Return the records up to now, those from before this follower came included."""
        yield from _records(self._tail.read())

    def hear(self, wait: float) -> Iterator[Record | Heartbeat]:
        """Return the records and heartbeats that have come; none if `wait` seconds were silent.

        Take all that it returns before you ask again: what is left of a message is not told twice.

        Raises
        ------
        RecordingError
            If something was missed, and the journal is damaged there.
        """
        if not self._events.poll(round(wait * 1000)):
            return
        for _ in range(_AT_A_TIME):
            if not self._events.poll(0):
                return
            told = parse(self._events.recv())
            if isinstance(told, Heartbeat):
                yield from _records(self._tail.read(told.size))
                yield told
            else:
                yield from _records(self._tail.take(*told))


def _records(pieces: Iterator[bytes]) -> Iterator[Record]:
    for piece in pieces:
        for payload in split(piece):
            try:
                yield decode(payload)
            except UNREADABLE as error:
                raise damaged("record", f"it cannot be read: {error}", "journal") from error
