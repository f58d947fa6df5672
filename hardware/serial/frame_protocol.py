"""The language of our own boards: short frames with a check sum, a number and a time stamp.

A frame is, byte by byte: ``A5``, kind (a letter), sequence, time stamp in microseconds (32 bit),
length, payload, CRC-8 of all behind ``A5``. Numbers are little-endian. Each side counts its frames
in `sequence`, from 0 to 255 and again from 0.

==== ========= ======================================================================
kind from      payload
==== ========= ======================================================================
h    computer  none: who are you?
p    computer  number (8 bit), to be sent back at once; a sign of life as well
z    computer  none: switch the outputs off
H    board     name of its task and of its firmware, as text: ``lickometer 1``
P    board     the number; the time stamp is that of its arrival
L    board     level (8 bit), how often it has changed (16 bit), times of the last change and of
               the one before (32 bit each); after a change, and again every 20 ms
C    board     count of the encoder (32 bit, signed), at a fixed rate
==== ========= ======================================================================

An ``L`` tells of the last two changes, so that a frame that gets lost costs nothing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

SYNC = 0xA5
LONGEST = 64
"""Bytes of payload; a frame that claims more is none."""
WRAP_US = 1 << 32
_HEAD = struct.Struct("<cBIB")
_LEVEL = struct.Struct("<BHII")
_COUNT = struct.Struct("<i")


@dataclass(frozen=True)
class Frame:
    """A frame that has come: its kind, its number, the board's microseconds, its payload."""

    kind: str
    sequence: int
    time_us: int
    payload: bytes


@dataclass(frozen=True)
class LevelReport:
    """What an ``L`` tells of the line."""

    level: bool
    changes: int
    changed_us: int
    before_us: int


def crc8(data: bytes) -> int:
    """Return the CRC-8 of some bytes (polynomial 07, as in SMBus).

    Examples
    --------
    >>> hex(crc8(b"123456789"))
    '0xf4'
    """
    crc = 0
    for byte in data:
        crc = _TABLE[crc ^ byte]
    return crc


def _shifted(byte: int) -> int:
    for _ in range(8):
        byte = (byte << 1) ^ 0x07 if byte & 0x80 else byte << 1
    return byte & 0xFF


_TABLE = [_shifted(byte) for byte in range(256)]


def pack(kind: str, sequence: int, time_us: int = 0, payload: bytes = b"") -> bytes:
    """Return a frame as bytes.

    Examples
    --------
    >>> pack("p", 3, payload=bytes([7])).hex(" ")
    'a5 70 03 00 00 00 00 01 07 e3'
    """
    head = _HEAD.pack(kind.encode("ascii"), sequence % 256, time_us % WRAP_US, len(payload))
    body = head + payload
    return bytes([SYNC]) + body + bytes([crc8(body)])


def pack_level(report: LevelReport) -> bytes:
    """Return the payload of an ``L``."""
    return _LEVEL.pack(
        report.level,
        report.changes % (1 << 16),
        report.changed_us % WRAP_US,
        report.before_us % WRAP_US,
    )


def unpack_level(payload: bytes) -> LevelReport:
    """Return what an ``L`` tells; raise `struct.error` if it is none."""
    level, changes, changed_us, before_us = _LEVEL.unpack(payload)
    return LevelReport(bool(level), changes, changed_us, before_us)


def pack_count(count: int) -> bytes:
    """Return the payload of a ``C``: the count as 32 bits, which wrap.

    Examples
    --------
    >>> unpack_count(pack_count(2**31)) == -(2**31)
    True
    """
    return _COUNT.pack((count + (1 << 31)) % (1 << 32) - (1 << 31))


def unpack_count(payload: bytes) -> int:
    """Return the count of a ``C``; raise `struct.error` if it is none."""
    return int(_COUNT.unpack(payload)[0])


def wrapped(later: int, earlier: int, bits: int) -> int:
    """Return the way from a number that wraps to a later one, the shorter way round.

    Examples
    --------
    >>> wrapped(2, 2**32 - 3, 32), wrapped(2**32 - 3, 2, 32)
    (5, -5)
    """
    half = 1 << (bits - 1)
    return (later - earlier + half) % (1 << bits) - half


class FrameParser:
    """Finds the frames in what comes, and what is wrong with it.

    Attributes
    ----------
    skipped
        Bytes that belong to no sound frame.
    lost
        Frames that never came whole, by the gaps in their numbers.

    Examples
    --------
    >>> parser = FrameParser()
    >>> bad = bytearray(pack("P", 1))
    >>> bad[4] ^= 1
    >>> [frame.sequence for frame in parser.feed(pack("P", 0) + bad + pack("P", 2))]
    [0, 2]
    >>> parser.skipped, parser.lost
    (9, 1)
    """

    def __init__(self) -> None:
        self.skipped = 0
        self.lost = 0
        self._waiting = b""
        self._next: int | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that are complete with these bytes."""
        self._waiting += data
        frames: list[Frame] = []
        while True:
            start = self._waiting.find(bytes([SYNC]))
            self._skip(len(self._waiting) if start < 0 else start)
            size = self._size()
            if size is None:
                return frames
            frame = self._frame(size)
            if frame is None:
                self._skip(1)
            else:
                self._waiting = self._waiting[size:]
                self._count(frame.sequence)
                frames.append(frame)

    def _skip(self, count: int) -> None:
        self.skipped += count
        self._waiting = self._waiting[count:]

    def _size(self) -> int | None:
        """Return the bytes of the frame that begins here; None if they are not all there."""
        head = 1 + _HEAD.size
        if len(self._waiting) < head:
            return None
        length = self._waiting[head - 1]
        if length > LONGEST:
            return head
        size = head + length + 1
        return size if len(self._waiting) >= size else None

    def _frame(self, size: int) -> Frame | None:
        """Return the frame that begins here, or None if it is not sound."""
        body, check = self._waiting[1 : size - 1], self._waiting[size - 1]
        if self._waiting[_HEAD.size] > LONGEST or crc8(body) != check:
            return None
        kind, sequence, time_us, _ = _HEAD.unpack(body[: _HEAD.size])
        if not kind.isalpha():
            return None
        return Frame(kind.decode("ascii"), sequence, time_us, body[_HEAD.size :])

    def _count(self, sequence: int) -> None:
        if self._next is not None:
            self.lost += (sequence - self._next) % 256
        self._next = (sequence + 1) % 256
