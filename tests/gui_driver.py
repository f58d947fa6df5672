"""Drives the real program on an X server of the tests' own, as a person with hands would."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Display:
    """A running X server; `environment` leads programs to it."""

    name: str

    @property
    def environment(self) -> dict[str, str]:
        return {"DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb"}


@contextmanager
def virtual_display(width: int, height: int) -> Iterator[Display]:
    """Start an X server with a screen of that many pixels in memory, and stop it afterwards."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24"]
    command += ["-nolisten", "tcp", "-noreset", "-dpi", "96"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.PIPE) as server:
        os.close(writing)
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        try:
            assert number, f"no X server: {server.stderr.read() if server.stderr else b''!r}"
            yield Display(f":{number}")
        finally:
            server.terminate()
