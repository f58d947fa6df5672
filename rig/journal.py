"""The journal: an append-only file of framed records, the truth about a session.

Layout: the magic line, then frames of ``length (u32) | CRC-32 of the payload (u32) | payload``,
little-endian. The first frame is the header, the second the definition, then the events with
`seq` 1, 2, 3, ... A reader stops at the first bad frame and says so.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from rig.errors import RecordingError
from rig.events import Definition, Header, Record, decode, encode

MAGIC = b"MOUSERIG JOURNAL 1\n"
LONGEST_FRAME = 64 * 1024 * 1024
_FRAME = struct.Struct("<II")


def frame(record: Record) -> bytes:
    """Return the record as a frame."""
    payload = encode(record)
    return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def split_frames(data: bytes) -> Iterator[bytes]:
    """Return the payloads of whole frames that stand one after the other."""
    offset = 0
    while offset < len(data):
        length, _ = _FRAME.unpack_from(data, offset)
        offset += _FRAME.size + length
        yield data[offset - length : offset]


class JournalWriter:
    """Writes a new journal; the frame of the header is its first.

    Attributes
    ----------
    digest
        SHA-256 of all frames after the header: the same for the same session run again.

    Raises
    ------
    RecordingError
        If the file exists, or cannot be written.
    """

    def __init__(self, path: Path, header: bytes) -> None:
        self._path = path
        self.digest = hashlib.sha256()
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        if sys.platform == "win32":
            flags |= os.O_BINARY  # the default there would change line ends
        try:
            self._file = os.open(path, flags, 0o644)
        except OSError as error:
            raise self._error(error) from error
        self._write(MAGIC + header)

    def append(self, frames: bytes) -> None:
        """Append whole frames; they are with the operating system when this returns."""
        self.digest.update(frames)
        self._write(frames)

    def sync(self) -> None:
        """Wait until all that was appended is on the disk."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._error(error) from error

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

    def _error(self, error: OSError) -> RecordingError:
        return RecordingError(
            f"the journal cannot be written: {error.strerror}",
            str(self._path),
            "Free space on the disk, or check the rights on the folder. What was recorded "
            "before is kept.",
        )


def read_frames(path: Path) -> Iterator[bytes]:
    """Return the payloads of a journal; raise `RecordingError` where it is damaged."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise RecordingError(
            f"the journal cannot be read: {error.strerror}", str(path), "Check the path."
        ) from error
    with file:
        if file.read(len(MAGIC)) != MAGIC:
            raise RecordingError("this is no journal of mouserig", str(path), "Check the path.")
        offset = len(MAGIC)
        while head := file.read(_FRAME.size):
            if len(head) < _FRAME.size:
                raise _damaged(path, f"byte {offset}", "its last frame is cut short")
            length, crc = _FRAME.unpack(head)
            if length > LONGEST_FRAME:
                raise _damaged(path, f"byte {offset}", "a frame has an impossible length")
            payload = file.read(length)
            if len(payload) < length:
                raise _damaged(path, f"byte {offset}", "its last frame is cut short")
            if zlib.crc32(payload) != crc:
                raise _damaged(path, f"byte {offset}", "a frame has a wrong checksum")
            offset += _FRAME.size + length
            yield payload


def read_records(path: Path) -> Iterator[Record]:
    """Return the records of a journal; raise `RecordingError` where it is damaged."""
    seq = 0
    for number, payload in enumerate(read_frames(path)):
        try:
            record = decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _damaged(path, f"record {number}", f"it cannot be read: {error}") from error
        if not isinstance(record, Header | Definition):
            seq += 1
            if record.seq != seq:
                raise _damaged(path, f"record {number}", f"event {record.seq} is not {seq}")
        yield record


def has_lost_frames(path: Path) -> bool:
    """Whether sound frames stand behind a damaged place: more than a torn end is missing.

    Raises
    ------
    RecordingError
        If the file is no journal, or cannot be read.
    """
    sound = len(MAGIC)
    try:
        for payload in read_frames(path):
            sound += _FRAME.size + len(payload)
    except RecordingError:
        if sound == len(MAGIC):
            raise
    rest = memoryview(path.read_bytes())[sound:]
    for offset in range(1, len(rest) - _FRAME.size):
        length, crc = _FRAME.unpack_from(rest, offset)
        end = offset + _FRAME.size + length
        if length and end <= len(rest) and zlib.crc32(rest[offset + _FRAME.size : end]) == crc:
            return True
    return False


def digest(path: Path) -> str:
    """Return the SHA-256 of all frames after the header."""
    sha = hashlib.sha256()
    for number, payload in enumerate(read_frames(path)):
        if number > 0:
            sha.update(_FRAME.pack(len(payload), zlib.crc32(payload)) + payload)
    return sha.hexdigest()


def _damaged(path: Path, place: str, what: str) -> RecordingError:
    return RecordingError(
        f"the journal is damaged: {what}",
        f"{path}, {place}",
        "All records before that place are sound and can be read.",
    )
