"""Whatever dies beside a running session, nothing is lost, and the window says what happened."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import RIG_COMMAND
from test_processes import logger_of

from benchmarks.window_beside import Shown, WindowBeside, licks_of
from gui.session_view import SessionView
from rig.desk import tell
from rig.events import ActionDone, CommandGiven, DeviceReported
from rig.inbox import Command, Verb
from rig.lab import Lab
from rig.locks import is_held
from rig.recovery import recover
from rig.session_folder import SessionFolder
from rig.session_record import SessionRecord, load_session
from rig.verification import verify

Edit = Callable[[str, str, str], None]
WITHIN = 2.0
"""Seconds within which all of the past is in a window that comes late."""


class Engine:
    """A session in a program of its own."""

    def __init__(self, lab: Lab) -> None:
        arguments = ("--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml",
                     "--subject", "SIM01", "--simulate", "--seed", "3")  # fmt: skip
        self.lab = lab
        self.process = subprocess.Popen(
            [*RIG_COMMAND, "run", *arguments, "--speed", "10"], cwd=lab.folder, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def end(self, verb: Verb = "stop_after_trial") -> SessionRecord:
        """Stop it; return what it has recorded."""
        reply = tell(
            self.lab.locks / "rig-box1.address", Command(verb, "end of test", author="anna")
        )
        assert reply.accepted
        self.process.wait(60)
        return load_session(next(iter(_sessions(self.lab))))


def _sessions(lab: Lab) -> list[SessionFolder]:
    return [SessionFolder(path.parent) for path in sorted(lab.data.rglob("session.journal"))]


@pytest.fixture
def engine(eager: Lab) -> Iterator[Engine]:
    """Start a session, ten times faster than real time."""
    started = Engine(eager)
    yield started
    if started.process.poll() is None:
        os.killpg(started.process.pid, signal.SIGKILL)
    started.process.communicate()
    if is_held(eager.locks, "rig", "box1"):  # its next part, if a test has failed
        tell(eager.locks / "rig-box1.address", Command("stop_now", author="test"))


@pytest.fixture
def open_window(eager: Lab, tmp_path: Path) -> Iterator[Callable[[], WindowBeside]]:
    """Return a function that opens a window in a program of its own."""
    opened: list[WindowBeside] = []

    def another() -> WindowBeside:
        opened.append(WindowBeside(eager.folder, "box1", tmp_path / "settings"))
        return opened[-1]

    yield another
    for window in opened:
        window.kill()


def ended(trials: int) -> Callable[[Shown], bool]:
    """Return whether a window shows so many trials at least."""
    return lambda shown: shown.attached is not None and len(shown.rows) >= trials


def told(events: int) -> Callable[[Shown], bool]:
    """Return whether a window knows so many events at least."""
    return lambda shown: shown.attached is not None and shown.events >= events


def assert_whole(record: SessionRecord) -> None:
    """Assert that a session has recorded everything, and that its files say the same."""
    assert [event.seq for event in record.events] == list(range(1, len(record.events) + 1))
    assert record.ended is not None
    assert record.damage == ""
    assert {finding.state for finding in verify(record.folder)} == {"good"}


def test_windows_that_die_or_hang_cost_the_session_nothing(
    engine: Engine, open_window: Callable[[], WindowBeside]
) -> None:
    window = open_window()
    seen = window.wait_for("a trial", told(20))
    assert (seen.state, seen.trouble) == ("running", "")
    for number in (signal.SIGSTOP, signal.SIGKILL):
        window.process.send_signal(number)
        window = open_window()
        later = window.wait_for("that it goes on", told(seen.events + 20))
        assert later.session == seen.session
        assert later.rows[: len(seen.rows)] == seen.rows
        seen = later
    assert_whole(engine.end("stop_now"))
    window.wait_for("the end", lambda shown: shown.state == "ended: wrap up")


def test_a_window_that_comes_back_shows_all_of_the_past_at_once(
    engine: Engine, open_window: Callable[[], WindowBeside]
) -> None:
    first = open_window()
    first.wait_for("a trial", ended(1))
    address = engine.lab.locks / "rig-box1.address"
    tell(address, Command("note", "a note of the first hour", author="anna"))
    first.wait_for("six trials", ended(6))
    first.kill()
    back = open_window().wait_for("the past", ended(6))
    assert back.attached is not None
    assert back.attached < WITHIN
    record = engine.end()
    assert back.events >= len(record.events) // 2
    view = SessionView()
    for each in (record.header, record.definition, *record.events[: back.events]):
        view.take(each)
    assert back.rows == tuple(view.rows)
    assert back.licks == licks_of(view.raster)
    assert any(back.licks.values())
    assert back.log == tuple(view.log)
    assert "a note of the first hour" in str(back.log)


def test_a_killed_engine_is_told_of_and_goes_on_as_its_next_part(
    engine: Engine, open_window: Callable[[], WindowBeside]
) -> None:
    window = open_window()
    seen = window.wait_for("a drop", lambda shown: any(row.reward_ul for row in shown.rows))
    os.killpg(engine.process.pid, signal.SIGKILL)
    shown = window.wait_for("that it died", lambda shown: shown.state == "engine died")
    trials = len(shown.rows)
    for words in (
        f"ended in trial {trials + 1}",
        f"Data up to trial {trials} is safe",
        "the valve is closed",
        "go on as part 2 or wrap up",
    ):
        assert words in shown.trouble
    window.press("All boxes")
    assert f"ACT: {shown.trouble}" in window.look().texts
    window.press("Run")
    run = window.look().texts
    assert "The session was cut off" in run
    assert shown.trouble in run
    cut = load_session(_sessions(engine.lab)[0])
    assert cut.rows == list(shown.rows)
    assert_all_openings_end_by_themselves(cut)
    window.press("Go on as part 2")
    on = window.wait_for(
        "its next part", lambda shown: shown.session != seen.session and bool(shown.rows)
    )
    assert (on.state, on.trouble) == ("running", "")
    assert on.rows[0].trial == trials + 1
    folder = _sessions(engine.lab)[1]
    window.press("Stop after trial")
    window.wait_for("the end", lambda shown: shown.state == "ended: wrap up")
    wait_until_free(engine.lab)
    part = load_session(folder)
    assert part.definition.resumes == seen.session
    assert_whole(part)
    recover(cut.folder)
    assert_recovered(cut.folder)


def assert_all_openings_end_by_themselves(record: SessionRecord) -> None:
    """Assert that no valve was opened but for a drop, which the hardware ends."""
    opened = [e for e in record.events if isinstance(e, ActionDone) and e.device == "valve"]
    assert opened
    assert {event.verb for event in opened} == {"deliver"}
    assert all(event.value for event in opened)
    closed = [e for e in record.events if isinstance(e, DeviceReported) and e.device == "valve"]
    assert all(0 < event.achieved < 1 for event in closed)


def assert_recovered(folder: SessionFolder) -> None:
    """Assert that a session that was cut off is a valid one again."""
    assert {finding.state for finding in verify(folder)} == {"good"}


def wait_until_free(lab: Lab) -> None:
    """Wait until no session is there any more."""
    end = time.monotonic() + 60
    while is_held(lab.locks, "rig", "box1") and time.monotonic() < end:
        time.sleep(0.02)


def test_a_killed_logger_is_an_alert_until_there_is_another_one(
    engine: Engine, open_window: Callable[[], WindowBeside]
) -> None:
    window = open_window()
    window.wait_for("a trial", ended(1))
    os.kill(logger_of(engine.process), signal.SIGKILL)
    warned = window.wait_for("a warning", lambda shown: "the logger has ended" in str(shown.log))
    assert warned.state == "running"
    window.wait_for("an alert", lambda shown: "ogger has ended" in str(shown.texts))
    back = window.wait_for("that it is back", lambda shown: shown.logger == "ready")
    assert back.state == "running"
    record = engine.end()
    assert_whole(record)
    assert not [e for e in record.events if isinstance(e, CommandGiven) and not e.accepted]
