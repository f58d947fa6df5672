"""Makes a valid session of what a crash, a power failure or a bad disk has left.

A damaged journal or stream is made anew from the HDF5 file if that is sealed. Otherwise its sound
part is kept under its name, and the rest is moved to a file beside it (``session.journal.rest``).
Nothing is thrown away. Then the HDF5 file is built.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import h5py

from rig.errors import BusyError, RecordingError
from rig.events import Definition, Event, Header
from rig.frames import has_frames, is_frame
from rig.hdf5_build import build_from_journal, remove_live
from rig.hdf5_file import is_sealed
from rig.journal import MAGIC, digest, read_frames, records_of
from rig.restoring import restore_journal, restore_stream
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
    restored
        Whether the whole file was made anew from the sealed HDF5 file, byte for byte; the damaged
        one is kept beside it.
    """

    path: Path
    damage: str
    rest: Path | None
    rest_bytes: int
    holds_more: bool
    restored: bool


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
        journal, events, last = _recover_journal(folder)
        streams = [_recover_stream(folder, path) for path in _stream_files(folder)]
        sha256 = digest(folder.journal)
        lost = any(each.damage and not each.restored for each in streams)
        built = lost or not is_sealed(folder.hdf5, sha256)
        if built:
            _set_aside(folder.hdf5)
            build_from_journal(folder.journal, sha256, folder.hdf5, folder.streams)
    except OSError as error:
        raise RecordingError(
            f"the session cannot be recovered: {error.strerror}",
            str(error.filename or folder.path),
            "Free space on the disk, or check the rights on the folder. Nothing is lost so far.",
        ) from error
    remove_live(folder)
    return Recovery(folder, events, last, (journal, *streams), built)


def _stream_files(folder: SessionFolder) -> list[Path]:
    return sorted(folder.streams.glob(f"*{SUFFIX}"))


def _set_aside(hdf5: Path) -> None:
    """Keep a sealed file that is not what the journal tells: it may hold what nothing else does."""
    try:
        with h5py.File(hdf5, "r") as file:
            sealed = bool(file.attrs["sealed"])
    except (OSError, KeyError):
        return
    if sealed:
        hdf5.replace(_free_name(hdf5.with_name(f"{hdf5.name}.rest")))


def _recover_journal(folder: SessionFolder) -> tuple[Mended, int, Event | None]:
    """Mend a journal; return what was done, how many events it has, and the last one."""
    path = folder.journal
    damage = _mended_magic(path)
    read = _read(path)
    whole = not read.damage and is_sealed(folder.hdf5, digest(path))
    if not whole and _restored(path, lambda new: restore_journal(folder.hdf5, read.header, new)):
        again = _read(path)
        damage = read.damage or f"it ends after event {read.events}"
        return Mended(path, damage, None, 0, False, True), again.events, again.last
    if read.begun < 2:
        raise RecordingError(
            read.damage or "the journal holds no session",
            str(path),
            "No header and definition can be read, so nothing is known of the session. If it was "
            "cut off before it began, the folder may be removed.",
        )
    return _cut(path, read.damage or damage, read.sound), read.events, read.last


@dataclass(frozen=True)
class _Read:
    """How far a journal can be read: header, records before the events, events, bytes, damage."""

    header: Header | None
    begun: int
    events: int
    last: Event | None
    sound: int
    damage: str


def _read(path: Path) -> _Read:
    """Read a journal as far as that is possible."""
    reader = read_frames(path)
    header: Header | None = None
    last: Event | None = None
    begun, events, damage = 0, 0, ""
    try:
        for record in records_of(reader, str(path)):
            if isinstance(record, Header | Definition):
                header = record if isinstance(record, Header) else header
                begun += 1
            else:
                events, last = record.seq, record
    except RecordingError as error:
        damage = error.what
    return _Read(header, begun, events, last, reader.sound, damage)


def _recover_stream(folder: SessionFolder, path: Path) -> Mended:
    """Mend a stream; return what was done."""
    reader = StreamReader(path)
    try:
        for _ in reader:
            pass
    except RecordingError as error:
        if _restored(path, lambda new: restore_stream(folder.hdf5, path.stem, new)):
            return Mended(path, error.what, None, 0, False, True)
        return _cut(path, error.what, reader.frames.sound)
    return _cut(path, "", reader.frames.sound)


def _restored(path: Path, restore: Callable[[Path], bool]) -> bool:
    """Put a restored file in place of a damaged one, which is kept; say if that was possible."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    if not restore(partial):
        return False
    path.rename(_free_name(path.with_name(f"{path.name}.rest")))
    partial.replace(path)
    return True


def _cut(path: Path, damage: str, sound: int) -> Mended:
    """Move what stands behind the first `sound` bytes of a file into a file beside it."""
    length = path.stat().st_size - sound
    if not damage or length <= 0:
        return Mended(path, damage, None, 0, False, False)
    rest = _free_name(path.with_name(f"{path.name}.rest"))
    partial = path.with_name(f"{path.name}.partial")
    with path.open("rb") as old, partial.open("wb") as kept, rest.open("xb") as cut:
        _copy(old, kept, sound)
        shutil.copyfileobj(old, cut)
        for file in (kept, cut):
            file.flush()
            os.fsync(file.fileno())
    partial.replace(path)
    return Mended(path, damage, rest, length, has_frames(rest.read_bytes()), False)


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
