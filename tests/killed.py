"""Small sessions as a killed engine leaves them, and what must hold when they were recovered."""

from __future__ import annotations

from pathlib import Path

import h5py
import msgspec
import numpy as np
from test_recording import DEFINITION, HEADER, edge

from rig.events import Definition, Event, Header, StreamEnded
from rig.hdf5_file import is_sealed
from rig.journal import digest, frame, new_journal, read_records
from rig.recovery import Recovery, recover
from rig.session_folder import SessionFolder
from rig.session_record import load_session
from rig.stream_store import StreamStore
from rig.streams import Channel, StreamSpec, read_stream

SPEC = StreamSpec("wheel", "wheel", "speed", (Channel("a", "V"), Channel("b", "V")), "<i2", 100.0)
WITH_STREAM = msgspec.structs.replace(DEFINITION, streams=(SPEC,))
EVENTS: list[Event] = [edge(seq) for seq in range(1, 7)]
ROWS = np.arange(24, dtype="<i2").reshape(12, 2)


def written(folder: Path, events: list[Event], ended: bool = False) -> SessionFolder:
    """Write journal and stream of a session, as an engine that was killed leaves them."""
    session = SessionFolder(folder / "M1" / "2026-01-01" / "1")
    session.path.mkdir(parents=True)
    store = StreamStore()
    store.begin(session.streams, [SPEC])
    for begin in (0, 4, 8):
        store.write("wheel", ROWS[begin : begin + 4], begin / 100)
    ends = [StreamEnded(len(events) + 1, 1.0, 1.0, 1, *end) for end in store.end()]
    store.close()
    journal = new_journal(session.journal, frame(HEADER))
    for record in [WITH_STREAM, *events, *(ends if ended else [])]:
        journal.append(frame(record))
    journal.close()
    return session


def events_of(session: SessionFolder) -> list[Event]:
    return [r for r in read_records(session.journal) if not isinstance(r, Header | Definition)]


def rows_in_hdf5(session: SessionFolder) -> int:
    with h5py.File(session.hdf5) as file:
        return len(file["signals/wheel/samples"])


def contents(session: SessionFolder) -> dict[str, tuple[bytes, int]]:
    """Return the bytes of all files, and when each was changed."""
    files = [path for path in session.path.rglob("*") if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def damages(recovery: Recovery) -> dict[str, str]:
    return {file.path.name: file.damage for file in recovery.files if file.damage}


def assert_valid(session: SessionFolder) -> None:
    """Assert that a session is whole, and that there is nothing more to recover."""
    assert load_session(session).damage == ""
    assert is_sealed(session.hdf5, digest(session.journal))
    assert rows_in_hdf5(session) == len(read_stream(session.streams / "wheel.stream").samples)
    before = contents(session)
    assert not recover(session).built
    assert contents(session) == before
