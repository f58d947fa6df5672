"""The engine's end of the logger: starts the process, hears how far it is, has the file sealed."""

from __future__ import annotations

import struct
import subprocess
import sys
import time
from typing import Literal

import zmq

from rig.bus import Bus, endpoint_of
from rig.errors import Problem, RecordingError
from rig.session_folder import SessionFolder
from rig.signals import apart, signals_held_back

READY_WITHIN = 30.0
SILENT_FOR = 20.0
"""Seconds: a logger that is asked to seal and gets no further for so long is given up."""
RESTARTS = 3
"""How often a logger that has ended is started again in a session."""
_PLACE = struct.Struct("<Q")


class LoggerLink:
    """Looks after the logger of a session.

    A logger that dies, or falls behind, never stops the session: the journal holds everything.
    It is started again and catches up from the journal; where that does not help, `seal` returns
    False, and the file is built at the end.

    Parameters
    ----------
    bus
        Where the logger hears the events.
    folder
        The session's folder.

    Attributes
    ----------
    logged
        Bytes of the journal that the logger has got.
    """

    def __init__(self, bus: Bus, folder: SessionFolder) -> None:
        self.logged = 0
        self._bus = bus
        self._folder = folder
        self._orders = bus.bind(zmq.PUSH, "orders")
        self._answers = bus.bind(zmq.PULL, "answers")
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts_left = RESTARTS
        self._reason = ""
        self._ready = False

    @property
    def state(self) -> Literal["ready", "catching up", "gone"]:
        """How the logger is, as a heartbeat tells it."""
        if not self._alive():
            return "gone"
        return "ready" if self._ready else "catching up"

    def start(self) -> None:
        """Start the logger and wait until it is ready; raise `RecordingError` if it is not."""
        try:
            self._launch()
        except OSError as error:
            self._reason = f"it cannot be started: {error.strerror}"
        end = time.monotonic() + READY_WITHIN
        while not self._ready and self._alive() and time.monotonic() < end:
            self._hear(100)
        self._hear(0)
        if not self._ready:
            silent = f"no answer within {READY_WITHIN:g} s" if self._alive() else "it was killed"
            reason = self._reason or silent
            self.close()
            raise RecordingError(
                f"the logger did not get ready: {reason}",
                "logger process",
                "Look at its message above; `rig doctor` tests the parts it needs.",
            )

    def look(self) -> None:
        """Hear what the logger has told; does not wait."""
        self._hear(0)

    def mend(self) -> Problem | None:
        """Start the logger again if it has ended; return what a person should know of it, once."""
        self._hear(0)
        if self._alive() or self._restarts_left < 0:
            return None
        self._restarts_left -= 1
        reason = self._reason or "it was killed"
        if self._restarts_left < 0:
            what = f"the logger has ended again and again: {reason}"
            do = "Go on: the journal holds everything, and the HDF5 file is built at the end."
            return Problem(what, "logger process", do, "warning")
        self.close()
        do = "Go on: a new one was started, which takes what it has missed from the journal."
        try:
            self._launch()
        except OSError as error:
            self._reason = f"none can be started: {error.strerror}"
            do = "Go on: another one is tried after the next trial."
        return Problem(f"the logger has ended: {reason}", "logger process", do, "warning")

    def seal(self, size: int, digest: str) -> bool:
        """Have the file sealed when the logger has got all of the journal.

        Parameters
        ----------
        size, digest
            Bytes of the journal, and the SHA-256 of its frames behind the header.

        Returns
        -------
        bool
            False if the logger could not do it.
        """
        if not self._alive():
            return False
        try:
            self._orders.send_multipart(
                (b"seal", _PLACE.pack(size), digest.encode()), flags=zmq.NOBLOCK
            )
        except zmq.Again:
            return False
        heard, logged = time.monotonic(), self.logged
        while time.monotonic() - heard < SILENT_FOR:
            if self._hear(100) == b"sealed":
                return True
            if self.logged > logged:
                heard, logged = time.monotonic(), self.logged
            if not self._alive():
                return self._hear(0) == b"sealed"
        return False

    def close(self) -> None:
        """End the process; closing again does nothing."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _launch(self) -> None:
        """Start the process; do not wait for it. Raises `OSError` if the system refuses."""
        self._ready, self._reason, self.logged = False, "", 0
        # -P: a folder called "rig" that the shell happens to stand in is not ours.
        command = [sys.executable, "-P", "-m", "rig.logger", self._bus.endpoint]
        command += [endpoint_of(self._orders), endpoint_of(self._answers), str(self._folder.path)]
        with signals_held_back():
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, **apart())

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _hear(self, wait_ms: int) -> bytes:
        """Take in what the logger tells; return its last word, empty if it told nothing."""
        word = b""
        while self._answers.poll(wait_ms):
            wait_ms = 0
            word, *told = self._answers.recv_multipart()
            match word:
                case b"ready":
                    self._ready = True
                case b"at":
                    (self.logged,) = _PLACE.unpack(told[0])
                case b"failed":
                    self._reason = told[0].decode()
        return word
