"""Other ways to record the same events, as other programs for behaviour do it; and our journal."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np

from rig.errors import RecordingError
from rig.events import Header, InputChanged
from rig.frames import FrameReader, FrameWriter
from rig.hdf5_layout import INPUTS
from rig.journal import MAGIC, frame

Write = Callable[[Sequence[InputChanged]], None]
_HEADER = Header(1, "M1/2026-01-01/1", "2026-01-01T09:00:00+01:00", "", "", "", None, None, "")


@dataclass(frozen=True)
class Peer:
    """A way to record.

    Attributes
    ----------
    name, ending
        What it does, and the ending of its files.
    open
        Makes a file; gives what writes events into it, and acknowledges them by returning.
    count
        Returns how many events can be read from such a file.
    events, batch
        How many events it is timed with, and how many of them it is given at a time.
    """

    name: str
    ending: str
    open: Callable[[Path], contextlib.AbstractContextManager[Write]]
    count: Callable[[Path], int]
    events: int
    batch: int


@contextlib.contextmanager
def _journal(path: Path) -> Iterator[Write]:
    journal = FrameWriter(path, MAGIC, frame(_HEADER))

    def write(events: Sequence[InputChanged]) -> None:
        for event in events:
            journal.append(frame(event))

    yield write
    journal.close()


def _count_journal(path: Path) -> int:
    frames = -1  # the header is no event
    with contextlib.suppress(RecordingError):  # a torn end: all before it is sound
        for _ in FrameReader(path, MAGIC, "journal"):
            frames += 1
    return frames


@contextlib.contextmanager
def _tsv(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:

        def write(events: Sequence[InputChanged]) -> None:
            for e in events:
                told = (e.seq, e.hardware_time, e.engine_time, "input", e.trial, e.device, e.level)
                file.write("\t".join([str(each) for each in told]) + "\n")
                file.flush()

        yield write


def _count_tsv(path: Path) -> int:
    return path.read_bytes().count(b"\n")


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[Write]:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE inputs (seq, hardware_time, engine_time, trial, device, level)")
    database.commit()

    def write(events: Sequence[InputChanged]) -> None:
        rows = [(e.seq, e.hardware_time, e.engine_time, e.trial, e.device, e.level) for e in events]
        database.executemany("INSERT INTO inputs VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.commit()

    yield write
    database.close()


def _count_sqlite(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM inputs").fetchone()[0])


@contextlib.contextmanager
def _hdf5_rows(path: Path) -> Iterator[Write]:
    with h5py.File(path, "w") as file:
        inputs = file.create_dataset("inputs", (0,), INPUTS, maxshape=(None,), chunks=(1024,))
        file.flush()

        def write(events: Sequence[InputChanged]) -> None:
            for e in events:
                inputs.resize((e.seq,))
                inputs[e.seq - 1] = (e.seq, e.hardware_time, e.engine_time, e.trial, 0, e.level)
                file.flush()

        yield write


def _count_hdf5(path: Path) -> int:
    with h5py.File(path, "r") as file:
        seqs = file["inputs"]["seq"]
        return int(np.count_nonzero(seqs == np.arange(1, len(seqs) + 1)))


@contextlib.contextmanager
def _nwb(path: Path) -> Iterator[Write]:
    from pynwb import NWBHDF5IO, NWBFile
    from pynwb.event import EventsTable

    table = EventsTable(name="licks", description="changes of the lick input")
    table.add_column("is_contact", "whether the tongue is there")
    table.add_column("trial", "number of the trial")

    def write(events: Sequence[InputChanged]) -> None:
        for e in events:
            table.add_event(timestamp=e.hardware_time, is_contact=e.level, trial=e.trial)

    yield write
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    session = NWBFile("licks", "benchmark", begun)
    session.add_events_table(table)
    with NWBHDF5IO(path, "w") as io:
        io.write(session)


def _count_nwb(path: Path) -> int:
    if not path.exists():
        return 0
    with h5py.File(path, "r") as file:
        return len(file["events/licks/timestamp"])


PEERS = (
    Peer("our journal, one write an event", "journal", _journal, _count_journal, 40_000, 1),
    Peer("TSV, flush at each event (as pyControl)", "tsv", _tsv, _count_tsv, 40_000, 1),
    Peer("SQLite, WAL, commit at 64 events", "sqlite", _sqlite, _count_sqlite, 40_000, 64),
    Peer("HDF5, a row at a time with flush", "h5", _hdf5_rows, _count_hdf5, 1_500, 1),
    Peer("NWB by pynwb, written at the end", "nwb", _nwb, _count_nwb, 1_500, 1),
)
