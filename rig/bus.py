"""The bus: what a session sends to all who listen, and the sockets that it takes for that.

A message is one part. It begins with ``E``, the byte of the journal where its frames stand (u64,
little-endian), and the frames follow; or with ``B``, and a heartbeat follows, five times a
second. A listener that is slow, late or dead costs the session nothing: what it missed is in the
journal (`rig.tail`).
"""

from __future__ import annotations

import shutil
import struct
import sys
import tempfile
from typing import Literal

import msgspec
import zmq

BEAT_EVERY = 0.2
"""Seconds between two heartbeats."""
HIGH_WATER_MARK = 10_000
"""Messages that wait for a listener; a slower one misses some and takes them from the journal."""
LINGER_MS = 1000
_EVENTS = struct.Struct("<cQ")
_BEAT = b"B"


class Heartbeat(msgspec.Struct, frozen=True):
    """How a session stands.

    Attributes
    ----------
    time
        Seconds since session start.
    trial
        Number of the running trial, or of the last one.
    size
        Bytes of the journal: all that has happened.
    safe
        Bytes of these that are on the disk: a power cut would not lose them.
    logged
        Bytes of these that the logger has got.
    logger
        ``ready``; ``catching up`` when it was started again and reads the journal; ``gone``: the
        HDF5 file is built at the end, unless the logger is started again.
    speed
        How many times faster than real time the session runs.
    """

    time: float
    trial: int
    size: int
    safe: int
    logged: int
    logger: Literal["ready", "catching up", "gone"]
    speed: float = 1.0

    @property
    def backlog(self) -> int:
        """Bytes that the logger has not got yet."""
        return self.size - self.logged


class Bus:
    """The session's end of the bus; sockets that only this computer can reach.

    Attributes
    ----------
    endpoint
        Where to listen.
    """

    def __init__(self) -> None:
        # Only its owner can look into a folder that mkdtemp made.
        self._folder = tempfile.mkdtemp(prefix="mouserig-")
        self._context = zmq.Context()
        self._events = self.bind(zmq.PUB, "events")
        self.endpoint = endpoint_of(self._events)

    def bind(self, kind: int, name: str) -> zmq.Socket[bytes]:
        """Open another socket; it is closed with the bus."""
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.set_hwm(HIGH_WATER_MARK)
        socket.linger = LINGER_MS
        file = f"{self._folder}/{name}"
        has_ipc = zmq.has("ipc") and sys.platform != "win32"
        if has_ipc and len(file.encode()) < zmq.IPC_PATH_MAX_LEN:
            socket.bind(f"ipc://{file}")
        else:
            socket.bind("tcp://127.0.0.1:*")
        return socket

    def publish(self, place: int, frames: bytes) -> None:
        """Send frames that stand in the journal from byte `place` on; never waits."""
        self._events.send(_EVENTS.pack(b"E", place) + frames)

    def beat(self, heartbeat: Heartbeat) -> None:
        """Send a heartbeat; never waits."""
        self._events.send(_BEAT + msgspec.msgpack.encode(heartbeat))

    def close(self) -> None:
        """Close all sockets; closing again does nothing."""
        self._context.destroy(linger=0)
        shutil.rmtree(self._folder, ignore_errors=True)


def listen(context: zmq.Context[zmq.Socket[bytes]], endpoint: str) -> zmq.Socket[bytes]:
    """Return a socket that gets all that a session sends."""
    socket = context.socket(zmq.SUB)
    socket.set_hwm(HIGH_WATER_MARK)
    socket.subscribe(b"")
    socket.connect(endpoint)
    return socket


def parse(message: bytes) -> tuple[int, bytes] | Heartbeat:
    """Return place and frames in a message, or the heartbeat.

    Raises
    ------
    msgspec.DecodeError, struct.error
        If it is neither.
    """
    if message[:1] == _BEAT:
        return msgspec.msgpack.decode(message[1:], type=Heartbeat)
    return _EVENTS.unpack_from(message)[1], message[_EVENTS.size :]


def endpoint_of(socket: zmq.Socket[bytes]) -> str:
    """Return where a bound socket can be reached."""
    return socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
