"""From the Arm sheet to the session: it begins, or says why not, and nothing is lost."""

from __future__ import annotations

import json
import time

import msgspec
import pytest
from arm_desk import CONFIRM, OK, OVERRIDE, PROBLEM, STOP, Desk, Launched
from gui_helpers import Bench, Script
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from gui.starting import resume, start
from rig.events import Definition
from rig.preflight import DeviceCard, Guard


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> Desk:
    return Desk(bench, qtbot)


def test_the_field_is_empty_when_the_session_has_begun(desk: Desk) -> None:
    desk.arm("M014", CONFIRM)
    desk.qtbot.mouseClick(desk.sheet.guards.lines[CONFIRM].button, Qt.LeftButton)
    desk.press("F5")
    desk.bench.begin("box1", Script(subject="M014").records)
    desk.qtbot.waitUntil(lambda: desk.gone_to == ["run"])
    desk.sheet.refresh()
    assert desk.sheet.head.mouse.line.text() == ""
    assert desk.sheet.head.who.text() == "No mouse"
    assert desk.sheet.draft.given == {}
    assert desk.why == "M014 is running on box1."


@pytest.mark.parametrize("simulated", [False, True])
def test_the_window_takes_the_keyboard_back_from_the_screen_of_the_mouse(
    desk: Desk, simulated: bool
) -> None:
    found = desk.found("M014", OK)
    screen = DeviceCard("screen", "display", "PsychopyDisplay", simulated)
    rig = msgspec.structs.replace(found.rig, devices=(screen,))
    desk.type("M014")
    desk.qtbot.waitUntil(lambda: desk.jobs.count("preflight", "M014") == 1)
    desk.jobs.last("preflight", "M014").answer(msgspec.structs.replace(found, rig=rig))
    desk.press("F5")
    other = QLineEdit()
    desk.qtbot.addWidget(other)
    with desk.qtbot.waitActive(other):
        other.show()
        other.activateWindow()
    desk.bench.begin("box1", Script(subject="M014").records)
    desk.qtbot.waitUntil(lambda: desk.gone_to == ["run"])
    desk.qtbot.waitUntil(lambda: desk.sheet.isActiveWindow() is not simulated)


