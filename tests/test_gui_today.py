"""The day board: nobody is left out by accident, and the next mouse is one key away."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fake_jobs import FakeJobs
from gui_helpers import Bench, Script, click, texts
from gui_ledger import board, row
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.day_jobs import DayJobs
from gui.ledger_jobs import LedgerJobs
from gui.screens.today import Today
from gui.today.words import WATER_ONLY
from rig.day_plan import DayBoard, DayMouse
from rig.preflight import LastSession, StageCard

LAST = LastSession("M014/2026-11-24/1", "2026-11-24", "", "box1", "go_nogo", "", 250, 0.6, 1.7,
                   "250 trials", True)  # fmt: skip
STAGE = StageCard("small", "s1", 1, 2, "2026-11-01T10:00:00+01:00", "promote", "s2",
                  "Stage 's2' suggested: d' 1.7 on the last day.", "p")  # fmt: skip


def mouse(subject: str, rig: str = "box1", **changes: Any) -> DayMouse:
    values: dict[str, Any] = {
        "subject": subject, "ear_tag": subject[-2:], "cage": "", "mark": "", "rig": rig,
        "protocol": "", "stage": STAGE, "last": LAST, "state": "planned",
    }  # fmt: skip
    return DayMouse(**{**values, **changes})


class DayDesk:
    """The screen, whose commands a test answers."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.bench, self.jobs, self.place = bench, FakeJobs(), bench.place
        self.place.jobs = self.jobs  # type: ignore[assignment]
        self.place.go_to = bench.went.append
        (self.place.lab.folder / "ledger.db").touch()
        self.armed: dict[str, str] = {}
        self.chosen: list[str] = []
        self.day = DayJobs(self.place)
        self.screen = Today(
            self.place, self.day, LedgerJobs(self.place), lambda: self.armed, self.chosen.append
        )
        qtbot.addWidget(self.screen)
        self.screen.resize(1100, 650)
        self.screen.show()
        self.screen.arrive()

    def show(self, *mice: DayMouse, planned: bool = True) -> DayDesk:
        """Let the day be read."""
        told = DayBoard(date(2026, 11, 25), "the plan (day-plan.toml)", planned, mice)
        self.jobs.last("today").answer(told)
        return self

    def states(self) -> dict[str, str]:
        return {line.subject: line.state for line in self.screen._model.rows}

    def press(self, keys: str) -> None:
        action = next(each for each in self.screen.can_be_done() if each.keys == keys)
        assert action.when()
        action.do()

    @property
    def said(self) -> str:
        return texts(self.screen)


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> DayDesk:
    return DayDesk(bench, qtbot)


def test_mice_stand_in_their_order_and_who_only_needs_water_below(desk: DayDesk) -> None:
    assert "asked ..." in desk.said
    desk.show(mouse("M015"), mouse("M014", state="done"))
    assert desk.screen._model.index(0, 6).data() == "asked ...", "not that it is in no ledger"
    desk.jobs.last("water").answer(board(row("M014"), row("M015"), row("M016")))
    assert desk.states() == {"M015": "planned", "M014": "done", "M016": WATER_ONLY}
    assert "1 of 2 left; 1 needs water only." in desk.said
    assert "Stage 's2' suggested: d' 1.7 on the last day" in desk.said
    cells = [desk.screen._model.index(0, column).data() for column in range(7)]
    assert cells == [
        "M015, ear 15", "box1", "planned", "s1 -> s2?", "24 Nov, 250 trials, d' 1.7", "86",
        desk.screen._model.index(0, 6).data(),
    ]  # fmt: skip


def test_f2_leads_to_the_sheet_of_the_next_mouse_on_a_free_rig(desk: DayDesk) -> None:
    desk.show(mouse("M014"), mouse("M015", "box2"), mouse("M016"))
    desk.press("F2")
    assert (desk.bench.went, desk.place.rig) == (["arm"], "box1")
    desk.bench.begin("box1", Script("M014").records)
    desk.screen.refresh()
    desk.show(mouse("M014"), mouse("M015", "box2"), mouse("M016"))
    assert desk.states()["M014"] == "running", "before the record of it is read anew"
    assert desk.screen.next.text() == "Arm &next: M015 (F2)"
    desk.press("F2")
    assert desk.place.rig == "box2"
    following = desk.day.next_on("box2")
    assert following is not None
    assert following.subject == "M015"


