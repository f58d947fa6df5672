"""Append-only files of framed payloads: what journals and streams are made of.

Layout: a magic line, then frames of ``length (u32) | CRC-32 of the payload (u32) | payload``,
little-endian. A reader stops at the first bad frame and says so.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rig.errors import RecordingError

LONGEST_FRAME = 64 * 1024 * 1024
_SEARCHED = 4 * 1024 * 1024
_SOUGHT = 1024 * 1024
_HEAD = struct.Struct("<II")


def pack(payload: bytes) -> bytes:
    """Return a payload as a frame."""
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def split(data: bytes) -> Iterator[bytes]:
    """Return the payloads of whole frames that stand one after the other."""
    unpack, size = _HEAD.unpack_from, _HEAD.size
    end, whole = 0, len(data)
    while end < whole:
        begin = end + size
        end = begin + unpack(data, end)[0]
        yield data[begin:end]


def split_sound(data: bytes, begin: int) -> list[bytes]:
    """Return the payloads of frames that fill some bytes from a place on; none if one is damaged.

    A file that is small enough to be read at once is so read twice as fast as by `FrameReader`.
    """
    unpack, size, crc32 = _HEAD.unpack_from, _HEAD.size, zlib.crc32
    found: list[bytes] = []
    end, whole = begin, len(data)
    while end + size <= whole:
        begin = end + size
        length, crc = unpack(data, end)
        end = begin + length
        payload = data[begin:end]
        if crc32(payload) != crc:
            return []
        found.append(payload)
    return found if end == whole else []


class FrameWriter:
    """Writes a new file of frames.

    Parameters
    ----------
    path
        The file; it must not exist.
    magic
        Its first line.
    first
        Its first frame.

    Attributes
    ----------
    size
        Bytes that are with the operating system: a killed program does not lose them.
    synced
        Bytes of these that are on the disk: a power cut does not lose them.
    digest
        SHA-256 of all frames behind the first.

    Raises
    ------
    RecordingError
        If the file exists, or cannot be written.
    """

    def __init__(self, path: Path, magic: bytes, first: bytes) -> None:
        self.size = 0
        self.synced = 0
        self.digest = hashlib.sha256()
        self._path = path
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        if sys.platform == "win32":
            flags |= os.O_BINARY  # the default there would change line ends
        try:
            self._file = os.open(path, flags, 0o644)
        except OSError as error:
            raise self._error(error) from error
        self._write(magic + first)

    def append(self, frames: bytes) -> None:
        """Append whole frames; they are with the operating system when this returns."""
        self._write(frames)
        self.digest.update(frames)

    def sync(self) -> None:
        """Wait until all that was appended is on the disk; any thread may wait."""
        size = self.size
        if size == self.synced:
            return
        try:
            if sys.platform == "linux":
                os.fdatasync(self._file)
            else:
                os.fsync(self._file)
        except OSError as error:
            raise self._error(error) from error
        self.synced = size

    def close(self) -> None:
        """Close the file; closing again does nothing. What must be safe was synced before."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, data: bytes) -> None:
        """Write all of `data`, also where the system takes it in parts."""
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            raise self._error(error) from error
        self.size += written

    def _error(self, error: OSError) -> RecordingError:
        return RecordingError(
            f"the record cannot be written: {error.strerror}",
            str(self._path),
            "Free space on the disk, or check the rights on the folder. What was recorded "
            "before is kept.",
        )


class FrameReader:
    """Reads a file of frames up to its end, or up to its first damaged place.

    Parameters
    ----------
    path, magic
        The file, and the line that it must begin with.
    what
        What the file is, for errors: ``journal``.
    do
        What to do if it is gone, or is none of that sort.

    Attributes
    ----------
    sound
        Bytes up to the end of the last frame that was read.

    Raises
    ------
    RecordingError
        If the file cannot be opened or is none of that sort; while reading, where it is damaged.
    """

    def __init__(self, path: Path, magic: bytes, what: str, do: str = "Check the path.") -> None:
        self.sound = len(magic)
        self._do = do
        self._path = path
        self._magic = magic
        self._what = what

    def __iter__(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                yield from self._payloads(file)
        except PermissionError as error:
            raise RecordingError(
                f"the {self._what} cannot be read: {error.strerror}",
                str(self._path),
                "Check the rights on the file.",
            ) from error
        except OSError as error:
            raise RecordingError(
                f"the {self._what} cannot be read: {error.strerror}", str(self._path), self._do
            ) from error

    def _payloads(self, file: BinaryIO) -> Iterator[bytes]:
        if file.read(len(self._magic)) != self._magic:
            what = f"this is no {self._what} of mouserig"
            raise RecordingError(what, str(self._path), self._do)
        self.sound = len(self._magic)
        while head := file.read(_HEAD.size):
            if len(head) < _HEAD.size:
                raise self._damaged("its last frame is cut short")
            length, crc = _HEAD.unpack(head)
            if length > LONGEST_FRAME:
                raise self._damaged("a frame has an impossible length")
            payload = file.read(length)
            if len(payload) < length:
                raise self._damaged("its last frame is cut short")
            if zlib.crc32(payload) != crc:
                raise self._damaged("a frame has a wrong checksum")
            yield payload
            self.sound += _HEAD.size + length

    def _damaged(self, what: str) -> RecordingError:
        return damaged(self._what, what, f"{self._path}, byte {self.sound}")


def damaged(file: str, what: str, where: str) -> RecordingError:
    """Return the error of a damaged file."""
    return RecordingError(
        f"the {file} is damaged: {what}",
        where,
        "All records before that place are sound; `rig recover` keeps them.",
    )


def has_frames(path: Path, begin: int = 0) -> bool:
    """Whether a sound frame begins in the 4 MiB of a file behind its byte `begin`.

    Behind a damaged place that tells a torn end, which lost nothing else, from a hole. Frames of
    more than 1 MiB are not found: what is no frame would take too long to check.
    """
    with path.open("rb") as file:
        file.seek(begin)
        data = file.read(_SEARCHED + _SOUGHT)
    last = min(len(data) - _HEAD.size, _SEARCHED)
    return any(is_frame(data, offset, _SOUGHT) for offset in range(1, last))


def is_frame(data: bytes, offset: int, longest: int = LONGEST_FRAME) -> bool:
    """Whether a sound frame of at most `longest` bytes begins at `offset` of `data`."""
    begin = offset + _HEAD.size
    if begin > len(data):
        return False
    length, crc = _HEAD.unpack_from(data, offset)
    if not 0 < length <= longest or begin + length > len(data):
        return False
    return bool(zlib.crc32(memoryview(data)[begin : begin + length]) == crc)
