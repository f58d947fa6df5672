"""The pipes between a driver and the process that owns its device: messages of both directions."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Literal

import msgspec

BEAT = 0.1
"""Seconds: a process that owns a device tells at least so often that it lives."""
_LENGTH = struct.Struct("<I")


class Message(msgspec.Struct, frozen=True, array_like=True):
    """What a process that owns a device tells its driver.

    `body` is a `Trouble` where a request is refused or the device has failed, and what driver and
    process agree on in a reply or a report.
    """

    kind: Literal["beat", "reply", "refused", "report", "failure"]
    body: msgspec.Raw = msgspec.Raw(b"\xc0")


class Trouble(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What went wrong, and what to do about it."""

    what: str
    do: str


def framed(payload: bytes) -> bytes:
    """Return bytes as they go into a pipe: their number, then themselves."""
    return _LENGTH.pack(len(payload)) + payload


def frames(pipe: IO[bytes]) -> Iterator[bytes]:
    """Return what comes out of a pipe until the other end is closed; half a message is none."""
    while len(head := pipe.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        payload = pipe.read(length)
        if len(payload) < length:
            return
        yield payload
