"""A small line without axes: the share of correct trials, between 0 and 1."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt5.QtCore import QPointF, QSize, Qt
from PyQt5.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QSizePolicy, QWidget

from gui.cards.content import KEPT
from gui.palette import Palette

_MARGIN = 3


class Sparkline(QWidget):
    """Draws up to 200 shares; the dotted line is one half."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._shares: tuple[float, ...] = ()
        self._colours = palette
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.MinimumExpanding)
        self.setMaximumHeight(8 * self.fontMetrics().height())
        self.setAccessibleName("Share of correct trials among the last 20")

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that it wants: two lines of text high."""
        return QSize(120, 2 * self.fontMetrics().height())

    def show_shares(self, shares: Iterable[float]) -> None:
        """Show these shares, the last one at the right."""
        self._shares = tuple(shares)
        last = f"{self._shares[-1]:.0%} correct" if self._shares else "no trials"
        self.setToolTip(f"Correct among the last 20 trials: {last}")
        self.update()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._colours = palette
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw."""
        painter = QPainter(self)
        width, height = self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN
        painter.translate(_MARGIN, _MARGIN)
        painter.setPen(QPen(QColor(self._colours.line), 1, Qt.DotLine))
        painter.drawLine(QPointF(0, height / 2), QPointF(width, height / 2))
        if self._shares:
            step = width / max(min(len(self._shares), KEPT) - 1, 1)
            points = [
                QPointF(number * step, (1 - share) * height)
                for number, share in enumerate(self._shares)
            ]
            painter.setRenderHint(QPainter.Antialiasing)
            painter.setPen(QPen(QColor(self._colours.accent), 2))
            painter.drawPolyline(QPolygonF(points))
            painter.setBrush(QColor(self._colours.accent))
            painter.drawEllipse(points[-1], 2.5, 2.5)
        painter.end()
