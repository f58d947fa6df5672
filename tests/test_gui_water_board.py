"""The water board: who is due what and why, and nothing is entered that was not meant."""

from __future__ import annotations

from datetime import datetime

import pytest
from board_desk import BoardDesk
from gui_helpers import Bench, click, texts
from gui_ledger import InsideJobs, begin, row
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.ledger_jobs import LedgerJobs
from gui.screens.water_board import WaterBoard
from gui.watering.words import preview, state
from rig.lab import Lab
from rig.water_policy import WaterConfig

NOON, EVENING = datetime(2026, 11, 25, 12), datetime(2026, 11, 25, 18)
PROBLEM = {"problems": [{"what": "21.4 -> 12.4 g", "where": "weight 12.4", "do": "Look again."}]}


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> BoardDesk:
    return BoardDesk(bench, qtbot)


def test_the_board_says_what_a_mouse_is_due_and_why(desk: BoardDesk) -> None:
    assert "asked ..." in desk.said
    desk.show(row("M016", due_ml=0.0), row("M014"))
    assert "M014 - ear 14, cage C-221" in desk.said, "the first that is due water is chosen"
    assert "0.04 mL/g x 21.4 g = 0.86 mL a day" in desk.said
    assert "1 of 2 mice on restriction still needs water" in desk.said
    assert desk.panel.give_button.text() == "&Give 0.22 mL now"


def test_what_is_left_is_told_before_it_is_entered(desk: BoardDesk) -> None:
    desk.show(row())
    for typed, told in (
        ("0,1", "0.12 mL are left then."),
        ("0.3", "That is 0.08 mL more than it is due."),
        ("0.22", "That is all that it is due."),
    ):
        desk.panel.volume.empty()
        QTest.keyClicks(desk.panel.volume.line, typed)
        assert desk.panel.preview.text() == told
    assert desk.entered("give") == []


def test_giving_leads_by_the_keys_from_mouse_to_mouse(desk: BoardDesk) -> None:
    desk.show(row("M014"), row("M015"), row("M016", due_ml=0.0))
    QTest.keyClick(desk.screen.table, Qt.Key_Return)
    assert desk.panel.volume.line.hasFocus()
    desk.type(desk.panel.volume.line, "0.1")
    QTest.keyClick(desk.panel.volume.line, Qt.Key_Return)
    assert desk.entered("give") == [["give", "M014", "0.1", "--by=anna"]], "once"
    assert "asked ..." in desk.said
    desk.jobs.last("give").answer({"row": "r", "board": row("M014", due_ml=0.12)})
    assert "M015 - ear 15" in desk.said
    assert desk.screen.table.hasFocus()
    QTest.keyClick(desk.screen.table, Qt.Key_Return)
    QTest.keyClick(desk.panel.volume.line, Qt.Key_Return)
    assert desk.entered("give")[1][:3] == ["give", "M015", "0.22"], "what is due, if none is typed"
    desk.jobs.last("give").answer({"row": "r", "board": row("M015", due_ml=0.0)})
    assert desk.panel.give_button.text() == "&Give 0.12 mL now"
    assert "M014 got 0.10 mL. A slip? In a shell: rig give M014 --withdraw last" in desk.said


def test_more_than_the_cap_has_to_be_typed_twice(desk: BoardDesk) -> None:
    desk.show(row())
    desk.type(desk.panel.volume.line, "5")
    assert "M014 would have 5.64 mL on this day (cap 3.5 mL). Type the volume again." in desk.said
    desk.type(desk.panel.volume.line, "0.5")
    assert desk.entered("give") == [["give", "M014", "0.5", "--by=anna"]]


def test_an_implausible_weight_has_to_be_typed_twice(desk: BoardDesk) -> None:
    desk.show(row())
    line = desk.panel.weight.line
    desk.type(line, "12.4")
    assert "21.4 -> 12.4 g (-42 %). Type the weight again." in desk.said
    assert line.text() == ""
    desk.type(line, "12.5")
    assert "Before, 12.4 was typed." in desk.said
    assert desk.entered("weigh") == []
    desk.type(line, "12.5")
    assert desk.entered("weigh") == [["weigh", "M014", "12.5", "--confirm", "--by=anna"]]


@pytest.mark.parametrize("typed", ["", "0", "abc", "-1", "250"])
def test_nonsense_is_no_weight(desk: BoardDesk, typed: str) -> None:
    desk.show(row())
    desk.type(desk.panel.weight.line, typed)
    assert desk.entered("weigh") == []
    assert desk.panel.weight.trouble.text()


def test_what_is_refused_says_why_and_what_was_typed_stays(desk: BoardDesk) -> None:
    desk.show(row())
    desk.type(desk.panel.weight.line, "21.2")
    desk.jobs.last("weigh").answer(PROBLEM, 3)
    assert "Not entered: 21.4 -> 12.4 g (weight 12.4). Look again." in desk.said
    assert desk.panel.weight.line.text() == "21.2"
    assert desk.jobs.asked[-1].arguments == ["water"], "another person may have entered something"


