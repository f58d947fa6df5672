"""A session ends safely whatever happens: outputs off, everything kept, everything let go."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from helpers import GO_NOGO, plan_for, run_virtual

from analysis.sessions import load_session
from hardware.valve import ValveTwin
from rig.clock import SystemClock
from rig.errors import (
    BusyError,
    CheckFailed,
    DeviceError,
    ExitCode,
    ProtocolError,
    RecordingError,
    RigError,
)
from rig.events import DeviceReported, Fault, InputChanged
from rig.hdf5_file import is_sealed
from rig.inbox import Edge, Inbox
from rig.journal import digest, read_records
from rig.lab import Lab
from rig.locks import hold
from rig.session import Session
from rig.session_folder import SessionFolder, find_sessions

Edit = Callable[[str, str, str], None]

PROTOCOL = '''
"""A protocol that fails on demand."""
from rig.graph import END, Pulse, State, TrialGraph, TurnOn, TurnOff
from rig.protocol import Parameters, TrialProtocol


class Failing(TrialProtocol):
    class Params(Parameters):
        fails_at: int = 3
        way: str = "raise"

    def __init__(self, params, rng):
        self._params = params
        if params.way == "init":
            raise RuntimeError("not even made")

    def trial(self, number, past):
        light_on = (TurnOn("house_light"),)
        light_off = (TurnOff("house_light"),)
        if number == self._params.fails_at:
            if self._params.way == "raise":
                raise RuntimeError("mistake in the protocol")
            if self._params.way == "nothing":
                return None
            if self._params.way == "left on":
                light_off = ()
            if self._params.way == "device":
                light_on = (TurnOn("house_light"), Pulse("valve", 5.0), Pulse("valve", 5.0))
        return TrialGraph((
            State("lit", "the light is on", enter=light_on, timeout=(1.0, "dark")),
            State("dark", "the light is off", enter=light_off, timeout=(1.0, END), outcome="hit"),
        ), "go", "light")
'''


@pytest.fixture
def failing(lab: Lab) -> Callable[[str], Path]:
    """Return a function that writes a protocol which fails in the way that is asked for."""

    def write(way: str) -> Path:
        (lab.folder / "protocols" / "failing.py").write_text(PROTOCOL, encoding="utf-8")
        path = lab.folder / "protocols" / "failing.toml"
        path.write_text(
            f'protocol = "protocols/failing.py:Failing"\n[params]\nway = "{way}"\n',
            encoding="utf-8",
        )
        return path

    return write


def assert_ended_safely(lab: Lab, trials: int) -> SessionFolder:
    """Assert that the last session is sealed and complete, and nothing is held any more."""
    folder = list(find_sessions(lab.data))[-1]
    record = load_session(folder)
    assert record.ended is not None
    assert record.damage == ""
    assert len(record.rows) == trials
    assert is_sealed(folder.hdf5, digest(folder.journal))
    with hold(lab.locks, "rig", "box1", "test"), hold(lab.locks, "subject", "SIM01", "test"):
        return folder


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("raise", "RuntimeError: mistake in the protocol"),
        ("nothing", "returned a NoneType"),
        ("left on", "'house_light' can be left on"),
    ],
)
def test_a_protocol_that_fails_in_the_middle(
    lab: Lab, failing: Callable[[str], Path], way: str, said: str
) -> None:
    plan = plan_for(lab, failing(way))
    with pytest.raises(ProtocolError, match=said), Session(plan, "virtual") as session:
        session.run()
    folder = assert_ended_safely(lab, trials=2)
    faults = [r for r in read_records(folder.journal) if isinstance(r, Fault)]
    assert said in faults[0].what
    assert "Traceback" in (folder.path / "traceback.txt").read_text()
    assert ProtocolError.exit_code == ExitCode.PROTOCOL


def test_a_protocol_that_cannot_be_made_leaves_nothing(
    lab: Lab, failing: Callable[[str], Path]
) -> None:
    plan = plan_for(lab, failing("init"))
    with pytest.raises(ProtocolError, match="not even made"), Session(plan, "virtual"):
        pass
    assert list(find_sessions(lab.data)) == []


def test_a_device_that_fails_in_the_middle(lab: Lab, failing: Callable[[str], Path]) -> None:
    """The light goes off, the drop is cut short, and what it delivered is recorded."""
    plan = plan_for(lab, failing("device"))
    session = Session(plan, "virtual")
    with pytest.raises(DeviceError, match="still open"), session:
        session.run()
    folder = assert_ended_safely(lab, trials=3)
    record = load_session(folder)
    assert record.rows[-1].aborted
    assert record.rows[-1].reward_ul is not None
    reports = [r for r in read_records(folder.journal) if isinstance(r, DeviceReported)]
    assert reports[-1].achieved < reports[-1].requested
    assert not session._devices["house_light"].level()
    assert not session._devices["valve"].is_open()


def test_one_output_that_does_not_go_off_does_not_keep_the_others_on(
    lab: Lab, failing: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(plan_for(lab, failing("raise")), "virtual")

    def stuck() -> None:
        raise OSError("stuck")

    with pytest.raises(DeviceError, match=r"could not be turned off: valve: stuck"), session:
        session._devices["house_light"].switch_on()
        with monkeypatch.context() as patch:
            patch.setattr(session._devices["valve"], "off", stuck)
            session.run()
    assert not session._devices["house_light"].level()
    folder = assert_ended_safely(lab, trials=2)
    faults = [r.what for r in read_records(folder.journal) if isinstance(r, Fault)]
    assert ["RuntimeError" in faults[0], "stuck" in faults[1]] == [True, True]


def test_a_device_that_does_not_open_leaves_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def fail(valve: ValveTwin) -> None:
        opened.append(valve)
        raise DeviceError("it is not plugged in", "device 'valve'", "Plug it in.")

    monkeypatch.setattr(ValveTwin, "open", fail)
    with pytest.raises(DeviceError, match="not plugged in"), Session(plan_for(lab), "virtual"):
        pass
    assert len(opened) == 1
    assert not lab.data.exists()
    with hold(lab.locks, "rig", "box1", "test"):
        pass


def test_a_stop_keeps_the_partial_trial(short: Lab) -> None:
    with Session(plan_for(short), "virtual") as session:
        session.stop("stop_now", "stopped by the test")
        result = session.run()
    assert result.stopped
    assert result.reason == "stopped by the test"
    folder = assert_ended_safely(short, trials=1)
    assert load_session(folder).rows[0].aborted


def test_a_stop_after_the_trial_finishes_it(short: Lab) -> None:
    with Session(plan_for(short), "virtual") as session:
        session.stop("stop_after_trial", "enough for today")
        result = session.run()
    assert [row.aborted for row in result.rows] == [False]


def test_what_inputs_tell_after_a_stop_is_recorded(short: Lab) -> None:
    with Session(plan_for(short), "virtual") as session:
        session.stop("stop_now", "stopped by the test")
        session._inbox.put(Edge("lick", True, 0.0))
        session.run()
    records = list(read_records(session.folder.journal))
    assert any(isinstance(r, InputChanged) and r.device == "lick" for r in records)
    assert_ended_safely(short, trials=1)


def test_an_hdf5_file_that_cannot_be_written_does_not_cost_the_journal(short: Lab) -> None:
    session = Session(plan_for(short), "virtual")
    with pytest.raises(RecordingError, match="The journal beside it holds"), session:
        session.folder.hdf5.mkdir()
        session.run()
    assert not list(session.folder.path.glob("*.partial"))
    assert len(load_session(session.folder).rows) == 24


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


def test_a_disk_that_fills_up_ends_the_session_safely(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal keeps all that was written before; every output is off."""
    write, written = os.write, []

    def full(file: int, data: bytes) -> int:
        written.append(len(data))
        if sum(written) > 60_000:
            raise OSError(28, "No space left on device")
        return write(file, data)

    session = Session(plan_for(lab), "virtual")
    with pytest.raises(RecordingError, match="No space left"), session:
        monkeypatch.setattr(os, "write", full)
        session.run()
    record = load_session(session.folder)
    assert record.ended is None
    assert len(record.rows) > 5
    assert not session._devices["valve"].is_open()


def test_a_clock_that_goes_backwards_ends_the_session(lab: Lab) -> None:
    times = iter([0.0, 0.0, 1.0, 2.0, 1.5])
    clock = SystemClock(lambda: next(times, 1.6))
    clock.start()
    with pytest.raises(DeviceError, match=r"went backwards by 0\.5"):
        while True:
            clock.receive(Inbox(), until=10.0)
    assert clock.now() == 2.0


def test_a_device_whose_clock_goes_backwards_ends_the_session(lab: Lab) -> None:
    with (
        Session(plan_for(lab), "virtual") as session,
        pytest.raises(DeviceError, match="its clock went backwards"),
    ):
        room = session._context.room
        room.agenda.at(5.0, lambda _: room.touch("lick", True, 5.0))
        room.agenda.at(6.0, lambda _: room.touch("lick", False, 4.0))
        session.run()
    assert load_session(session.folder).ended is not None


def test_a_mouse_learns_from_session_to_session(short: Lab) -> None:
    naive = short.memory("SIM01")
    run_virtual(plan_for(short))
    assert naive == {}
    assert set(short.memory("SIM01")) == {"excitation", "inhibition"}


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
