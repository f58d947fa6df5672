"""d' and criterion in large words, with the numbers of trials, and the course of d'."""

from __future__ import annotations

import math

import numpy as np
from PyQt5.QtCore import QPointF, QSize, Qt
from PyQt5.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.palette import LIGHT, Palette
from gui.plots.base import pen, small_font
from gui.theme import far_label, quiet_label, title_label
from rig.measures import SENSITIVITY_WINDOW, Floats, Sensitivity
from rig.performance import MIN_TRIALS

POINTS = 100
TOP, FLOOR = 3.0, 0.0
"""Range of d' that the small curve shows, at least."""


class SensitivityView(QWidget):
    """How well the mouse tells go from nogo, and how readily it responds."""

    def __init__(self, palette: Palette = LIGHT, window: int = SENSITIVITY_WINDOW) -> None:
        super().__init__()
        self._window = window
        self._drawn: object = None
        self.d_prime: QLabel = far_label("d' -")
        self.criterion: QLabel = title_label("criterion -")
        self.counts: QLabel = quiet_label()
        self.counts.setWordWrap(True)
        self._course = _Course(palette)
        words = QHBoxLayout()
        words.setSpacing(20)
        words.addWidget(self.d_prime)
        words.addWidget(self.criterion, 0, Qt.AlignBottom)
        words.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(words)
        layout.addWidget(self.counts)
        layout.addWidget(self._course, 1)
        self.show_sensitivity(Sensitivity(window))

    def show_sensitivity(self, measured: Sensitivity) -> None:
        """Show the last d' and criterion; costs little if no trial has ended."""
        state = measured, len(measured.numbers)
        if state == self._drawn:
            return
        self._drawn = state
        last_d_prime, last_criterion = _last(measured.d_prime), _last(measured.criterion)
        few = not last_d_prime or not last_criterion
        self.d_prime.setText(f"d' {last_d_prime or '-'}")
        self.criterion.setText("n too small" if few else f"criterion {last_criterion}")
        needed = f"; at least {MIN_TRIALS} of each are needed" if few else ""
        self.counts.setText(
            f"n {measured.go} go, {measured.nogo} nogo, last {self._window} trials{needed}"
        )
        self._course.take(measured.d_prime)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._course.restyle(palette)


class _Course(QWidget):
    """A small curve of d' over the session."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._values: Floats = np.empty(0)
        self._lowest, self._highest = FLOOR, TOP
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setAccessibleName("Course of d' over the session")

    def take(self, values: Floats) -> None:
        """Show these values; a long course is drawn with fewer points."""
        step = -(-len(values) // POINTS) or 1
        self._values = values[::-1][::step][::-1]
        self._lowest = float(np.nanmin(self._values, initial=FLOOR))
        self._highest = float(np.nanmax(self._values, initial=TOP))
        self.update()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that suits best."""
        return QSize(260, 60)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the smallest size that is legible."""
        return QSize(120, 40)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Paint the line of 0 and the curve."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setFont(small_font())
        left = 18.0
        for value in (0.0, TOP):
            height = self._height(value)
            painter.setPen(QColor(self._palette.quiet))
            painter.drawText(QPointF(2, height + 4), f"{value:g}")
            painter.setPen(pen(self._palette.line))
            painter.drawLine(QPointF(left, height), QPointF(self.width(), height))
        painter.setPen(pen(self._palette.text, 2))
        across = (self.width() - left - 6) / max(1, len(self._values) - 1)
        part: list[QPointF] = []
        for place, value in enumerate(self._values):
            if math.isnan(value):
                painter.drawPolyline(QPolygonF(part))
                part = []
            else:
                part.append(QPointF(left + place * across, self._height(value)))
        painter.drawPolyline(QPolygonF(part))

    def _height(self, d_prime: float) -> float:
        """Return where a value stands, in pixels from the top."""
        return 8 + (self._highest - d_prime) / (self._highest - self._lowest) * (self.height() - 16)


def _last(values: Floats) -> str:
    """Return the last number with one decimal; empty if it is missing."""
    if not len(values) or math.isnan(values[-1]):
        return ""
    return f"{round(values[-1], 1) + 0.0:.1f}"
