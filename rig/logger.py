"""The logger: a process of its own that gets the session's frames by ZMQ and writes HDF5.

Messages to the logger: ``[b"header", frame]``, ``[b"frames", frames]`` and ``[b"seal", digest]``,
where the digest is the SHA-256 of the journal behind its header: the logger seals only what it
has got whole. Its answers: ``[b"ready"]`` before the first trial, then ``[b"sealed"]`` or
``[b"failed", reason]``.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import zmq

from rig.errors import RecordingError
from rig.events import decode
from rig.hdf5_file import Hdf5File
from rig.journal import split_frames

READY_WITHIN = 30.0
SEALED_WITHIN = 20.0
FLUSH_EVERY = 0.5
HIGH_WATER_MARK = 100_000
_LINGER_MS = 1000


class LoggerLink:
    """The engine's end: starts the logger, sends it frames, has the file sealed.

    A logger that dies or falls behind never stops the session: the journal holds everything,
    and `seal` returns False, so that the file is built from the journal.
    """

    def __init__(self, path: Path) -> None:
        self._socket_folder = tempfile.mkdtemp(prefix="mouserig-")
        self._context = zmq.Context()
        self._events = self._bind(zmq.PUSH, "events")
        self._answers = self._bind(zmq.PULL, "answers")
        self._complete = True
        spawn = multiprocessing.get_context("spawn")
        self._process = spawn.Process(
            target=run_logger,
            args=(self._endpoint(self._events), self._endpoint(self._answers), str(path)),
            name="mouserig-logger",
            daemon=True,
        )

    def start(self) -> None:
        """Start the process and wait until it is ready; raise `RecordingError` if it is not."""
        self._process.start()
        answer = self._answer(READY_WITHIN)
        if answer[0] != b"ready":
            reason = answer[-1].decode()
            self.close()
            raise RecordingError(
                f"the logger did not get ready: {reason}",
                "logger process",
                "Look at its message above; `rig doctor` tests the parts it needs.",
            )

    def send(self, frames: bytes, verb: bytes = b"frames") -> None:
        """Send frames; if the logger does not keep up, the file is built later instead."""
        if self._complete:
            try:
                self._events.send_multipart((verb, frames), flags=zmq.NOBLOCK)
            except zmq.Again:
                self._complete = False

    def seal(self, digest: str) -> bool:
        """Have the file sealed; return False if the logger could not do it."""
        if not self._complete or not self._process.is_alive():
            return False
        self._events.send_multipart((b"seal", digest.encode()))
        return self._answer(SEALED_WITHIN)[0] == b"sealed"

    def close(self) -> None:
        """End the process and let go of the sockets; closing again does nothing."""
        if self._context.closed:
            return
        if self._process.pid is not None:
            self._process.join(timeout=1)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._context.destroy(linger=0)
        shutil.rmtree(self._socket_folder, ignore_errors=True)

    def _bind(self, kind: int, name: str) -> zmq.Socket[bytes]:
        """Open a socket that only this machine can reach."""
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.set_hwm(HIGH_WATER_MARK)
        socket.linger = _LINGER_MS
        if zmq.has("ipc") and sys.platform != "win32":
            socket.bind(f"ipc://{self._socket_folder}/{name}")
        else:
            socket.bind("tcp://127.0.0.1:*")
        return socket

    def _endpoint(self, socket: zmq.Socket[bytes]) -> str:
        return socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")

    def _answer(self, within: float) -> list[bytes]:
        """Wait for an answer; a logger that died or is silent gives a failure."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if self._answers.poll(100):
                return self._answers.recv_multipart()
            if not self._process.is_alive() and not self._answers.poll(100):
                return [b"failed", f"it ended with code {self._process.exitcode}".encode()]
        return [b"failed", f"no answer within {within:g} s".encode()]


def run_logger(events_at: str, answers_at: str, path: str) -> None:
    """Be the logger process until the file is sealed or the engine is gone."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        # The engine gets these signals too, and ends the session; the logger outlives it.
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    context = zmq.Context()
    events, answers = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    events.set_hwm(HIGH_WATER_MARK)
    answers.linger = _LINGER_MS
    events.connect(events_at)
    answers.connect(answers_at)
    try:
        with Hdf5File(Path(path)) as file:
            answers.send_multipart((b"ready",))
            _log(file, _messages(events, file.flush))
        answers.send_multipart((b"sealed",))
    except Exception as error:  # whatever it is, the engine must hear of it
        answers.send_multipart((b"failed", f"{type(error).__name__}: {error}".encode()))
    events.close()
    answers.close()
    context.term()


def _messages(events: zmq.Socket[bytes], flush: Callable[[], None]) -> Iterator[list[bytes]]:
    """Return the messages as they come; flush in between; stop when the engine is gone."""
    engine = multiprocessing.parent_process()
    flushed = time.monotonic()
    while True:
        if events.poll(int(FLUSH_EVERY * 1000)):
            yield events.recv_multipart()
        elif engine is not None and not engine.is_alive():
            flush()
            raise RecordingError("the engine is gone", "logger", "The journal holds the session.")
        if time.monotonic() - flushed > FLUSH_EVERY:
            flush()
            flushed = time.monotonic()


def _log(file: Hdf5File, messages: Iterator[list[bytes]]) -> None:
    """Write the frames of all messages until the one that asks for the seal."""
    sha = hashlib.sha256()
    for verb, content in messages:
        if verb == b"seal":
            if content.decode() != sha.hexdigest():
                raise RecordingError(
                    "the logger did not get all events", "logger", "Build it from the journal."
                )
            file.seal(content.decode())
            return
        if verb == b"frames":
            sha.update(content)
        for payload in split_frames(content):
            file.add(decode(payload))