def test_nobody_enters_anything_without_a_name(desk: BoardDesk) -> None:
    desk.show(row())
    desk.place.operator = ""
    desk.type(desk.panel.volume.line, "0.2")
    assert "Say who works here" in desk.said
    assert desk.entered("give") == []


def test_all_get_what_they_are_due_after_one_question(desk: BoardDesk) -> None:
    desk.show(row("M014"), row("M015", due_ml=0.4), row("M016", due_ml=None))
    click(desk.screen.all.begin)
    assert "Did they get it? M014 0.22 mL, M015 0.40 mL; 0.62 mL in all." in desk.said
    QTest.keyClick(desk.screen.all.yes, Qt.Key_Escape)
    assert desk.entered("give") == []
    click(desk.screen.all.begin)
    QTest.keyClick(desk.screen.all.yes, Qt.Key_Return)
    assert desk.entered("give") == [["give", "--all", "--by=anna"]]
    given = {"given_ml": {"M014": 0.22, "M015": 0.4}, "not_given": ["M016"]}
    desk.jobs.last("--all").answer(given, 3)
    assert "Entered: M014 0.22 mL, M015 0.40 mL. Nobody can tell what is due to M016" in desk.said


def test_the_question_goes_away_when_what_is_due_has_changed(desk: BoardDesk) -> None:
    desk.show(row("M014"))
    click(desk.screen.all.begin)
    desk.screen.again.click()
    desk.show(row("M014", due_ml=0.1))
    assert "What is due has changed. Look again." in desk.said
    assert not desk.screen.all.yes.isVisible()


def test_a_ledger_that_cannot_be_read_is_told_and_what_was_known_stays(desk: BoardDesk) -> None:
    desk.show(row())
    desk.screen.again.click()
    desk.jobs.last("water").answer(PROBLEM, 6)
    assert "The ledger could not be read." in desk.said
    assert desk.screen._model.rowCount() == 1


@pytest.mark.parametrize(
    ("changes", "now", "told"),
    [
        ({}, NOON, ("note", "due")),
        ({}, EVENING, ("bad", "LATE since 17:00")),
        ({"due_ml": None}, EVENING, ("bad", "LATE since 17:00: weigh it")),
        ({"due_ml": 0.0}, EVENING, ("good", "has all")),
        ({"due_ml": 0.0, "alerts": ("It is thin.",)}, NOON, ("warn", "has all; look at it")),
        ({"status": "free", "due_ml": 0.0}, EVENING, ("", "water at will")),
    ],
)
def test_the_state_of_a_mouse_is_a_word(
    changes: dict[str, object], now: datetime, told: tuple[str, str]
) -> None:
    assert state(row(**changes), WaterConfig(), now) == told


def test_what_nobody_can_tell_is_never_called_nothing() -> None:
    assert preview(row(due_ml=None), 0.5) == ("warn", "Nobody can tell what it is due: weigh it.")


def test_without_a_ledger_the_screen_says_how_one_is_begun(bench: Bench, qtbot: QtBot) -> None:
    screen = WaterBoard(bench.place, LedgerJobs(bench.place))
    qtbot.addWidget(screen)
    screen.show()
    screen.arrive()
    assert "rig subject add MOUSE" in texts(screen)
    assert bench.place.jobs.busy == 0


def test_what_is_given_and_weighed_is_in_the_ledger(bench: Bench, lab: Lab, qtbot: QtBot) -> None:
    """The window, the commands and the ledger agree."""
    begin(lab, M014=21.4, M015=22.0)
    jobs = InsideJobs(lab)
    bench.place.jobs = jobs  # type: ignore[assignment]
    screen = WaterBoard(bench.place, LedgerJobs(bench.place))
    qtbot.addWidget(screen)
    screen.show()
    screen.arrive()
    jobs.work()
    assert "Fixed 1.00 mL a day, less 0.40 mL of supplements: 0.60 mL due." in texts(screen)
    screen.panel.give()
    jobs.work()
    screen.choose("M014")
    for _ in range(2):
        QTest.keyClicks(screen.panel.weight.line, "12.4")
        QTest.keyClick(screen.panel.weight.line, Qt.Key_Return)
    jobs.work()
    assert "less 1.00 mL of supplements: 0.00 mL due." in texts(screen)
    assert "It weighs 12.4 g, 50 % below its baseline weight of 25.0 g" in texts(screen)
    click(screen.all.begin)
    click(screen.all.yes)
    jobs.work()
    assert "Entered: M015 0.60 mL." in texts(screen)
    assert "All 2 mice on restriction have their water." in texts(screen)
