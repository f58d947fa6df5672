"""The outcomes of the last trials in a row, each with its letter and its shape."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import (
    QBrush,
    QColor,
    QFont,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from gui.palette import LIGHT, Palette, letters_on, outcome_colour, type_colour
from gui.plots.base import small_font
from gui.theme import far_label, title_label
from rig.colours import Shape, outcome_look, type_look
from rig.trials import TrialRow

TRIALS = 50
"""Trials that are shown where there is room; in a narrow window they are fewer."""
SMALLEST_PX, LARGEST_PX = 16, 30
"""Width of a cell."""
ASIDE_PX = 14
"""Room for half a number, right of the last cell."""
TICK_EVERY = 10
_CORNERS: dict[Shape, tuple[tuple[float, float], ...]] = {
    "triangle": ((0.5, 0.0), (1.0, 1.0), (0.0, 1.0)),
    "square": ((0.06, 0.06), (0.94, 0.06), (0.94, 0.94), (0.06, 0.94)),
    "diamond": ((0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)),
    "cross": (
        (0.28, 0.0),
        (0.72, 0.0),
        (0.72, 0.28),
        (1.0, 0.28),
        (1.0, 0.72),
        (0.72, 0.72),
        (0.72, 1.0),
        (0.28, 1.0),
        (0.28, 0.72),
        (0.0, 0.72),
        (0.0, 0.28),
        (0.28, 0.28),
    ),
    "bar": ((0.0, 0.18), (1.0, 0.18), (1.0, 0.82), (0.0, 0.82)),
    "star": (
        (0.5, 0.0),
        (0.68, 0.22),
        (1.0, 0.25),
        (0.82, 0.52),
        (0.95, 0.9),
        (0.5, 0.8),
        (0.05, 0.9),
        (0.18, 0.52),
        (0.0, 0.25),
        (0.32, 0.22),
    ),
}
"""Corners of the shapes in a square of side 1; a circle has none."""


class OutcomeStrip(QWidget):
    """The last trials, the newest at the right, and the last one in large words.

    Attributes
    ----------
    number, last
        The number of the last trial, and what it came to.
    cells
        The cells of the trials.
    """

    def __init__(self, palette: Palette = LIGHT) -> None:
        super().__init__()
        self.number: QLabel = title_label()
        self.last: QLabel = far_label("no trial yet")
        self.last.setAccessibleName("Outcome of the last trial")
        self.cells = Cells(palette)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        words = QHBoxLayout()
        words.setSpacing(10)
        words.addWidget(self.number, 0, Qt.AlignBottom)
        words.addWidget(self.last, 0, Qt.AlignBottom)
        words.addStretch(1)
        layout.addLayout(words)
        layout.addWidget(self.cells)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)

    def show_rows(self, rows: Sequence[TrialRow]) -> None:
        """Show the last of these trials; costs little if none has come."""
        shown = rows[-TRIALS:]
        if not self.cells.take(shown):
            return
        last = shown[-1] if shown else None
        self.number.setText(f"trial {last.trial}:" if last else "")
        self.last.setText(outcome_look(last.outcome).words if last else "no trial yet")
        letters = " ".join(outcome_look(row.outcome).letter for row in shown)
        self.cells.setAccessibleName(f"Outcomes of the last {len(shown)} trials: {letters}")

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.cells.restyle(palette)


def told(row: TrialRow) -> str:
    """Return a trial in a few words, such as ``trial 132: hit``."""
    return f"trial {row.trial}: {outcome_look(row.outcome).words}"


class Cells(QWidget):
    """Paints a cell for each trial."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._rows: Sequence[TrialRow] = ()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)

    def take(self, rows: Sequence[TrialRow]) -> bool:
        """Show these trials; return whether they are others than before."""
        if len(rows) == len(self._rows) and (not rows or rows[-1] is self._rows[-1]):
            return False
        self._rows = rows
        self.update()
        return True

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that suits best."""
        return QSize(TRIALS * 20, 50)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the smallest size that is legible."""
        return QSize(20 * SMALLEST_PX, 50)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Tell of the trial under the mouse."""
        if event is None:
            return
        row = self.row_at(event.x())
        QToolTip.showText(event.globalPos(), self._long(row) if row else "", self)

    def row_at(self, x: float) -> TrialRow | None:
        """Return the trial at a place of the strip, in pixels from its left; None beside them."""
        rows = self._fitting()
        cell = int((x - self._left()) // self._side())
        return rows[cell] if 0 <= cell < len(rows) else None

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Paint the cells, and the numbers of some trials below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        for cell, row in enumerate(self._fitting()):
            self._paint_cell(painter, cell, row)

    def _cells(self) -> int:
        """Return how many cells there is room for."""
        return max(1, min(TRIALS, (self.width() - ASIDE_PX) // SMALLEST_PX))

    def _fitting(self) -> Sequence[TrialRow]:
        return self._rows[-self._cells() :]

    def _side(self) -> float:
        """Return the width of a cell."""
        return min((self.width() - ASIDE_PX) / self._cells(), LARGEST_PX)

    def _left(self) -> float:
        return max(0.0, self.width() - ASIDE_PX - self._side() * len(self._fitting()))

    def _paint_cell(self, painter: QPainter, cell: int, row: TrialRow) -> None:
        side, left = self._side(), self._left() + cell * self._side()
        look = outcome_look(row.outcome)
        colour = outcome_colour(self._palette, row.outcome)
        box = QRectF(left + 0.5, 0.5, side - 1.5, min(side - 1.5, 26))
        painter.setPen(Qt.NoPen)
        painter.setBrush(QBrush(QColor(colour)))
        _paint_shape(painter, look.shape, box)
        painter.setPen(QColor(letters_on(colour)))
        painter.setFont(_letter_font(box.height()))
        sunk = box.height() * 0.12 if look.shape == "triangle" else 0.0
        painter.drawText(box.translated(0, sunk), int(Qt.AlignCenter), look.letter)
        kind = type_colour(self._palette, row.trial_type, row.labels.get("congruency", ""))
        line = "dashed" if row.trial_type == "nogo" else "solid"
        painter.setPen(QPen(QColor(kind), 2, Qt.DotLine if line == "dashed" else Qt.SolidLine))
        under = box.bottom() + 3
        painter.drawLine(QPointF(box.left() + 1, under), QPointF(box.right() - 1, under))
        if row.trial % TICK_EVERY == 0:
            painter.setPen(QColor(self._palette.quiet))
            painter.setFont(small_font())
            place = QRectF(left - 30, under + 1, side + 60, self.height() - under - 1)
            painter.drawText(place, int(Qt.AlignHCenter | Qt.AlignTop), str(row.trial))

    def _long(self, row: TrialRow) -> str:
        kind = type_look(row.trial_type, row.labels.get("congruency", "")).words
        licks = "1 lick" if row.lick_count == 1 else f"{row.lick_count} licks"
        return f"{told(row)}\n{kind}, {licks}"


def _letter_font(height: float) -> QFont:
    font = small_font(bold=True)
    font.setPixelSize(max(7, int(height * 0.62)))
    return font


def _paint_shape(painter: QPainter, shape: Shape, box: QRectF) -> None:
    if shape == "circle":
        painter.drawEllipse(box)
        return
    corners = (
        QPointF(box.left() + x * box.width(), box.top() + y * box.height())
        for x, y in _CORNERS[shape]
    )
    painter.drawPolygon(QPolygonF(list(corners)))
