"""Records that are cut, damaged or mixed up: what is sound is kept, the rest is named and kept."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import h5py
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from killed import EVENTS, ROWS, SPEC, assert_valid, damages, events_of, rows_in_hdf5, written
from machine import ROOT
from test_recording import edge

from rig.errors import RecordingError
from rig.events import (
    CommandGiven,
    DeviceReported,
    Event,
    InputChanged,
    TrialEnded,
    TrialStarted,
)
from rig.frames import has_frames
from rig.hdf5_file import is_sealed
from rig.hdf5_reading import read_trials
from rig.journal import MAGIC, digest, frame
from rig.recovery import Recovery, recover
from rig.session_folder import SessionFolder
from rig.session_record import load_session
from rig.stream_store import StreamStore
from rig.streams import read_stream


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """Return a session that is whole and sealed."""
    session = written(tmp_path_factory.mktemp("whole"), EVENTS, ended=True)
    recover(session)
    return session


def tried(session: SessionFolder) -> Recovery | RecordingError:
    """Recover a session; return what that came to, an error too."""
    try:
        return recover(session)
    except RecordingError as error:
        return error


def kept_beside(path: Path, data: bytes) -> None:
    """Assert that a file and its rest together are what there was."""
    rest = path.with_name(f"{path.name}.rest")
    assert path.read_bytes() + (rest.read_bytes() if rest.exists() else b"") == data


def test_a_journal_cut_at_any_byte_of_its_last_records_keeps_all_before(tmp_path: Path) -> None:
    data = written(tmp_path / "whole", EVENTS).journal.read_bytes()
    ends = [len(data) - sum(len(frame(event)) for event in EVENTS[at:]) for at in range(3, 7)]
    for cut in range(ends[0], len(data) + 1):
        session = written(tmp_path / str(cut), EVENTS)
        session.journal.write_bytes(data[:cut])
        recovery = recover(session)
        events = EVENTS[: 3 + sum(cut >= end for end in ends[1:])]
        assert events_of(session) == events
        assert (recovery.events, recovery.last) == (len(events), events[-1])
        assert recovery.files[0].damage == (
            "" if cut in ends else "the journal is damaged: its last frame is cut short"
        )
        kept_beside(session.journal, data[:cut])
        with h5py.File(session.hdf5) as file:
            assert file["inputs"]["seq"].tolist() == [event.seq for event in events]
        shutil.rmtree(tmp_path / str(cut))


def test_a_stream_cut_at_any_byte_of_its_last_blocks_keeps_all_before(
    killed: SessionFolder,
) -> None:
    path = killed.streams / "wheel.stream"
    data = path.read_bytes()
    first = data.index(b"\x84\xa3row", data.index(b"\x84\xa3row") + 1) - 8
    for cut in range(first, len(data)):
        path.with_name("wheel.stream.rest").unlink(missing_ok=True)
        path.write_bytes(data[:cut])
        recovery = recover(killed)
        stream = read_stream(path)
        assert stream.damage == ""
        assert np.array_equal(stream.samples, ROWS[: len(stream.samples)])
        assert len(stream.samples) in (4, 8)
        assert rows_in_hdf5(killed) == len(stream.samples)
        assert ("cut short" in recovery.files[1].damage) == (path.read_bytes() != data[:cut])
        kept_beside(path, data[:cut])


@settings(max_examples=80)
@given(st.data())
def test_flipped_bytes_are_named_and_cost_only_what_stands_behind_them(
    whole: SessionFolder, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """In the journal, the stream or the HDF5 file: no wrong event, no wrong row, no crash."""
    name = data.draw(st.sampled_from(["session.journal", "streams/wheel.stream", "session.h5"]))
    session = SessionFolder(tmp_path_factory.mktemp("flipped") / "M1" / "2026-01-01" / "1")
    shutil.copytree(whole.path, session.path)
    path = session.path / name
    good = path.read_bytes()
    flipped = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        flipped[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(flipped)
    recovery = tried(session)
    if isinstance(recovery, RecordingError):
        assert name == "session.journal"
        assert "damaged" in recovery.what or "no journal" in recovery.what
        assert path.read_bytes()[len(MAGIC) :] == flipped[len(MAGIC) :]
        return
    events, rows = events_of(session), read_stream(session.streams / "wheel.stream").samples
    assert events == events_of(whole)[: len(events)]
    assert np.array_equal(rows, ROWS[: len(rows)])
    assert (path.name in damages(recovery)) == (flipped != good)
    if flipped != good and name != "session.journal":
        assert events == events_of(whole)
    assert read_trials(session.hdf5) == load_session(session).rows
    assert is_sealed(session.hdf5, digest(session.journal))
    if rest := list(path.parent.glob(f"{path.name}.rest*")):
        assert sum(each.stat().st_size for each in rest) >= len(good) - path.stat().st_size


def test_a_torn_stream_is_made_anew_from_the_sealed_file(
    whole: SessionFolder, tmp_path: Path
) -> None:
    session = SessionFolder(tmp_path / "M1" / "2026-01-01" / "1")
    shutil.copytree(whole.path, session.path)
    path = session.streams / "wheel.stream"
    before = path.read_bytes()
    path.write_bytes(before[:-1])
    recovery = recover(session)
    assert set(damages(recovery)) == {"wheel.stream"}
    assert path.read_bytes() == before
    assert rows_in_hdf5(session) == 12


def test_a_stream_that_ends_too_early_is_named_again_and_again(
    whole: SessionFolder, tmp_path: Path
) -> None:
    """Whole blocks are missing, and no sealed file has them: only the journal knows of them."""
    session = SessionFolder(tmp_path / "M1" / "2026-01-01" / "1")
    shutil.copytree(whole.path, session.path)
    path = session.streams / "wheel.stream"
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"\x84\xa3row") - 8])
    session.hdf5.unlink()
    for _ in range(2):
        damage = damages(recover(session))["wheel.stream"]
        assert damage == "it has 8 rows, and 12 others were recorded"
    assert_valid(session)


@pytest.mark.parametrize("way", ["missing", "empty", "line", "description", "other"])
def test_a_stream_that_cannot_be_read_at_all_is_begun_again(
    killed: SessionFolder, way: str
) -> None:
    path = killed.streams / "wheel.stream"
    data = path.read_bytes()
    match way:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "line":
            path.write_bytes(b"MOUSERIG STR")
        case "description":
            path.write_bytes(data[:30] + b"?" + data[31:])
        case "other":
            path.write_bytes(data.replace(b"speed", b"spee2"))
            store = StreamStore()
            path.unlink()
            store.begin(killed.streams, [msgspec.structs.replace(SPEC, meaning="another")])
            store.close()
    left = path.read_bytes() if path.exists() else b""
    recovery = recover(killed)
    assert damages(recovery)["wheel.stream"]
    assert read_stream(path).samples.shape == (0, 2)
    rest = path.with_name("wheel.stream.rest")
    assert (rest.read_bytes() if rest.exists() else b"") == left
    assert_valid(killed)


def test_a_damaged_first_line_costs_nothing(killed: SessionFolder) -> None:
    for path in (killed.journal, killed.streams / "wheel.stream"):
        data = path.read_bytes()
        path.write_bytes(b"mOUSE" + data[5:])
        assert damages(recover(killed))[path.name] == "its first line is damaged"
        assert path.read_bytes() == data
    assert_valid(killed)


def test_a_damaged_place_far_before_the_end_is_found_out_quickly(tmp_path: Path) -> None:
    """Random bytes look like heads of huge frames, whose checksums would take hours."""
    path = tmp_path / "rest"
    noise = random.Random(1).randbytes(32 << 20)
    path.write_bytes(noise)
    began = time.monotonic()
    assert not has_frames(path)
    path.write_bytes(noise[: 1 << 20] + frame(edge(1)) + noise)
    assert has_frames(path)
    assert time.monotonic() - began < 20


_INTEGERS = st.integers(-(2**63), 2**64 - 1)
_NUMBERS = st.floats() | _INTEGERS.map(float)
_TEXTS = st.text(max_size=20) | st.just("\0")
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS | st.binary(max_size=5) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def odd_event(seq: int) -> st.SearchStrategy[Event]:
    """Return events that no session would record, though they can be decoded."""
    head = (st.just(seq), _NUMBERS, _NUMBERS, _INTEGERS)
    labels = st.dictionaries(_TEXTS, _TEXTS, max_size=2)
    return st.one_of(
        st.builds(InputChanged, *head, _TEXTS, st.booleans()),
        st.builds(DeviceReported, *head, _TEXTS, _TEXTS, _TEXTS, _NUMBERS, _NUMBERS, st.none()),
        st.builds(CommandGiven, *head, _TEXTS, _TEXTS, value=_VALUES),
        st.builds(TrialStarted, *head, _INTEGERS, _TEXTS, _TEXTS, st.just({}), _TEXTS,
                  block=_INTEGERS, labels=labels),
        st.builds(TrialEnded, *head, _TEXTS, st.none() | _TEXTS, st.booleans(),
                  st.dictionaries(st.sampled_from(["dwell", "licks"]), _NUMBERS)),
    )  # fmt: skip


@settings(max_examples=100)
@given(st.tuples(odd_event(1), odd_event(2), odd_event(3)))
def test_events_that_no_session_would_record_do_not_crash_a_recovery(
    tmp_path_factory: pytest.TempPathFactory, events: tuple[Event, ...]
) -> None:
    session = written(tmp_path_factory.mktemp("odd"), list(events))
    recovery = tried(session)
    if isinstance(recovery, RecordingError):
        assert "cannot be built" in recovery.what
        assert not session.hdf5.exists()
        assert not list(session.path.glob("*.partial"))
        return
    assert is_sealed(session.hdf5, digest(session.journal))


def test_fuzzed_records_give_recording_errors_only(tmp_path: Path) -> None:
    """Run longer by hand: ``python tests/fuzz/fuzz_reader.py -max_total_time=300``."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/fuzz/fuzz_reader.py"), "-runs=600", "-seed=1"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done 600 runs" in done.stderr
