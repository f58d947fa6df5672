"""Sessions: locks, folders, stops, and what is refused before anything begins."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from helpers import GO_NOGO, assert_ended_safely, plan_for, put_mouse, run_virtual

from rig.errors import (
    BusyError,
    CheckFailed,
    RecordingError,
    RigError,
)
from rig.lab import Lab
from rig.locks import hold
from rig.session import Session
from rig.session_folder import find_sessions
from rig.session_record import load_session

Edit = Callable[[str, str, str], None]


def stop_at(session: Session, time: float, verb: str) -> None:
    """Let the session be stopped at that time of its own."""
    room = session._context.room
    room.agenda.at(time, lambda _: session.stop(verb, "stopped by the test"))


def test_a_stop_keeps_the_partial_trial(short: Lab) -> None:
    with Session(plan_for(short), "virtual") as session:
        stop_at(session, 30.0, "stop_now")
        result = session.run()
    assert result.stopped
    assert result.reason == "stopped by the test"
    assert result.duration == 30.0
    rows = load_session(assert_ended_safely(short, trials=len(result.rows))).rows
    assert [row.aborted for row in rows] == [False] * (len(rows) - 1) + [True]


def test_a_stop_after_the_trial_finishes_it(short: Lab) -> None:
    with Session(plan_for(short), "virtual") as session:
        stop_at(session, 30.0, "stop_after_trial")
        result = session.run()
    assert not any(row.aborted for row in result.rows)
    assert result.rows[-1].start_time < 30 < result.rows[-1].end_time


def test_a_stop_before_the_start_begins_no_trial(short: Lab) -> None:
    with Session(plan_for(short), "virtual") as session:
        session.stop("stop_now", "too early")
        assert session.run().rows == []
    assert_ended_safely(short, trials=0)


def test_a_session_that_is_never_run_says_so(short: Lab) -> None:
    with Session(plan_for(short), "virtual"):
        pass
    ended = load_session(assert_ended_safely(short, trials=0)).ended
    assert ended is not None
    assert ended.reason == "never run"


def test_two_sessions_on_one_rig_are_refused(lab: Lab) -> None:
    with Session(plan_for(lab), "virtual"):
        second = Session(plan_for(lab, subject="SIM02"), "virtual")
        with pytest.raises(BusyError, match="rig 'box1' is in use by 'SIM01' on 'box1'"), second:
            pass
    assert_no_session(lab, "SIM02")


def test_a_subject_cannot_run_twice(lab: Lab) -> None:
    with hold(lab.locks, "subject", "SIM01", "'SIM01' on 'box2'"):
        session = Session(plan_for(lab), "virtual")
        with pytest.raises(BusyError, match="subject 'SIM01' is in use by 'SIM01' on 'box2'"):
            session.__enter__()
    assert_no_session(lab, "SIM01")


def assert_no_session(lab: Lab, subject: str) -> None:
    assert list(find_sessions(lab.data, subject)) == []


def test_a_session_folder_that_exists_is_refused_and_kept(short: Lab) -> None:
    first = run_virtual(plan_for(short)).folder
    before = first.journal.read_bytes()
    session = Session(plan_for(short), "virtual", number=1)
    with pytest.raises(RecordingError, match="exists already"), session:
        pass
    assert first.journal.read_bytes() == before


def test_sessions_of_a_day_are_numbered(short: Lab) -> None:
    names = [run_virtual(plan_for(short)).folder.path.name for _ in range(3)]
    assert names == ["1", "2", "3"]


def test_a_full_disk_is_noticed_before_the_session(lab: Lab, edit: Edit) -> None:
    edit("lab.toml", "min_free_mb = 200", "min_free_mb = 1e12")
    lab = type(lab)(lab.folder, lab.config.model_copy(update={"min_free_mb": 1e12}))
    with pytest.raises(RecordingError, match="MB left"), Session(plan_for(lab), "virtual"):
        pass
    assert not lab.data.exists()


def test_a_data_folder_that_is_no_folder_is_noticed(lab: Lab) -> None:
    lab.data.write_text("a file where the folder should be")
    session = Session(plan_for(lab), "virtual")
    with pytest.raises(RecordingError, match="cannot be written"), session:
        pass


def test_a_mouse_learns_from_session_to_session(short: Lab) -> None:
    naive = short.memory("SIM01")
    run_virtual(plan_for(short))
    assert naive == {}
    assert set(short.memory("SIM01")) == {"excitation", "inhibition"}


def test_locks_that_cannot_be_written_are_named(lab: Lab) -> None:
    lab.locks.write_text("a file where the folder should be")
    with pytest.raises(RecordingError, match="locks cannot be written"):
        Session(plan_for(lab), "virtual").__enter__()


def test_files_of_the_named_lab_come_first(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = lab.folder.parent / "other"
    shutil.copytree(lab.folder, elsewhere)
    monkeypatch.chdir(elsewhere)
    assert lab.find(GO_NOGO) == lab.folder / GO_NOGO
    assert lab.find(Path("lab.toml")) == lab.folder / "lab.toml"
    monkeypatch.chdir(lab.folder / "protocols")
    assert lab.find(Path("go_nogo.toml")) == Path("go_nogo.toml")


def test_errors_tell_what_where_and_what_to_do() -> None:
    error = RigError("it broke", "here", "Mend it.")
    assert str(error) == "it broke (here). Mend it."


def test_a_sound_that_the_speaker_cannot_play_is_refused_before(lab: Lab, edit: Edit) -> None:
    edit("protocols/go_nogo.toml", "level_db_spl = 73", "level_db_spl = 99")
    with pytest.raises(CheckFailed, match="more than the speaker can give"):
        run_virtual(plan_for(lab, GO_NOGO))
    assert not lab.data.exists()


def test_the_session_starts_when_it_is_told_to_have_started(short: Lab) -> None:
    then = datetime(2026, 3, 1, 9, 0).astimezone()
    with Session(plan_for(short), "virtual", started_at=then) as session:
        folder = session.run().folder
    assert folder.name == "SIM01/2026-03-01/1"
    assert load_session(folder).header.started_at.startswith("2026-03-01T09:00:00")


def test_a_trial_that_has_begun_with_its_stimulus_is_completed_at_the_limit(
    lab: Lab, edit: Callable[[str, str, str], None]
) -> None:
    """Its first state is the stimulus; a mouse that waits in its first state waits for nothing."""
    put_mouse(lab, policy="never")
    edit("protocols/visual_discrimination.toml", "max_duration = 5400", "max_duration = 20.5")
    result = run_virtual(plan_for(lab, Path("protocols/visual_discrimination.toml")))
    last = result.rows[-1]
    assert last.start_time < 20.5 < last.end_time
    assert not last.aborted
