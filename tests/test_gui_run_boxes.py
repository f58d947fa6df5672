"""Two boxes on one Run screen: what was meant for one of them never reaches the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui_helpers import Bench, Script, button
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot
from run_desk import look_at, paced, press, running, shown_screen

from gui.screens.run import RunScreen


@pytest.fixture
def screen(bench: Bench, qtbot: QtBot) -> Iterator[RunScreen]:
    """Return the Run screen, with its keys; a test refreshes it."""
    yield from shown_screen(bench, qtbot)


def test_a_box_is_not_stopped_by_a_press_that_was_meant_for_another(
    screen: RunScreen, bench: Bench
) -> None:
    running(bench, screen)
    bench.begin("box2", Script("SIM02", "box2").begin().records)
    press(screen, "Ctrl+Shift+X")
    look_at(screen, bench, "box2")
    press(screen, "Ctrl+Shift+X")
    look_at(screen, bench, "box1")
    press(screen, "Ctrl+Shift+X")
    assert bench.sent.empty()
    press(screen, "Ctrl+Shift+X")
    assert [bench.next_order()[0], bench.sent.empty()] == ["box1", True]


def test_a_box_is_not_stopped_by_a_press_that_was_held_for_another(
    screen: RunScreen, bench: Bench
) -> None:
    running(bench, screen)
    bench.begin("box2", Script("SIM02", "box2").begin().records)
    stop = screen.controls.stop_now
    QTest.mousePress(stop, Qt.LeftButton)
    bench.place.rig = "box2"  # from another screen: this one is not told
    stop._held.timeout.emit()
    QTest.mouseRelease(stop, Qt.LeftButton)
    assert bench.sent.empty()


def test_a_note_that_was_begun_waits_in_its_box(screen: RunScreen, bench: Bench) -> None:
    running(bench, screen)
    bench.begin("box2", Script("SIM02", "box2").begin().records)
    press(screen, "Ctrl+N")
    when = screen.note.when.text()
    QTest.keyClicks(screen.note.words, "twitches")
    press(screen, "Ctrl+Shift+X")
    screen.arrive()  # which the window lets it do then
    assert screen.note.words.text() == "twitches"
    look_at(screen, bench, "box2")
    assert screen.note.isHidden()
    look_at(screen, bench, "box1")
    assert (screen.note.words.text(), screen.note.when.text()) == ("twitches", when)
    QTest.keyClick(screen.note.words, Qt.Key_Return)
    rig, command = bench.next_order()
    assert (rig, command.text.endswith("twitches")) == ("box1", True)


def test_a_note_is_not_written_into_the_next_session(screen: RunScreen, bench: Bench) -> None:
    running(bench, screen)
    press(screen, "Ctrl+N")
    QTest.keyClicks(screen.note.words, "twitches")
    bench.begin("box1", Script("SIM02").begin().records)
    screen.refresh()
    assert screen.note.isHidden()


def test_a_speed_is_asked_of_the_box_where_it_was_chosen(
    screen: RunScreen, bench: Bench, qtbot: QtBot
) -> None:
    running(bench, screen, paced(Script().begin()))
    bench.begin("box2", paced(Script("SIM02", "box2").begin()).records)
    slider = screen.controls.speed.slider
    QTest.keyClick(slider, Qt.Key_Right)
    look_at(screen, bench, "box2")
    assert screen.controls.speed.label.text() == "&Speed x20"
    QTest.keyClick(slider, Qt.Key_Left)
    qtbot.waitUntil(lambda: bench.sent.qsize() == 2, timeout=2000)
    asked = [bench.next_order() for _ in range(2)]
    assert {(rig, command.value) for rig, command in asked} == {("box1", 21.0), ("box2", 19.0)}


def test_orders_go_to_the_box_that_is_looked_at(screen: RunScreen, bench: Bench) -> None:
    running(bench, screen)
    bench.begin("box2", Script("SIM02", "box2").begin().records)
    press(screen, "Ctrl+R")
    bench.place.rig = "box2"
    screen.arrive()
    assert screen.header.mouse.words == "SIM02"
    assert button(screen, "Reward").isEnabled()
    press(screen, "Ctrl+R")
    assert [bench.next_order()[0] for _ in range(2)] == ["box1", "box2"]
