"""Disks that are full, slow or failing: nothing is lost, outputs are off, a person is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from machine import remount, small_disk, under_strace

from benchmarks.flood import flood_lab, flood_plan
from hardware.analog_input import AnalogInputTwin
from rig.errors import ExitCode, RecordingError
from rig.events import Fault, InputChanged, StreamEnded
from rig.hdf5_file import is_sealed
from rig.hdf5_reading import read_trials
from rig.journal import digest
from rig.lab import Lab
from rig.recovery import recover
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.session_record import SessionRecord, load_session
from rig.streams import read_stream


def first_folder(lab: Lab) -> SessionFolder:
    """Return the folder that the first session of the day gets."""
    return SessionFolder(lab.data / "SIM01" / date.today().isoformat() / "1")


def faults_of(record: SessionRecord) -> list[str]:
    return [event.what for event in record.events if isinstance(event, Fault)]


def lateness(record: SessionRecord) -> float:
    """Return the seconds that the engine was late at most, for an input."""
    inputs = [event for event in record.events if isinstance(event, InputChanged)]
    return max(event.engine_time - event.hardware_time for event in inputs)


def test_a_full_disk_ends_the_session_and_keeps_what_was_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        lab = flood_lab(disk / "lab")
        session = Session(flood_plan(lab), "system")
        with pytest.raises(RecordingError, match="No space left on device"), session:
            session.run()
        assert RecordingError.exit_code == ExitCode.RECORDING
        assert not session._devices["light"].level()
        before = load_session(session.folder)
        assert before.ended is None
        assert len(before.events) > 1000
        with pytest.raises(RecordingError, match="Free space"):
            recover(session.folder)
        assert load_session(session.folder).events == before.events
        remount(disk, "size=64m")
        recovery = recover(session.folder)
        assert recovery.built
        assert recovery.events == len(before.events)
        assert load_session(session.folder).damage == ""
        assert read_trials(session.folder.hdf5) == before.rows


def test_a_full_disk_under_the_hdf5_file_costs_only_that_file(tmp_path: Path) -> None:
    """Loggers fail one after the other, then the building at the end; the journal is whole."""
    lab = flood_lab(tmp_path / "lab", edges_per_s=600, trials=30, licks=50)
    folder = first_folder(lab)
    files = (folder.live_hdf5, folder.path / "session.h5.partial")
    done = under_strace("write:error=ENOSPC:when=3+", lab.folder, *files)
    assert done.returncode == ExitCode.RECORDING, done
    assert "the HDF5 file cannot be written: [Errno 28] No space left" in done.stderr
    assert "`rig recover` builds it then" in done.stderr
    record = load_session(folder)
    assert record.ended is not None
    assert record.ended.how == "finished"
    assert "the logger has ended: OSError: [Errno 28] No space left on device" in faults_of(record)
    assert sorted(path.name for path in folder.path.glob("session*")) == ["session.journal"]
    assert recover(folder).built
    assert read_trials(folder.hdf5) == record.rows


def test_a_full_disk_under_a_stream_ends_the_session_safely(tmp_path: Path) -> None:
    lab = flood_lab(tmp_path / "lab", edges_per_s=1000)
    folder = first_folder(lab)
    file = folder.streams / "treadmill.stream"
    done = under_strace("write:error=ENOSPC:when=6+", lab.folder, file)
    assert done.returncode == ExitCode.RECORDING, done
    assert "the record cannot be written: No space left on device" in done.stderr
    record = load_session(folder)
    assert record.ended is not None
    assert record.ended.how == "failed"
    stream = read_stream(file)
    ends = [event for event in record.events if isinstance(event, StreamEnded)]
    assert [end.rows for end in ends] == [len(stream.samples)] == [4000]
    assert is_sealed(folder.hdf5, digest(folder.journal))


def test_a_stalled_sync_does_not_delay_the_session(tmp_path: Path) -> None:
    """The disk takes 5 s to sync; meanwhile heartbeats show that less and less is safe."""
    lab = flood_lab(tmp_path / "lab", edges_per_s=500, licks=50, trials=26)
    done = under_strace("fdatasync:delay_enter=5000000:when=4", lab.folder)
    assert done.returncode == ExitCode.STOPPED, done
    record = load_session(first_folder(lab))
    assert len(record.rows) == 26
    assert lateness(record) < 0.5
    assert faults_of(record) == []


def test_a_stalled_write_delays_the_session_and_a_person_is_told(tmp_path: Path) -> None:
    lab = flood_lab(tmp_path / "lab", edges_per_s=500, licks=50, trials=6)
    folder = first_folder(lab)
    done = under_strace("write:delay_enter=5000000:when=200", lab.folder, folder.journal)
    assert done.returncode == ExitCode.STOPPED, done
    record = load_session(folder)
    assert len(record.rows) == 6
    assert 4.5 < lateness(record) < 6
    assert faults_of(record) == ["the disk kept the session waiting for 5.0 s"]
    assert is_sealed(folder.hdf5, digest(folder.journal))


def test_a_failing_sync_ends_the_session(tmp_path: Path) -> None:
    """What was not synced may be lost with the next power failure: nobody must believe in it."""
    lab = flood_lab(tmp_path / "lab", edges_per_s=1000)
    folder = first_folder(lab)
    done = under_strace("fdatasync:error=EIO:when=4", lab.folder)
    assert done.returncode == ExitCode.RECORDING, done
    assert "the record cannot be written: Input/output error" in done.stderr
    record = load_session(folder)
    assert record.ended is None
    assert not folder.hdf5.exists()
    assert recover(folder).events == len(record.events)


def test_outputs_go_off_before_the_last_samples_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is slow, or full, does not keep an output on."""
    off, levels = AnalogInputTwin.off, []

    def written_slowly(twin: AnalogInputTwin) -> None:
        levels.append(session._devices["light"].level())
        off(twin)

    lab = flood_lab(tmp_path / "lab", trials=1)
    path = lab.folder / "rigs/flood.toml"
    rig = path.read_text(encoding="utf-8")
    begin, end = rig.index("[devices.treadmill]"), rig.index("[simulation]")
    path.write_text(rig[begin:end] + rig[:begin] + rig[end:], encoding="utf-8")
    monkeypatch.setattr(AnalogInputTwin, "off", written_slowly)
    with Session(flood_plan(lab), "virtual") as session:
        session._devices["light"].switch_on()
        session._loop.run = lambda: None
        session.run()
    assert levels[0] is False
