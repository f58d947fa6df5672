"""Close the day: what is left leads to where it is done, or a named person signs it off."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from fake_jobs import FakeJobs
from gui_helpers import Bench, click, texts
from gui_ledger import InsideJobs, begin
from inside import Done
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.ledger_jobs import LedgerJobs
from gui.screens.close_day import CloseDay
from rig.lab import Lab
from rig.ledger.records import DayList, Task

DAY = date(2026, 11, 25)
TASKS = (
    Task("M014", "water", "0.22 mL due.", "rig give M014 0.22"),
    Task("M015", "look", "It is thin.", "rig subject note M015"),
)


class CloseDesk:
    """The screen, with the mice and the screens to which it leads."""

    def __init__(self, bench: Bench, qtbot: QtBot, jobs: FakeJobs) -> None:
        self.place, self.jobs, self.went = bench.place, jobs, bench.went
        self.place.jobs = jobs  # type: ignore[assignment]
        self.place.go_to = bench.went.append
        self.chosen: list[str] = []
        self.screen = CloseDay(self.place, LedgerJobs(self.place), self.chosen.append)
        qtbot.addWidget(self.screen)
        self.screen.resize(1100, 650)
        self.screen.show()
        self.screen.arrive()

    def show(self, *tasks: Task, closed: str = "", notes: tuple[str, ...] = ()) -> CloseDesk:
        self.jobs.last("day").answer(DayList(DAY, tasks, notes, (), closed))
        return self

    @property
    def said(self) -> str:
        return texts(self.screen)


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> CloseDesk:
    (bench.place.lab.folder / "ledger.db").touch()
    return CloseDesk(bench, qtbot, FakeJobs())


def test_a_line_that_is_too_long_keeps_what_is_due(desk: CloseDesk) -> None:
    """Its first figure is what the mouse lacks, which may be far more than it is due."""
    words = (
        "0.85 x 25.0 g - 16.1 g - 0.00 mL since it was weighed = 5.15 mL; at least 1.00 mL a day, "
        "less 0.50 mL of supplements = 0.50 mL; not over 3.50 mL: 3.50 mL due."
    )
    table = desk.show(Task("M014", "water", words, "rig give M014 3.50")).screen.table
    width = table.columnWidth(table.model().columnCount() - 1)
    shown = table.fontMetrics().elidedText(words, table.textElideMode(), width)
    assert shown != words
    assert shown.endswith("3.50 mL due.")


def test_what_is_left_leads_to_where_it_is_done(desk: CloseDesk) -> None:
    assert "asked ..." in desk.said
    desk.show(*TASKS, notes=("M099 ran, and is not in the ledger",))
    assert "Wed 25 Nov: 2 left." in desk.said
    assert "M014: 0.22 mL due." in desk.said
    assert "NOTE  M099 ran" in desk.said
    for _ in range(2):
        QTest.keyClick(desk.screen.table, Qt.Key_Return)
        QTest.keyClick(desk.screen.table, Qt.Key_Down)
    assert (desk.chosen, desk.went) == (["M014", "M015"], ["water", "subject"])


def test_what_is_left_is_signed_off_with_a_reason_and_a_name(desk: CloseDesk) -> None:
    desk.show(*TASKS)
    click(desk.screen.sign)
    assert "Write why it is left." in desk.said
    QTest.keyClicks(desk.screen.reason, "the night team does it")
    desk.place.operator = ""
    click(desk.screen.sign)
    assert "Say who works here" in desk.said
    desk.place.operator = "anna"
    click(desk.screen.sign)
    assert desk.jobs.last("day").arguments == [
        "day", "--sign-off", "--reason=the night team does it", "--by=anna"]  # fmt: skip
    desk.show(*TASKS, closed="Closed by anna at 18:05; left: M014 water.")
    assert "Closed by anna at 18:05" in desk.said
    assert not desk.screen.sign.isVisible()


def test_an_empty_list_says_that_nothing_is_forgotten(desk: CloseDesk) -> None:
    desk.show()
    assert "Nothing is forgotten." in desk.said
    click(desk.screen.sign)
    assert desk.jobs.last("day").arguments == ["day", "--sign-off", "--reason=", "--by=anna"]


def test_a_list_that_cannot_be_made_is_said(desk: CloseDesk) -> None:
    desk.jobs.last("day").answer({"problems": [{"what": "gone", "where": "db", "do": "Look."}]})
    assert "Gone (db). Look." in desk.said


def test_without_a_ledger_there_is_no_list(bench: Bench, qtbot: QtBot) -> None:
    desk = CloseDesk(bench, qtbot, FakeJobs())
    assert "The lab has no ledger" in desk.said
    assert desk.jobs.asked == []


def test_a_day_that_is_signed_off_is_open_again_when_something_else_is_left(
    bench: Bench, lab: Lab, qtbot: QtBot, command: Callable[..., Done]
) -> None:
    """The window, the command and the ledger agree."""
    begin(lab, M014=24.0)
    assert command("day").code == 3
    assert command("day", "--sign-off").code == 3
    jobs = InsideJobs(lab)
    desk = CloseDesk(bench, qtbot, jobs)
    jobs.work()
    QTest.keyClicks(desk.screen.reason, "later; by night")
    click(desk.screen.sign)
    jobs.work()
    assert "left: M014 water (later; by night)." in desk.said
    assert command("day").code == 0
    begin(lab, M015=24.0)
    done = command("day", "--json")
    assert (done.code, json.loads(done.out)["closed"]) == (3, "")


def test_the_window_and_the_command_list_the_same(
    bench: Bench, lab: Lab, qtbot: QtBot, command: Callable[..., Done]
) -> None:
    """Planned mice are on both, and those that are not in the ledger, with what to type."""
    begin(lab, M014=24.0)
    lab.subject_file("M099").write_text('id = "M099"\n', encoding="utf-8")
    (lab.folder / "day-plan.toml").write_text('[[mice]]\nsubject = "M014"\n', encoding="utf-8")
    jobs = InsideJobs(lab)
    desk = CloseDesk(bench, qtbot, jobs)
    jobs.work()
    done = command("day", "--json")
    tasks = [(task["subject"], task["kind"]) for task in json.loads(done.out)["tasks"]]
    assert done.code == 3
    assert tasks == [("M014", "water"), ("M099", "enter"), ("M014", "plan")]
    rows = desk.screen.table.model()
    cells = [[rows.index(row, column).data() for column in (0, 1, 3)] for row in range(len(tasks))]
    assert [(mouse, kind) for mouse, kind, _ in cells] == tasks
    assert cells[1][2].endswith("Do: rig subject add M099")
    assert "3 left." in desk.said
    command("today", "--skip", "M014", "--reason", "wound")
    click(desk.screen.again)
    jobs.work()
    assert "2 left." in desk.said
    desk.screen.table.selectRow(1)
    QTest.keyClick(desk.screen.table, Qt.Key_Return)
    assert desk.went == ["close the day"]
