"""The Arm sheet: the right mouse, nothing unread, and one key when all is green."""

from __future__ import annotations

import msgspec
import pytest
from arm_desk import CONFIRM, MICE, NOTE, OK, OVERRIDE, PROBLEM, STAGE, STOP, Desk, Launched
from gui_helpers import Bench, Script
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from gui.arm.mouse_field import MouseField
from gui.day_jobs import DayJobs
from gui.jobs import Jobs
from gui.ledger_jobs import LedgerJobs
from gui.screens.arm import ArmSheet
from rig.lab import Lab
from rig.preflight import (
    Guard,
    StageCard,
    SubjectChoice,
)


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> Desk:
    return Desk(bench, qtbot)


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


@pytest.mark.parametrize("enter", [Qt.Key_Return, Qt.Key_Enter])
def test_enter_names_the_mouse_and_starts_only_when_it_stands_there_all_green(
    desk: Desk, enter: Qt.Key
) -> None:
    desk.type("m014")
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, enter)
    assert desk.launched.runs == []
    desk.answer("M014", OK)
    desk.qtbot.keyClick(desk.sheet.head.mouse.line, enter)
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
    assert desk.why == "Press Confirm above, if you want to go on."
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
    assert desk.why == "Write the reason above, if you want to go on."
    reason = desk.sheet.guards.lines[OVERRIDE].reason
    desk.qtbot.keyClicks(reason, "   ")
    assert not desk.can_start
    desk.qtbot.keyClicks(reason, "weighed drops")
    assert desk.can_start
    desk.qtbot.keyClick(reason, Qt.Key_Return)
    assert desk.launched.runs == []
    assert desk.sheet.head.mouse.line.hasFocus(), "or the next tag would go into the reason"
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


def test_a_scanner_waits_for_no_list_of_mice_and_nothing_has_to_be_erased(qtbot: QtBot) -> None:
    named: list[SubjectChoice | None] = []
    field = MouseField(named.append, lambda: named.append(None))
    qtbot.addWidget(field)
    qtbot.keyClicks(field.line, "15")
    qtbot.keyClick(field.line, Qt.Key_Return)
    assert field.trouble.text() == "", "nobody knows yet"
    field.show_mice(MICE)
    assert field.trouble.text().startswith("No mouse has the id or the ear tag '15'.")
    named.clear()
    qtbot.keyClicks(field.line, "14")
    assert named[-1:] == [MICE[0]]


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


def test_a_mouse_that_runs_elsewhere_is_not_started(desk: Desk) -> None:
    desk.bench.begin("box2", Script(subject="M014", rig="box2").records)
    desk.arm("M014", OK)
    assert desk.why == "M014 is running on box2."
    desk.sheet.start()
    assert desk.launched.runs == []


