"""The head of the Run screen: what must be legible from three metres."""

from __future__ import annotations

from PyQt5.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.boxes import Box
from gui.orders import is_paced
from gui.palette import Palette
from gui.run.words import clock, water
from gui.theme import far_label, quiet_label, set_level, title_label
from gui.widgets.elided import Elided
from gui.widgets.shrinking import ShrinkingLabel
from gui.widgets.water_bar import WaterBar


class Header(QFrame):
    """Mouse, session time, trial, water and the state of the box, in large letters."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.mouse, self.water, self.state = (ShrinkingLabel() for _ in range(3))
        self.elapsed, self.trial = far_label(), far_label()
        for label in (self.mouse, self.water):
            label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Preferred)
        self.elapsed.setToolTip("session time")
        self.about, self.beside = Elided("quiet"), Elided("quiet")
        self.bar, self.before = WaterBar(palette), quiet_label()
        trial = in_a_row(title_label("trial"), self.trial)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 4, 12, 6)
        layout.setHorizontalSpacing(22)
        layout.setVerticalSpacing(0)
        for column, large in enumerate((self.mouse, self.elapsed, trial, self.water, self.state)):
            layout.addWidget(large, 0, column)
        layout.addWidget(self.about, 1, 0, 1, 3)
        layout.addWidget(in_a_row(self.bar, self.before), 1, 3)
        layout.addWidget(self.beside, 1, 4)
        layout.setColumnStretch(4, 1)

    def show_box(self, box: Box) -> None:
        """Show the session in a box; it has one."""
        view = box.view
        if view is None or view.definition is None:
            return
        told = view.definition
        stage = f", stage {told.stage}" if told.stage else ""
        self.mouse.say(told.subject)
        self.about.say(f"{told.rig}, {told.protocol}{stage}")
        self.about.setMinimumWidth(min(_width(self.about), self.width() // 2))
        self.elapsed.setText(clock(box.now))
        self.trial.setText(str(view.trial.trial if view.trial else len(view.rows)))
        limit = told.session.get("max_water_ul")
        given = view.water_ul
        self.water.say(water(given, limit))
        self.before.setText(f"{told.before_ul / 1000:.2f} before" if told.before_ul else "")
        self.before.setVisible(told.before_ul > 0)
        self.bar.show_water(max(given - view.by_hand_ul, 0.0), view.by_hand_ul, limit or given)
        level, words = box.state()
        self.state.say(words)
        for label in (self.mouse, self.water, self.state):
            label.setMinimumWidth(label.room_for_title())
        set_level(self.state.far, level)
        set_level(self.state.near, level)
        self.beside.say(_beside(box))

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.bar.restyle(palette)


def _beside(box: Box) -> str:
    """Return what stands below the state of the box: its speed, drops by hand, an earlier part."""
    view = box.view
    if view is None or view.definition is None:
        return ""
    speed = f"speed x{view.speed:g}" if is_paced(view) else ""
    by_hand = f"{view.by_hand_ul:g} uL by hand" if view.by_hand_ul else ""
    earlier = view.definition.resumes
    part = f"goes on with {earlier}" if earlier else ""
    return ", ".join(filter(None, (speed, by_hand, part))) or " "


def _width(label: Elided) -> int:
    """Return how much room all words of a label need."""
    return label.fontMetrics().horizontalAdvance(label.words) + 2


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
