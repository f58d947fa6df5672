"""The one thread that sends: hands orders to engines, and keeps what they answered.

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

from rig.desk import tell
from rig.errors import RigError
from rig.inbox import Command, Reply, Verb


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
    command: Command


class Sender:
    """Sends orders, one after the other; `close` ends its thread.

    Parameters
    ----------
    locks
        The lab's folder of locks.
    send
        Hands a command to the session whose address is in a file; `rig.desk.tell` but in tests.

    Attributes
    ----------
    answers
        What came of orders, to be taken by the window.
    """

    def __init__(self, locks: Path, send: Callable[[Path, Command], Reply] = tell) -> None:
        self.answers: queue.SimpleQueue[Sent] = queue.SimpleQueue()
        self._locks = locks
        self._send = send
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    def order(self, rig: str, verb: Verb, author: str, **rest: object) -> str:
        """Ask something of the session on a rig; return the id under which it will be answered.

        `rest` are further fields of `rig.inbox.Command`.
        """
        number = uuid.uuid4().hex
        fields = {"verb": verb, "author": author, "id": number, **rest}
        self._orders.put(_Order(rig, msgspec.convert(fields, Command)))
        return number

    def close(self) -> None:
        """Send no more; what is being sent is not waited for."""
        self._orders.put(None)

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            self.answers.put(self._sent(order))

    def _sent(self, order: _Order) -> Sent:
        sent = Sent(order.rig, order.command.id, None)
        try:
            reply = self._send(self._locks / f"rig-{order.rig}.address", order.command)
        except RigError as error:
            return replace(sent, trouble=f"{error.what}. {error.do}")
        except Exception as error:  # whatever fails, the next order is sent
            return replace(sent, trouble=f"{type(error).__name__}: {error}")
        return replace(sent, reply=reply)
