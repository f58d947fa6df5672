"""HDF5 files are read back, of every layout; what cannot be read is refused in words."""

from __future__ import annotations

import json
import math
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import PROTOCOLS, sign_again
from recorded import old_session, session_with_signals, short_session

from rig.errors import RecordingError
from rig.events import Fault, ParameterChanged, QuestionAsked, TrialStarted
from rig.hdf5_reading import read_hdf5, read_signal, read_trials
from rig.journal import frame, read_records
from rig.lab import Lab
from rig.session_folder import SessionFolder
from rig.session_record import load_session
from rig.streams import read_stream


@pytest.fixture
def session(lab: Lab) -> SessionFolder:
    """Return a session of a few trials."""
    return short_session(lab, "go_nogo", 3)


@pytest.mark.parametrize("name", ["layout-1", "layout-2"])
def test_files_of_older_layouts_hold_what_their_journals_hold(name: str, tmp_path: Path) -> None:
    old = old_session(name, tmp_path)
    with h5py.File(old.hdf5) as file:
        assert file.attrs["layout_version"] == int(name[-1])
    assert read_hdf5(old.hdf5) == list(read_records(old.journal))
    assert read_trials(old.hdf5) == load_session(old).rows


def test_the_old_recordings_hold_rare_events_too(tmp_path: Path) -> None:
    kinds = {
        type(record)
        for name in ("layout-1", "layout-2")
        for record in read_hdf5(old_session(name, tmp_path).hdf5)
    }
    assert {Fault, ParameterChanged, QuestionAsked} <= kinds


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_event_of_every_protocol_is_read_back(lab: Lab, protocol: str) -> None:
    folder = short_session(lab, protocol, 6)
    read, written = read_hdf5(folder.hdf5), list(read_records(folder.journal))
    assert read == written
    assert list(map(frame, read)) == list(map(frame, written)), "and to the last byte"
    assert read_trials(folder.hdf5) == load_session(folder).rows


def test_a_signal_is_that_of_its_stream(lab: Lab) -> None:
    folder = session_with_signals(lab)
    assert read_hdf5(folder.hdf5) == list(read_records(folder.journal))
    own, read = (
        read_stream(folder.streams / "treadmill.stream"),
        read_signal(folder.hdf5, "treadmill"),
    )
    assert np.array_equal(own.samples, read.samples)
    assert read.samples.dtype == own.samples.dtype
    assert len(read.samples) > 1000
    assert (read.spec, read.blocks, read.damage) == (own.spec, own.blocks, "")


def test_a_signal_of_an_unsealed_file_says_that_rows_may_lack(lab: Lab) -> None:
    path = session_with_signals(lab).hdf5
    with h5py.File(path, "r+") as file:
        file.attrs["sealed"] = False
        samples = file["signals/treadmill/samples"]
        for name in ("rows", "sha256", "damage"):
            del samples.attrs[name]
        samples.resize(100, axis=0)
    stream = read_signal(path, "treadmill")
    assert len(stream.samples) == 100
    assert "not sealed" in stream.damage


def test_a_signal_that_is_not_there_is_named(session: SessionFolder) -> None:
    with pytest.raises(RecordingError, match="holds no signal 'treadmil'"):
        read_signal(session.hdf5, "treadmil")


def test_a_newer_layout_is_refused(session: SessionFolder) -> None:
    with h5py.File(session.hdf5, "r+") as file:
        file.attrs["layout_version"] = 99
    with pytest.raises(RecordingError, match=r"has layout 99.* newer version of mouserig"):
        read_hdf5(session.hdf5)


def test_an_unsealed_file_is_refused_with_what_to_do(session: SessionFolder) -> None:
    with h5py.File(session.hdf5, "r+") as file:
        file.attrs["sealed"] = False
        for name in ("names", "graphs", "other_events", "trials"):
            del file[name]
    with pytest.raises(RecordingError, match=r"not sealed.*session\.journal.*rig recover"):
        read_hdf5(session.hdf5)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("nothing of the kind")
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = 1
    for path in (text, other, tmp_path / "nothing.h5", tmp_path):
        with pytest.raises(RecordingError, match="cannot be read"):
            read_hdf5(path)


@pytest.mark.parametrize("stream", ["inputs", "states", "graphs", "other_events"])
def test_events_that_lack_are_noticed(session: SessionFolder, stream: str) -> None:
    with h5py.File(session.hdf5, "r+") as file:
        rows = file[stream][:-1]
        del file[stream]
        file[stream] = rows
    sign_again(session.hdf5)
    with pytest.raises(RecordingError, match=r"it holds \d+ of \d+ events"):
        read_hdf5(session.hdf5)


def test_a_flipped_byte_in_a_stream_is_noticed(session: SessionFolder) -> None:
    with h5py.File(session.hdf5) as file:
        place = file["states"].id.get_chunk_info(0).byte_offset
    data = bytearray(session.hdf5.read_bytes())
    data[place + 10] ^= 1
    session.hdf5.write_bytes(data)
    with pytest.raises(RecordingError, match="damaged after it had been sealed"):
        read_hdf5(session.hdf5)


def test_a_number_of_no_name_is_noticed(session: SessionFolder) -> None:
    with h5py.File(session.hdf5, "r+") as file:
        names = file["names"][:2]
        del file["names"]
        file["names"] = names
    sign_again(session.hdf5)
    with pytest.raises(RecordingError, match="cannot be read"):
        read_hdf5(session.hdf5)


def test_what_a_protocol_drew_as_nan_is_nan(session: SessionFolder) -> None:
    with h5py.File(session.hdf5, "r+") as file:
        texts = [json.loads(text) for text in file["other_events"][()]]
        texts[0]["draws"] = {"level": None, "delay": 1.5}
        del file["other_events"]
        file["other_events"] = np.array([json.dumps(text).encode() for text in texts])
    sign_again(session.hdf5)
    started = next(r for r in read_hdf5(session.hdf5) if isinstance(r, TrialStarted))
    assert math.isnan(started.draws["level"])
    assert started.draws["delay"] == 1.5
