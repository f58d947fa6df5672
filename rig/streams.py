"""Streams: signals that are sampled again and again, as blocks of rows in files of their own.

A stream has a name, channels with units, a rate and a clock. Its file begins with the line
``MOUSERIG STREAM 1`` and holds frames (`rig.frames`): first the `StreamSpec`, then `Block` after
`Block`, each compressed by itself. What was written is safe from a killed program, and a torn
end costs the last block only.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from rig.errors import RecordingError
from rig.frames import FrameReader, damaged, pack

STREAM_MAGIC = b"MOUSERIG STREAM 1\n"
SUFFIX = ".stream"
_NUMBERS = re.compile("[<>|=]?[biuf][1248]")
Samples = npt.NDArray[Any]


class Channel(msgspec.Struct, frozen=True):
    """One column of a stream: ``value in unit = scale * sample + offset``."""

    name: str
    unit: str
    scale: float = 1.0
    offset: float = 0.0


class StreamSpec(msgspec.Struct, frozen=True):
    """What a stream is.

    Attributes
    ----------
    name
        The stream's own name; its file is ``NAME.stream``.
    device
        The device that it comes from.
    meaning
        What is measured, in a sentence.
    channels
        The columns, in their order.
    dtype
        Type of the samples as NumPy writes it: ``<i2``, ``<f8``, ...
    rate_hz
        Rows a second; None if they come when they come: then the first channel is called
        ``time`` and holds the session's seconds of each row.
    clock
        Whose clock makes the rate: ``session``, or the name of a card.
    external_file
        File in the session's folder that the rows are about, as the frames of a video are.
    """

    name: str
    device: str
    meaning: str
    channels: tuple[Channel, ...]
    dtype: str
    rate_hz: float | None
    clock: str = "session"
    external_file: str = ""


class Block(msgspec.Struct, frozen=True):
    """Some rows of a stream.

    Attributes
    ----------
    row
        Number of the first one; the first of a stream has number 0.
    time
        Session's seconds of the first one.
    rows
        How many they are.
    data
        The samples row by row; their bytes are shuffled and compressed (zlib).
    """

    row: int
    time: float
    rows: int
    data: bytes


class BlockTime(msgspec.Struct, frozen=True):
    """Where a block begins: number of its first row, and the session's seconds of it."""

    row: int
    time: float


@dataclass(frozen=True)
class Stream:
    """A stream that has been read.

    Attributes
    ----------
    spec
        What it is.
    samples
        As they were recorded, ``(rows, channels)``.
    blocks
        Where the blocks begin.
    damage
        What is wrong with its file, in words; empty if nothing is.
    """

    spec: StreamSpec
    samples: Samples
    blocks: tuple[BlockTime, ...]
    damage: str = ""

    def values(self) -> npt.NDArray[np.float64]:
        """Return the samples in the units of their channels, ``(rows, channels)``."""
        scale = np.array([channel.scale for channel in self.spec.channels])
        offset = np.array([channel.offset for channel in self.spec.channels])
        return np.asarray(self.samples * scale + offset, dtype=np.float64)

    def times(self) -> npt.NDArray[np.float64]:
        """Return the session's seconds of each row, ``(rows,)``.

        Between the beginnings of blocks they are interpolated, so that a card whose clock is
        a little slow or fast stays aligned with the session. Behind the last one the rate counts.
        """
        if self.spec.rate_hz is None:
            return np.asarray(self.values()[:, 0], dtype=np.float64)
        rows = np.arange(len(self.samples), dtype=np.float64)
        if not self.blocks:
            return rows / self.spec.rate_hz
        begins = np.array([block.row for block in self.blocks], dtype=np.float64)
        times = np.array([block.time for block in self.blocks])
        behind = np.maximum(rows - begins[-1], 0.0) / self.spec.rate_hz
        return np.asarray(np.interp(rows, begins, times) + behind)


def pack_spec(spec: StreamSpec) -> bytes:
    """Return the description of a stream as a frame."""
    return pack(msgspec.msgpack.encode(spec))


