"""Forces what is recorded to the disk, in a thread of its own: the loop never waits for a disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from rig.errors import RecordingError
from rig.frames import FrameWriter


class Syncer:
    """Syncs files again and again.

    Parameters
    ----------
    files
        Returns the files.
    every
        Seconds between two times; `soon` asks for one at once.

    Attributes
    ----------
    error
        What went wrong, if something did: what was synced before is safe, the rest may not be.
    """

    def __init__(self, files: Callable[[], Iterable[FrameWriter]], every: float) -> None:
        self.error: RecordingError | None = None
        self._files = files
        self._every = every
        self._asked = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def soon(self) -> None:
        """Sync at once, and not only when the time has come; nobody waits for it."""
        self._asked.set()

    def close(self) -> None:
        """Stop, when a sync that is under way has ended; closing again does nothing."""
        self._closing = True
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closing and self.error is None:
            self._asked.wait(self._every)
            self._asked.clear()
            try:
                for file in self._files():
                    file.sync()
            except RecordingError as error:
                self.error = error