def test_enter_arms_the_chosen_mouse_out_of_order(desk: DayDesk) -> None:
    desk.show(mouse("M014"), mouse("M015"))
    QTest.keyClick(desk.screen.table, Qt.Key_Down)
    QTest.keyClick(desk.screen.table, Qt.Key_Return)
    assert desk.bench.went == ["arm"]
    following = desk.day.next_on("box1")
    assert following is not None
    assert following.subject == "M015"


def test_a_session_that_was_wrapped_up_lets_the_day_be_read_anew(desk: DayDesk) -> None:
    desk.show(mouse("M014"))
    box = desk.bench.begin("box1", Script("M014").trial().ends().records)
    desk.bench.lose("box1")
    desk.day.read()
    assert not desk.day.is_old
    box.wrapped_up = True
    assert desk.day.is_old


def test_what_happens_in_a_box_shows_at_once(desk: DayDesk) -> None:
    desk.armed = {"M015": "box1"}
    desk.bench.begin("box1", Script("M014").trial().ends().records)
    desk.bench.lose("box1")
    desk.show(mouse("M014", state="running"), mouse("M015"))
    assert desk.states() == {"M014": "wrap-up", "M015": "armed"}


def test_a_mouse_on_the_sheet_of_another_rig_is_told_with_it(desk: DayDesk) -> None:
    desk.armed = {"M015": "box2"}
    desk.show(mouse("M014"), mouse("M015"), mouse("M016"))
    assert desk.states()["M015"] == "armed on box2"
    QTest.keyClick(desk.screen.table, Qt.Key_Down)
    assert desk.screen.open.text() == "&Arm M015 on box2 (Enter)"
    QTest.keyClick(desk.screen.table, Qt.Key_Return)
    assert (desk.bench.went, desk.place.rig) == (["arm"], "box2")
    desk.bench.begin("box2", Script("M015").records)
    desk.armed = {}
    desk.screen.refresh()
    desk.show(mouse("M014"), mouse("M015", state="running"), mouse("M016"))
    assert desk.states()["M015"] == "running on box2"


def test_a_mouse_is_left_out_with_a_reason(desk: DayDesk) -> None:
    desk.show(mouse("M014"), mouse("M015"))
    click(desk.screen.skip)
    assert "Write why M014 is left out." in desk.said
    QTest.keyClicks(desk.screen.reason, "wound")
    QTest.keyClick(desk.screen.reason, Qt.Key_Return)
    assert desk.jobs.last("today").arguments == [
        "today", "--skip=M014", "--reason=wound", "--by=anna"]  # fmt: skip
    desk.show(mouse("M014", state="skipped", why="wound"), mouse("M015"))
    assert desk.states()["M014"] == "skipped: wound"
    assert "M014 is left out today: wound." in desk.said
    assert desk.screen.next.text() == "Arm &next: M015 (F2)"
    QTest.keyClick(desk.screen.table, Qt.Key_Return)
    assert (desk.chosen, desk.bench.went) == (["M014"], ["subject"])


def test_a_mouse_that_cannot_be_read_is_told_of_and_hides_nobody(desk: DayDesk) -> None:
    desk.show(mouse("M99", stage=None, last=None, problem="there is no such file."), mouse("M014"))
    assert desk.states() == {"M99": "planned; look at it", "M014": "planned"}
    assert "LOOK  there is no such file." in desk.said


def test_a_day_that_cannot_be_read_says_why(desk: DayDesk) -> None:
    desk.jobs.last("today").answer({"problems": [{"what": "no", "where": "plan", "do": "Mend."}]})
    assert "The day could not be read. No (plan). Mend." in desk.said
