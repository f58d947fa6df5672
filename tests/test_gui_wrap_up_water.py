"""The water at the end of a session: no supplement is forgotten, and none is given twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_jobs import FakeJobs
from gui_helpers import Bench, Script, click, texts
from gui_ledger import board, row
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.ledger_jobs import LedgerJobs
from gui.screens.wrap_up import WrapUp
from gui.wrapping.water_part import READING, UNTOLD
from rig.dialog import OnBalance
from rig.lab import find_lab

SESSION = "M014/2026-11-25/1"


class WrapDesk:
    """The screen with a session that has ended, whose commands a test answers."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.jobs, self.told = FakeJobs(), list[str]()
        place = self.place = bench.place
        place.jobs = self.jobs  # type: ignore[assignment]
        place.go_to = bench.went.append
        place.tell = lambda level, text: self.told.append(text)
        (place.lab.folder / "ledger.db").touch()
        script = Script("M014")
        for _ in range(60):
            script.trial(drop_ul=5.0)
        bench.begin("box1", script.ends().records)
        bench.lose("box1")
        self.screen = WrapUp(place, LedgerJobs(place))
        qtbot.addWidget(self.screen)
        self.screen.resize(1100, 650)
        self.screen.show()
        self.screen.arrive()
        self.water, self.went = self.screen.water, bench.went

    def show(self, *rows: object) -> None:
        self.jobs.last("water").answer(board(*rows))  # type: ignore[arg-type]

    def weigh(self, text: str) -> None:
        QTest.keyClicks(self.water.weight.line, text)
        QTest.keyClick(self.water.weight.line, Qt.Key_Return)

    def go_on(self) -> None:
        click(self.screen.next_button)
        if self.jobs.count("wrap-up"):
            self.jobs.last("wrap-up").answer({"by": "anna"})

    def entered(self, word: str) -> list[list[str]]:
        return [each.arguments for each in self.jobs.asked if each.arguments[0] == word]

    @property
    def said(self) -> str:
        return texts(self.screen)


@pytest.fixture
def policy() -> str:
    """Return what stands in the table [water] of ``lab.toml``."""
    return 'policy = "per_gram"'


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot, policy: str) -> WrapDesk:
    path = Path(bench.place.lab.folder) / "lab.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[water]\n{policy}\n", encoding="utf-8")
    bench.place.lab = find_lab(path.parent)
    return WrapDesk(bench, qtbot)


def test_the_sheet_says_what_is_due_and_why_and_it_is_given_once(desk: WrapDesk) -> None:
    assert "asked ..." in desk.said
    desk.show(row("M014"))
    assert "Earned 0.62 mL, by hand 0.02 mL. Policy per gram: 0.04 mL/g x 21.4 g" in desk.said
    assert "Give 0.22 mL now" in desk.said
    assert not desk.water.weight.isVisible(), "the lab weighs no mouse after its session"
    for _ in range(2):
        click(desk.water.given)
    assert desk.entered("give") == [["give", "M014", "0.22", "--by=anna"]]
    assert "asked ..." in desk.said
    desk.jobs.last("give").answer({"row": "r", "board": row("M014", due_ml=0.0)})
    assert "M014 got 0.22 mL." in desk.said
    assert not desk.water.given.isEnabled()
    desk.go_on()
    assert (desk.told, desk.went) == ([], ["arm"])


def test_water_that_is_neither_given_nor_put_off_is_told_of(desk: WrapDesk) -> None:
    desk.show(row("M014"))
    desk.go_on()
    assert desk.told == ["M014 was still due 0.22 mL at its wrap-up: see the water board."]
    assert desk.went == ["arm"]


def test_water_that_is_put_off_stays_on_the_water_board(desk: WrapDesk) -> None:
    desk.show(row("M014"))
    click(desk.water.later)
    assert "It stays on the water board (F11), and is late from 17:00 on." in desk.said
    desk.go_on()
    assert desk.told == []
    assert desk.entered("give") == []


