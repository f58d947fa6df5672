"""Commands beside the window: whatever they come to is an answer, and none is cut off roughly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.jobs import Done, Jobs

PROBLEM = '{"problems": [{"what": "no", "where": "M014", "do": "Look."}]}'
pytestmark = pytest.mark.realtime

WAITS = """
import signal, sys, time
def leave(*_):
    open("left", "w").write("all in order")
    sys.exit(9)
signal.signal(signal.SIGTERM, leave)
open("begun", "w").close()
time.sleep(60)
"""


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


def run(jobs: Jobs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, script: str) -> Done:
    """Let a script take the place of `rig`; return what it came to."""
    monkeypatch.setattr("gui.jobs.RIG_PROGRAM", (sys.executable, "-S", "-c", script))
    came: list[Done] = []
    jobs.run(["show", "M014"], came.append)
    qtbot.waitUntil(lambda: bool(came), timeout=20_000)
    assert jobs.busy == 0
    return came[0]


@pytest.mark.parametrize(
    ("script", "done"),
    [
        ("print('[1]')", Done(0, [1], "")),
        ("print('[1]'); raise SystemExit(3)", Done(3, [1], "")),
        ("print('nonsense'); raise SystemExit(3)", Done(3, None, "nonsense")),
        ("pass", Done(0, None, "it said nothing")),
        (
            f"print({PROBLEM!r}); raise SystemExit(3)",
            Done(3, None, "No (M014). Look."),
        ),
        (
            "import os; os.kill(os.getpid(), 9)",
            Done(-1, None, "the command was ended: it crashed."),
        ),
    ],
)
def test_whatever_a_command_prints_is_an_answer(
    jobs: Jobs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, script: str, done: Done
) -> None:
    assert run(jobs, qtbot, monkeypatch, script) == done


def test_a_program_that_is_not_there_is_an_answer(
    jobs: Jobs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.jobs.RIG_PROGRAM", ("/nowhere/python",))
    came: list[Done] = []
    jobs.run(["show"], came.append)
    qtbot.waitUntil(lambda: bool(came))
    assert came[0].error.startswith("the command could not be started")


def begun(jobs: Jobs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[Done]:
    """Begin a command that leaves in order when it is asked to; return what it will come to."""
    monkeypatch.setattr("gui.jobs.RIG_PROGRAM", (sys.executable, "-S", "-c", WAITS))
    came: list[Done] = []
    jobs.run(["try", "box1"], came.append, longest=3.0)
    qtbot.waitUntil((folder / "begun").exists, timeout=20_000)
    return came


def test_a_command_that_takes_too_long_may_leave_in_order(
    jobs: Jobs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    came = begun(jobs, qtbot, monkeypatch, tmp_path)
    qtbot.waitUntil(lambda: bool(came))
    assert came[0].error == "the command was ended: it took longer than 3 s."
    assert (tmp_path / "left").read_text() == "all in order"


def test_a_window_that_closes_lets_commands_leave_in_order(
    jobs: Jobs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    came = begun(jobs, qtbot, monkeypatch, tmp_path)
    jobs.close()
    assert (tmp_path / "left").exists()
    assert came == []
