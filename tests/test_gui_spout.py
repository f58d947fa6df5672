"""One drop and a test tone on the Arm sheet: only while nothing uses the rig."""

from __future__ import annotations

import pytest
from arm_desk import OK, Desk
from gui_helpers import Bench, Script
from pytestqt.qtbot import QtBot

from rig.trying import Tried


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> Desk:
    return Desk(bench, qtbot)


def test_one_drop_is_given_only_while_nothing_uses_the_rig(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.press("Ctrl+D")
    asked = desk.jobs.last("try")
    assert asked.arguments == ["try", "box1", "--device", "water", "--drops", "1"]
    desk.press("Ctrl+D")
    assert desk.jobs.count("try") == 1
    asked.answer([Tried("water", "valve", "Valve", False, "good", "It gave 1 drop.")])
    assert desk.sheet.tools.said.text() == "water: It gave 1 drop."
    desk.bench.begin("box1", Script(subject="M041").records)
    desk.sheet.refresh()
    desk.sheet.tools.refresh()
    assert not desk.sheet.tools.drop.isEnabled()
    desk.press("Ctrl+D")
    assert desk.jobs.count("try") == 1


def test_what_came_of_a_drop_is_not_said_of_another_box(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.press("Ctrl+D")
    desk.place.rig = "box2"
    desk.sheet.arrive()
    desk.jobs.last("try").answer([Tried("water", "valve", "Valve", False, "bad", "No drop.")])
    assert desk.sheet.tools.said.text() == ""
