"""A second door to the process of a screen, by which others make it dark: a knock is enough.

The pipe of the process belongs to its driver. When the engine hangs, its guardian knocks here.
"""

from __future__ import annotations

import getpass
import os
import sys
import threading
import time
from multiprocessing.connection import Client, Listener

from rig.errors import DeviceError

GIVES_UP = 1.0
"""Seconds after a knock at which the process ends, whatever its graphics driver does."""
DARK_WITHIN = 0.5


class Door:
    """Listens for a knock, in a thread of its own.

    Attributes
    ----------
    knocked
        Is set when there was one: make the screen dark and end.

    Raises
    ------
    DeviceError
        If another process has this screen.
    """

    def __init__(self, screen: int) -> None:
        self.knocked = threading.Event()
        try:
            self._listener = Listener(_address(screen))
        except OSError as error:
            what = "another program of mouserig has this screen"
            raise DeviceError(
                what, f"screen {screen}", "End it, or take another screen."
            ) from error
        threading.Thread(target=self._listen, daemon=True).start()

    def tell_dark(self) -> None:
        """Tell who has knocked that the screen is dark."""
        if self.knocked.is_set():
            self._visitor.close()

    def _listen(self) -> None:
        # The connection is closed when the screen is dark, or, at the latest, by the end.
        self._visitor = self._listener.accept()
        self.knocked.set()
        time.sleep(GIVES_UP)
        os._exit(1)


def knock(screen: int) -> None:
    """Make a screen dark, whoever's process has it; nothing happens if none has.

    Raises
    ------
    DeviceError
        If the process did not end.
    """
    try:
        visit = Client(_address(screen))
    except OSError:  # nobody is there
        return
    with visit:
        try:
            is_dark = visit.poll(GIVES_UP + DARK_WITHIN)
        except OSError:  # on Windows, the other end may be found closed so
            is_dark = True
        if not is_dark:
            what = "its process does not end"
            raise DeviceError(what, f"screen {screen}", "Switch the screen off.")


def _address(screen: int) -> str:
    """Return the name of a screen's door: one for each user and display."""
    name = f"mouserig-screen-{getpass.getuser()}-{os.environ.get('DISPLAY', '')}-{screen}"
    if sys.platform == "win32":
        return rf"\\.\pipe\{name}"
    return f"\0{name}"
