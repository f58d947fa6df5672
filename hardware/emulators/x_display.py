"""A private X server whose screens are memory (Xvfb): for screens without a screen.

It needs the program ``Xvfb``. Programs that draw by OpenGL draw in software there; there is no
refresh to wait for, so that drivers of screens are set to ``pace = "clock"``.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hardware.emulators.x_connection import XConnection
from rig.errors import DeviceError
from rig.signals import apart

ENDS_WITHIN = 3.0
INSTALL = "Install it: `sudo apt install xvfb` (Debian, Ubuntu)."
TRY = "Type `Xvfb -displayfd 1 -screen 0 64x48x24`: it says why. Ctrl-C ends it."


@dataclass(frozen=True)
class XDisplay:
    """A running X server.

    Attributes
    ----------
    name
        Its name, as in DISPLAY.
    process
        Its number among the processes.
    """

    name: str
    process: int

    @property
    def environment(self) -> dict[str, str]:
        """What leads programs to it."""
        return {"DISPLAY": self.name}


@contextmanager
def x_display(*screens: tuple[int, int]) -> Iterator[XDisplay]:
    """Start an X server with screens of so many pixels (width, height), and stop it afterwards.

    If this program is killed, the server ends when the last program on its screens does.

    Raises
    ------
    DeviceError
        If there is no Xvfb, or it does not start.
    """
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-nolisten", "tcp", "-terminate", "-dpi", "96"]
    for number, (width, height) in enumerate(screens):
        command += ["-screen", str(number), f"{width}x{height}x24"]
    try:
        server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL, **apart())
    except OSError as error:
        os.close(reading)
        raise DeviceError(f"Xvfb cannot be started: {error}", "virtual screen", INSTALL) from error
    finally:
        os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            number_line = numbers.readline().strip()
        if not number_line:
            raise DeviceError("Xvfb ended at once", "virtual screen", TRY)
        # The server ends with its last client: this one stays as long as the block.
        with XConnection(f":{number_line}"):
            yield XDisplay(f":{number_line}", server.pid)
    finally:
        server.terminate()
        try:
            server.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
