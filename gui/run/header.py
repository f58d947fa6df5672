"""The head of the Run screen: what must be legible from three metres."""

from __future__ import annotations

from PyQt5.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.boxes import Box
from gui.palette import Palette
from gui.run.reasons import is_paced
from gui.run.words import clock, water
from gui.theme import far_label, quiet_label, set_level
from gui.widgets.elided import Elided
from gui.widgets.shrinking import ShrinkingLabel
from gui.widgets.water_bar import WaterBar


class Header(QFrame):
    """Mouse, session time, trial, water and the state of the box, in large letters."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.mouse, self.state = far_label(), ShrinkingLabel()
        self.elapsed, self.trial, self.water = far_label(), far_label(), far_label()
        self.about, self.beside = Elided("quiet"), Elided("quiet")
        self.bar = WaterBar(palette)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 4, 12, 6)
        layout.setHorizontalSpacing(18)
        layout.setVerticalSpacing(0)
        columns = (
            (self.mouse, self.about, 2),
            (self.elapsed, quiet_label("session time"), 0),
            (self.trial, quiet_label("trial"), 0),
            (self.water, self.bar, 0),
            (self.state, self.beside, 7),
        )
        for number, (large, small, stretch) in enumerate(columns):
            layout.addWidget(large, 0, number)
            layout.addWidget(small, 1, number)
            layout.setColumnStretch(number, stretch)

    def show_box(self, box: Box) -> None:
        """Show the session in a box; it has one."""
        view = box.view
        if view is None or view.definition is None:
            return
        told = view.definition
        stage = f", stage {told.stage}" if told.stage else ""
        part = f", goes on with {told.resumes}" if told.resumes else ""
        self.mouse.setText(told.subject)
        self.about.say(f"{told.rig}, {told.protocol}{stage}{part}")
        self.elapsed.setText(clock(box.now))
        self.trial.setText(str(view.trial.trial if view.trial else len(view.rows)))
        limit = told.session.get("max_water_ul")
        given = view.table.water_ul
        self.water.setText(water(given, limit))
        self.bar.show_water(max(given - view.by_hand_ul, 0.0), view.by_hand_ul, limit or given)
        level, words = box.state()
        self.state.say(words)
        set_level(self.state.far, level)
        set_level(self.state.near, level)
        self.beside.say(_beside(box))

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.bar.restyle(palette)


def _beside(box: Box) -> str:
    """Return what stands below the state of the box: its speed, the drops by hand."""
    view = box.view
    if view is None:
        return ""
    speed = f"speed x{view.speed:g}" if is_paced(view) else ""
    by_hand = f"{view.by_hand_ul:g} uL by hand" if view.by_hand_ul else ""
    return ", ".join(filter(None, (speed, by_hand))) or " "


def panel(*widgets: QWidget, margin: int = 10) -> QFrame:
    """Return a frame that holds widgets, one below the other."""
    frame = QFrame()
    frame.setProperty("role", "panel")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(margin, 6, margin, 6)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget)
    return frame


def in_a_row(*widgets: QWidget) -> QWidget:
    """Return widgets beside each other."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    return row


def wrapped(label: QLabel) -> QLabel:
    """Return a label that goes on in the next line."""
    label.setWordWrap(True)
    return label
