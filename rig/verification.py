"""Proves that a session's files say the same: HDF5, signals, NWB and copies what was recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import h5py
import msgspec
import numpy as np

from rig.closing import NOT_CLOSED
from rig.errors import RecordingError
from rig.events import Event, Record, StreamEnded, encode
from rig.export.nwb_journal import read_journal
from rig.hdf5_file import is_sealed
from rig.hdf5_reading import read_hdf5, read_trials
from rig.journal import digest
from rig.session_folder import (
    GUARDIAN_LOG,
    PROTOCOL_TOML,
    RIG_TOML,
    SOUNDS,
    SUBJECT_TOML,
    SessionFolder,
)
from rig.session_record import SessionRecord, load_session
from rig.sound_files import kept_name
from rig.streams import SUFFIX, StreamReader, StreamSpec

_RECOVER = "`rig recover` mends it."


class Finding(msgspec.Struct, frozen=True):
    """What was found of one file; `do` says what to do about it, and is empty if nothing."""

    file: str
    state: Literal["good", "bad"]
    detail: str
    do: str = ""


def verify(folder: SessionFolder) -> list[Finding]:
    """Return what is good and what is bad in a session's files; nothing is changed.

    Raises
    ------
    RecordingError
        If not even header and definition can be read.
    """
    record = load_session(folder)
    findings = [_journal(record), *_copies(record)]
    findings += [_stream(record, spec) for spec in record.definition.streams]
    findings += _videos(record)
    findings += _outputs(folder)
    if record.damage or record.running:
        return [*findings, _unproven(folder)]
    return [*findings, _hdf5(record), *_signals(record), *_nwb(record)]


def _journal(record: SessionRecord) -> Finding:
    name = record.folder.journal.name
    if record.damage:
        return Finding(name, "bad", record.damage, _RECOVER)
    if record.running:
        return Finding(name, "bad", "the session still runs", "Wait until it has ended.")
    ended = f"'{record.ended.reason}'" if record.ended else "cut off"
    return Finding(name, "good", f"{len(record.events)} events without a gap; ended: {ended}")


def _unproven(folder: SessionFolder) -> Finding:
    return Finding(folder.hdf5.name, "bad", "cannot be compared with such a journal", _RECOVER)


def _hdf5(record: SessionRecord) -> Finding:
    """Compare the HDF5 file with the journal, event by event."""
    path = record.folder.hdf5
    if not path.exists():
        return Finding(path.name, "bad", "the file is missing", _RECOVER)
    if not is_sealed(path, digest(record.folder.journal)):
        return Finding(path.name, "bad", "not sealed, or made from another journal", _RECOVER)
    try:
        difference = _first_difference(record, read_hdf5(path))
        if not difference and read_trials(path) != record.rows:
            difference = "its table of trials is not that of the journal"
    except RecordingError as error:
        difference = error.what
    if difference:
        return Finding(path.name, "bad", difference, f"Move the file away; {_RECOVER}")
    detail = f"sealed; {len(record.events)} events and {len(record.rows)} trials as in the journal"
    return Finding(path.name, "good", detail)


def _first_difference(record: SessionRecord, found: list[Record]) -> str:
    """Return where the records of the HDF5 file first differ from the journal's, in words."""
    wanted: list[Record] = [record.header, record.definition, *record.events]
    if len(found) != len(wanted):
        return f"it holds {len(found)} records, and the journal {len(wanted)}"
    for one, other in zip(found, wanted, strict=True):
        if encode(one) != encode(other):
            return f"it differs from the journal at {_place(other)}"
    return ""


def _place(record: Record) -> str:
    return f"event {record.seq}" if isinstance(record, Event) else "header or definition"


def _stream(record: SessionRecord, spec: StreamSpec) -> Finding:
    """Read a stream's file, and compare it with what the journal says of it."""
    path = record.folder.streams / f"{spec.name}{SUFFIX}"
    name = f"{record.folder.streams.name}/{path.name}"
    reader, rows = StreamReader(path), 0
    try:
        for _, samples in reader:
            rows += len(samples)
    except RecordingError as error:
        return Finding(name, "bad", error.what, _RECOVER)
    if reader.spec not in (None, spec):
        return Finding(name, "bad", "it is another stream than the definition tells", "")
    ended = [e for e in record.events if isinstance(e, StreamEnded) and e.stream == spec.name]
    if ended and rows != ended[-1].rows:
        detail = f"it holds {rows} rows, and the journal tells of {ended[-1].rows}"
        return Finding(name, "bad", detail, "Look for a better copy of the file.")
    return Finding(name, "good", f"{rows} rows without a gap" + ("" if ended else "; cut off"))


