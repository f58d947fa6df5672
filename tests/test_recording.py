"""Journal and HDF5: nothing is lost, damage is named, missing values are missing."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import plan_for, run_virtual
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.errors import RecordingError
from rig.events import (
    ActionDone,
    Definition,
    DeviceReported,
    GraphDefined,
    Header,
    InputChanged,
    Record,
    StateEntered,
    TrialEnded,
)
from rig.hdf5_file import is_sealed
from rig.hdf5_reading import read_trials
from rig.journal import digest, frame, new_journal, read_frames, read_records
from rig.session_folder import SessionFolder
from rig.session_record import load_session

HEADER = Header(
    1, "M1/2026-01-01/1", "2026-01-01T09:00:00+01:00", "pc", "3.11", "0", None, None, ""
)

DEFINITION = Definition(
    "box1", "M1", "go_nogo", "protocols.go_nogo:GoNoGo", "", "", "", "", "", {}, {}, {}, {}, {},
    (), {}, None, {}, {}, 1, "virtual",
)  # fmt: skip
HEAD = [HEADER, DEFINITION]


def edge(seq: int) -> InputChanged:
    return InputChanged(seq, seq / 10, seq / 10, 1, "lick", bool(seq % 2))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Return a journal of a header and 20 events."""
    path = tmp_path / "session.journal"
    writer = new_journal(path, frame(HEADER))
    writer.append(frame(DEFINITION))
    for seq in range(1, 21):
        writer.append(frame(edge(seq)))
    writer.close()
    return path


def readable(path: Path) -> tuple[list[Record], str]:
    """Return the records of a journal up to its damage, and what is said of it."""
    records: list[Record] = []
    try:
        for record in read_records(path):
            records.append(record)  # noqa: PERF402 (what was read before an error must be kept)
    except RecordingError as error:
        return records, error.what
    return records, ""


def test_what_is_written_is_read(journal: Path) -> None:
    assert readable(journal) == ([*HEAD, *(edge(seq) for seq in range(1, 21))], "")


def test_cut_anywhere_in_its_last_frame_it_is_read_up_to_there(journal: Path) -> None:
    data = journal.read_bytes()
    last = len(frame(edge(20)))
    for cut in range(len(data) - last + 1, len(data)):
        journal.write_bytes(data[:cut])
        records, damage = readable(journal)
        assert records == [*HEAD, *(edge(seq) for seq in range(1, 20))]
        assert "cut short" in damage


@settings(max_examples=300)
@given(st.data())
def test_flipped_bytes_never_give_a_wrong_event(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = frame(DEFINITION) + b"".join(frame(edge(seq)) for seq in range(1, 6))
    path = tmp_path_factory.mktemp("flipped") / "session.journal"
    new_journal(path, frame(HEADER)).close()
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(good) - 1))
        damaged[position] ^= data.draw(st.integers(1, 255))
    with path.open("ab") as file:
        file.write(damaged)
    records, damage = readable(path)
    expected = [*HEAD, *(edge(seq) for seq in range(1, 6))]
    assert records == expected[: len(records)]
    assert damage or bytes(damaged) == good


def test_a_gap_in_the_numbers_is_named(tmp_path: Path) -> None:
    path = tmp_path / "session.journal"
    writer = new_journal(path, frame(HEADER))
    writer.append(frame(DEFINITION) + frame(edge(1)) + frame(edge(3)))
    writer.close()
    assert "event 3 is not 2" in readable(path)[1]


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing of the kind")
    assert "no journal" in readable(path)[1]


def test_a_journal_is_never_overwritten(journal: Path) -> None:
    with pytest.raises(RecordingError, match="File exists"):
        new_journal(journal, frame(HEADER))


def test_digest_while_writing_is_the_digest_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "session.journal"
    writer = new_journal(path, frame(HEADER))
    writer.append(frame(edge(1)))
    writer.close()
    assert writer.digest.hexdigest() == digest(path)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """Return a recorded session of 100 trials."""
    from rig.commands.init import make_lab
    from rig.lab import find_lab

    folder = tmp_path_factory.mktemp("recorded") / "lab"
    make_lab(folder)
    path = folder / "protocols/go_nogo.toml"
    path.write_text(path.read_text().replace("max_trials = 250", "max_trials = 100"))
    return run_virtual(plan_for(find_lab(folder))).folder


