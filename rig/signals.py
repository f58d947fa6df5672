"""Ctrl-C, SIGTERM, a closed terminal and Ctrl-Break all stop a session in the same safe way."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

STOPPED_EARLY = "Stopped before anything was begun.\n"
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")


def stop_signals() -> list[signal.Signals]:
    """Return the signals that ask a program to end, as far as this system has them."""
    present = signal.Signals.__members__
    return [present[name] for name in _NAMES if name in present]


class _Whole:
    """What the main thread does that no stop may leave in the middle."""

    def __init__(self) -> None:
        self._depth = 0
        self._waiting: list[Callable[[], None]] = []

    def stop(self, stop: Callable[[], None]) -> None:
        """Stop now, or as soon as all is done; handlers of signals run in the main thread."""
        if self._depth:
            self._waiting.append(stop)
        else:
            stop()

    @contextlib.contextmanager
    def done(self) -> Iterator[None]:
        """Let stops wait."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            while self._waiting and not self._depth:
                self._waiting.pop(0)()


_whole = _Whole()


def done_whole() -> contextlib.AbstractContextManager[None]:
    """Let signals that ask the program to end wait until this is done.

    For short calls into libraries that hold locks of their own: an interrupt that leaves them in
    the middle leaves the locks held, and then nothing can be turned off any more.
    """
    if threading.current_thread() is threading.main_thread():
        return _whole.done()
    return contextlib.nullcontext()


@contextlib.contextmanager
def stop_on_signals(stop: Callable[[str], None]) -> Iterator[None]:
    """Call ``stop(reason)`` at any signal that asks the program to end; it does not end by it."""

    def handle(number: int, frame: FrameType | None) -> None:
        _whole.stop(partial(stop, f"stopped by {signal.Signals(number).name}"))

    before = {number: signal.signal(number, handle) for number in stop_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt_once() -> Callable[[str], None]:
    """Return what leaves the devices, by the way on which all are turned off; the first time."""
    reasons: list[str] = []

    def interrupt(reason: str) -> None:
        reasons.append(reason)
        if len(reasons) == 1:
            raise KeyboardInterrupt(reason)

    return interrupt


def interrupt_main_thread() -> None:
    """Do in another thread what Ctrl-C does: the main thread leaves what it waits for, too."""
    if sys.platform == "win32":
        _thread.interrupt_main()
        return
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)


@contextlib.contextmanager
def signals_held_back() -> Iterator[None]:
    """Let signals wait that ask the program to end; a process started meanwhile never gets them.

    Between its fork and the moment when it stands apart, Ctrl-C would end it.
    """
    if sys.platform == "win32":  # there it stands apart from its first moment
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def apart() -> dict[str, Any]:
    """Return what keeps a new process apart from the terminal: Ctrl-C is the engine's alone.

    So is a terminal that is closed. To be given to `subprocess.Popen`.
    """
    if sys.platform == "win32":
        own = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": own}
    return {"start_new_session": True}


@contextlib.contextmanager
def signals_told_later() -> Iterator[None]:
    """Let no signal that asks the program to end cut a step short; it is told when that is done.

    To be used in the main thread.
    """
    told: list[int] = []

    def keep(number: int, frame: FrameType | None) -> None:
        told.append(number)

    before = {number: signal.signal(number, keep) for number in stop_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for each in told:
            signal.raise_signal(each)


@contextlib.contextmanager
def leave_on_ctrl_c() -> Iterator[None]:
    """End the program at once by Ctrl-C, while it has begun nothing that must be tidied.

    An import may swallow an exception that a signal raises in it, or show a traceback of ours.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # a program in the background ignores Ctrl-C
        yield
        return
    signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, STOPPED_EARLY.encode())
    os._exit(128 + number)


def ignore_stop_signals() -> None:
    """Ignore them: the program is ending, and its exit code is to tell how the session ended."""
    for number in stop_signals():
        signal.signal(number, signal.SIG_IGN)
