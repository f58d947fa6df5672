"""Makes a valid session of what a crash, a power failure or a bad disk has left.

The sound part of the journal and of each stream is kept under its name. A damaged rest is moved
to a file beside it (``session.journal.rest``) and never thrown away. Then the HDF5 file is built.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rig.errors import BusyError, RecordingError
from rig.events import Definition, Event, Header
from rig.frames import FrameReader, has_frames, is_frame
from rig.hdf5_build import build_from_journal, remove_live
from rig.hdf5_file import is_sealed
from rig.journal import MAGIC, digest, read_frames, records_of
from rig.session_folder import SessionFolder, is_running
from rig.streams import SUFFIX, StreamReader

_PIECE = 1 << 20


@dataclass(frozen=True)
class Mended:
    """What was done to one file.

    Attributes
    ----------
    path
        The file.
    damage
        What was wrong with it, in words; empty if nothing was.
    rest
        Where its damaged rest lies now; None if it had none.
    rest_bytes
        How long that is.
    holds_more
        Whether sound frames stand in the rest: more was lost than a torn end.
    """

    path: Path
    damage: str
    rest: Path | None
    rest_bytes: int
    holds_more: bool


@dataclass(frozen=True)
class Recovery:
    """What a session came to by its recovery.

    Attributes
    ----------
    folder
        The session.
    events
        How many there are in it.
    last
        The last of them; None if there is none.
    files
        The journal, then the streams: what was wrong, and what was done.
    built
        Whether the HDF5 file was built; False if it was sealed already.
    """

    folder: SessionFolder
    events: int
    last: Event | None
    files: tuple[Mended, ...]
    built: bool


def recover(folder: SessionFolder) -> Recovery:
    """Make a valid session of a folder; one that is valid is left as it is.

    Raises
    ------
    BusyError
        If the session still runs.
    RecordingError
        If not even header and definition can be read, or a file cannot be written.
    """
    if is_running(folder):
        raise BusyError(
            "the session still runs", folder.name, "Wait until it has ended, or stop it."
        )
    try:
        journal, events, last = _recover_journal(folder.journal)
        streams = [_recover_stream(path) for path in sorted(folder.streams.glob(f"*{SUFFIX}"))]
    except OSError as error:
        raise RecordingError(
            f"the session cannot be recovered: {error.strerror}",
            str(error.filename or folder.path),
            "Free space on the disk, or check the rights on the folder. Nothing is lost so far.",
        ) from error
    sha256 = digest(folder.journal)
    whole = not any(each.damage for each in (journal, *streams))
    sealed = whole and is_sealed(folder.hdf5, sha256)
    if not sealed:
        build_from_journal(folder.journal, sha256, folder.hdf5, folder.streams)
    remove_live(folder)
    return Recovery(folder, events, last, (journal, *streams), not sealed)


def _recover_journal(path: Path) -> tuple[Mended, int, Event | None]:
    """Mend a journal; return what was done, how many events it has, and the last one."""
    reader = read_frames(path)
    last: Event | None = None
    begun, damage = 0, _mended_magic(path)
    try:
        for record in records_of(reader, str(path)):
            if isinstance(record, Header | Definition):
                begun += 1
            else:
                last = record
    except RecordingError as error:
        damage = damage or error.what
        if begun < 2:
            raise
    if begun < 2:
        raise RecordingError(
            "the journal holds no session",
            str(path),
            "The session was cut off before it began; the folder may be removed.",
        )
    return _mended(path, damage, reader), last.seq if last else 0, last


def _recover_stream(path: Path) -> Mended:
    """Mend a stream; return what was done."""
    reader = StreamReader(path)
    damage = ""
    try:
        for _ in reader:
            pass
    except RecordingError as error:
        damage = error.what
    return _mended(path, damage, reader.frames)


def _mended(path: Path, damage: str, reader: FrameReader) -> Mended:
    """Move what stands behind the sound part of a file into a file beside it."""
    length = path.stat().st_size - reader.sound
    if not damage or length <= 0:
        return Mended(path, damage, None, 0, holds_more=False)
    rest = _free_name(path.with_name(f"{path.name}.rest"))
    sound = path.with_name(f"{path.name}.partial")
    with path.open("rb") as old, sound.open("wb") as kept, rest.open("xb") as cut:
        _copy(old, kept, reader.sound)
        shutil.copyfileobj(old, cut)
        for file in (kept, cut):
            file.flush()
            os.fsync(file.fileno())
    sound.replace(path)
    return Mended(path, damage, rest, length, has_frames(rest.read_bytes()))


def _mended_magic(path: Path) -> str:
    """Mend the first line of a journal if only that is damaged; say so."""
    data = path.read_bytes()
    if data.startswith(MAGIC) or not is_frame(data, len(MAGIC)):
        return ""
    _free_name(path.with_name(f"{path.name}.rest")).write_bytes(data[: len(MAGIC)])
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(MAGIC + data[len(MAGIC) :])
    partial.replace(path)
    return "its first line is damaged"


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    """Copy the next `size` bytes, a piece at a time."""
    while size > 0 and (piece := source.read(min(size, _PIECE))):
        target.write(piece)
        size -= len(piece)


def _free_name(path: Path) -> Path:
    """Return a path that nothing has, by a number behind it."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}{number}")
    return free
