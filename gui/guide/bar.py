"""The bar of the guide at the head of the window: a step at a time, and a naive mouse's days."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from gui.guide.steps import (
    DAY_STEP,
    DAYS,
    FAULT,
    FAULT_STEP,
    NAIVE,
    RIG,
    STEPS,
    YOURS,
    Progress,
    Seen,
)
from gui.jobs import Done
from gui.palette import Palette, outcome_colour
from gui.theme import quiet_label
from gui.workplace import ScreenName, Workplace


class GuideBar(QFrame):
    """Shows what to do next; it can be skipped or closed at any time.

    Parameters
    ----------
    place
        What all screens share.
    """

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAccessibleName("Guide")
        self._place = place
        self._days: list[dict[str, Any]] = []
        self._training = False
        self.progress = Progress()
        self.number = quiet_label()
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.PlainText)
        self.next_day = QPushButton("Next &day")
        self.next_day.clicked.connect(self._train)
        self.skip = QPushButton("S&kip")
        self.skip.clicked.connect(self._skip)
        self.leave = QPushButton("Close the &guide")
        self.leave.clicked.connect(self.hide)
        self.curve = _Curve()
        self._lay_out()
        self._show()

    def refresh(self, screen: ScreenName) -> None:
        """See whether the step is done."""
        if self.isHidden():
            return
        boxes = self._place.boxes.by_rig
        yours = boxes[YOURS].view if YOURS in boxes else None
        trials = len(yours.rows) if yours else 0
        seen = Seen(screen, boxes[RIG], len(self._days), self._training, trials)
        if self.progress.look(seen):
            self._begin()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.curve.restyle(palette)

    def _skip(self) -> None:
        self.progress.skip()
        self._begin()

    def _begin(self) -> None:
        """Begin a step; at one of them the spout is blocked."""
        if self.progress.step == FAULT_STEP:
            self._place.order_to(RIG, "fault", text=FAULT)
        self._show()

    def _show(self) -> None:
        step = self.progress.step
        self.number.setText(f"{min(step + 1, len(STEPS))} of {len(STEPS)}")
        self.text.setText(self.progress.text)
        trains = step in (DAY_STEP, DAY_STEP + 1)
        self.next_day.setVisible(trains)
        self.curve.setVisible(trains)
        self.skip.setVisible(step < len(STEPS))

    def _train(self) -> None:
        """Train the naive mouse for a day, beside the window.

        The button keeps the focus: pressed again too early it does nothing.
        """
        if self._training:
            return
        self._training = True
        self.next_day.setText("Training ...")
        self._place.jobs.run(["train", NAIVE, "--days", "1"], self._trained)

    def _trained(self, done: Done) -> None:
        self._training = False
        self.next_day.setText("Next &day")
        if done.code != 0 or not isinstance(done.value, dict):
            self._place.tell("warn", f"{NAIVE} could not be trained: {done.error}")
            return
        self._days += done.value["days"]
        self.curve.show_days(self._days)
        last = self._days[-1]
        told = f"Day {len(self._days)}: {last['trials']} trials, {last['stage']}"
        self.number.setText(told if not last["suggestion"] else f"{told}. {last['suggestion']}")

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.addWidget(self.number)
        words.addWidget(self.text)
        layout = QHBoxLayout(self)
        layout.addLayout(words, 1)
        layout.addWidget(self.curve)
        for button in (self.next_day, self.skip, self.leave):
            layout.addWidget(button)


_RATES = {"hit": "hits", "false_alarm": "false alarms"}


class _Curve(pg.PlotWidget):  # type: ignore[misc]
    """Hit and false-alarm rates of the naive mouse, by day."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(300, 132)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setYRange(0, 1, padding=0.1)
        self.setXRange(0.5, DAYS + 0.5)
        self.setAccessibleName("Hits and false alarms by day")
        self.setLabel("bottom", "day")
        self.setLabel("left", "share")
        legend = self.addLegend(offset=(6, 1))
        self._lines = {name: self.plot(name=words) for name, words in _RATES.items()}
        legend.setZValue(-1)

    def show_days(self, days: list[dict[str, Any]]) -> None:
        """Show the days so far; a rate that is not known is left out."""
        self.setXRange(0.5, max(DAYS, len(days)) + 0.5)
        for name, line in self._lines.items():
            known = [(n, d[f"{name}_rate"]) for n, d in enumerate(days, 1)]
            points = [(n, rate) for n, rate in known if rate is not None]
            line.setData([n for n, _ in points], [rate for _, rate in points])

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.setBackground(palette.panel)
        for name, line in self._lines.items():
            colour = QColor(outcome_colour(palette, name))
            line.setPen(colour, width=2)
            line.setSymbol("o" if name == "hit" else "x")
            line.setSymbolBrush(colour)
            line.setSymbolPen(colour)