def test_nobody_starts_a_session_without_a_name(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.place.operator = ""
    desk.sheet.refresh()
    assert desk.why.startswith("Say who works here first")
    desk.sheet.start()
    assert desk.launched.runs == []


def test_each_box_has_a_sheet_of_its_own(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.place.rig = "box2"
    desk.sheet.arrive()
    assert desk.sheet.head.mouse.line.text() == ""
    assert desk.sheet.footer.start.text() == "Start mouse on box2 (F5)"
    desk.place.rig = "box1"
    desk.sheet.arrive()
    assert desk.sheet.head.mouse.line.text() == "M014"


def test_changed_parameters_go_with_the_session_and_nonsense_forbids_it(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.sheet.more.click()
    editor = desk.sheet.form.rows["time_out"].editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    desk.qtbot.keyClicks(editor, "90")
    assert desk.why == "Time out: 90 s is not allowed; it must be 0 to 60."
    editor.selectAll()
    desk.qtbot.keyClicks(editor, "4")
    desk.qtbot.waitUntil(lambda: desk.jobs.count("preflight", "M014", "time_out=4.0") == 1)
    desk.answer("M014", OK)
    assert desk.sheet.lines.values["Parameters"].text().startswith("1 changed for this session")
    desk.press("F5")
    assert "time_out=4.0" in desk.launched.runs[0]
    desk.bench.begin("box1", Script(subject="M014").records)
    desk.qtbot.waitUntil(lambda: desk.gone_to == ["run"])
    desk.bench.lose("box1")
    desk.arm("M014", OK)
    assert desk.sheet.form.values_changed() == {}


CARD = StageCard(
    "small", "s1", 1, 2, "2026-11-01T10:00:00+01:00", "promote", "s2", "Suggested: s2.", "p"
)


def test_a_suggested_stage_is_used_or_kept_by_one_click(desk: Desk) -> None:
    desk.arm("M014", STAGE, stage=CARD)
    assert not desk.can_start
    desk.qtbot.mouseClick(desk.sheet.stage.keep, Qt.LeftButton)
    assert desk.can_start
    assert desk.sheet.draft.notes() == ["confirmed: Suggested: stage s2."]
    desk.qtbot.mouseClick(desk.sheet.stage.use, Qt.LeftButton)
    moved = desk.jobs.last("stage")
    assert moved.arguments == ["stage", "M014", "--accept", "--by", "anna"]
    desk.jobs.last("preflight", "M014").answer(desk.found("M014", STAGE, stage=CARD))
    assert not desk.can_start, "as long as the move is not recorded"
    moved.answer({})
    desk.answer("M014", OK, stage=msgspec.structs.replace(CARD, stage="s2", verdict="hold"))
    assert desk.can_start
    assert not desk.sheet.stage.use.isVisible()
    assert desk.sheet.draft.notes() == []


def test_a_mouse_outside_its_curriculum_enters_it_by_one_click(desk: Desk) -> None:
    do = "Enter one: rig stage M014 --enter curricula/small.toml."
    stop = Guard("stage", "stop", "M014 has entered no curriculum.", do)
    desk.arm("M014", stop)
    found = desk.found("M014", stop)
    mouse = msgspec.structs.replace(found.subject, curriculum="curricula/small.toml")
    found = msgspec.structs.replace(found, subject=mouse, protocol=None)
    desk.jobs.last("preflight", "M014").answer(found)
    assert desk.sheet.stage.enter.text() == "&Enter small"
    said = [label.text() for label in desk.sheet.guards.lines[stop].findChildren(QLabel)]
    assert not any("rig stage" in text for text in said)
    desk.qtbot.mouseClick(desk.sheet.stage.enter, Qt.LeftButton)
    assert desk.jobs.last("stage").arguments == [
        "stage", "M014", "--enter", "curricula/small.toml", "--by", "anna",
    ]  # fmt: skip


@pytest.mark.parametrize(("sex", "said"), [("U", "sex unknown"), ("F", "sex F"), ("", "No se")])
def test_who_the_mouse_is_stands_in_words(desk: Desk, sex: str, said: str) -> None:
    desk.type("M014")
    desk.qtbot.waitUntil(lambda: desk.jobs.count("preflight", "M014") == 1)
    found = desk.found("M014", OK)
    mouse = msgspec.structs.replace(found.subject, sex=sex)
    desk.jobs.last("preflight", "M014").answer(msgspec.structs.replace(found, subject=mouse))
    assert desk.sheet.lines.values["Mouse"].text().startswith(said)


def test_another_protocol_is_checked_as_chosen(desk: Desk) -> None:
    desk.arm("M014", OK)
    box = desk.sheet.stage.protocols
    box.setCurrentIndex(box.findData("protocols/go_nogo.toml"))
    box.activated.emit(box.currentIndex())
    assert not desk.can_start
    desk.qtbot.waitUntil(lambda: desk.jobs.count("--protocol", "protocols/go_nogo.toml") == 1)


def test_a_check_that_fails_is_said_and_arms_nothing(desk: Desk) -> None:
    desk.type("M014")
    desk.qtbot.waitUntil(lambda: desk.jobs.count("preflight", "M014") == 1)
    desk.jobs.last("preflight", "M014").answer(PROBLEM, 3)
    assert desk.why == "The check has failed. No such line (rigs/box1.toml). Mend it."
    assert not desk.can_start


def test_the_real_check_of_a_new_lab_arms_a_virtual_mouse(
    bench: Bench, lab: Lab, qtbot: QtBot
) -> None:
    assert isinstance(bench.place.jobs, Jobs)
    launched = Launched()
    sheet = ArmSheet(bench.place, DayJobs(bench.place), LedgerJobs(bench.place), launched)
    qtbot.addWidget(sheet)
    sheet.show()
    sheet.arrive()
    qtbot.waitUntil(lambda: sheet.stage.protocols.count() > 1, timeout=30_000)
    sheet.head.mouse.line.setFocus()
    qtbot.keyClicks(sheet.head.mouse.line, "SIM01")
    box = sheet.stage.protocols
    box.setCurrentIndex(box.findData("protocols/go_nogo.toml"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(sheet.footer.start.isEnabled, timeout=30_000)
    assert "go_nogo: Auditory Go/NoGo" in sheet.lines.values["Protocol & stage"].text()
    assert len(sheet.form.rows) > 10
    sheet.start()
    assert "--simulate" in launched.runs[0]
    bench.place.jobs.close()  # before the screen is gone, to which they would answer
