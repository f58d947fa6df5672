"""The page of a subject: its weights beside the lab's lowest ones, how it learns, who said what."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fake_jobs import FakeJobs
from gui_helpers import Bench, texts
from gui_ledger import InsideJobs, begin, row
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.ledger_jobs import LedgerJobs
from gui.screens.subject import SubjectPage
from gui.subject.words import learning, moves, weight_levels
from rig.lab import Lab
from rig.water_policy import WaterConfig

MOVES: list[dict[str, Any]] = [
    {"at": "2026-11-20T10:00:00Z", "before": None, "stage": "s1", "by": "anna", "reason": "new"},
    {"at": "2026-11-24T10:00:00Z", "before": "s1", "stage": "s2", "by": "rule", "reason": "d' 1.7"},
]


def page_of(bench: Bench, qtbot: QtBot) -> SubjectPage:
    page = SubjectPage(bench.place, LedgerJobs(bench.place))
    qtbot.addWidget(page)
    page.resize(1100, 650)
    page.show()
    return page


@pytest.fixture
def jobs(bench: Bench) -> FakeJobs:
    made = FakeJobs()
    bench.place.jobs = made  # type: ignore[assignment]
    return made


def test_a_weight_that_was_corrected_is_not_drawn_and_notes_are_signed(
    bench: Bench, lab: Lab, qtbot: QtBot
) -> None:
    """The page, the commands and the ledger agree."""
    begin(lab, M014=21.4)
    jobs = InsideJobs(lab)
    bench.place.jobs = jobs  # type: ignore[assignment]
    page = page_of(bench, qtbot)
    page.choose("M014")
    page.arrive()
    jobs.work()
    assert page.mice.currentText() == "M014"
    assert "restricted, ear 14, cage C-221" in texts(page)
    shown = page.weights.accessibleDescription()
    assert shown.count("21.4") == 2
    QTest.keyClicks(page.note, "- lively, coat smooth")
    QTest.keyClick(page.note, Qt.Key_Return)
    assert "asked ..." in texts(page)
    jobs.work()
    assert "anna: - lively, coat smooth" in page.notes.text()
    jobs.run(["weigh", "M014", "21.0", "--correct=last", "--reason=misread"], lambda done: None)
    page.again.click()
    jobs.work()
    assert page.weights.accessibleDescription().split("; ")[1].endswith("21.0")


def test_stages_and_sessions_are_shown_also_without_a_ledger(
    bench: Bench, qtbot: QtBot, jobs: FakeJobs
) -> None:
    page = page_of(bench, qtbot)
    page.choose("SIM01")
    page.arrive()
    assert "The lab has no ledger of weights and notes." in texts(page)
    jobs.last("stage").answer({"history": MOVES})
    jobs.last("ls").answer([{"day": "2026-11-24", "d_prime": 1.7}, {"day": "2026-11-25"}])
    assert page.stages.text().startswith("2026-11-24  s1 -> s2  (rule: d' 1.7)")
    assert page.learning.accessibleDescription() == "2026-11-24: 1.7"


def test_what_was_asked_of_another_mouse_is_dropped(
    bench: Bench, qtbot: QtBot, jobs: FakeJobs
) -> None:
    page = page_of(bench, qtbot)
    page.show_mouse("SIM01")
    late = jobs.last("stage", "SIM01")
    page.show_mouse("SIM02")
    late.answer({"history": MOVES})
    assert page.stages.text() == ""
    jobs.last("stage", "SIM02").answer({"problems": [{"what": "none", "where": "x", "do": "y"}]})
    assert page.stages.text() == "None (x). y"


def test_the_lowest_weights_count_the_implant() -> None:
    levels = weight_levels(row(implant_g=1.0), WaterConfig())
    assert [level.words for level in levels] == [
        "baseline 26.0 g", "85 % = 22.3 g", "80 % = 21.0 g",
    ]  # fmt: skip
    assert weight_levels(row(baseline_g=None), WaterConfig()) == []


def test_sessions_without_a_d_prime_leave_no_point() -> None:
    rows = [{"day": "2026-11-25", "d_prime": 2.0}, {"day": "2026-11-24", "d_prime": 1.0}, {}]
    assert learning(rows) == ([date(2026, 11, 24), date(2026, 11, 25)], [1.0, 2.0])
    assert moves([]) == "It has entered no curriculum."