def test_an_answer_about_the_mouse_that_runs_is_not_taken_for_the_next_one(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.press("F5")
    desk.sheet.refresh()  # the box has changed: the mouse is looked at once more
    asked = desk.jobs.count("preflight", "M014") + 1
    desk.qtbot.waitUntil(lambda: desk.jobs.count("preflight", "M014") == asked)
    desk.bench.begin("box1", Script(subject="M014").records)
    desk.qtbot.waitUntil(lambda: desk.gone_to == ["run"])
    desk.jobs.last("preflight", "M014").answer(desk.found("M014", STOP))
    desk.sheet.arrive()
    assert desk.sheet.head.who.text() == "No mouse"
    assert "M014" not in desk.sheet.lines.values["Mouse"].text()
    assert not desk.sheet.guards.lines


def test_a_session_that_begins_late_empties_the_field_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.starting.WITHIN", 0.2)
    desk.arm("M014", OK)
    desk.press("F5")
    desk.qtbot.waitUntil(lambda: desk.sheet.failed.isVisible())
    assert "has not begun within" in desk.sheet.failed.text()
    assert desk.sheet.head.mouse.line.text() == "M014"
    desk.bench.begin("box1", Script(subject="M014").records)
    desk.sheet.refresh()
    assert desk.sheet.head.mouse.line.text() == ""


def test_a_session_that_does_not_begin_is_told_in_words_and_nothing_is_lost(desk: Desk) -> None:
    desk.arm("M014", OVERRIDE)
    desk.qtbot.keyClicks(desk.sheet.guards.lines[OVERRIDE].reason, "known")
    desk.press("F5")
    desk.launched.prints(json.dumps(PROBLEM))
    desk.qtbot.waitUntil(lambda: desk.sheet.failed.isVisible())
    said = "The session did not begin. No such line (rigs/box1.toml). Mend it."
    assert desk.sheet.failed.text() == said
    assert desk.told == ["M014 was not started on box1: see the Arm sheet."]
    assert desk.place.box.state() == ("", "free")
    assert desk.sheet.head.mouse.line.text() == "M014"
    desk.answer("M014", OVERRIDE)
    desk.press("F5")
    assert len(desk.launched.runs) == 2


def test_what_a_program_prints_is_read_by_its_own_window_and_removed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.arm("M014", OK)
    desk.press("F5")
    mine = desk.launched.output
    monkeypatch.setattr("gui.starting.os.getpid", lambda: 1)
    launched = Launched()
    desk.place.box.starting = ""
    start(desk.place, "box1", ["--subject", "M014"], lambda _: None, launched)
    assert launched.output != mine
    launched.prints(json.dumps(PROBLEM))
    desk.qtbot.waitUntil(lambda: not launched.output.exists())
    assert not desk.sheet.failed.isVisible()
    desk.launched.prints(json.dumps(PROBLEM))
    desk.qtbot.waitUntil(lambda: desk.sheet.failed.isVisible())
    assert not mine.exists()


def test_the_session_of_another_window_is_not_taken_for_ones_own(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.press("F5")
    desk.bench.begin("box1", Script(subject="M041").records)
    desk.launched.prints(json.dumps(PROBLEM))
    desk.qtbot.waitUntil(lambda: bool(desk.told))
    assert desk.told == ["M014 was not started on box1: see the Arm sheet."]
    assert desk.gone_to == []
    assert desk.why == "M041 is running on box1."


def test_a_session_that_was_cut_off_goes_on_as_it_was_started(desk: Desk) -> None:
    desk.bench.begin("box1", Script(subject="M014").records)
    desk.bench.lose("box1")
    came: list[str] = []
    for _ in range(2):  # pressed twice
        resume(desk.place, "box1", came.append, desk.launched)
    assert len(desk.launched.runs) == 1
    run = desk.launched.runs[0]
    assert run[:4] == ["run", "--resume", "--rig", "rigs/box1.toml"]
    assert run[run.index("--subject") + 1] == "M014"
    desk.bench.begin("box1", Script(subject="M014").records)
    desk.qtbot.waitUntil(lambda: came == [""])


def test_the_next_part_goes_on_at_the_pace_of_the_last(desk: Desk) -> None:
    script = Script(subject="M014")
    told = script.records[1]
    assert isinstance(told, Definition)
    script.records[1] = msgspec.structs.replace(told, clock="paced", speed=20.0)
    desk.bench.begin("box1", script.records)
    desk.bench.lose("box1")
    resume(desk.place, "box1", lambda _: None, desk.launched)
    run = desk.launched.runs[0]
    assert run[run.index("--speed") + 1] == "20"


def wait_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a minute pass."""
    later = time.monotonic() + 60
    monkeypatch.setattr("gui.arm.checker.time.monotonic", lambda: later)


def test_what_was_green_a_minute_ago_is_checked_once_more_and_starts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.arm("M014", CONFIRM)
    desk.qtbot.mouseClick(desk.sheet.guards.lines[CONFIRM].button, Qt.LeftButton)
    wait_a_minute(monkeypatch)
    for _ in range(2):  # pressed twice
        desk.press("F5")
    assert desk.why == "Checking once more ..."
    assert desk.launched.runs == []
    desk.answer("M014", CONFIRM)
    assert len(desk.launched.runs) == 1
    assert "confirmed: M014 already ran today at 08:05." in desk.launched.runs[0]


def test_what_is_green_no_more_at_the_last_check_does_not_start(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.arm("M014", OK)
    wait_a_minute(monkeypatch)
    desk.press("F5")
    desk.answer("M014", Guard("mouse", "stop", "M014 runs on box2.", "Look there."))
    assert desk.launched.runs == []
    assert desk.why == "Stop: M014 runs on box2."
    desk.arm("M014", OK)
    assert desk.launched.runs == [], "it must be asked for anew"


def test_another_mouse_is_not_started_by_the_check_of_the_one_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.arm("M014", OK)
    wait_a_minute(monkeypatch)
    desk.press("F5")
    desk.arm("M041", OK)
    assert desk.launched.runs == []
    assert desk.can_start
