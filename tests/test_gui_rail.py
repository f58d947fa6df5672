"""The rail: every box and every screen is seen without scrolling, in a lab of up to eight boxes."""

from __future__ import annotations

import pytest
from gui_helpers import Bench, Script, end_window
from PyQt5.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gui.boxes import Boxes
from gui.reader import Reader
from gui.screens import make_entries
from gui.theme import TARGET_PX
from gui.window import Window


def all_seen(window: Window) -> bool:
    """Whether nothing of the rail is out of sight or cut off."""
    bar = window.rail._area.verticalScrollBar()
    return bar is not None and bar.maximum() == 0 and all(map(has_room, buttons(window)))


def has_room(button: QPushButton) -> bool:
    """Whether a button holds its words, and a hand in a glove meets it."""
    wanted = button.sizeHint()
    fits = button.width() >= wanted.width() and button.height() >= wanted.height()
    return fits and button.height() >= TARGET_PX


def buttons(window: Window) -> list[QPushButton]:
    """Return the buttons of boxes and screens."""
    return [*window.rail.boxes.values(), *window.rail.screens.values()]


@pytest.mark.parametrize(("boxes", "columns"), [(2, 1), (3, 1), (4, 2), (8, 2)])
def test_eight_boxes_and_all_screens_are_seen_at_once(
    bench: Bench, qtbot: QtBot, boxes: int, columns: int
) -> None:
    place = bench.place
    (place.lab.folder / "day-plan.toml").touch()
    place.lab.subject_file("YOU").touch()
    names = ["you", *(f"box{number}" for number in range(1, boxes))]
    place.boxes = Boxes(names)
    window = Window(place, Reader(place.lab.locks), bench.sender, *make_entries(place))
    bench.begin("box1", Script().trial().ends().records)
    window.resize(1366, 768)
    window.show()
    window.rail.refresh()
    window._banner.show()  # it takes its room, too
    assert len(window.rail.screens) == 12
    qtbot.waitUntil(lambda: all_seen(window))
    assert len({button.x() for button in window.rail.screens.values()}) == columns
    end_window(window)
