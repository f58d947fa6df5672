"""What all plots do alike: axes that stay as they are set, and colours of the palette."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFont, QFontMetrics, QPen
from PyQt5.QtWidgets import QApplication, QSizePolicy, QWidget

from gui.palette import Palette
from rig.colours import Line

SMALL_PT = 10
HEAD_PT = 12
AXIS_ASIDE_PX = 10
"""Room between the words of the left axis and its line."""
TICK_PX = 5
"""Length of a tick, outside of the plot."""
_LINES = {"solid": Qt.SolidLine, "dashed": Qt.DashLine, "dotted": Qt.DotLine}


def keep_from_focus(view: Any) -> None:
    """Let the keyboard pass by a view in which nothing is done by a key."""
    for each in (view, view.viewport()):
        each.setFocusPolicy(Qt.NoFocus)


def prepare(plot: Any, *, bottom: str = "", left: str = "") -> None:
    """Let a plot item have fixed ranges, no mouse and no menu, with words at its axes."""
    plot.hideButtons()
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(x=False, y=False)
    plot.disableAutoRange()
    plot.getViewBox().setDefaultPadding(0)
    for name, words in (("bottom", bottom), ("left", left)):
        axis = plot.getAxis(name)
        axis.enableAutoSIPrefix(False)
        axis.setStyle(tickFont=small_font(), maxTickLevel=0)
        if words:
            axis.setLabel(words)


def slim(plot: Any, widest: str) -> None:
    """Give the axes of a plot item no more room than their words need.

    `widest` is the widest number at the left axis.
    """
    bottom, left = plot.getAxis("bottom"), plot.getAxis("left")
    lines = 2 if bottom.labelText else 1
    bottom.setHeight(lines * text_height() + TICK_PX)
    label = text_height() if left.labelText else 0
    left.setWidth(text_width(widest) + AXIS_ASIDE_PX + label)


def paint(plot: Any, palette: Palette) -> None:
    """Give the axes of a plot item the colours of a palette."""
    for name in ("bottom", "left"):
        axis = plot.getAxis(name)
        axis.setPen(palette.line)
        axis.setTextPen(palette.quiet)
        if axis.labelText:
            axis.setLabel(axis.labelText, **{"color": palette.quiet, "font-size": f"{SMALL_PT}pt"})


def small_font(*, bold: bool = False) -> QFont:
    """Return the letters inside plots."""
    font = QFont(QApplication.font().family(), SMALL_PT)
    font.setBold(bold)
    return font


def head_font() -> QFont:
    """Return the letters above plots."""
    font = QFont(QApplication.font().family(), HEAD_PT)
    font.setBold(True)
    return font


def words_at(plot: Any, anchor: tuple[float, float], *, bold: bool = False) -> Any:
    """Return words inside a plot item; they move nothing else when they change."""
    item = pg.TextItem(anchor=anchor)
    item.setFont(small_font(bold=bold))
    plot.addItem(item, ignoreBounds=True)
    return item


def pen(colour: str, width: float = 1, line: Line = "solid") -> QPen:
    """Return a pen for a colour, a width and a kind of line.

    The width is in pixels of a screen of usual sharpness; Qt itself would draw thinner lines on a
    sharper one.
    """
    sharpness: float = pg.mkQApp().devicePixelRatio()
    made: QPen = pg.mkPen(colour, width=width * sharpness, style=_LINES[line])
    return made


def text_width(words: str, *, bold: bool = False) -> int:
    """Return how wide words are inside a plot, in pixels."""
    return QFontMetrics(small_font(bold=bold)).horizontalAdvance(words)


def text_height() -> int:
    """Return how high a line of words is inside a plot, in pixels."""
    return QFontMetrics(small_font()).height()


def line_height(plot: Any, seen: float) -> float:
    """Return how high a line of words is in a plot whose vertical axis spans `seen`."""
    room: float = max(40.0, plot.getViewBox().height())
    return seen * text_height() / room


def let_grow(widget: QWidget, width: int, height: int) -> None:
    """Let a widget take what room there is, and keep it legible."""
    widget.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
    widget.setMinimumSize(width, height)
