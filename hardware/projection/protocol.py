"""What a TI LightCrafter (DLP3000, DM365 board) says over TCP: packets, settings, bitmaps.

A packet is type, two bytes of command, flags, two bytes of length (low one first), payload and
checksum, which is the sum of all bytes before it, modulo 256. The commands were taken from TI's
published programming interface and from public drivers, and compared with no physical unit.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

COLUMNS, ROWS = 608, 684
"""Mirrors of a unit: columns and rows."""
PORT = 21845
MOST_PATTERNS = 96
LONGEST_PAYLOAD = 65_535
SHORTEST_EXPOSURE_US, LONGEST_EXPOSURE_US = 250, 2_000_000
"""Microseconds that a pattern of one bit can be shown for."""
HIGHEST_CURRENT = 1023
_HEADER = struct.Struct("<BBBBH")
_SEQUENCE = struct.Struct("<BHBBIIIBB")
_BITMAP_FILE = struct.Struct("<2sIHHI")
_BITMAP_INFO = struct.Struct("<IiiHHIIiiII")
_BITMAP_OFFSET = _BITMAP_FILE.size + _BITMAP_INFO.size + 8
_ROW_BYTES = COLUMNS // 8
Picture = npt.NDArray[np.bool_]
"""Which mirrors throw light on the cortex, shape (ROWS, COLUMNS)."""


class Kind(IntEnum):
    """The type of a packet."""

    BUSY = 0
    ERROR = 1
    WRITE = 2
    WRITTEN = 3
    READ = 4
    ANSWER = 5


class Command(IntEnum):
    """What is written or read."""

    VERSION = 0x0100
    MODE = 0x0101
    CURRENT = 0x0104
    COLOUR = 0x0106
    SEQUENCE = 0x0480
    PATTERN = 0x0401
    RUN = 0x0402


class Mode(IntEnum):
    """What the mirrors follow."""

    STATIC = 0
    TEST = 1
    VIDEO = 2
    SEQUENCE = 4


class Trigger(IntEnum):
    """What shows the patterns of a sequence."""

    COMMAND = 0
    AUTO = 1
    EXTERNAL = 2


ERRORS = {
    1: "it could not carry out a command, and does not say why",
    2: "it does not know a command: its firmware is another one",
    3: "it refused the value of a setting",
    4: "its memory is full",
    5: "a part of it is defective",
    6: "it is busy",
    7: "it is not ready for that command yet",
    8: "it did not find what a command was about",
    9: "a command reached it damaged",
    10: "a command reached it with the wrong length: its firmware is another one",
    11: "a part of a long command is missing",
}
"""What the codes of its error packets mean, as the end of a sentence about the projector."""


@dataclass(frozen=True)
class Packet:
    """One packet; `flags` are 0 for a whole one, 1 the first of several, 2 in between, 3 last."""

    kind: int
    command: int
    payload: bytes = b""
    flags: int = 0


@dataclass(frozen=True)
class Sequence:
    """How patterns of one bit are shown, each at once after the other; times in microseconds."""

    patterns: int
    exposure_us: int
    led: int
    trigger: Trigger = Trigger.AUTO
    repeats: bool = True


class Damaged(ValueError):  # noqa: N818 (it says what is wrong with the bytes)
    """Bytes that are no packet, or another one than they say."""


def pack(packet: Packet) -> bytes:
    """Return a packet as bytes.

    Examples
    --------
    >>> pack(Packet(Kind.WRITE, Command.MODE, bytes([Mode.SEQUENCE]))).hex(" ")
    '02 01 01 00 01 00 04 09'
    """
    high, low = divmod(packet.command, 256)
    header = _HEADER.pack(packet.kind, high, low, packet.flags, len(packet.payload))
    body = header + packet.payload
    return body + bytes([sum(body) % 256])


def unpack(data: bytes) -> tuple[Packet | None, bytes]:
    """Return the first packet of what came, None if it is not there whole, and what is left.

    Raises
    ------
    Damaged
        If its checksum is wrong.
    """
    if len(data) < _HEADER.size:
        return None, data
    kind, high, low, flags, length = _HEADER.unpack_from(data)
    end = _HEADER.size + length
    if len(data) <= end:
        return None, data
    if sum(data[:end]) % 256 != data[end]:
        raise Damaged("the checksum is wrong")
    return Packet(kind, high * 256 + low, data[_HEADER.size : end], flags), data[end + 1 :]


def split(packet: Packet) -> list[Packet]:
    """Return a packet as those that are short enough to be sent."""
    payload = packet.payload
    parts = [
        payload[begin : begin + LONGEST_PAYLOAD]
        for begin in range(0, len(payload), LONGEST_PAYLOAD)
    ]
    if len(parts) <= 1:
        return [packet]
    flags = [1, *[2] * (len(parts) - 2), 3]
    return [
        Packet(packet.kind, packet.command, part, flag)
        for part, flag in zip(parts, flags, strict=True)
    ]


def pack_currents(led: int, current: int) -> bytes:
    """Return the currents of red, green and blue, where one LED has one and the others none."""
    return struct.pack("<3H", *(current if each == led else 0 for each in range(3)))


def unpack_currents(payload: bytes) -> tuple[int, int, int]:
    """Return the currents of red, green and blue."""
    if len(payload) != 6:
        raise Damaged(f"{len(payload)} bytes are no currents")
    red, green, blue = struct.unpack("<3H", payload)
    return red, green, blue


def pack_sequence(sequence: Sequence) -> bytes:
    """Return the settings of a sequence of patterns of one bit."""
    return _SEQUENCE.pack(
        1,
        sequence.patterns,
        0,
        sequence.trigger,
        0,
        sequence.exposure_us,
        sequence.exposure_us,
        sequence.led,
        int(sequence.repeats),
    )


def unpack_sequence(payload: bytes) -> Sequence:
    """Return the settings of a sequence; raise `Damaged` if they are none of ours."""
    if len(payload) != _SEQUENCE.size:
        raise Damaged(f"{len(payload)} bytes are no settings of a sequence")
    depth, patterns, inverted, trigger, delay, period, exposure, led, repeats = _SEQUENCE.unpack(
        payload
    )
    is_ours = depth == 1 and not inverted and not delay and period == exposure
    if not is_ours or trigger not in list(Trigger):
        raise Damaged("the settings are of another sequence than one of single bits")
    return Sequence(patterns, exposure, led, Trigger(trigger), bool(repeats))


def bitmap(picture: Picture) -> bytes:
    """Return a picture as a BMP file of one bit a mirror, the lowest row first."""
    pixels = np.packbits(picture[::-1], axis=1).tobytes()
    file = _BITMAP_FILE.pack(b"BM", _BITMAP_OFFSET + len(pixels), 0, 0, _BITMAP_OFFSET)
    info = _BITMAP_INFO.pack(40, COLUMNS, ROWS, 1, 1, 0, len(pixels), 0, 0, 2, 2)
    return file + info + b"\0\0\0\0\xff\xff\xff\0" + pixels


def picture_of(data: bytes) -> Picture:
    """Return the picture in a BMP file; raise `Damaged` if it is not one of this unit."""
    if len(data) != _BITMAP_OFFSET + ROWS * _ROW_BYTES or data[:2] != b"BM":
        raise Damaged("it is no bitmap of 608 x 684 mirrors with one bit each")
    pixels = np.frombuffer(data, np.uint8, offset=_BITMAP_OFFSET).reshape(ROWS, _ROW_BYTES)
    return np.unpackbits(pixels, axis=1)[::-1].astype(bool)