def test_hdf5_holds_what_the_journal_holds(session: SessionFolder) -> None:
    records = list(read_records(session.journal))
    with h5py.File(session.hdf5) as file:
        names = [name.decode() for name in file["names"][()]]
        for stream, kind in (
            ("inputs", InputChanged),
            ("states", StateEntered),
            ("actions", ActionDone),
            ("reports", DeviceReported),
        ):
            events = [record for record in records if isinstance(record, kind)]
            rows = file[stream][()]
            assert rows["seq"].tolist() == [event.seq for event in events]
            for time in ("hardware_time", "engine_time"):
                assert rows[time].tolist() == [getattr(event, time) for event in events]
        for stream, kind in (("actions", ActionDone), ("reports", DeviceReported)):
            events = [record for record in records if isinstance(record, kind)]
            rows = file[stream][()]
            assert [names[code] for code in rows["device"]] == [event.device for event in events]
            for field in (
                ("value",) if kind is ActionDone else ("requested", "achieved", "volume_ul")
            ):
                wanted = [getattr(event, field) for event in events]
                wanted = [np.nan if value is None else value for value in wanted]
                assert np.array_equal(rows[field], wanted, equal_nan=True)
        assert json.loads(file["reports"].attrs["units"])["volume_ul"] == "uL"
        others = [json.loads(text)["type"] for text in file["other_events"][()]]
        assert others.count("trial_started") == others.count("trial_ended") == 100
        states = [record for record in records if isinstance(record, StateEntered)]
        assert [names[code] for code in file["states"]["state"]] == [s.state for s in states]
        requested = [np.nan if s.requested is None else s.requested for s in states]
        assert np.array_equal(file["states"]["requested"], requested, equal_nan=True)
        assert file.attrs["events"] == len(records) - 2
        assert file.attrs["journal_sha256"] == digest(session.journal)
        assert file["rig_toml"][()].decode() == (session.path / "rig.toml").read_text()
    assert is_sealed(session.hdf5, digest(session.journal))


def test_trials_of_hdf5_are_those_of_the_journal(session: SessionFolder) -> None:
    assert read_trials(session.hdf5) == load_session(session).rows


def test_what_is_missing_is_missing_and_never_zero(session: SessionFolder) -> None:
    for row in load_session(session).rows:
        assert (row.reward_ul is None) == (row.outcome != "hit")
        assert row.licks is None
        if row.lick_count == 0:
            assert row.first_lick_time is None


def test_water_is_what_the_valve_reported(session: SessionFolder) -> None:
    record = load_session(session)
    assert record.ended is not None
    delivered = sum(row.reward_ul for row in record.rows if row.reward_ul is not None)
    assert record.water_ul == record.ended.water_ul == pytest.approx(delivered)


def test_every_event_has_its_number_and_both_times(session: SessionFolder) -> None:
    events = list(read_records(session.journal))[2:]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(event.hardware_time <= event.engine_time for event in events)


def test_what_the_session_was_made_of_is_recorded(session: SessionFolder) -> None:
    record = load_session(session)
    definition = record.definition
    assert definition.seed == 1
    assert {device.name: device.simulated for device in definition.devices} == dict.fromkeys(
        ("port", "lick", "valve", "speaker", "house_light"), True
    )
    assert definition.params["reward_ul"] == 5.0
    assert definition.params["pause"] == 1.0, "defaults are resolved"
    assert set(definition.calibration_toml) == {
        "calibration/box1-valve.toml",
        "calibration/box1-speaker.toml",
    }
    assert len(definition.protocol_sha256) == 64
    assert record.header.mouserig_version
    assert record.header.git_commit is None or len(record.header.git_commit) == 40
    meanings = [
        state["meaning"]
        for graph in record.events
        if isinstance(graph, GraphDefined)
        for state in graph.states
    ]
    assert len(meanings) > 10
    assert all(meanings)


def test_an_unsealed_file_is_not_trusted(session: SessionFolder, tmp_path: Path) -> None:
    copy = tmp_path / "session.h5"
    copy.write_bytes(session.hdf5.read_bytes())
    with h5py.File(copy, "r+") as file:
        file.attrs["sealed"] = False
    assert not is_sealed(copy, digest(session.journal))
    with pytest.raises(RecordingError, match="not sealed"):
        read_trials(copy)


def test_a_session_cut_off_is_read_up_to_there(session: SessionFolder, tmp_path: Path) -> None:
    cut = SessionFolder(tmp_path / "M1" / "2026-01-01" / "1")
    cut.path.mkdir(parents=True)
    data = session.journal.read_bytes()
    cut.journal.write_bytes(data[: len(data) // 2])
    record = load_session(cut)
    assert record.ended is None
    assert 20 < len(record.rows) < 80
    assert record.rows == load_session(session).rows[: len(record.rows)]


def test_a_trial_ends_with_its_cause(session: SessionFolder) -> None:
    causes = {r.cause for r in read_records(session.journal) if isinstance(r, TrialEnded)}
    assert causes == {"timeout"}


def test_frames_are_whole(session: SessionFolder) -> None:
    assert len(list(read_frames(session.journal))) == len(list(read_records(session.journal)))