def pack_block(row: int, time: float, samples: Samples) -> bytes:
    """Return rows, ``(rows, channels)``, as a frame."""
    columns = np.ascontiguousarray(samples)
    data = columns.view(np.uint8).reshape(columns.size, columns.itemsize).T.tobytes()
    block = Block(row, time, len(columns), zlib.compress(data, 1))
    return pack(msgspec.msgpack.encode(block))


def read_stream(path: Path) -> Stream:
    """Return a stream as far as its file can be read.

    Raises
    ------
    RecordingError
        If not even its description can be read.
    """
    reader = StreamReader(path)
    parts, blocks, damage = [], [], ""
    try:
        for block, samples in reader:
            parts.append(samples)
            blocks.append(block)
    except RecordingError as error:
        if reader.spec is None:
            raise
        damage = error.what
    if reader.spec is None:
        raise damaged("stream", "it is empty", str(path))
    return Stream(reader.spec, joined(reader.spec, parts), tuple(blocks), damage)


def joined(spec: StreamSpec, parts: list[Samples]) -> Samples:
    """Return parts of a stream as one array, ``(rows, channels)``."""
    return np.concatenate([np.empty((0, len(spec.channels)), np.dtype(spec.dtype)), *parts])


class StreamReader:
    """Reads the blocks of a stream's file; raises `RecordingError` where it is damaged.

    Attributes
    ----------
    spec
        What the stream is, as soon as the first block is asked for; None before.
    frames
        The frames of the file, with the length of its sound part.
    """

    def __init__(self, path: Path) -> None:
        self.spec: StreamSpec | None = None
        self.frames = FrameReader(path, STREAM_MAGIC, "stream")
        self._path = path

    def __iter__(self) -> Iterator[tuple[BlockTime, Samples]]:
        decoder = StreamDecoder(str(self._path))
        for payload in self.frames:
            block = decoder.take(payload)
            self.spec = decoder.spec
            if block is not None:
                yield block


class StreamDecoder:
    """Makes rows of the payloads of a stream's file, in their order.

    Parameters
    ----------
    where
        The file, for errors.

    Attributes
    ----------
    spec
        What the stream is; None before the first payload.
    rows
        How many rows there were so far.
    """

    def __init__(self, where: str) -> None:
        self.spec: StreamSpec | None = None
        self.rows = 0
        self._where = where

    def take(self, payload: bytes) -> tuple[BlockTime, Samples] | None:
        """Return the rows of a block; None for the description that comes first.

        Raises
        ------
        RecordingError
            If the payload is none, or rows are missing before it.
        """
        where = f"{self._where}, row {self.rows}"
        try:
            if self.spec is None:
                self.spec = _sound_spec(payload)
                return None
            block = msgspec.msgpack.decode(payload, type=Block)
            samples = _unpacked(block, self.spec)
        except (msgspec.MsgspecError, ArithmeticError, ValueError, TypeError, zlib.error) as error:
            raise damaged("stream", f"it cannot be read: {error}", where) from error
        if block.row != self.rows:
            raise damaged("stream", f"row {block.row} is not {self.rows}", where)
        self.rows += block.rows
        return BlockTime(block.row, block.time), samples


def _sound_spec(payload: bytes) -> StreamSpec:
    spec = msgspec.msgpack.decode(payload, type=StreamSpec)
    if not _NUMBERS.fullmatch(spec.dtype) or not spec.channels:
        raise ValueError(f"{len(spec.channels)} channels of '{spec.dtype}' are no samples")
    return spec


def _unpacked(block: Block, spec: StreamSpec) -> Samples:
    """Return the rows of a block, ``(rows, channels)``; raise `ValueError` if it is none."""
    dtype = np.dtype(spec.dtype)
    size = block.rows * len(spec.channels) * dtype.itemsize
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(block.data, size + 1)
    if len(data) != size or block.rows < 1:
        raise ValueError(f"{len(data)} bytes are not {block.rows} rows")
    shuffled = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, -1)
    return np.ascontiguousarray(shuffled.T).view(dtype).reshape(block.rows, len(spec.channels))
