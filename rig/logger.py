"""The logger: a process of its own that gets the session's frames by ZMQ and writes HDF5.

Messages to the logger: ``[b"header", frame]``, ``[b"frames", frames]`` and ``[b"seal", digest]``,
where the digest is the SHA-256 of the journal behind its header: the logger seals only what it
has got whole. Its answers: ``[b"ready"]`` before the first trial, then ``[b"sealed"]`` or
``[b"failed", reason]``.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import zmq

from rig.errors import Problem, RecordingError
from rig.events import decode
from rig.frames import split
from rig.hdf5_file import Hdf5File
from rig.signals import ignore_stop_signals

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
        self._path = path
        self._complete = True
        self._told = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it is ready; raise `RecordingError` if it is not."""
        self._socket_folder = tempfile.mkdtemp(prefix="mouserig-")
        self._context = zmq.Context()
        self._events = self._bind(zmq.PUSH, "events")
        self._answers = self._bind(zmq.PULL, "answers")
        # -P: a folder called "rig" that the shell happens to stand in is not ours.
        command = [sys.executable, "-P", "-m", "rig.logger"]
        command += [_endpoint(self._events), _endpoint(self._answers), str(self._path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, **_apart())
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

    def trouble(self) -> Problem | None:
        """Return, once, that the logger has ended or does not keep up; None if all is well."""
        alive = self._alive()
        if self._told or (alive and self._complete):
            return None
        self._told = True
        return Problem(
            "the logger does not keep up" if alive else "the logger has ended",
            "logger process",
            "Go on: the journal holds everything, and the HDF5 file is built from it at the end.",
            "warning",
        )

    def seal(self, digest: str) -> bool:
        """Have the file sealed; return False if the logger could not do it."""
        if not self._complete or not self._alive():
            return False
        self.send(digest.encode(), b"seal")
        return self._complete and self._answer(SEALED_WITHIN)[0] == b"sealed"

    def close(self) -> None:
        """End the process and let go of the sockets; closing again does nothing."""
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
        self._context.destroy(linger=0)
        shutil.rmtree(self._socket_folder, ignore_errors=True)

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _bind(self, kind: int, name: str) -> zmq.Socket[bytes]:
        """Open a socket that only this machine can reach."""
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.set_hwm(HIGH_WATER_MARK)
        socket.linger = _LINGER_MS
        file = f"{self._socket_folder}/{name}"
        has_ipc = zmq.has("ipc") and sys.platform != "win32"
        if has_ipc and len(file.encode()) < zmq.IPC_PATH_MAX_LEN:
            socket.bind(f"ipc://{file}")
        else:
            socket.bind("tcp://127.0.0.1:*")
        return socket

    def _answer(self, within: float) -> list[bytes]:
        """Wait for an answer; a logger that died or is silent gives a failure."""
        end = time.monotonic() + within
        while self._process is not None and time.monotonic() < end:
            if self._answers.poll(100):
                return self._answers.recv_multipart()
            if not self._alive() and not self._answers.poll(100):
                return [b"failed", f"it ended with code {self._process.returncode}".encode()]
        return [b"failed", f"no answer within {within:g} s".encode()]


def _endpoint(socket: zmq.Socket[bytes]) -> str:
    return socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")


def _apart() -> dict[str, Any]:
    """Return what keeps a process apart from the terminal: Ctrl-C is the engine's alone."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def run_logger(events_at: str, answers_at: str, path: str) -> None:
    """Be the logger process until the file is sealed or the engine is gone."""
    ignore_stop_signals()
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
    gone = threading.Event()
    threading.Thread(target=_wait_for_end_of_input, args=(gone,), daemon=True).start()
    flushed = time.monotonic()
    while True:
        if events.poll(int(FLUSH_EVERY * 1000)):
            yield events.recv_multipart()
        elif gone.is_set():
            flush()
            raise RecordingError("the engine is gone", "logger", "The journal holds the session.")
        if time.monotonic() - flushed > FLUSH_EVERY:
            flush()
            flushed = time.monotonic()


def _wait_for_end_of_input(gone: threading.Event) -> None:
    """Wait until standard input ends: the engine holds its other end, and never writes."""
    sys.stdin.buffer.read()
    gone.set()


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
        for payload in split(content):
            file.add(decode(payload))


if __name__ == "__main__":
    run_logger(*sys.argv[1:])
