"""Makes a valid session of what a crash, a power failure or a bad disk has left.

A damaged journal or stream is made anew from the HDF5 file, if that is sealed. Otherwise its sound
part is kept under its name, and the rest is moved to a file beside it (``session.journal.rest``).
Nothing is thrown away, nor is an HDF5 file that does not fit. Then the HDF5 file is built.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rig.errors import BusyError, RecordingError
from rig.events import Definition, Event, Header, StreamEnded
from rig.frames import LONGEST_FRAME, FrameReader, FrameWriter, has_frames, is_frame, pack
from rig.hdf5_build import build_from_journal, remove_live
from rig.hdf5_file import is_sealed, sealed_streams
from rig.journal import MAGIC, digest, read_frames, records_of
from rig.restoring import restore_journal, restore_stream
from rig.session_folder import SessionFolder, hold_running, is_running
from rig.streams import STREAM_MAGIC, SUFFIX, StreamDecoder, StreamSpec, pack_spec


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
        one is its rest.
    """

    path: Path
    damage: str
    rest: Path | None
    rest_bytes: int
    holds_more: bool = False
    restored: bool = False


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
        The journal, the streams, the HDF5 file: what was wrong, and what was done.
    built
        Whether the HDF5 file was built; False if it was sealed already.
    """

    folder: SessionFolder
    events: int
    last: Event | None
    files: tuple[Mended, ...]
    built: bool


@dataclass
class _Told:
    """What a journal tells, how many bytes of it are sound, and what is wrong behind them."""

    header: Header | None = None
    definition: Definition | None = None
    sound: int = 0
    damage: str = ""
    events: int = 0
    last: Event | None = None
    ends: dict[str, StreamEnded] = field(default_factory=dict)


def recover(folder: SessionFolder) -> Recovery:
    """Make a valid session of a folder; one that is valid is left as it is.

    Raises
    ------
    BusyError
        If the session still runs, or is being recovered.
    RecordingError
        If not even header and definition can be read, or a file cannot be written.
    """
    if is_running(folder):
        raise BusyError(
            "the session still runs, or is being recovered",
            folder.name,
            "Wait until it has ended, or stop it.",
        )
    with hold_running(folder, "rig recover"):
        try:
            return _recover(folder)
        except OSError as error:
            raise RecordingError(
                f"the session cannot be recovered: {error.strerror}",
                str(error.filename or folder.path),
                "Free space on the disk, or check the rights on the folder. Nothing is lost.",
            ) from error


def _recover(folder: SessionFolder) -> Recovery:
    journal, told = _recover_journal(folder)
    files, digests = [journal], {}
    for spec in told.definition.streams if told.definition else ():
        mended, digests[spec.name] = _recover_stream(folder, spec, told.ends.get(spec.name))
        files.append(mended)
    sha256 = digest(folder.journal)
    sealed = is_sealed(folder.hdf5, sha256) and sealed_streams(folder.hdf5) == digests
    if not sealed:
        files += _rebuild(folder, sha256)
    remove_live(folder)
    return Recovery(folder, told.events, told.last, tuple(files), not sealed)


def _recover_journal(folder: SessionFolder) -> tuple[Mended, _Told]:
    """Mend a journal; return what was done, and what it tells."""
    path = folder.journal
    magic = _mended_magic(path, MAGIC) if path.exists() else "there is no such file"
    told = _read(path)
    whole = not told.damage and is_sealed(folder.hdf5, digest(path))
    if not whole:
        rest = _restored(path, lambda new: restore_journal(folder.hdf5, told.header, new))
        if rest is not None:
            damage = magic or told.damage or f"it ended after event {told.events}"
            return Mended(path, damage, rest, rest.stat().st_size, restored=True), _read(path)
    if told.definition is None:
        raise RecordingError(
            told.damage or "the journal holds no session",
            str(path),
            "No header and definition can be read, so nothing is known of the session. If it was "
            "cut off before it began, the folder may be removed.",
        )
    return _mended(path, magic or told.damage, told.sound), told


def _read(path: Path) -> _Told:
    """Read a journal as far as that is possible."""
    reader, told = read_frames(path), _Told()
    try:
        for record in records_of(reader, str(path)):
            match record:
                case Header():
                    told.header = record
                case Definition():
                    told.definition = record
                case _:
                    told.events, told.last = told.events + 1, record
                    if isinstance(record, StreamEnded):
                        told.ends[record.stream] = record
    except RecordingError as error:
        told.damage = error.what
    told.sound = reader.sound
    return told


def _recover_stream(
    folder: SessionFolder, spec: StreamSpec, ended: StreamEnded | None
) -> tuple[Mended, str]:
    """Mend a stream; return what was done, and the digest of its blocks."""
    path = folder.streams / f"{spec.name}{SUFFIX}"
    damage = _mended_magic(path, STREAM_MAGIC) if path.exists() else "there is no such file"
    reader = FrameReader(path, STREAM_MAGIC, "stream")
    decoder, sha = StreamDecoder(str(path)), hashlib.sha256()
    try:
        for payload in reader:
            if decoder.take(payload) is not None:
                sha.update(pack(payload))
    except RecordingError as error:
        damage = damage or error.what
    if decoder.spec is not None and decoder.spec != spec:
        damage = "it is that of another stream"
    if ended is not None and sha.hexdigest() != ended.sha256:
        rest = _restored(path, lambda new: restore_stream(folder.hdf5, spec, ended.sha256, new))
        if rest is not None:
            damage = damage or f"it had {decoder.rows} of {ended.rows} rows"
            mended = Mended(path, damage, rest, rest.stat().st_size, restored=True)
            return mended, ended.sha256
    if decoder.spec != spec:
        return _begun_again(path, spec, damage or "it is empty"), hashlib.sha256().hexdigest()
    mended = _mended(path, damage, reader.sound)
    if ended is not None and not damage and sha.hexdigest() != ended.sha256:
        lost = f"it has {decoder.rows} rows, and {ended.rows} others were recorded"
        mended = Mended(path, lost, None, 0)
    return mended, sha.hexdigest()


def _restored(path: Path, restore: Callable[[Path], bool]) -> Path | None:
    """Put a restored file in place of a damaged one; return where that is kept.

    None if it cannot be restored; the damaged one stays then.
    """
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    if not restore(partial):
        return None
    rest = free_name(path.with_name(f"{path.name}.rest"))
    if path.exists():
        path.rename(rest)
    else:
        rest.touch()
    partial.replace(path)
    return rest


def _rebuild(folder: SessionFolder, sha256: str) -> Iterator[Mended]:
    """Build the HDF5 file; keep one that was there, and may hold more, beside it."""
    rest = free_name(folder.hdf5.with_name(f"{folder.hdf5.name}.rest"))
    there = folder.hdf5.exists()
    if there:
        folder.hdf5.replace(rest)
    try:
        build_from_journal(folder.journal, sha256, folder.hdf5, folder.streams)
    except RecordingError:
        if there:
            rest.replace(folder.hdf5)
        raise
    if there:
        what = "it is damaged, or made of other records than there are now"
        yield Mended(folder.hdf5, what, rest, rest.stat().st_size)


def _mended(path: Path, damage: str, sound: int) -> Mended:
    """Move what stands behind the first `sound` bytes of a file into a file beside it."""
    length = path.stat().st_size - sound
    if not damage or length <= 0:
        return Mended(path, damage, None, 0)
    rest = _kept(path, sound)
    with path.open("rb+") as file:
        file.truncate(sound)
        os.fsync(file.fileno())
    return Mended(path, damage, rest, length, has_frames(rest))


def _begun_again(path: Path, spec: StreamSpec, damage: str) -> Mended:
    """Begin the file of a stream of which nothing can be read anew; keep what there is."""
    path.parent.mkdir(exist_ok=True)
    length = path.stat().st_size if path.exists() else 0
    rest = _kept(path, 0) if length else None
    path.unlink(missing_ok=True)
    FrameWriter(path, STREAM_MAGIC, pack_spec(spec)).close()
    return Mended(path, damage, rest, length, rest is not None and has_frames(rest))


def _mended_magic(path: Path, magic: bytes) -> str:
    """Mend the first line of a file if only that is damaged; say so."""
    with path.open("rb") as file:
        line = file.read(len(magic))
        if line == magic or not is_frame(file.read(LONGEST_FRAME), 0):
            return ""
    free_name(path.with_name(f"{path.name}.rest")).write_bytes(line)
    with path.open("rb+") as file:
        file.write(magic)
    return "its first line is damaged"


def _kept(path: Path, begin: int) -> Path:
    """Copy a file from byte `begin` on into a new one beside it, which is on the disk then."""
    rest = free_name(path.with_name(f"{path.name}.rest"))
    try:
        with path.open("rb") as file, rest.open("xb") as kept:
            file.seek(begin)
            shutil.copyfileobj(file, kept)
            kept.flush()
            os.fsync(kept.fileno())
    except OSError:
        rest.unlink(missing_ok=True)
        raise
    return rest


def free_name(path: Path) -> Path:
    """Return a path that nothing has, by a number behind it, for what is to be kept."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}{number}")
    return free
