"""A wrong ear tag on the Arm sheet is a stop, with two ways on: switch, or scan again."""

from __future__ import annotations

import pytest
from arm_desk import CONFIRM, OK, STOP, Desk
from gui_helpers import Bench
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.screens.arm import UNPLANNED

GO_NOGO = "protocols/go_nogo.toml"
SAID = "You scanned M041. box1 is planned for M014."
SWITCHED = "switched to M041: box1 was planned for M014"


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> Desk:
    """Return the sheet on a planned day, with the wrong mouse on it."""
    made = Desk(bench, qtbot)
    made.plan(("M014", "box1", ""), ("M041", "box2", GO_NOGO), ("SIM01", "box2", ""))
    return made


def test_a_wrong_tag_stops_until_a_person_has_chosen(desk: Desk) -> None:
    desk.arm("M041", OK)
    assert desk.sheet.wrong.said.text() == f"STOP  {SAID} M041 is planned for box2."
    assert not desk.can_start
    assert desk.why == "Switch to M041, or scan again."
    assert desk.sheet.footer.why.property("level") == "bad"
    QTest.keyClick(desk.sheet.head.mouse.line, Qt.Key_Return)
    desk.press("F5")
    desk.sheet.start()
    assert desk.launched.runs == []
    assert desk.sheet.armed() == {}, "nobody has said that it runs here"


def test_a_switch_is_checked_anew_and_recorded(desk: Desk) -> None:
    desk.arm("M041", CONFIRM)
    checks = desk.jobs.count("preflight", "M041")
    desk.sheet.wrong.switch.click()
    assert not desk.sheet.wrong.isVisible()
    assert desk.sheet.head.mouse.line.hasFocus(), "where Enter starts, and a scanner types"
    assert not desk.can_start, "as long as it is not checked anew"
    desk.answer("M041", CONFIRM)
    assert desk.jobs.count("preflight", "M041") == checks + 1
    assert desk.jobs.last("preflight").arguments.count(GO_NOGO) == 1, "its own protocol"
    assert not desk.can_start, "its other guards still ask"
    QTest.mouseClick(desk.sheet.guards.lines[CONFIRM].button, Qt.LeftButton)
    notes = [guard.text for guard in desk.sheet.draft.guards if guard.level == "note"]
    assert notes == ["M041 runs on box1 in place of M014."]
    desk.press("F5")
    run = desk.launched.runs[0]
    assert [run[at + 1] for at, word in enumerate(run) if word == "--note"] == [
        SWITCHED, f"confirmed: {CONFIRM.text}",
    ]  # fmt: skip


def test_a_switch_opens_no_other_stop(desk: Desk) -> None:
    desk.arm("M041", STOP)
    desk.sheet.wrong.switch.click()
    desk.answer("M041", STOP)
    assert desk.why == f"Stop: {STOP.text}"


def test_scan_again_empties_the_field_and_takes_the_keys(desk: Desk) -> None:
    desk.arm("M041", OK)
    desk.sheet.wrong.again.setFocus()
    desk.sheet.wrong.again.click()
    line = desk.sheet.head.mouse.line
    assert (line.text(), line.hasFocus()) == ("", True)
    assert not desk.sheet.wrong.isVisible()
    assert desk.sheet.draft.subject == ""
    QTest.keyClicks(line, "14")
    desk.answer("M014", OK)
    assert desk.can_start
    assert desk.sheet.draft.notes() == []


def test_the_tab_key_leads_to_both_ways(desk: Desk) -> None:
    desk.arm("M041", OK)
    names = []
    for _ in range(2):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key_Tab)
        names.append(QApplication.focusWidget().text())
    assert names == ["S&witch to M041", "Scan &again"]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key_Space)
    assert desk.sheet.draft.subject == ""
    desk.arm("M041", OK)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key_Tab)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key_Space)
    assert desk.sheet.draft.instead_of == "M014"


def test_both_ways_stand_in_the_list_of_commands_only_while_they_are_asked(desk: Desk) -> None:
    ways = [each for each in desk.sheet.can_be_done() if "mouse" in each.words]
    assert [way.when() for way in ways] == [False, False]
    desk.arm("M041", OK)
    assert [way.when() for way in ways] == [True, True]
    ways[0].do()
    assert desk.sheet.draft.instead_of == "M014"


def test_another_mouse_is_asked_about_again(desk: Desk) -> None:
    desk.arm("M041", OK)
    desk.sheet.wrong.switch.click()
    desk.arm("M014", OK)
    assert desk.can_start
    desk.arm("M041", OK)
    assert not desk.can_start


def test_two_mice_change_places(desk: Desk) -> None:
    desk.arm("M041", OK)
    desk.sheet.wrong.switch.click()
    assert desk.sheet.armed() == {"M041": "box1"}
    desk.place.rig = "box2"
    desk.sheet.arrive()
    assert desk.sheet.head.mouse.line.placeholderText().startswith("Next: SIM01 - virtual mouse.")
    desk.arm("M014", OK)
    said = "You scanned M014. box2 is planned for SIM01. M014 is planned for box1."
    assert desk.sheet.wrong.said.text() == f"STOP  {said}"
    desk.sheet.wrong.switch.click()
    assert desk.sheet.armed() == {"M041": "box1", "M014": "box2"}
    desk.place.rig = "box1"
    desk.sheet.arrive()
    desk.answer("M041", OK)
    assert desk.can_start, "what was chosen holds"


def test_a_switch_takes_the_mouse_from_another_sheet(desk: Desk) -> None:
    desk.place.rig = "box2"
    desk.sheet.arrive()
    desk.arm("M041", OK)
    desk.place.rig = "box1"
    desk.sheet.arrive()
    desk.arm("M041", OK)
    desk.sheet.wrong.switch.click()
    assert desk.sheet.armed() == {"M041": "box1"}


def test_the_order_of_the_last_day_only_tells(desk: Desk) -> None:
    desk.plan(("M014", "box1", ""), planned=False)
    desk.arm("M041", OK)
    assert desk.can_start
    assert "M014 would be the next one on box1, as on the last day." in [
        guard.text for guard in desk.sheet.draft.guards
    ]


def test_nothing_starts_before_the_plan_is_read(bench: Bench, qtbot: QtBot) -> None:
    desk = Desk(bench, qtbot)
    desk.day.read()
    desk.arm("M041", OK)
    assert (desk.can_start, desk.why) == (False, UNPLANNED)
    desk.jobs.last("today").answer({"problems": [{"what": "no", "where": "plan", "do": "Mend."}]})
    assert desk.can_start, "a plan that cannot be read plans nobody"
