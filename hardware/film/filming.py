"""Two threads that film: one takes frames from a camera, the other keeps them.

Between them is a queue of limited length, so that a slow disk neither holds up the camera nor fills
the memory: what does not fit in is lost, counted, and told.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from hardware.film.frame_source import Frame, FrameSource
from rig.errors import RigError

QUEUE = 128
"""Frames that may wait to be kept."""
FIRST_WITHIN = 5.0
"""Seconds in which the first frame comes: many cameras begin slowly."""
LONGEST_READ = 0.5
"""Seconds that the end waits for a camera that gives nothing."""
LONGEST_WRITE = 20.0
"""Seconds that the end waits for what is still to be kept."""
Told = Callable[[str, str], None]


class Filming:
    """From its making to `end` frames are taken from a source that is open, which it closes.

    Parameters
    ----------
    source
        Where they come from.
    keep
        Keeps one; called in a thread of its own.
    patience
        Seconds without a frame after which the camera counts as lost, once it has begun.
    failed
        Is told, once, what went wrong and what to do.

    Attributes
    ----------
    overflowed
        How many frames were lost because the queue was full.
    last
        Number of the last frame that came; None before the first.
    """

    def __init__(
        self, source: FrameSource, keep: Callable[[Frame], None], patience: float, failed: Told
    ) -> None:
        self.overflowed = 0
        self.last: int | None = None
        self._source = source
        self._keep = keep
        self._patience = patience
        self._failed = failed
        self._frames: queue.Queue[Frame] = queue.Queue(QUEUE)
        self._ends = threading.Event()
        self._has_failed = threading.Event()
        self._reader = threading.Thread(target=self._read, name="camera", daemon=True)
        self._writer = threading.Thread(target=self._write, name="video", daemon=True)
        self._reader.start()
        self._writer.start()

    def end(self) -> None:
        """Take no more frames; those that wait are kept before this returns."""
        self._ends.set()
        self._reader.join(LONGEST_READ)
        end = time.monotonic() + LONGEST_WRITE
        while self._writer.is_alive() and time.monotonic() < end:
            self._writer.join(0.05)
        if self._writer.is_alive():
            self._fail("the video could not be finished", "Look at the disk.")

    def _read(self) -> None:
        """Take frames as they come."""
        try:
            while not self._ends.is_set():
                frame = self._source.read()
                if self._ends.is_set():
                    break
                self.last = frame.number
                try:
                    self._frames.put_nowait(frame)
                except queue.Full:
                    self.overflowed += 1
        except Exception as error:  # whatever it is, the session must know
            self._fail(*_words(error))
        finally:
            self._source.close()

    def _write(self) -> None:
        """Keep frames until the end; tell if none comes."""
        heard, patience = time.monotonic(), max(FIRST_WITHIN, self._patience)
        keeps = True
        while not (self._ends.is_set() and self._frames.empty()):
            try:
                frame = self._frames.get(timeout=0.05)
            except queue.Empty:
                if time.monotonic() - heard > patience and not self._ends.is_set():
                    what = f"the camera has given no frame for {patience:g} s"
                    self._fail(what, "Look at its cable and its light.")
                continue
            heard, patience = time.monotonic(), self._patience
            try:
                if keeps:
                    self._keep(frame)
            except Exception as error:  # whatever it is, the session must know
                keeps = False
                self._fail(*_words(error))

    def _fail(self, what: str, do: str) -> None:
        if not self._has_failed.is_set():
            self._has_failed.set()
            self._failed(what, do)


def _words(error: Exception) -> tuple[str, str]:
    """Return an error as what happened and what to do."""
    if isinstance(error, RigError):
        return f"{error.what} ({error.where})", error.do
    return f"its driver failed: {error}", "Report this."
