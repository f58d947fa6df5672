"""The list of commands and the sheet of keys: sheets in the window, which no session waits for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui_helpers import Bench, Script, end_window, texts
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QPushButton, QShortcut, QWidget
from pytestqt.qtbot import QtBot

from gui.actions import Action, bind, spoken
from gui.command_list import CommandList
from gui.reader import Reader
from gui.screens import make_entries
from gui.window import Window
from rig.lab import Lab


@pytest.fixture
def done() -> list[str]:
    """Return what was done by the actions of `window`."""
    return []


@pytest.fixture
def window(bench: Bench, lab: Lab, qtbot: QtBot, done: list[str]) -> Iterator[Window]:
    entries, _ = make_entries(bench.place)
    actions = (
        Action("Give a drop", "Ctrl+R", lambda: done.append("drop")),
        Action("Skip the block", "", lambda: done.append("skip"), lambda: False),
        Action("Give a note", "Ctrl+N", lambda: done.append("note")),
    )
    made = Window(bench.place, Reader(lab.locks), bench.sender, entries, actions)
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    made.go_to("boxes")
    yield made
    end_window(made)


def press(window: Window, keys: str) -> None:
    wanted = QKeySequence(keys)
    found = [each for each in window.findChildren(QShortcut) if each.key() == wanted]
    assert len(found) == 1
    found[0].activated.emit()


def test_enter_on_the_keypad_does_the_same(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    done: list[str] = []
    bind(window, [Action("Save", "Ctrl+Return", lambda: done.append("saved"))])
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    QTest.keyClick(window, Qt.Key_Return, Qt.ControlModifier)
    QTest.keyClick(window, Qt.Key_Enter, Qt.ControlModifier | Qt.KeypadModifier)
    QTest.keyClick(window, Qt.Key_Enter, Qt.ControlModifier)
    assert done == ["saved"] * 3


def lines(listed: CommandList) -> list[str]:
    return [listed.found.item(row).text() for row in range(listed.found.count())]  # type: ignore[union-attr]


def test_a_command_is_found_by_its_words_and_done_by_enter(window: Window, done: list[str]) -> None:
    press(window, "Ctrl+K")
    listed = window._commands
    assert listed.isVisible()
    assert listed.field.hasFocus()
    assert any("Give a drop    (Ctrl+R)" in line for line in lines(listed))
    QTest.keyClicks(listed.field, "give")
    assert lines(listed) == ["Give a drop    (Ctrl+R)", "Give a note    (Ctrl+N)"]
    QTest.keyClick(listed.field, Qt.Key_Down)
    QTest.keyClick(listed.field, Qt.Key_Down)
    QTest.keyClick(listed.field, Qt.Key_Return)
    assert done == ["note"]
    assert not listed.isVisible()


def test_a_click_does_a_command(window: Window, done: list[str]) -> None:
    press(window, "Ctrl+K")
    listed = window._commands
    QTest.keyClicks(listed.field, "drop")
    item = listed.found.item(0)
    viewport = listed.found.viewport()
    assert viewport is not None
    QTest.mouseClick(viewport, Qt.LeftButton, pos=listed.found.visualItemRect(item).center())
    assert done == ["drop"]


def test_what_is_not_possible_says_so_and_is_not_done(window: Window, done: list[str]) -> None:
    press(window, "Ctrl+K")
    listed = window._commands
    QTest.keyClicks(listed.field, "skip")
    assert lines(listed) == ["Skip the block    not possible at the moment"]
    QTest.keyClick(listed.field, Qt.Key_Return)
    assert (done, listed.isVisible()) == ([], True)
    QTest.keyClicks(listed.field, " nothing is called so")
    assert lines(listed) == []
    QTest.keyClick(listed.field, Qt.Key_Down)
    QTest.keyClick(listed.field, Qt.Key_Return)
    assert done == []


TAKEN = {"A", "C", "E", "U", "V", "X", "Y", "Z", "Shift+E", "Shift+Z"}
"""What a field for text takes for itself together with Ctrl, on Linux or Windows."""


def test_no_key_is_one_that_a_field_takes_for_itself(window: Window, bench: Bench) -> None:
    _, actions = make_entries(bench.place)
    for action in (*window.actions_known, *actions):
        assert action.keys.removeprefix("Ctrl+") not in TAKEN, action.words


def test_esc_leaves_and_gives_the_keys_back(window: Window) -> None:
    before = window.findChildren(QPushButton)[0]
    before.setFocus()
    press(window, "Ctrl+K")
    press(window, "Ctrl+K")
    QTest.keyClick(window._commands.field, Qt.Key_Escape)
    assert not window._commands.isVisible()
    assert QApplication.focusWidget() is before


def test_the_sheet_holds_every_key_once(window: Window) -> None:
    press(window, "F1")
    said = texts(window._keys).splitlines()
    for action in window.actions_known:
        if action.keys:
            assert said.count(spoken(action.keys)) == 1
            assert action.words in said
    assert "Skip the block" not in said
    press(window, "F1")
    assert not window._keys.isVisible()
    press(window, "F1")
    QTest.keyClick(window._keys.sheet, Qt.Key_Escape)
    assert not window._keys.isVisible()


def test_sessions_go_on_behind_a_sheet(window: Window, bench: Bench) -> None:
    press(window, "Ctrl+K")
    bench.begin("box1", Script().trial().records)
    window._alarms_at = 0.0
    window.tick()
    assert window.rail.boxes["box1"].text().endswith("running")
    window.resize(1200, 700)
    QTest.qWait(1)
    whole = window.centralWidget()
    assert whole is not None
    assert whole.rect().contains(window._commands.geometry())
