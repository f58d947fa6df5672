"""The graph of a trial, with the state lit that the session is in."""

from __future__ import annotations

from itertools import pairwise

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PyQt5.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.graph_layout import Arrow, GraphLayout, Place, lay_out
from gui.palette import Palette, letters_on, outcome_colour
from rig.colours import outcome_look
from rig.events import GraphDefined

ARROW_PX = 6.0
TALLEST_PX = 26.0
WIDEST_PX = 150.0
SMALLEST_PT, LARGEST_PT = 7.0, 10.0


class StateGraph(QWidget):
    """Draws a graph in layers; the tip of a state tells its meaning and what leads out of it."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setAccessibleName("States of the trial")
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self._colours = palette
        self._graph: GraphDefined | None = None
        self._drawn: GraphLayout | None = None
        self._live = ""

    @property
    def live(self) -> str:
        """The state that is lit; empty if none is."""
        return self._live

    @property
    def drawn(self) -> GraphLayout | None:
        """What is drawn."""
        return self._drawn

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return a size in which the graphs of the built-in protocols are legible."""
        return QSize(320, 260)

    def show_graph(self, graph: GraphDefined | None, live: str) -> None:
        """Show a graph with a state lit; nothing is done if both are shown already."""
        if graph is self._graph and live == self._live:
            return
        if graph is not self._graph:
            self._drawn = lay_out(graph.states, graph.first) if graph else None
        self._graph, self._live = graph, live
        self.update()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._colours = palette
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw the arrows, and the states over them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        if self._drawn is None:
            painter.setPen(QColor(self._colours.quiet))
            painter.drawText(self.rect(), Qt.AlignCenter, "no trial has begun")
            return
        painter.setFont(self._letters(self._drawn))
        for arrow in self._drawn.arrows:
            self._draw_arrow(painter, arrow)
        for place in self._drawn.places:
            self._draw_state(painter, place)

    def event(self, event: object) -> bool:
        """Tell the meaning of the state under the mouse."""
        if isinstance(event, QHelpEvent):
            found = next((p for p in self._places() if self._box(p).contains(event.pos())), None)
            QToolTip.showText(event.globalPos(), self.told_of(found.name) if found else "", self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def told_of(self, name: str) -> str:
        """Return what the tip of a state says."""
        if self._drawn is None:
            return ""
        place = next(place for place in self._drawn.places if place.name == name)
        ways = [
            f"{_spaced(cause)}: to {_spaced(arrow.target)}"
            for arrow in self._drawn.arrows
            if arrow.source == name
            for cause in arrow.causes
        ]
        outcome = f"outcome: {outcome_look(place.outcome).words}" if place.outcome else ""
        ends = "the trial may end here" if place.ends else ""
        head = f"{_spaced(name)}: {place.meaning}"
        return "\n".join(filter(None, (head, outcome, *ways, ends)))

    def _places(self) -> tuple[Place, ...]:
        return self._drawn.places if self._drawn else ()

    def _cell(self) -> QSize:
        """Return how large a state is, with what is free around it."""
        drawn = self._drawn
        if drawn is None:
            return QSize()
        return QSize(int(self.width() / drawn.width), int(self.height() / drawn.height))

    def _box(self, place: Place) -> QRectF:
        cell = self._cell()
        width = min(cell.width() - 6.0, WIDEST_PX)
        height = min(cell.height() * 0.62, TALLEST_PX)
        centre = self._at(place.x, place.y)
        return QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)

    def _at(self, x: float, y: float) -> QPointF:
        cell = self._cell()
        return QPointF(x * cell.width(), (y + 0.5) * cell.height())

    def _letters(self, drawn: GraphLayout) -> QFont:
        """Return letters that fit into the states."""
        font = self.font()
        box = self._box(drawn.places[0])
        longest = max((_spaced(place.name) for place in drawn.places), key=len)
        size = LARGEST_PT
        font.setPointSizeF(size)
        while size > SMALLEST_PT and (
            QFontMetricsF(font).width(longest) > box.width() - 26
            or QFontMetricsF(font).height() > box.height()
        ):
            size -= 0.5
            font.setPointSizeF(size)
        return font

    def _draw_arrow(self, painter: QPainter, arrow: Arrow) -> None:
        colour = QColor(self._colours.text if arrow.source == self._live else self._colours.quiet)
        painter.setPen(QPen(colour, 1.5 if arrow.source == self._live else 1.0))
        painter.setBrush(Qt.NoBrush)
        points = [self._at(x, y) for x, y in arrow.points]
        down = 1.0 if points[-1].y() > points[0].y() else -1.0
        half = min(self._cell().height() * 0.62, TALLEST_PX) / 2
        points[0] += QPointF(0, down * half)
        points[-1] -= QPointF(0, down * (half + ARROW_PX))
        path = QPainterPath(points[0])
        for before, after in pairwise(points):
            middle = (before.y() + after.y()) / 2
            path.cubicTo(QPointF(before.x(), middle), QPointF(after.x(), middle), after)
        painter.drawPath(path)
        tip, wide = points[-1] + QPointF(0, down * ARROW_PX), ARROW_PX / 2
        painter.setBrush(colour)
        painter.setPen(Qt.NoPen)
        painter.drawPolygon(
            QPolygonF([tip, points[-1] + QPointF(wide, 0), points[-1] - QPointF(wide, 0)])
        )

    def _draw_state(self, painter: QPainter, place: Place) -> None:
        """Draw a state; one that gives an outcome with its letter, one that may end with a bar."""
        box = self._box(place)
        live = place.name == self._live
        fill = self._colours.accent if live else self._colours.raised
        painter.setPen(QPen(QColor(self._colours.text if live else self._colours.line), 1.0))
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(box, 5, 5)
        text = QColor(self._colours.on_accent if live else self._colours.text)
        inner = box.adjusted(4, 0, -4, 0)
        if place.outcome:
            look = outcome_look(place.outcome)
            mark = QRectF(box.left(), box.top(), min(20.0, box.height()), box.height())
            painter.setPen(Qt.NoPen)
            colour = outcome_colour(self._colours, place.outcome)
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(mark, 5, 5)
            painter.setPen(QColor(letters_on(colour)))
            painter.drawText(mark, Qt.AlignCenter, look.letter)
            inner.setLeft(mark.right() + 2)
        painter.setPen(text)
        name = QFontMetricsF(painter.font()).elidedText(
            _spaced(place.name), Qt.ElideRight, inner.width()
        )
        painter.drawText(inner, Qt.AlignCenter, name)
        if place.ends:
            painter.setPen(QPen(QColor(self._colours.text), 2.0))
            below = box.bottom() + 3
            painter.drawLine(QPointF(box.left() + 8, below), QPointF(box.right() - 8, below))


def _spaced(name: str) -> str:
    return name.replace("_", " ")
