"""Sessions faster than real time: everything is as in real time, but the seconds are shorter."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Done
from helpers import assert_ended_safely, plan_for, put_mouse
from inside import inside

import rig.desk
from rig.bus import Heartbeat
from rig.clock import PacedClock
from rig.desk import Hand, read_address, tell
from rig.errors import ConfigError, DeviceError, ExitCode
from rig.events import CommandGiven, InputChanged, Record
from rig.following import Follower
from rig.inbox import Command, Inbox
from rig.lab import Lab
from rig.replay import replay
from rig.session import Session
from rig.session_record import load_session
from rig.session_result import Result

Edit = Callable[[str, str, str], None]


def test_a_paced_clock_waits_so_many_times_less() -> None:
    clock = PacedClock(50.0)
    began = time.perf_counter()
    assert clock.receive(Inbox(), 5.0) is None
    assert clock.now() >= 5.0
    assert 0.1 <= time.perf_counter() - began < 2.0
    assert clock.utc() is None, "the wall clock runs at another pace"


def test_a_message_ends_the_wait_of_a_paced_clock() -> None:
    clock, inbox = PacedClock(2.0), Inbox()
    inbox.put(Command("note"))
    assert clock.receive(inbox, 1000.0) == Command("note")
    assert clock.now() < 100


def test_a_change_of_speed_makes_no_jump() -> None:
    shown = 0.0
    clock = PacedClock(10.0, lambda: shown)
    clock.start()
    shown = 3.0
    assert clock.pace(2.0)
    assert clock.now() == 30.0
    shown = 4.0
    assert (clock.now(), clock.speed) == (32.0, 2.0)


def test_a_paced_clock_that_goes_backwards_is_noticed() -> None:
    shown = iter([0.0, 5.0, 4.0])
    clock = PacedClock(10.0, shown.__next__)
    with pytest.raises(DeviceError, match="backwards"):
        clock.receive(Inbox(), 1000.0)


@pytest.fixture
def few(lab: Lab, edit: Edit) -> Lab:
    """Return a lab whose Go/NoGo sessions have six trials."""
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 6")
    put_mouse(lab, policy="always")
    return lab


def test_a_paced_session_is_recorded_like_one_in_real_time(few: Lab) -> None:
    with Session(plan_for(few), "paced", speed=50.0) as session:
        began = time.monotonic()
        result = session.run()
        assert result.duration > 10 * (time.monotonic() - began)
    folder = assert_ended_safely(few, trials=6)
    record = load_session(folder)
    assert (record.definition.clock, record.definition.speed) == ("paced", 50.0)
    assert replay(record).differences == []


@pytest.fixture
def waiting(lab: Lab, edit: Edit) -> Iterator[Path]:
    """Return the address of a session at speed 50 that waits for YOU, in a thread."""
    edit("protocols/go_nogo.toml", "max_duration = 3600", "max_duration = 36000")
    results: list[Result] = []
    with Session(plan_for(lab, subject="YOU"), "paced", speed=50.0) as session:
        thread = threading.Thread(target=lambda: results.append(session.run()))
        thread.start()
        yield lab.locks / "rig-box1.address"
        session.stop("stop_now", "end of test")
        thread.join()
    assert replay(load_session(results[0].folder)).differences == []


def beats(follower: Follower, seconds: float) -> list[Heartbeat]:
    """Return the heartbeats of some seconds of real time."""
    found: list[Heartbeat] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found += [one for one in follower.hear(0.05) if isinstance(one, Heartbeat)]
    return found


def test_the_heart_beats_in_real_time_at_any_speed(waiting: Path) -> None:
    with Follower(read_address(waiting)) as follower:
        list(follower.so_far())
        fast = beats(follower, 1.5)
        assert 4 <= len(fast) <= 9
        assert {beat.speed for beat in fast} == {50.0}
        reply = tell(waiting, Command("speed", author="anna", value=1))
        assert (reply.accepted, reply.text) == (True, "runs 1 times as fast as real time")
        slow = [beat for beat in beats(follower, 1.5) if beat.speed == 1.0]
        assert 4 <= len(slow) <= 9
        assert slow[-1].time - slow[0].time < 2.0


def test_a_hand_leads_the_mouse(waiting: Path) -> None:
    with Follower(read_address(waiting)) as follower, Hand(read_address(waiting)) as hand:
        assert hand.touch("port", True).text == "touched"
        assert hand.touch("lick", True).accepted
        assert hand.touch("lick", True).accepted, "again, and nothing changes"
        assert hand.touch("lick", False).text == "let go"
        refused = hand.touch("nose", True)
        assert (refused.accepted, refused.text) == (
            False, "the rig has no sensor 'nose'; it has: port, lick",
        )  # fmt: skip
        felt: list[Record] = []
        while sum(isinstance(one, InputChanged) for one in felt) < 3:
            felt += [one for one in follower.hear(1.0) if not isinstance(one, Heartbeat)]
    edges = [(one.device, one.level) for one in felt if isinstance(one, InputChanged)]
    assert edges == [("port", True), ("lick", True), ("lick", False)]
    assert not [one for one in felt if isinstance(one, CommandGiven)], "a touch is no command"


def test_a_mouse_that_leads_itself_is_not_led_by_hand(few: Lab) -> None:
    answers: list[str] = []
    address = few.locks / "rig-box1.address"
    with Session(plan_for(few), "paced", speed=50.0) as session:
        found = read_address(address)
        thread = threading.Thread(target=session.run)
        thread.start()
        with Hand(found) as hand:
            answers.append(hand.touch("lick", True).text)
        session.stop("stop_now", "enough")
        thread.join()
    assert answers == ["the mouse of this session is not led by hand"]


def test_a_session_that_is_gone_feels_no_hand(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.desk, "TOUCHED_WITHIN", 0.2)
    with Session(plan_for(lab, subject="YOU"), "paced", speed=50.0) as session:
        found = read_address(lab.locks / "rig-box1.address")
        session.stop("stop_now", "enough")
        session.run()
    with Hand(found) as hand, pytest.raises(ConfigError, match="has not felt the touch"):
        hand.touch("lick", True)


def test_a_mouse_class_of_a_subject_takes_the_place_of_the_rig_s(lab: Lab, edit: Edit) -> None:
    plan = plan_for(lab, subject="YOU")
    assert plan.mouse is not None
    assert (plan.mouse.name, plan.mouse.mouse.led_by_hand) == (
        "hardware.human_mouse:HumanMouse", True,
    )  # fmt: skip
    edit("subjects/YOU.toml", "HumanMouse", "HumanMuose")
    with pytest.raises(ConfigError, match="HumanMuose"):
        plan_for(lab, subject="YOU")
    edit("subjects/YOU.toml", 'HumanMuose"', 'HumanMouse"\nmouse = { licks = 3 }')
    with pytest.raises(ConfigError, match="unknown key 'licks'"):
        plan_for(lab, subject="YOU")


def test_speed_on_the_command_line(few: Lab, command: Callable[..., Done]) -> None:
    box = ("--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml", "--subject", "SIM01")
    done = command("run", *box, "--simulate", "--speed", "50", "--json")
    assert done.code == ExitCode.OK
    ran = json.loads(done.out)
    assert ran["trials"] == 6
    assert load_session(assert_ended_safely(few, 6)).definition.clock == "paced"
    for options, said in {
        ("--virtual", "--speed", "5"): "Leave out --virtual.",
        ("--speed", "5"): "Add --simulate, or leave out --speed.",
    }.items():
        refused = inside(few, "run", *box, *options)
        assert refused.code == ExitCode.CHECK_FAILED
        assert said in refused.err
    assert inside(few, "run", *box, "--simulate", "--speed", "60").code == ExitCode.USAGE
