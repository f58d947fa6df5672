"""The process of a screen, as long as somebody needs it."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Protocol

import msgspec

from hardware.processes.device_process import DeviceProcess
from hardware.screen.messages import Open, Opened, Request, Shown, Told
from rig.errors import DeviceError, Problem

OPENS_WITHIN = 60.0
"""Seconds: PsychoPy takes three to start, and much longer on a computer that is busy."""
TOLD: msgspec.msgpack.Decoder[Told] = msgspec.msgpack.Decoder(Told)


class Listener(Protocol):
    """Who is told what a screen has shown, and that its process is lost."""

    def hear(self, shown: Shown) -> None:
        """Take in that a picture has been shown; numbers of others are none of its business."""

    def lost(self, what: str, do: str) -> None:
        """Take in that the screen is gone."""


class ScreenProcess:
    """One process for one screen; it runs from the first `open` to the last `close`.

    Parameters
    ----------
    wanted
        What it is asked first.
    """

    def __init__(self, wanted: Open) -> None:
        self._wanted = wanted
        self._listeners: list[Listener] = []
        self._process: DeviceProcess[Told] | None = None
        self._opened: Opened | None = None
        self._number = 0

    def open(self, listener: Listener) -> Opened:
        """Start the process unless it runs; return what the screen is like.

        Raises
        ------
        DeviceError
            If there is no such screen, or nothing to draw on it with.
        """
        if self._process is None or self._opened is None:
            self._end()
            where = f"screen {self._wanted.screen}"
            process = DeviceProcess("hardware.screen.child", where, TOLD, self._hear, self._lost)
            told = process.start(self._wanted, OPENS_WITHIN)
            if not isinstance(told, Opened):
                raise DeviceError(f"its process answered {told}", where, "Install mouserig again.")
            self._process, self._opened = process, told
        self._listeners.append(listener)
        return self._opened

    def close(self, listener: Listener) -> None:
        """Need it no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)
        if not self._listeners:
            self._end()

    def next_number(self) -> int:
        """Return a number that no picture on this screen has had."""
        self._number += 1
        return self._number

    def ask(self, request: Request, within: float) -> None:
        """Have something done; raise `DeviceError` if it is not done within so many seconds."""
        self._running().ask(request, within)

    def tell(self, request: Request) -> None:
        """Have something begun; raise `DeviceError` if the process is gone."""
        self._running().tell(request)

    def _end(self) -> None:
        process, self._process, self._opened = self._process, None, None
        if process is not None:
            process.close()

    def _running(self) -> DeviceProcess[Told]:
        if self._process is None:
            raise DeviceError("it is closed", f"screen {self._wanted.screen}", "Open it first.")
        return self._process

    def _hear(self, told: Told) -> None:
        for listener in list(self._listeners):
            if isinstance(told, Shown):
                listener.hear(told)

    def _lost(self, what: str, do: str) -> None:
        self._opened = None
        for listener in list(self._listeners):
            listener.lost(what, do)


def lacks(where: str) -> list[Problem]:
    """Return what this computer lacks to show anything on a screen."""
    if importlib.util.find_spec("psychopy") is None:
        do = "Install it: docs/how-to/screen.md says how. Until then, use the screen's twin."
        return [Problem("PsychoPy, which draws on screens, is not installed", where, do)]
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        what = "there is no display: DISPLAY is not set"
        do = "Start it from a session on the screen, or set DISPLAY; or use the screen's twin."
        return [Problem(what, where, do)]
    return []