def test_nothing_is_given_on_figures_that_are_being_read_anew(desk: WrapDesk) -> None:
    desk.show(row("M014"))
    desk.screen.arrive()
    assert not desk.water.given.isEnabled()
    assert READING in desk.said
    desk.show(row("M014"))
    assert desk.water.given.isEnabled()
    assert READING not in desk.said


def test_why_nothing_can_be_given_stands_beside_the_button(desk: WrapDesk) -> None:
    desk.show(row("M014", due_ml=None))
    assert not desk.water.given.isEnabled()
    assert UNTOLD in desk.said
    desk.screen.arrive()
    desk.jobs.last("water").answer({"problems": [{"what": "no", "where": "db", "do": "Mend."}]})
    assert UNTOLD in desk.said
    desk.show(row("M014", due_ml=0.0))
    assert not desk.water.why.isVisible(), "nothing is due"


def test_figures_that_could_not_be_read_anew_say_so_and_can_be_given(desk: WrapDesk) -> None:
    desk.show(row("M014"))
    desk.screen.arrive()
    desk.jobs.last("water").answer({"problems": [{"what": "no", "where": "db", "do": "Mend."}]})
    assert "The ledger could not be read. No (db). Mend." in desk.said
    assert desk.water.given.isEnabled()


def test_a_mouse_that_is_not_in_the_ledger_is_named(desk: WrapDesk) -> None:
    desk.show(row("M099"))
    assert "M014 is not in the ledger: nobody is told of its water." in desk.said
    desk.go_on()
    assert desk.went == ["arm"]


@pytest.mark.parametrize("policy", ['weight_after = "required"'])
def test_a_lab_that_asks_for_the_weight_after_a_session_gets_it(desk: WrapDesk) -> None:
    desk.show(row("M014"))
    desk.go_on()
    assert "Weigh M014 first: this lab weighs every mouse after its session." in desk.said
    assert desk.entered("wrap-up") == []
    desk.weigh("12.4")
    assert "21.4 -> 12.4 g (-42 %). Type the weight again." in desk.said
    desk.weigh("21.5")
    assert desk.entered("weigh") == [["weigh", "M014", "21.5", "--by=anna"]]
    desk.jobs.last("weigh").answer({"row": "r", "board": row("M014", weight_g=21.5)})
    assert "Delivered 0.64 mL, gained 0.1 g. Check spout and calibration." in desk.said
    assert "Weigh M014 first" not in desk.said
    desk.go_on()
    assert desk.went == ["arm"]


@pytest.mark.parametrize("policy", ['weight_after = "required"'])
def test_the_balance_fills_the_weight_after_a_session(desk: WrapDesk) -> None:
    desk.show(row("M014"))
    assert desk.jobs.talks == [], "the lab has no balance"
    path = desk.place.lab.folder / "lab.toml"
    path.write_text('balance = "1128"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    desk.place.lab = find_lab(path.parent)
    desk.screen.hide()
    desk.screen.show()
    desk.jobs.talks[-1].say(OnBalance(21.5, True))
    QTest.keyClick(desk.water.weight.line, Qt.Key_Return)
    assert desk.entered("weigh") == [["weigh", "M014", "21.5", "--source=balance", "--by=anna"]]


@pytest.mark.parametrize("policy", ['weight_after = "optional"'])
def test_a_gain_that_fits_says_nothing_and_the_weight_may_be_left_out(desk: WrapDesk) -> None:
    desk.show(row("M014"))
    desk.weigh("21.9")
    desk.jobs.last("weigh").answer({"row": "r", "board": row("M014", weight_g=21.9)})
    assert "Delivered" not in desk.said
    assert "M014 weighs 21.9 g after the session." in desk.said


def test_a_lab_without_a_ledger_wraps_up_as_ever(bench: Bench, qtbot: QtBot) -> None:
    desk = WrapDesk(bench, qtbot)
    (bench.place.lab.folder / "ledger.db").unlink()
    desk.screen.arrive()
    assert not desk.water.isVisible()
    desk.go_on()
    assert desk.went == ["arm"]
