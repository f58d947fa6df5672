"""A session ends safely whatever happens: outputs off, everything kept, everything let go."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest
from helpers import GO_NOGO, plan_for, run_virtual

import rig.session
from analysis.sessions import load_session
from hardware.valve import ValveTwin
from rig.clock import SystemClock
from rig.errors import (
    BusyError,
    CheckFailed,
    DeviceError,
    ExitCode,
    Problem,
    ProtocolError,
    RecordingError,
    RigError,
)
from rig.events import DeviceReported, Fault, TrialStarted
from rig.hdf5_file import is_sealed
from rig.inbox import Inbox
from rig.journal import digest, read_records
from rig.lab import Lab, find_lab
from rig.locks import hold
from rig.session import Session
from rig.session_folder import SessionFolder, find_sessions
from rig.trials import TrialRow

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
        self._params, self._rng = params, rng
        if params.way == "init":
            raise RuntimeError("not even made")

    def trial(self, number, past):
        light_on = (TurnOn("house_light"),)
        light_off = (TurnOff("house_light"),)
        if number == self._params.fails_at:
            if self._params.way == "raise":
                raise RuntimeError("mistake in the protocol")
            if self._params.way == "numpy":
                drawn = self._rng.choice([1.0, 2.0])
                return TrialGraph(
                    (State("a", "b", enter=(Pulse("valve", drawn + 2),), timeout=(drawn, END),
                           outcome="hit"),),
                    self._rng.choice(["go"]), "x", {"drawn": drawn, "n": self._rng.integers(3)})
            if self._params.way == "exit":
                raise SystemExit(0)
            if self._params.way == "list":
                light_on = [TurnOn("house_light")]
                light_off = [Pulse("valve", "much")]
            if self._params.way == "number":
                return TrialGraph((State("a", "b", timeout=(1.0, END), outcome="hit"),), 3, "x")
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
        ("exit", "SystemExit: 0"),
        ("list", "wrong type"),
        ("number", "wrong type"),
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


def test_what_numpy_draws_is_recorded_as_plain_values(
    lab: Lab, failing: Callable[[str], Path], edit: Edit
) -> None:
    path = failing("numpy")
    path.write_text(path.read_text() + "[session]\nmax_trials = 4\n", encoding="utf-8")
    with Session(plan_for(lab, path), "virtual") as session:
        session.run()
    folder = assert_ended_safely(lab, trials=4)
    starts = [r for r in read_records(folder.journal) if isinstance(r, TrialStarted)]
    assert type(starts[2].draws["drawn"]) is float
    assert type(starts[2].trial_type) is str


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


def children() -> list[str]:
    """Return the processes that this one has started and that still run."""
    own = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return own.read_text().split()


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


@pytest.mark.parametrize("clock", ["virtual", "system"])
def test_a_device_that_does_not_open_leaves_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, clock: Literal["virtual", "system"]
) -> None:
    opened = []

    def fail(valve: ValveTwin) -> None:
        opened.append(valve)
        raise DeviceError("it is not plugged in", "device 'valve'", "Plug it in.")

    monkeypatch.setattr(ValveTwin, "open", fail)
    with pytest.raises(DeviceError, match="not plugged in"), Session(plan_for(lab), clock):
        pass
    assert len(opened) == 1
    assert not lab.data.exists()
    assert children() == []
    with hold(lab.locks, "rig", "box1", "test"):
        pass


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


def test_a_clock_that_goes_backwards_ends_the_session(
    short: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock jumps back by a second when the first state is entered."""
    jumped = threading.Event()

    class Jumper:
        """Makes the clock jump."""

        def warned(self, problem: Problem) -> None: ...

        def entered(self, trial: int, state: str) -> None:
            jumped.set()

        def finished(self, row: TrialRow, water_ul: float) -> None: ...

    def source() -> float:
        return time.perf_counter() - (1.0 if jumped.is_set() else 0.0)

    monkeypatch.setattr(rig.session, "SystemClock", lambda: SystemClock(source))
    session = Session(plan_for(short), "system", watcher=Jumper())
    with pytest.raises(DeviceError, match="went backwards by"), session:
        session.run()
    assert_ended_safely(short, trials=1)


def test_any_thread_may_ask_for_the_time() -> None:
    clock, done = SystemClock(), threading.Event()

    def ask() -> None:
        while not done.is_set():
            clock.now()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(2000):
        clock.receive(Inbox(), until=0.0)
    done.set()
    for thread in threads:
        thread.join()


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


def test_a_fault_is_the_same_wherever_the_lab_lies(
    lab: Lab, failing: Callable[[str], Path], tmp_path: Path
) -> None:
    failing("raise")
    shutil.copytree(lab.folder, tmp_path / "elsewhere")
    digests = set()
    for folder in (lab.folder, tmp_path / "elsewhere"):
        session = Session(plan_for(find_lab(folder), Path("protocols/failing.toml")), "virtual")
        with pytest.raises(ProtocolError), session:
            session.run()
        digests.add(digest(session.folder.journal))
    assert len(digests) == 1


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
