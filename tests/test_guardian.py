"""The guardian: it closes every output when the engine is gone or silent, and tells of it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from lamps import charge_for, lamps_plan, trace

import rig.guardian
from rig.errors import DeviceError
from rig.events import Fault
from rig.guardian import Guardian
from rig.guardian_process import Charge
from rig.inbox import Failure, Inbox
from rig.lab import Lab
from rig.replay import replay
from rig.session import Session
from rig.session_record import SessionRecord, load_session
from rig.watcher import Nobody

pytestmark = pytest.mark.realtime

NEVER = 10.0
"""A silence that no test keeps."""


def watching(charge: Charge, lab: Lab, inbox: Inbox) -> Guardian:
    return Guardian(charge, lab.folder / "guardian.log", inbox)


def log_of(folder: Path) -> str:
    return (folder / "guardian.log").read_text(encoding="utf-8")


def faults(record: SessionRecord) -> list[tuple[str, str]]:
    return [(event.level, event.what) for event in record.events if isinstance(event, Fault)]


def test_a_silent_engine_costs_no_output_though_one_hangs_and_one_is_stuck(lab: Lab) -> None:
    charge = charge_for(lab, 0.1, first="", stuck="always", hanging="hang", last="")
    inbox = Inbox()
    with watching(charge, lab, inbox) as guardian:
        guardian.wait_until_ready()
        beaten = time.perf_counter()
        guardian.run(0.0)
        told = inbox.wait(20.0)
        guardian.relieve()
    assert isinstance(told, Failure)
    assert told.urgent
    assert "silent for 0." in told.what
    assert "could not close every output: stuck: it is stuck" in told.what
    assert "hanging: its driver did not return within" in told.what
    assert told.do.startswith("Cut the rig's power by hand now.")
    assert [(each.lamp, each.what) for each in trace(lab)] == [
        ("first", "forced off"),
        ("last", "forced off"),
    ]
    assert trace(lab)[0].process != os.getpid()
    assert trace(lab)[0].time - beaten > 0.09, "it waits for the longest silence"
    log = log_of(lab.folder)
    assert "the engine was silent for 0." in log
    assert "first: closed after" in log
    assert "stuck: NOT CLOSED" in log
    assert "NOT ALL CLOSED" in log


def test_an_engine_that_is_gone_without_a_goodbye_leaves_nothing_on(lab: Lab) -> None:
    charge = charge_for(lab, NEVER, lamp="")
    with watching(charge, lab, Inbox()) as guardian:
        guardian.wait_until_ready()
        guardian.run(0.0)
    assert [each.what for each in trace(lab)] == ["forced off"]
    assert "the engine is gone: closes every output" in log_of(lab.folder)


def test_an_engine_that_dies_after_a_silence_leaves_nothing_of_what_it_did_since(lab: Lab) -> None:
    charge, inbox = charge_for(lab, 0.1, lamp=""), Inbox()
    with watching(charge, lab, inbox) as guardian:
        guardian.wait_until_ready()
        guardian.run(0.0)
        assert inbox.wait(20.0) is not None
    assert [each.what for each in trace(lab)] == ["forced off"] * 2
    assert log_of(lab.folder).index("was silent") < log_of(lab.folder).index("engine is gone")


def test_nothing_is_closed_before_the_first_beat_and_after_the_goodbye(lab: Lab) -> None:
    charge = charge_for(lab, 0.05, lamp="")
    with watching(charge, lab, Inbox()) as guardian:
        guardian.wait_until_ready()
        time.sleep(0.2)  # four times the longest silence
    charge = charge_for(lab, NEVER, lamp="")
    with watching(charge, lab, Inbox()) as guardian:
        guardian.wait_until_ready()
        guardian.run(0.0)
        guardian.relieve()
    assert trace(lab) == []
    assert "the engine has turned its outputs off" in log_of(lab.folder)


@pytest.mark.parametrize(("beats", "is_lost"), [(2, False), (20, True)])
def test_a_guardian_that_does_not_answer_is_lost_unless_the_engine_stood_still_as_well(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, beats: int, is_lost: bool
) -> None:
    monkeypatch.setattr(rig.guardian, "FROZEN", 0.6)
    inbox = Inbox()
    with watching(charge_for(lab, 1.0, lamp=""), lab, inbox) as guardian:
        guardian.wait_until_ready()
        guardian._process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(0.9)
            for beat in range(beats):
                guardian.run(0.25 * beat)
        finally:
            guardian._process.send_signal(signal.SIGCONT)
        guardian.relieve()
    told = inbox.take()
    assert (told is not None) == is_lost
    if isinstance(told, Failure):
        assert (told.what, told.urgent) == ("the guardian is lost: it does not answer", False)


def test_no_session_begins_with_a_guardian_that_cannot_close_an_output(lab: Lab) -> None:
    charge = charge_for(lab, NEVER, lamp="check")
    with (
        pytest.raises(DeviceError, match=r"is not ready: it has no bulb \(lamp\). Put one in"),
        watching(charge, lab, Inbox()) as guardian,
    ):
        guardian.wait_until_ready()


class AtTrial(Nobody):
    """Does something when trial 3 has its lamp on."""

    def __init__(self) -> None:
        self.session: Session
        self.trials: list[int] = []
        self.resumed = 0.0

    def entered(self, trial: int, state: str) -> None:
        if state == "lit":
            self.trials.append(trial)
            if trial == 3:
                self.happen()

    def happen(self) -> None:
        raise NotImplementedError


class Kills(AtTrial):
    """Kills the guardian."""

    def happen(self) -> None:
        guardian = self.session._guard
        assert isinstance(guardian, Guardian)
        guardian._process.send_signal(signal.SIGKILL)


class Hangs(AtTrial):
    """Hangs until the guardian has told of it."""

    def happen(self) -> None:
        end = time.monotonic() + 20.0
        while self.session._guard.tripped is None and time.monotonic() < end:
            time.sleep(0.01)
        self.resumed = time.perf_counter()


def run_with(lab: Lab, watcher: AtTrial, what: str) -> SessionRecord:
    """Run a session that fails; return its record."""
    session = watcher.session = Session(lamps_plan(lab, 0.5, lamp=""), "system", watcher=watcher)
    with pytest.raises(DeviceError, match=what), session:
        session.run()
    return load_session(session.folder)


def test_a_session_that_loses_its_guardian_ends_after_the_trial_and_says_why(lab: Lab) -> None:
    watcher = Kills()
    record = run_with(lab, watcher, "the guardian is lost: its process ended")
    assert watcher.trials[-1] in (3, 4)  # the news may come when the next trial has begun
    assert [row.aborted for row in record.rows] == [False] * len(watcher.trials)
    assert faults(record) == [
        ("warning", "the guardian is lost: its process ended"),
        ("error", "the guardian is lost: its process ended"),
    ]
    assert record.ended is not None
    assert record.ended.how == "failed"
    assert replay(record).differences == []


def test_an_engine_that_hangs_is_told_what_the_guardian_did_meanwhile(lab: Lab) -> None:
    watcher = Hangs()
    record = run_with(lab, watcher, "silent for .* and the guardian closed every output")
    forced = [each for each in trace(lab) if each.what == "forced off"]
    assert [each.process == os.getpid() for each in forced] == [False]
    assert forced[0].time < watcher.resumed
    assert [each.what for each in trace(lab)][-2:] == ["off", "close"]
    assert [level for level, _ in faults(record)] == ["error"]
    assert record.rows[-1].aborted
    assert "silent" in log_of(record.folder.path)


def test_an_output_that_goes_off_by_force_only_is_told_of(lab: Lab) -> None:
    with Session(lamps_plan(lab, NEVER, lamp="off"), "system") as session:
        session.stop("stop_now", "enough")
        result = session.run()
    assert [str(each.what) for each in result.warnings] == [
        "it was turned off by force: it is stuck (lamp). Pull the plug."
    ]
    record = load_session(session.folder)
    assert faults(record) == [("warning", result.warnings[0].what)]
    assert replay(record).differences == []
    assert "the engine has turned its outputs off" in log_of(session.folder.path)
