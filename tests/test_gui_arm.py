"""The Arm sheet: the right mouse, nothing unread, and one key when all is green."""

from __future__ import annotations

import pytest
from arm_desk import CONFIRM, NOTE, OK, OVERRIDE, STOP, Desk, desk
from gui_helpers import Script
from PyQt5.QtCore import Qt

__all__ = ["desk"]  # the fixture


def test_all_green_is_one_key(desk: Desk) -> None:
    desk.arm("M014", OK, NOTE)
    assert desk.sheet.head.who.text() == "M014 - ear 14, cage C-221, brown dot"
    assert desk.sheet.guards.green.text() == "▸ 1 check is green"
    assert desk.sheet.footer.start.text() == "Start M014 on box1 (F5)"
    desk.press("F5")
    assert desk.launched.runs == [
        ["run", "--rig", "rigs/box1.toml", "--subject", "M014", "--by", "anna", "--json"]
    ]
    assert desk.place.box.state() == ("note", "starting")
    desk.press("F5")
    assert len(desk.launched.runs) == 1


def test_enter_names_the_mouse_and_starts_only_when_it_stands_there_all_green(desk: Desk) -> None:
    desk.type("m014")
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, Qt.Key_Return)
    assert desk.launched.runs == []
    desk.answer("M014", OK)
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, Qt.Key_Return)
    assert len(desk.launched.runs) == 1


def test_a_tag_that_is_scanned_twice_starts_nothing(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, Qt.Key_Home)
    desk.sheet.head.mouse.line.selectAll()
    desk.qtbot.keyClicks(desk.sheet.head.mouse.line, "14")
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, Qt.Key_Return)
    assert desk.launched.runs == []
    assert desk.why == "Looking at mouse, rig and files..."


def test_a_click_is_asked_for_and_recorded(desk: Desk) -> None:
    desk.arm("M014", CONFIRM, OK)
    assert not desk.can_start
    assert desk.why == "'ran today' waits for your click."
    button = desk.sheet.guards.lines[CONFIRM].button
    desk.qtbot.mouseClick(button, Qt.LeftButton)
    assert button.text() == "✓ Confirmed"
    assert desk.can_start
    assert (
        desk.sheet.head.mouse.line.hasFocus()
    )  # Enter starts, and a tag that is scanned is not lost
    desk.qtbot.mouseClick(button, Qt.LeftButton)
    assert not desk.can_start
    desk.qtbot.mouseClick(button, Qt.LeftButton)
    desk.press("F5")
    assert "confirmed: M014 already ran today at 08:05." in desk.launched.runs[0]


def test_a_reason_is_asked_for_and_recorded(desk: Desk) -> None:
    desk.arm("M014", OVERRIDE)
    assert desk.why == "'calibration of valve' waits for your reason."
    reason = desk.sheet.guards.lines[OVERRIDE].reason
    desk.qtbot.keyClicks(reason, "   ")
    assert not desk.can_start
    desk.qtbot.keyClicks(reason, "weighed drops")
    assert desk.can_start
    desk.press("F5")
    note = "confirmed: Valve: 99 days ago. Reason: weighed drops"
    assert note in desk.launched.runs[0]


def test_a_stop_forbids_the_session_whatever_is_pressed(desk: Desk) -> None:
    desk.arm("M014", STOP, OK)
    assert desk.why == "Stop: The folder cannot be written."
    desk.press("F5")
    desk.sheet.start()
    assert desk.launched.runs == []


def test_a_confirmation_does_not_outlive_what_it_confirmed(desk: Desk) -> None:
    desk.arm("M014", CONFIRM)
    desk.qtbot.mouseClick(desk.sheet.guards.lines[CONFIRM].button, Qt.LeftButton)
    desk.arm("M041", OK)
    desk.arm("M014", CONFIRM)
    assert not desk.can_start


def test_a_tag_that_names_no_mouse_or_two_is_said_and_arms_nothing(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.type("M99")
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, Qt.Key_Return)
    said = desk.sheet.head.mouse.trouble.text()
    assert said.startswith("No mouse has the id or the ear tag 'M99'.")
    assert not desk.can_start
    assert desk.sheet.head.who.text() == "No mouse"
    desk.type("41")
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, Qt.Key_Return)
    said = desk.sheet.head.mouse.trouble.text()
    assert "worn by M041 - ear 41, cage C-222 and M114 - ear 41, cage C-300" in said
    assert not desk.can_start


def test_mice_are_offered_while_typing_and_one_is_taken_by_the_keys(desk: Desk) -> None:
    desk.type("M")
    offered = desk.sheet.head.mouse.list
    assert [offered.item(row).text()[:4] for row in range(offered.count())] == [
        "M014", "M041", "M114", "SIM0",
    ]  # fmt: skip
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, Qt.Key_Down)
    desk.qtbot.keyClick(offered, Qt.Key_Down)
    desk.qtbot.keyClick(offered, Qt.Key_Return)
    assert desk.sheet.head.who.text().startswith("M041")
    assert not offered.isVisible()


def test_an_answer_about_the_mouse_before_is_dropped(desk: Desk) -> None:
    desk.type("M014")
    desk.qtbot.waitUntil(lambda: desk.jobs.count("preflight", "M014") == 1)
    desk.type("M041")
    desk.jobs.last("preflight", "M014").answer(desk.found("M014", OK))
    assert not desk.can_start
    assert "M014" not in desk.sheet.lines.values["Mouse"].text()
    desk.answer("M041", OK)
    assert desk.can_start


def test_a_virtual_mouse_runs_simulated_at_a_speed_that_can_be_changed(desk: Desk) -> None:
    desk.arm("SIM01", OK)
    assert "--simulate" in desk.jobs.last("preflight", "SIM01").arguments
    desk.press("F5")
    assert {"--simulate", "--speed"} <= set(desk.launched.runs[0])


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
