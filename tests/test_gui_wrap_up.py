"""The end of a session: what is said of it, where it is written, and on to the next mouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gui_helpers import Asked, Bench, Script, click, texts
from helpers import plan_for, run_virtual
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from analysis.summary import read_summary
from gui.ledger_jobs import LedgerJobs
from gui.screens.wrap_up import NOTHING, WrapUp
from gui.wrapping.pending import names_waiting, of_row, waiting
from rig.lab import Lab
from rig.session import Session
from rig.wrap_up import WrapUp as Written
from rig.wrap_up import read_wrap_up

ROW: dict[str, Any] = {
    "session": "M014/2026-11-24/2", "subject": "M014", "rig": "box2", "trials": 3,
    "outcomes": {"false_alarm": 1, "hit": 2}, "d_prime": None, "water_ml": 0.01,
    "ended": "still runs", "running": False, "wrapped_up": False,
}  # fmt: skip


@pytest.fixture
def jobs(bench: Bench) -> Asked:
    """Return what is asked of `rig`, to be answered by the test."""
    made = Asked()
    bench.place.jobs = made  # type: ignore[assignment]
    return made


def screen_of(bench: Bench, qtbot: QtBot) -> WrapUp:
    screen = WrapUp(bench.place, LedgerJobs(bench.place))
    bench.place.go_to = bench.went.append
    qtbot.addWidget(screen)
    screen.resize(1100, 600)
    screen.show()
    qtbot.waitExposed(screen)
    return screen


@pytest.fixture
def screen(jobs: Asked, bench: Bench, qtbot: QtBot) -> WrapUp:
    """Return the screen of a lab in which nothing has run."""
    return screen_of(bench, qtbot)


def over(trials: int = 60, subject: str = "SIM01", rig: str = "box1") -> Script:
    script = Script(subject, rig)
    for number in range(trials):
        script.trial("hit" if number % 2 else "correct_rejection", drop_ul=5.0)
    return script.drop(3.0, author="anna").ends("the mouse has had enough")


def ended(bench: Bench, script: Script) -> None:
    bench.begin(script.rig, script.records)
    bench.lose(script.rig)


def test_nothing_waits(screen: WrapUp) -> None:
    screen.arrive()
    assert NOTHING in texts(screen)
    assert not any(action.when() for action in screen.can_be_done())


def test_an_ended_session_shows_its_numbers_and_why_it_ended(screen: WrapUp, bench: Bench) -> None:
    ended(bench, over())
    screen.arrive()
    said = texts(screen)
    assert "60 trials (CR 30, hit 30), d' 4.7." in said
    assert "Water 0.30 mL by the task, 0.00 mL by hand. 10 min." in said
    assert screen.sheet.reason.text() == "the mouse has had enough"
    assert "None ticked: nothing noted." in said
    assert not screen.sheet.short.isVisible()


def test_a_session_that_died_was_cut_off_and_a_short_one_is_asked_about(
    screen: WrapUp, bench: Bench
) -> None:
    script = Script()
    for _ in range(12):
        script.trial()
    ended(bench, script)
    screen.arrive()
    assert screen.sheet.reason.text() == "cut off"
    assert "12 trials only. Keep it, or mark it as not usable?" in texts(screen)
    assert screen.sheet.keep.isChecked()


def test_what_is_said_is_handed_to_rig_wrap_up(screen: WrapUp, jobs: Asked, bench: Bench) -> None:
    ended(bench, over())
    screen.arrive()
    jobs.answer([])
    sheet = screen.sheet
    QTest.keyClicks(sheet.droppings, "4")
    QTest.keyClick(sheet.conditions[1], Qt.Key_Space)
    QTest.keyClicks(sheet.comment, "spout cleaned")
    sheet.not_usable.setChecked(True)
    click(screen.save_button)
    assert "Saving ..." in texts(screen)
    assert jobs.answer({"by": "anna"}) == [
        "wrap-up", "SIM01/2026-11-25/1", "--reason=the mouse has had enough",
        "--condition=hunched posture", "--droppings=4", "--comment=spout cleaned", "--not-usable",
        "--by=anna",
    ]  # fmt: skip
    assert "SIM01/2026-11-25/1 is saved, signed by anna." in texts(screen)
    assert bench.place.boxes.by_rig["box1"].wrapped_up
    assert bench.place.boxes.by_rig["box1"].state() == ("", "free")
    assert bench.went == []


def test_next_mouse_saves_and_goes_to_arm(screen: WrapUp, jobs: Asked, bench: Bench) -> None:
    ended(bench, over(rig="box2"))
    screen.arrive()
    jobs.answer([])
    assert bench.place.rig == "box1"
    next_mouse = next(each for each in screen.can_be_done() if each.keys == "Ctrl+Return")
    assert next_mouse.when()
    next_mouse.do()
    assert jobs.answer({"by": "anna"})[3] == "--condition=nothing noted"
    assert (bench.went, bench.place.rig) == (["arm"], "box2")


def test_nobody_wraps_up_without_a_name(screen: WrapUp, jobs: Asked, bench: Bench) -> None:
    ended(bench, over())
    screen.arrive()
    jobs.answer([])
    bench.place.operator = ""
    click(screen.next_button)
    assert not jobs.waiting
    assert "Say who works here, at the lower left." in texts(screen)
    bench.place.operator = "anna"
    click(screen.next_button)
    assert jobs.answer({"by": "anna"})[-1] == "--by=anna"


def test_next_mouse_pressed_twice_saves_once_and_leads_nobody_away_from_another_box(
    screen: WrapUp, jobs: Asked, bench: Bench
) -> None:
    ended(bench, over())
    ended(bench, over(50, "M014", "box2"))
    screen.arrive()
    jobs.answer([])
    for _ in range(2):
        click(screen.next_button)
    assert len(jobs.waiting) == 1
    bench.place.rig = "box2"
    screen.arrive()
    assert screen.sheet.mouse.text() == "M014"
    jobs.answer({"by": "anna"})
    assert (bench.went, bench.place.rig) == ([], "box2")
    assert bench.place.boxes.by_rig["box1"].wrapped_up


def test_what_was_wrapped_up_in_another_window_waits_no_more(
    screen: WrapUp, jobs: Asked, bench: Bench
) -> None:
    ended(bench, over())
    screen.arrive()
    assert screen.list.count() == 1
    jobs.answer([{**ROW, "session": "SIM01/2026-11-25/1", "wrapped_up": True}])
    assert screen.list.count() == 0
    assert bench.place.boxes.by_rig["box1"].state()[1] == "free"


def test_what_is_saved_is_not_written_twice_but_a_change_is(
    screen: WrapUp, jobs: Asked, bench: Bench
) -> None:
    ended(bench, over())
    screen.arrive()
    jobs.answer([])
    click(screen.save_button)
    jobs.answer({"by": "anna"})
    click(screen.save_button)
    assert jobs.waiting == []
    screen.sheet.droppings.setValue(2)
    click(screen.next_button)
    assert "--droppings=2" in jobs.answer({"by": "anna"})
    assert bench.went == ["arm"]


def test_what_is_not_saved_says_why_and_stays(screen: WrapUp, jobs: Asked, bench: Bench) -> None:
    ended(bench, over())
    screen.arrive()
    jobs.answer([])
    QTest.keyClicks(screen.sheet.comment, "tired")
    click(screen.next_button)
    jobs.answer(None, 6, "the wrap-up cannot be written: disk full")
    assert "was not saved: the wrap-up cannot be written: disk full" in texts(screen)
    assert bench.went == []
    assert screen.sheet.comment.toPlainText() == "tired"
    assert not bench.place.boxes.by_rig["box1"].wrapped_up


def test_what_was_typed_stays_with_its_session(screen: WrapUp, bench: Bench) -> None:
    ended(bench, over())
    ended(bench, over(60, "M014", "box2"))
    screen.arrive()
    QTest.keyClicks(screen.sheet.comment, "of SIM01")
    screen.list.setCurrentRow(1)
    assert "M014" in screen.sheet.mouse.text()
    assert screen.sheet.comment.toPlainText() == ""
    screen.list.setCurrentRow(0)
    assert screen.sheet.comment.toPlainText() == "of SIM01"


def test_the_sheet_shows_the_box_that_is_looked_at(screen: WrapUp, bench: Bench) -> None:
    ended(bench, over())
    ended(bench, over(60, "M014", "box2"))
    bench.place.rig = "box2"
    screen.arrive()
    assert screen.sheet.mouse.text() == "M014"


def test_a_session_that_ends_meanwhile_comes_to_the_list_and_disturbs_nobody(
    screen: WrapUp, bench: Bench
) -> None:
    ended(bench, over())
    screen.arrive()
    QTest.keyClicks(screen.sheet.comment, "half a sen")
    ended(bench, over(60, "M014", "box2"))
    screen.refresh()
    assert screen.list.count() == 2
    assert screen.sheet.comment.toPlainText() == "half a sen"
    assert screen.sheet.mouse.text() == "SIM01"


def test_sessions_that_nobody_saw_end_are_offered_at_the_start(
    jobs: Asked, bench: Bench, qtbot: QtBot
) -> None:
    said: list[str] = []
    bench.place.tell = lambda level, text: said.append(text)
    screen = screen_of(bench, qtbot)
    screen.hide()
    for begin in bench.place.at_start:
        begin()
    jobs.answer([ROW, {**ROW, "session": "M015/2026-11-25/1", "wrapped_up": True}])
    assert jobs.asked == [["ls", "--since", "yesterday"]]
    assert said == ["A session is not wrapped up: M014/2026-11-24/2."]
    screen.show()
    screen.arrive()
    assert "3 trials (FA 1, hit 2), d': n too small. Water 0.01 mL, drops by hand included." in (
        texts(screen)
    )
    assert jobs.answer([ROW]) == ["ls", "--since", "yesterday"]
    assert len(said) == 1, "once is enough"


def test_only_what_can_be_wrapped_up_is_offered() -> None:
    assert of_row(ROW) is not None
    for fact in ({"wrapped_up": True}, {"running": True}, {"trials": None}):
        assert of_row({**ROW, **fact}) is None
    bare = of_row({"session": "M1/2026-11-24/1", "trials": 0})
    assert bare is not None
    assert bare.numbers[0] == "0 trials, d': n too small."


def test_the_names_of_what_waits_are_known_without_its_numbers(bench: Bench) -> None:
    ended(bench, over())
    bench.begin("box2", over(2, "M015", "box2").records[:-1])
    boxes = bench.place.boxes.by_rig.values()
    for fact in ({}, {"wrapped_up": True}, {"clock": "virtual"}, {"session": "M015/2026-11-25/1"}):
        rows = [{**ROW, **fact}]
        assert names_waiting(boxes, rows) == waiting(boxes, rows).keys()


def test_a_list_that_cannot_be_made_is_said(screen: WrapUp, jobs: Asked, bench: Bench) -> None:
    ended(bench, over())
    screen.arrive()
    jobs.answer(None, 1, "the lab cannot be read")
    assert "The sessions could not be listed: the lab cannot be read" in texts(screen)


def test_report_and_export_say_how_far_they_are(screen: WrapUp, jobs: Asked, bench: Bench) -> None:
    ended(bench, over())
    screen.arrive()
    jobs.answer([])
    click(screen.report_button)
    assert "Writing the report" in texts(screen)
    assert jobs.answer({"file": "/data/report.html"}) == [
        "report", "SIM01/2026-11-25/1", "--open"]  # fmt: skip
    assert "/data/report.html" in texts(screen)
    click(screen.export_button)
    assert "you can go on meanwhile" in texts(screen)
    assert jobs.answer({"files": ["/data/session.nwb"]})[:2] == ["export", "SIM01/2026-11-25/1"]
    assert "is exported: session.nwb" in texts(screen)
    click(screen.export_button)
    jobs.answer(None, 6, "the disk is full")
    assert "was not exported: the disk is full" in texts(screen)


def test_a_session_in_virtual_time_waits_for_nobody(
    screen: WrapUp, short: Lab, jobs: Asked
) -> None:
    screen.arrive()
    jobs.answer([read_summary(run_virtual(plan_for(short)).folder)])
    assert screen.list.count() == 0


def test_a_real_session_is_wrapped_up_on_the_disk(bench: Bench, short: Lab, qtbot: QtBot) -> None:
    """The window, the command and the file agree."""
    with Session(plan_for(short), "paced", speed=50.0) as session:
        result = session.run()
    screen = screen_of(bench, qtbot)
    screen.arrive()
    qtbot.waitUntil(lambda: screen.list.count() == 1, timeout=30_000)
    assert screen.sheet.mouse.text() == "SIM01"
    assert "24 trials only." in texts(screen)
    screen.sheet.droppings.setValue(3)
    screen.sheet.comment.setPlainText("--a comment that looks like an option")
    click(screen.next_button)
    qtbot.waitUntil(lambda: bench.went == ["arm"], timeout=30_000)
    said = read_wrap_up(result.folder)
    assert isinstance(said, Written)
    assert (said.by, said.droppings, said.usable) == ("anna", 3, True)
    assert said.comment == "--a comment that looks like an option"
    assert said.reason == result.reason
    assert read_summary(result.folder)["wrapped_up"]
    assert Path(result.folder.path, "wrap-up.json").exists()
