"""The TCP connection to a LightCrafter: one command in flight, each with its reply."""

from __future__ import annotations

import contextlib
import socket
import time

from hardware.projection.protocol import (
    ERRORS,
    PORT,
    Command,
    Damaged,
    Kind,
    Packet,
    pack,
    split,
    unpack,
)
from rig.errors import DeviceError

CONNECTING = 1.0
"""Seconds within which the projector must take the connection."""
ANSWERING = 1.0
"""Seconds within which it must answer."""
BUSY_AGAIN = 0.02
"""Seconds after which a busy projector is told again."""
_PLUG = "Look at its USB cable and its power, and at the network adapter that it makes."
_REPLIES = {Kind.WRITE: Kind.WRITTEN, Kind.READ: Kind.ANSWER}


class LinkLost(DeviceError):  # noqa: N818 (it says what happened)
    """The projector does not answer, or not in its language."""


class LightCrafterLink:
    """A connection to a projector, from its making to `close`.

    Parameters
    ----------
    address
        Host, or host and port as ``host:port``.
    where
        The device, for errors.

    Raises
    ------
    LinkLost
        If nobody answers there.
    """

    def __init__(self, address: str, where: str) -> None:
        self._where = f"{where}, {address}"
        self._received = b""
        host, _, port = address.partition(":")
        try:
            self._socket = socket.create_connection((host, int(port or PORT)), CONNECTING)
        except (OSError, ValueError) as error:
            raise LinkLost("no projector answers at that address", self._where, _PLUG) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Let go of the connection; closing again does nothing."""
        self._socket.close()

    def write(self, command: Command, payload: bytes) -> None:
        """Give an order, and wait until the projector says that it was carried out.

        Raises
        ------
        DeviceError
            If it says that it was not.
        LinkLost
            If it says nothing, or nothing that makes sense. The connection is closed then.
        """
        for packet in split(Packet(Kind.WRITE, command, payload)):
            self._ask(packet)

    def read(self, command: Command, payload: bytes = b"") -> bytes:
        """Return what the projector answers to a question; see `write` for errors."""
        return self._ask(Packet(Kind.READ, command, payload)).payload

    def _ask(self, packet: Packet) -> Packet:
        reply = self._exchange(packet)
        end = time.monotonic() + ANSWERING
        while reply.kind == Kind.BUSY and time.monotonic() < end:
            time.sleep(BUSY_AGAIN)
            reply = self._exchange(packet)
        if reply.kind == Kind.BUSY:
            do = "Wait a moment and try again; restart it if it stays so."
            raise DeviceError(f"the projector was busy for {ANSWERING:g} s", self._where, do)
        if reply.kind == Kind.ERROR:
            raise self._error(packet, reply)
        if (reply.kind, reply.command) != (_REPLIES[Kind(packet.kind)], packet.command):
            raise self._lost("the projector answered something else than was asked")
        return reply

    def _exchange(self, packet: Packet) -> Packet:
        """Send a packet and return the next one that comes."""
        try:
            self._socket.settimeout(ANSWERING)
            self._socket.sendall(pack(packet))
            while True:
                reply, self._received = unpack(self._received)
                if reply is not None:
                    return reply
                self._receive()
        except TimeoutError as error:
            raise self._lost(f"the projector did not answer within {ANSWERING:g} s") from error
        except OSError as error:
            raise self._lost("the connection to the projector broke") from error
        except Damaged as error:
            raise self._lost(f"what the projector answered is damaged: {error}") from error

    def _receive(self) -> None:
        data = self._socket.recv(65_536)
        if not data:
            raise ConnectionResetError
        self._received += data

    def _error(self, packet: Packet, reply: Packet) -> DeviceError:
        code = reply.payload[0] if reply.payload else 0
        meaning = ERRORS.get(code, f"it answered with the unknown error {code}")
        name = Command(packet.command).name.lower()
        return DeviceError(
            f"the projector did not take '{name}': {meaning}",
            self._where,
            "Switch it off and on again; compare its firmware with docs/how-to/projector.md.",
        )

    def _lost(self, what: str) -> LinkLost:
        """Return that the connection is lost: what comes late must belong to nothing."""
        with contextlib.suppress(OSError):
            self._socket.close()
        return LinkLost(what, self._where, _PLUG)
