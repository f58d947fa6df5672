"""The journal: an append-only file of framed records, the truth about a session.

It begins with the line ``MOUSERIG JOURNAL 1``. The first frame (`rig.frames`) is the header, the
second the definition, then come the events with `seq` 1, 2, 3, ...
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from rig.errors import RecordingError
from rig.events import UNREADABLE, Definition, Header, Record, decode, encode
from rig.frames import FrameReader, FrameWriter, damaged, has_frames, pack, split_sound
from rig.session_folder import JOURNAL, SessionFolder, how_to_mend, is_session

MAGIC = b"MOUSERIG JOURNAL 1\n"


def frame(record: Record) -> bytes:
    """Return the record as a frame."""
    return pack(encode(record))


def new_journal(path: Path, header: bytes) -> FrameWriter:
    """Begin a journal with the frame of its header; raise `RecordingError` if that fails."""
    return FrameWriter(path, MAGIC, header)


def read_frames(path: Path) -> FrameReader:
    """Return the reader of a journal's payloads; it raises `RecordingError` at its damage."""
    folder = SessionFolder(path.parent)
    is_of_session = path.name == JOURNAL and is_session(folder.path)
    do = f"{how_to_mend(folder)}." if is_of_session else "Check the path."
    return FrameReader(path, MAGIC, "journal", do)


def sound_payloads(path: Path) -> list[bytes]:
    """Return the payloads of a journal that is sound to its end; none of any other.

    `read_frames` says what is wrong with that one, and reads it up to there.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return []
    return split_sound(data, len(MAGIC)) if data.startswith(MAGIC) else []


def read_records(path: Path) -> Iterator[Record]:
    """Return the records of a journal; raise `RecordingError` where it is damaged."""
    return records_of(read_frames(path), str(path))


def records_of(payloads: Iterator[bytes] | FrameReader, where: str) -> Iterator[Record]:
    """Return the records in payloads: header, definition, then events without a gap.

    Raises
    ------
    RecordingError
        Where there is none, or one stands out of its order; `where` is the file, for that.
    """
    for number, payload in enumerate(payloads):
        try:
            record = decode(payload)
        except UNREADABLE as error:
            raise damaged(
                "journal", f"it cannot be read: {error}", f"{where}, record {number}"
            ) from error
        wrong = _out_of_order(record, number)
        if wrong:
            raise damaged("journal", wrong, f"{where}, record {number}")
        yield record


def _out_of_order(record: Record, number: int) -> str:
    """Return what is wrong with a record in that place; empty if nothing is."""
    match record:
        case Header():
            return "" if number == 0 else "a header stands among the events"
        case Definition():
            return "" if number == 1 else "a definition stands among the events"
        case _:
            wanted = number - 1
            return "" if record.seq == wanted else f"event {record.seq} is not {wanted}"


def has_lost_frames(path: Path) -> bool:
    """Whether sound frames stand behind a damaged place: more than a torn end is missing.

    Raises
    ------
    RecordingError
        If the file is no journal, or cannot be read.
    """
    reader = read_frames(path)
    try:
        for _ in reader:
            pass
    except RecordingError:
        if reader.sound == len(MAGIC):
            raise
    return has_frames(path, reader.sound)


def digest(path: Path) -> str:
    """Return the SHA-256 of all frames after the header."""
    sha = hashlib.sha256()
    for number, payload in enumerate(read_frames(path)):
        if number > 0:
            sha.update(pack(payload))
    return sha.hexdigest()