def _signals(record: SessionRecord) -> Iterator[Finding]:
    """Compare the signals in the HDF5 file with the streams' files, block by block."""
    for spec in record.definition.streams:
        name = f"{record.folder.hdf5.name}, signal '{spec.name}'"
        path = record.folder.streams / f"{spec.name}{SUFFIX}"
        try:
            difference = _signal_difference(record.folder.hdf5, path, spec)
        except (OSError, KeyError, RecordingError) as error:
            difference = f"it cannot be compared: {error}"
        if difference:
            yield Finding(name, "bad", difference, f"Move session.h5 away; {_RECOVER}")
        else:
            yield Finding(name, "good", "as in the stream's file")


def _signal_difference(hdf5: Path, path: Path, spec: StreamSpec) -> str:
    with h5py.File(hdf5, "r") as file:
        dataset = file[f"signals/{spec.name}/samples"]
        rows = 0
        for block, samples in StreamReader(path):
            found = dataset[block.row : block.row + len(samples)]
            if found.tobytes() != np.ascontiguousarray(samples).tobytes():
                return f"its rows from {block.row} on are not those of the stream's file"
            rows += len(samples)
        return "" if len(dataset) == rows else f"it holds {len(dataset)} rows instead of {rows}"


def _nwb(record: SessionRecord) -> Iterator[Finding]:
    """Compare the journals inside NWB files with the session's own.

    Hidden ones are still being written, or were left when that was cut off: nobody takes them.
    """
    paths = record.folder.path.glob("*.nwb")
    for path in sorted(path for path in paths if not path.name.startswith(".")):
        try:
            same = read_journal(path) == record.folder.journal.read_bytes()
            wrong = "" if same else "the journal inside is another one"
        except RecordingError as error:
            wrong = error.what
        if wrong:
            yield Finding(path.name, "bad", wrong, "Export the session again.")
        else:
            yield Finding(path.name, "good", "the journal inside is the session's")


def _copies(record: SessionRecord) -> Iterator[Finding]:
    """Compare the copies of the files that the session was made of."""
    folder, definition = record.folder.path, record.definition
    texts = {
        RIG_TOML: definition.rig_toml,
        PROTOCOL_TOML: definition.protocol_toml,
        SUBJECT_TOML: definition.subject_toml,
    }
    for name, text in texts.items():
        yield _copy(folder / name, name, _sha256(text.encode()))
    for file, sha256 in definition.sound_files.items():
        name = f"{SOUNDS}/{kept_name(file)}"
        yield _copy(folder / name, name, sha256)


def _copy(path: Path, name: str, sha256: str) -> Finding:
    try:
        same = _sha256(path.read_bytes()) == sha256
    except OSError as error:
        return Finding(name, "bad", f"cannot be read: {error.strerror}", "The journal has it.")
    if same:
        return Finding(name, "good", "as in the journal")
    return Finding(name, "bad", "is not what the session was made of", "The journal has it.")


def _videos(record: SessionRecord) -> Iterator[Finding]:
    for spec in record.definition.streams:
        if spec.external_file:
            there = (record.folder.path / spec.external_file).is_file()
            state: Literal["good", "bad"] = "good" if there else "bad"
            yield Finding(spec.external_file, state, "is there" if there else "is missing")


def _outputs(folder: SessionFolder) -> Iterator[Finding]:
    """Tell of outputs that the guardian could not close."""
    path = folder.path / GUARDIAN_LOG
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    stuck = [line.partition(" ")[2] for line in lines if NOT_CLOSED in line]
    if stuck:
        do = "Look at these outputs by hand before the rig is used again."
        yield Finding(path.name, "bad", "; ".join(stuck), do)
    else:
        yield Finding(path.name, "good", "no output was left on")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
