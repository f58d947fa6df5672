"""The logger: a process of its own that hears the session's events and writes HDF5.

It hears the bus (`rig.bus`) and takes what it has missed from the journal, so that it may be
started at any time, and again. The engine orders ``[b"seal", size, digest]``: size and SHA-256
of the journal; the logger seals only what it has got whole. It answers ``[b"ready"]``,
``[b"at", size]`` as it gets on, and in the end ``[b"sealed"]`` or ``[b"failed", reason]``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import zmq

from rig.bus import LINGER_MS, Heartbeat, listen, parse
from rig.errors import RecordingError
from rig.events import decode
from rig.frames import split
from rig.hdf5_build import put_in_place
from rig.hdf5_file import Hdf5File
from rig.journal import MAGIC
from rig.session_folder import SessionFolder
from rig.signals import ignore_stop_signals
from rig.tail import Tail

FLUSH_EVERY = 0.5
_POLL_MS = 100
_AT_A_TIME = 1000
"""Messages that are taken in before the logger looks for orders."""
_PLACE = struct.Struct("<Q")


class Logging:
    """Takes the frames of a journal into an HDF5 file, each one once.

    Parameters
    ----------
    journal
        The journal, for what was missed.
    file
        The HDF5 file.

    Attributes
    ----------
    tail
        How much of the journal is in.
    """

    def __init__(self, journal: Path, file: Hdf5File) -> None:
        self.tail = Tail(journal, MAGIC)
        self._file = file
        self._sha = hashlib.sha256()
        self._header = True

    def catch_up(self, end: int | None = None) -> None:
        """Take in what the journal holds, up to byte `end` of it, or all there is."""
        self._log(self.tail.read(end))

    def hear(self, message: bytes) -> None:
        """Take in a message of the bus, and what was missed before it."""
        told = parse(message)
        if isinstance(told, Heartbeat):
            self.catch_up(told.size)
        else:
            self._log(self.tail.take(*told))

    def seal(self, size: int, digest: str) -> None:
        """Seal the file; raise `RecordingError` if it does not hold the whole journal."""
        self.catch_up(size)
        if self._sha.hexdigest() != digest:
            raise RecordingError(
                "the logger did not get all events", "logger", "Build it from the journal."
            )
        self._file.seal(digest)

    def _log(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            for payload in split(piece):
                self._file.add(decode(payload))
                if self._header:  # the digest is that of all behind the header
                    self._header = False
                    piece = piece[8 + len(payload) :]
            self._sha.update(piece)


def run_logger(events_at: str, orders_at: str, answers_at: str, folder: str) -> None:
    """Be the logger process until the file is sealed or the engine is gone."""
    ignore_stop_signals()
    session = SessionFolder(Path(folder))
    context = zmq.Context()
    events = listen(context, events_at)
    orders, answers = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    answers.linger = LINGER_MS
    orders.connect(orders_at)
    answers.connect(answers_at)
    try:
        with Hdf5File(session.live_hdf5, session.streams) as file:
            logging = Logging(session.journal, file)
            logging.catch_up()
            answers.send_multipart((b"ready",))
            _serve(logging, file, events, orders, answers)
        put_in_place(session.live_hdf5, session.hdf5)
        answers.send_multipart((b"sealed",))
    except Exception as error:  # whatever it is, the engine must hear of it
        answers.send_multipart((b"failed", f"{type(error).__name__}: {error}".encode()))
        with contextlib.suppress(OSError):  # what is not sealed is of no use to anybody
            session.live_hdf5.unlink(missing_ok=True)
    context.destroy(linger=LINGER_MS)


def _serve(
    logging: Logging,
    file: Hdf5File,
    events: zmq.Socket[bytes],
    orders: zmq.Socket[bytes],
    answers: zmq.Socket[bytes],
) -> None:
    """Take in what comes, flush now and then, until the order to seal; or the engine is gone."""
    gone = threading.Event()
    threading.Thread(target=_wait_for_end_of_input, args=(gone,), daemon=True).start()
    flushed, told = time.monotonic(), 0
    while not orders.poll(0):
        quiet = not events.poll(_POLL_MS)
        _take_what_waits(logging, events)
        if logging.tail.offset > told:
            told = logging.tail.offset
            with contextlib.suppress(zmq.Again):  # an engine that does not look need not know
                answers.send_multipart((b"at", _PLACE.pack(told)), flags=zmq.NOBLOCK)
        if time.monotonic() - flushed > FLUSH_EVERY:
            file.flush()
            flushed = time.monotonic()
        if quiet and gone.is_set():
            logging.catch_up()
            file.flush()
            raise RecordingError("the engine is gone", "logger", "The journal holds the session.")
    _, size, digest = orders.recv_multipart()
    logging.seal(_PLACE.unpack(size)[0], digest.decode())


def _take_what_waits(logging: Logging, events: zmq.Socket[bytes]) -> None:
    """Take in the messages that are there, but not more than some: orders must not wait long."""
    with contextlib.suppress(zmq.Again):
        for _ in range(_AT_A_TIME):
            logging.hear(events.recv(flags=zmq.NOBLOCK))


def _wait_for_end_of_input(gone: threading.Event) -> None:
    """Wait until standard input ends: the engine holds its other end, and never writes."""
    while os.read(0, 4096):  # not by sys.stdin, whose lock a thread may hold when we end
        pass
    gone.set()


if __name__ == "__main__":
    run_logger(*sys.argv[1:])
