"""Hands orders to engines, and keeps what they answered; no engine makes another one's wait.

An order is asked for, and no more: what the window shows comes from the events, in which each
order stands with its id and what was answered. Only what never reached an engine is told here.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from rig.desk import address_file, tell
from rig.errors import RigError
from rig.inbox import Command, Reply, Verb

Send = Callable[[Path, Command, str], Reply]
AT_ONCE: frozenset[Verb] = frozenset({"stop_now", "stop_flush"})
"""Orders that make the rig safe: they do not wait until an order before them is answered."""


@dataclass(frozen=True)
class Sent:
    """What came of an order: `reply` is None if the engine could not be reached."""

    rig: str
    id: str
    reply: Reply | None
    trouble: str = ""


@dataclass(frozen=True)
class _Order:
    rig: str
    session: str
    command: Command


_Line = queue.SimpleQueue[_Order | None]


class Sender:
    """Sends the orders to each rig one after the other, in a thread; `close` ends the threads.

    Parameters
    ----------
    locks
        The lab's folder of locks.
    send
        Hands a command to the session of that name whose address is in a file; `rig.desk.tell`
        but in tests.

    Attributes
    ----------
    answers
        What came of orders, to be taken by the window.
    """

    def __init__(self, locks: Path, send: Send = tell) -> None:
        self.answers: queue.SimpleQueue[Sent] = queue.SimpleQueue()
        self._locks = locks
        self._send = send
        self._lines: dict[tuple[str, bool], _Line] = {}

    def order(self, rig: str, session: str, verb: Verb, author: str, **rest: object) -> str:
        """Ask something of a session on a rig; return the id under which it will be answered.

        `rest` are further fields of `rig.inbox.Command`.
        """
        number = uuid.uuid4().hex
        fields = {"verb": verb, "author": author, "id": number, **rest}
        order = _Order(rig, session, msgspec.convert(fields, Command))
        self._line(rig, verb).put(order)
        return number

    def close(self) -> None:
        """Send no more; what is being sent is not waited for."""
        for line in self._lines.values():
            line.put(None)

    def _line(self, rig: str, verb: Verb) -> _Line:
        """Return where an order to a rig waits for those before it."""
        key = rig, verb in AT_ONCE
        if key not in self._lines:
            line = self._lines[key] = queue.SimpleQueue()
            threading.Thread(target=self._run, args=[line], name="sender", daemon=True).start()
        return self._lines[key]

    def _run(self, line: _Line) -> None:
        while (order := line.get()) is not None:
            self.answers.put(self._sent(order))

    def _sent(self, order: _Order) -> Sent:
        sent = Sent(order.rig, order.command.id, None)
        try:
            file = address_file(self._locks, order.rig)
            reply = self._send(file, order.command, order.session)
        except RigError as error:
            return replace(sent, trouble=f"{error.what}. {error.do}")
        except Exception as error:  # whatever fails, the next order is sent
            return replace(sent, trouble=f"{type(error).__name__}: {error}")
        return replace(sent, reply=reply)
