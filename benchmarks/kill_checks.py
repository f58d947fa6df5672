"""Checks that nothing which was acknowledged is missing from a session after a kill."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import msgspec
import numpy as np

from rig.bus import Heartbeat
from rig.errors import RecordingError
from rig.events import (
    ActionDone,
    Definition,
    DeviceReported,
    Event,
    GraphDefined,
    Header,
    InputChanged,
    Record,
    StateEntered,
)
from rig.hdf5_file import is_sealed
from rig.hdf5_layout import NO_NAME, STREAMS
from rig.hdf5_reading import read_trials
from rig.journal import digest
from rig.recovery import recover
from rig.session_folder import SessionFolder
from rig.session_record import SessionRecord, load_session
from rig.streams import read_stream

KINDS = {
    "inputs": InputChanged,
    "states": StateEntered,
    "actions": ActionDone,
    "reports": DeviceReported,
}
"""Which dataset of the HDF5 file holds which events."""


@dataclass
class Acknowledged:
    """What a session has told before it was killed.

    Attributes
    ----------
    records
        What a `rig.following.Follower` has returned.
    pieces
        Place in the journal and frames, as they came from the socket.
    safe
        Bytes of the journal that heartbeats called safe.
    """

    records: list[Record] = field(default_factory=list)
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    safe: int = 0

    def hear(self, told: Record | Heartbeat) -> None:
        """Take in what a follower returns."""
        if isinstance(told, Heartbeat):
            self.safe = max(self.safe, told.safe)
        else:
            self.records.append(told)

    @property
    def end(self) -> int:
        """Bytes of the journal that were acknowledged."""
        return max([self.safe, *(place + len(frames) for place, frames in self.pieces[-1:])])


@dataclass
class Verdict:
    """What one kill came to.

    Attributes
    ----------
    acknowledged, kept
        Events that were acknowledged; and those that were not, but are recorded all the same.
    lost, double
        Acknowledged events that are missing or other ones, and events that are there twice.
    wrong
        What cannot be read, or does not fit together, in words.
    """

    acknowledged: int = 0
    kept: int = 0
    lost: int = 0
    double: int = 0
    wrong: list[str] = field(default_factory=list)


def judge(folder: SessionFolder, told: Acknowledged) -> Verdict:
    """Recover a session and compare all that is left with all that was acknowledged."""
    verdict = Verdict()
    if not folder.journal.exists() and not told.pieces:
        return verdict  # killed before it was begun
    try:
        recover(folder)
        session = load_session(folder)
    except RecordingError as error:
        if told.end or told.records or "holds no session" not in error.what:
            verdict.wrong.append(str(error))
            verdict.lost = len(told.records)
        return verdict
    if session.damage:
        verdict.wrong.append(session.damage)
    _judge_journal(verdict, [session.header, session.definition, *session.events], told, folder)
    try:
        _judge_hdf5(verdict, session)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        verdict.wrong.append(f"HDF5: {type(error).__name__}: {error}")
    return verdict


def _judge_journal(
    verdict: Verdict, records: list[Record], told: Acknowledged, folder: SessionFolder
) -> None:
    """Compare the journal with what was acknowledged: event by event, and byte by byte."""
    data = folder.journal.read_bytes()
    place, ends = len(b"MOUSERIG JOURNAL 1\n"), []
    while place < len(data):
        place += 8 + int.from_bytes(data[place : place + 4], "little")
        ends.append(place)
    by_socket = sum(end <= told.end for end in ends)
    verdict.acknowledged = max(by_socket, len(told.records))
    verdict.kept = len(records) - verdict.acknowledged
    pairs = zip(told.records, records, strict=False)
    verdict.lost = sum(heard != written for heard, written in pairs)
    verdict.lost += max(0, len(told.records) - len(records))
    if told.end > len(data):
        verdict.lost += 1
        verdict.wrong.append(f"{told.end} bytes were acknowledged, the journal has {len(data)}")
    for start, frames in told.pieces:
        if data[start : start + len(frames)] != frames:
            verdict.lost += 1
            verdict.wrong.append(f"the journal holds something else at byte {start}")
    heard = [record.seq for record in told.records if not isinstance(record, Header | Definition)]
    verdict.double = len(heard) - len(set(heard))
    if heard != list(range(1, len(heard) + 1)):
        verdict.wrong.append("a follower got events out of their order")
    events = [record.seq for record in records if not isinstance(record, Header | Definition)]
    verdict.double += len(events) - len(set(events))
    if events != list(range(1, len(events) + 1)):
        verdict.wrong.append("events of the journal are out of their order")


def _judge_hdf5(verdict: Verdict, session: SessionRecord) -> None:
    """Compare the HDF5 file with the journal, event by event, and with the streams' files."""
    folder, events = session.folder, session.events
    if not is_sealed(folder.hdf5, digest(folder.journal)):
        verdict.wrong.append("HDF5: not sealed")
        return
    with h5py.File(folder.hdf5) as file:
        names = [name.decode() for name in file["names"][()]]
        for dataset, kind in KINDS.items():
            same = [event for event in events if isinstance(event, kind)]
            _compare_rows(verdict, dataset, file[dataset][()], names, same)
        others = [e for e in events if not isinstance(e, (*KINDS.values(), GraphDefined))]
        graphs = [event for event in events if isinstance(event, GraphDefined)]
        for dataset, told in (("other_events", others), ("graphs", graphs)):
            found = [json.loads(text) for text in file[dataset][()]]
            if found != [json.loads(msgspec.json.encode(event)) for event in told]:
                verdict.wrong.append(f"HDF5: {dataset} are not those of the journal")
        if file.attrs["events"] != len(events):
            verdict.wrong.append("HDF5: its number of events is wrong")
        for path in sorted(folder.streams.glob("*.stream")):
            _compare_stream(verdict, file, path)
    if read_trials(folder.hdf5) != session.rows:
        verdict.wrong.append("HDF5: its trials are not those of the journal")


def _compare_rows(
    verdict: Verdict, dataset: str, rows: Any, names: list[str], events: Sequence[Event]
) -> None:
    """Compare the rows of a dataset with the events that they stand for, field by field."""
    if len(rows) != len(events):
        verdict.wrong.append(f"HDF5: {dataset} has {len(rows)} rows for {len(events)} events")
        return
    for name in STREAMS[dataset].names or ():
        wanted = [getattr(event, name) for event in events]
        found = rows[name].tolist()
        if STREAMS[dataset][name] == np.uint16:
            found = ["" if code == NO_NAME else names[code] for code in found]
        elif STREAMS[dataset][name] == np.float64:
            found = [None if value != value else value for value in found]
        if found != wanted:
            verdict.wrong.append(f"HDF5: {dataset}, {name} is not that of the journal")


def _compare_stream(verdict: Verdict, file: h5py.File, path: Path) -> None:
    """Compare a stream's file, whose rows must have no gap, with the HDF5 file."""
    stream = read_stream(path)
    group = file[f"signals/{path.stem}"]
    begins = [block.row for block in stream.blocks]
    if stream.damage:
        verdict.wrong.append(f"{path.name}: {stream.damage}")
    if begins != sorted(set(begins)) or begins[:1] not in ([], [0]):
        verdict.wrong.append(f"{path.name}: rows are missing or stand there twice")
    same = np.array_equal(group["samples"][()], stream.samples)
    if not same or group["blocks"]["row"].tolist() != begins:
        verdict.wrong.append(f"{path.name}: HDF5 holds other rows")
