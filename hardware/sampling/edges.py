"""Reports the changes of a line to the session: what every sampled digital input has to do."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rig.inbox import Edge, Inbox


class Edges:
    """Tells a session each change of one line, once, from `open` to `close`.

    Safe to use from several threads.

    Parameters
    ----------
    name
        The device that the line belongs to.
    inbox
        Where the changes go.
    """

    def __init__(self, name: str, inbox: Inbox) -> None:
        self._name = name
        self._inbox = inbox
        self._lock = threading.Lock()
        self._told: bool | None = None
        self._last = 0.0

    @property
    def is_open(self) -> bool:
        """Whether changes are told."""
        return self._told is not None

    @property
    def level(self) -> bool:
        """Whether the line is on, as it was told."""
        return self._told is True

    def open(self, level: Callable[[], bool], time: float) -> None:
        """Tell changes from now on, at `time`; a line that is on already is told at once.

        `level` is asked while no change can come in between.
        """
        with self._lock:
            self._told, self._last = False, 0.0
            if level():
                self._tell(level=True, time=time)

    def close(self) -> None:
        """Tell nothing more."""
        with self._lock:
            self._told = None

    def change(self, level: bool, time: float) -> None:
        """Take in that the line changed to a level at a time."""
        with self._lock:
            if self._told is not None and level != self._told:
                self._tell(level, time)

    def _tell(self, level: bool, time: float) -> None:
        """Report a change; times never go backwards, though the clocks are compared anew."""
        self._told = level
        self._last = max(time, self._last)
        self._inbox.put(Edge(self._name, level, self._last))
