"""Sessions that fail: outputs go off, everything is kept, everything is let go."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from helpers import assert_ended_safely, plan_for

import rig.session
from hardware.valve import ValveTwin
from rig.clock import SystemClock
from rig.errors import (
    DeviceError,
    ExitCode,
    ProtocolError,
    RecordingError,
)
from rig.events import DeviceReported, Fault, TrialStarted
from rig.inbox import Inbox
from rig.journal import digest, read_records
from rig.lab import Lab, find_lab
from rig.locks import hold
from rig.session import Session
from rig.session_folder import find_sessions
from rig.session_record import load_session
from rig.watcher import Nobody

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
        super().__init__(params, rng)
        if params.way == "init":
            raise RuntimeError("not even made")

    def trial(self, number, past):
        light_on = (TurnOn("house_light"),)
        light_off = (TurnOff("house_light"),)
        if number == self.params.fails_at:
            if self.params.way == "raise":
                raise RuntimeError("mistake in the protocol")
            if self.params.way == "numpy":
                drawn = self.rng.choice([1.0, 2.0])
                return TrialGraph(
                    (State("a", "b", enter=(Pulse("valve", drawn + 2),), timeout=(drawn, END),
                           outcome="hit"),),
                    self.rng.choice(["go"]), "x", {"drawn": drawn, "n": self.rng.integers(3)})
            if self.params.way == "exit":
                raise SystemExit(0)
            if self.params.way == "list":
                light_on = [TurnOn("house_light")]
                light_off = [Pulse("valve", "much")]
            if self.params.way == "number":
                return TrialGraph((State("a", "b", timeout=(1.0, END), outcome="hit"),), 3, "x")
            if self.params.way == "nothing":
                return None
            if self.params.way == "left on":
                light_off = ()
            if self.params.way == "device":
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
    assert not session._devices["valve"].is_busy()


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
    before = children()  # emulators of other tests
    with pytest.raises(DeviceError, match="not plugged in"), Session(plan_for(lab), clock):
        pass
    assert len(opened) == 1
    assert not lab.data.exists()
    assert children() == before
    with hold(lab.locks, "rig", "box1", "test"):
        pass


def test_an_hdf5_file_that_cannot_be_written_does_not_cost_the_journal(short: Lab) -> None:
    session = Session(plan_for(short), "virtual")
    with pytest.raises(RecordingError, match="The journal beside it holds"), session:
        session.folder.hdf5.mkdir()
        session.run()
    assert not list(session.folder.path.glob("*.partial"))
    assert len(load_session(session.folder).rows) == 24


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
    assert not session._devices["valve"].is_busy()


def test_a_clock_that_goes_backwards_ends_the_session(
    short: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock jumps back by a second when the first state is entered."""
    jumped = threading.Event()

    class Jumper(Nobody):
        """Makes the clock jump."""

        def entered(self, trial: int, state: str) -> None:
            jumped.set()

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
