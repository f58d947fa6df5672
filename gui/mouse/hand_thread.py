"""Hands touches to a session in a thread of its own, so that no lick waits for the window."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from rig.desk import Address, Hand
from rig.errors import RigError
from rig.inbox import Reply
from rig.trials import LICK_INPUT

Touched = tuple[str, bool]


class HandThread:
    """Leads the mouse of one session by hand; `close` lets go of it.

    Parameters
    ----------
    address
        The session's address.

    Attributes
    ----------
    trouble
        Why the session does not feel the hand; empty if it does.
    """

    def __init__(self, address: Address) -> None:
        self.trouble = ""
        self._address = address
        self._touches: queue.SimpleQueue[Touched | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="hand", daemon=True)
        self._thread.start()

    def touch(self, level: bool) -> None:
        """Begin (True) or end (False) to touch the spout; never waits."""
        self._touches.put((LICK_INPUT, level))

    def close(self) -> None:
        """Let go; what has been touched already is handed on first."""
        self._touches.put(None)

    def _run(self) -> None:
        with Hand(self._address) as hand:
            while (touched := self._touches.get()) is not None:
                self.trouble = _trouble(hand.touch, touched)


def _trouble(touch: Callable[[str, bool], Reply], touched: Touched) -> str:
    """Touch, and return what is wrong; empty if nothing is."""
    try:
        reply = touch(*touched)
    except RigError as error:
        return f"{error.what}. {error.do}"
    return "" if reply.accepted else reply.text
