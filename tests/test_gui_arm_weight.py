"""The weight on the Arm sheet: never a default, never a slip, and nobody runs who is too light."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from arm_desk import OK, Desk
from gui_helpers import Bench, texts
from gui_ledger import InsideJobs, begin, board, row
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.day_jobs import DayJobs
from gui.ledger_jobs import LedgerJobs
from gui.screens.arm import ArmSheet
from gui.watering.words import weight_words
from rig.dialog import OnBalance
from rig.lab import Lab, find_lab
from rig.preflight import Guard
from rig.water_policy import WaterConfig

NOT_WEIGHED = Guard("weight", "confirm", "M014 is not weighed today.", "Weigh it: rig weigh M014 "
                    "GRAMS, or go on without.", "click")  # fmt: skip
LIGHT = Guard("weight threshold", "stop", "M014 has 79 % of its baseline weight (limit 80 %).",
              "It needs the consent of a named person: rig subject note M014")  # fmt: skip
NOW = datetime(2026, 11, 25, 8).astimezone()


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> Desk:
    """Return the sheet in a lab with a ledger, in which M014 was weighed a day ago."""
    (bench.place.lab.folder / "ledger.db").touch()
    made = Desk(bench, qtbot)
    made.jobs.last("water").answer(
        board(row("M014", weighed=False, weighed_at=NOW - timedelta(days=1)))
    )
    return made


def weigh(desk: Desk, text: str) -> None:
    field = desk.sheet.weight.field.line
    field.setFocus()
    desk.qtbot.keyClicks(field, text)
    desk.qtbot.keyClick(field, Qt.Key_Return)


def weighings(desk: Desk) -> list[list[str]]:
    return [each.arguments for each in desk.jobs.asked if each.arguments[0] == "weigh"]


def test_the_field_is_empty_and_yesterdays_weight_stands_beside_it(desk: Desk) -> None:
    desk.arm("M014", OK)
    said = desk.sheet.lines.values["Weight"].text()
    assert "21.4 g, 86 % of its baseline of 25.0 g; 85 % = 21.3 g." in said
    assert "Not weighed today." in said
    assert desk.sheet.weight.field.line.text() == ""
    assert desk.sheet.weight.field.value is None


def test_what_is_typed_is_entered_and_the_session_checked_anew(desk: Desk) -> None:
    desk.arm("M014", NOT_WEIGHED)
    assert "Type its weight in the line above, or go on without." in texts(desk.sheet.guards)
    weigh(desk, "21.2")
    assert weighings(desk) == [["weigh", "M014", "21.2", "--by=anna"]]
    desk.jobs.last("weigh").answer({"row": "r", "board": row("M014", weight_g=21.2)})
    assert desk.why == "Looking at mouse, rig and files..."
    assert desk.sheet.head.mouse.line.hasFocus(), "where Enter starts"
    desk.answer("M014", OK)
    assert desk.can_start
    assert desk.sheet.lines.values["Weight"].text().startswith("Today 21.2 g (-1.9 % since 21.6 g)")


def test_an_implausible_weight_is_typed_again(desk: Desk) -> None:
    desk.arm("M014", OK)
    weigh(desk, "12.4")
    assert "21.4 -> 12.4 g (-42 %). Type the weight again." in texts(desk.sheet)
    assert weighings(desk) == []
    weigh(desk, "21.4")
    assert weighings(desk) == [["weigh", "M014", "21.4", "--by=anna"]]


def test_the_balance_fills_the_field_of_the_mouse_that_was_scanned(
    bench: Bench, qtbot: QtBot
) -> None:
    path = bench.place.lab.folder / "lab.toml"
    path.write_text('balance = "1128"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    bench.place.lab = find_lab(path.parent)
    (path.parent / "ledger.db").touch()
    desk = Desk(bench, qtbot)
    desk.jobs.last("water").answer(board(row("M014")))
    assert desk.jobs.talks == [], "no field for a weight is there yet"
    desk.arm("M014", NOT_WEIGHED)
    field = desk.sheet.weight.field.line
    desk.jobs.talks[-1].say(OnBalance(21.2, True))
    assert field.text() == "21.20"
    desk.qtbot.keyClick(field, Qt.Key_Return)
    assert weighings(desk) == [["weigh", "M014", "21.2", "--source=balance", "--by=anna"]]
    desk.jobs.last("weigh").answer({"row": "r", "board": row("M014", weight_g=21.2)})
    assert field.text() == ""
    assert "entered. Take the mouse off." in texts(desk.sheet)
    desk.sheet.hide()
    assert desk.jobs.talks[-1].stopped


def test_a_mouse_that_is_too_light_needs_the_consent_of_a_named_person(desk: Desk) -> None:
    desk.arm("M014", LIGHT)
    assert not desk.can_start
    assert "consent of a named person, in the line of the weight" in texts(desk.sheet)
    agree = desk.sheet.weight.agree
    desk.qtbot.mouseClick(agree, Qt.LeftButton)
    assert "Write the name of the person who consents." in texts(desk.sheet)
    desk.qtbot.keyClicks(desk.sheet.weight.person, "Dr Weiss")
    desk.qtbot.mouseClick(agree, Qt.LeftButton)
    assert desk.jobs.last("note").arguments == [
        "subject", "note", "M014", "consents to a session at 86 % of the baseline weight",
        "--person=Dr Weiss", "--consent", "--by=anna",
    ]  # fmt: skip
    desk.jobs.last("note").answer({"row": "r"})
    desk.answer("M014", OK)
    assert desk.can_start
    assert not agree.isVisible()


def test_what_is_typed_goes_with_no_other_mouse(desk: Desk) -> None:
    desk.arm("M014", OK)
    desk.qtbot.keyClicks(desk.sheet.weight.field.line, "21")
    desk.arm("M041", OK)
    assert desk.sheet.weight.field.line.text() == ""
    assert "It is not in the ledger of weights and water." in texts(desk.sheet.lines)


def test_a_lab_without_a_ledger_works_as_ever(bench: Bench, qtbot: QtBot) -> None:
    desk = Desk(bench, qtbot)
    desk.arm("M014", OK)
    assert "It is begun with  rig subject add M014" in desk.sheet.lines.values["Weight"].text()
    assert not desk.sheet.weight.field.isVisible()
    assert desk.can_start
    assert desk.jobs.count("water") == 0


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"weight_g": None}, "warn", "It was never weighed."),
        ({"baseline_g": None, "ratio": None}, "note", "It has no baseline weight."),
        ({"weight_g": 21.0, "ratio": 0.84}, "warn", "85 % = 21.3 g. It is below 85 %."),
        ({"weight_g": 19.0, "ratio": 0.76}, "bad", "It is below 80 %."),
        ({"implant_g": 1.5}, "", "85 % = 22.8 g."),
    ],
)
def test_the_line_says_how_the_weight_stands(
    changes: dict[str, object], level: str, words: str
) -> None:
    told = weight_words(row(**changes), WaterConfig(), NOW)
    assert told[0] == level
    assert told[1].endswith(words)


def test_the_ledger_stops_a_light_mouse_until_a_person_consents(
    bench: Bench, lab: Lab, qtbot: QtBot
) -> None:
    """The sheet, the commands and the ledger agree."""
    begin(lab, M014=19.5)
    jobs = InsideJobs(lab)
    bench.place.jobs = jobs  # type: ignore[assignment]
    sheet = ArmSheet(bench.place, DayJobs(bench.place), LedgerJobs(bench.place), lambda *_: "")
    qtbot.addWidget(sheet)
    sheet.show()
    sheet.arrive()
    jobs.work()
    qtbot.keyClicks(sheet.head.mouse.line, "M014")
    qtbot.waitUntil(lambda: not sheet._checker._timer.isActive())
    jobs.work()
    assert "Today 19.5 g (+0.0 % since 19.5 g), 78 % of its baseline of 25.0 g" in texts(sheet)
    assert "M014 has 78.0 % of its baseline weight (limit 80 %)." in texts(sheet)
    qtbot.keyClicks(sheet.weight.person, "Dr Weiss")
    sheet.weight.agree.click()
    jobs.work()
    qtbot.waitUntil(lambda: not sheet._checker._timer.isActive())
    jobs.work()
    assert "Consent of Dr Weiss: consents to a session at 78 % of the baseline" in texts(sheet)
    assert not sheet.weight.agree.isVisible()
