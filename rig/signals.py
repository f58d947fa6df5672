"""Ctrl-C, SIGTERM and (on Windows) Ctrl-Break all stop a session in the same safe way."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")


@contextlib.contextmanager
def stop_on_signals(stop: Callable[[str], None]) -> Iterator[None]:
    """Call ``stop(reason)`` at any signal that asks the program to end; it does not end by it."""

    def handle(number: int, frame: FrameType | None) -> None:
        stop(f"stopped by {signal.Signals(number).name}")

    present = [vars(signal)[name] for name in STOP_SIGNALS if name in vars(signal)]
    before = {number: signal.signal(number, handle) for number in present}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
