"""Follows a file of frames while another process writes it, and leaves nothing out.

Whoever writes the file also sends its frames, each time with the place where they stand in it.
A reader that has missed some (it was slow, it came late, it was started again) sees that by the
place, and takes what lacks from the file: frames are in the file before they are sent.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from rig.errors import RecordingError
from rig.frames import LONGEST_FRAME, damaged

_HEAD = struct.Struct("<II")
_PIECE = 1 << 20
"""Bytes that are read from the file at a time."""


class Tail:
    """Reads the frames of a file in their order, each one once.

    Parameters
    ----------
    path, magic
        The file, and the line that it begins with.

    Attributes
    ----------
    offset
        Bytes of the file that have been read.
    """

    def __init__(self, path: Path, magic: bytes) -> None:
        self.offset = len(magic)
        self._path = path

    def take(self, offset: int, frames: bytes) -> Iterator[bytes]:
        """Return what is new, up to the end of frames that were sent, as pieces of whole frames.

        Parameters
        ----------
        offset
            Where the frames stand in the file.
        frames
            Whole frames.

        Raises
        ------
        RecordingError
            If the file has to be read, and is damaged.
        """
        if offset > self.offset:
            yield from self.read(offset)
        seen = self.offset - offset
        if seen < len(frames):
            self.offset = offset + len(frames)
            yield frames[seen:] if seen else frames

    def read(self, end: int | None = None) -> Iterator[bytes]:
        """Return what is new in the file, up to byte `end` of it, as pieces of whole frames.

        Without `end` that is all there is, but for a last frame that is not whole yet.

        Raises
        ------
        OSError
            If the file cannot be read.
        RecordingError
            If it is damaged.
        """
        if end is not None and end <= self.offset:
            return
        with self._path.open("rb") as file:
            file.seek(self.offset)
            rest = b""
            while end is None or self.offset + len(rest) < end:
                wanted = _PIECE if end is None else min(_PIECE, end - self.offset - len(rest))
                piece = file.read(wanted)
                if not piece:
                    return
                rest += piece
                whole = self._whole(rest)
                if whole:
                    frames, rest = rest[:whole], rest[whole:]
                    self.offset += whole
                    yield frames

    def _whole(self, data: bytes) -> int:
        """Return how many bytes of `data` are whole frames."""
        unpack, size, crc32 = _HEAD.unpack_from, _HEAD.size, zlib.crc32
        offset, last = 0, len(data) - size
        while offset <= last:
            length, crc = unpack(data, offset)
            if length > LONGEST_FRAME:
                raise self._damaged("a frame has an impossible length", offset)
            begin = offset + size
            payload = data[begin : begin + length]
            if len(payload) < length:
                break
            if crc32(payload) != crc:
                raise self._damaged("a frame has a wrong checksum", offset)
            offset = begin + length
        return offset

    def _damaged(self, what: str, offset: int) -> RecordingError:
        return damaged("record", what, f"{self._path}, byte {self.offset + offset}")
