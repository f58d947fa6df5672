"""One panel of the raster: the trials of one type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QColor, QFontMetrics

from gui.palette import (
    Palette,
    lick_colour,
    outcome_colour,
    reward_colour,
    stimulus_colour,
    type_colour,
)
from gui.plots.base import (
    HEAD_PT,
    head_font,
    line_height,
    paint,
    pen,
    prepare,
    slim,
    text_width,
    words_at,
)
from gui.raster_data import TypeRaster
from rig.colours import OUTCOMES, outcome_look, type_look

LANE = 0.05
"""Width of the lane of an outcome, as a part of the visible seconds, at least."""

_ORDER = tuple(dict.fromkeys(("hit", "correct_rejection", *OUTCOMES)))
"""Lanes from left to right: what is correct comes first."""


class RasterPanel:
    """Licks as ticks, drops as dots; the outcome of each row stands in a lane at the right.

    The lane tells the outcome, not only its colour: its letter stands above it.

    Parameters
    ----------
    plot
        The plot item to draw into.
    trial_type
        The type of these trials.
    palette
        The colours.

    Attributes
    ----------
    plot
        The plot item.
    title
        The type, and how many of its trials have ended; a narrow panel shows less of it.
    rows
        The first visible row and the one behind the last.
    ticks
        How many licks are visible.
    """

    def __init__(self, plot: Any, trial_type: str, palette: Palette) -> None:
        self.plot = plot
        self._type = trial_type
        self._palette = palette
        self._span = (0.0, 0.0)
        self._ranges: object = None
        self._letters: dict[str | None, Any] = {}
        self._lanes: list[str | None] = []
        prepare(plot, bottom="s from stimulus")
        slim(plot, "")
        plot.invertY(True)
        self._band = pg.LinearRegionItem(movable=False)
        self._band.hide()
        self._onset = pg.InfiniteLine(0.0)
        self._licks = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True)
        self._drops = pg.ScatterPlotItem(size=5, pxMode=True)
        self._outcomes = pg.ImageItem(axisOrder="row-major")
        for item in (self._band, self._onset, self._licks, self._drops, self._outcomes):
            plot.addItem(item, ignoreBounds=True)
        self.title = ""
        self._width = (0, 1e6)
        self._shown_title: object = None
        self.rows = (0, 0)
        self.ticks = 0
        self.restyle(palette)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        paint(self.plot, palette)
        self._licks.setPen(pen(lick_colour(palette)))
        self._onset.setPen(pen(stimulus_colour(palette), 2))
        self._drops.setBrush(reward_colour(palette))
        self._drops.setPen(None)
        band = QColor(stimulus_colour(palette))
        band.setAlpha(45)
        self._band.setBrush(band)
        for line in self._band.lines:
            line.setPen(None)
        for outcome, letter in self._letters.items():
            letter.setColor(outcome_colour(palette, outcome))
        self._show_title()

    def set_window(self, window: tuple[float, float] | None) -> None:
        """Show the response window, seconds from the onset of the stimulus."""
        self._band.setVisible(window is not None)
        if window is not None and self._band.getRegion() != window:
            self._band.setRegion(window)

    def set_span(self, first: float, last: float) -> None:
        """Show these seconds around the onset of the stimulus."""
        self._span = first, last

    def show_rows(self, kind: TypeRaster, back: int, rows: int, *, running: bool) -> None:
        """Show as many rows, the last of them so far back from the newest one."""
        last = max(len(kind.outcomes) - back, min(rows, len(kind.outcomes)))
        first = max(0, last - rows)
        self.rows = first, last
        self._show_licks(kind, first, last)
        self._show_outcomes(kind, first, last - (running and not back))
        self._set_ranges(first, first + rows)
        ended = len(kind.outcomes) - running
        title = f"{type_look(self._type).words}, {ended} {'trial' if ended == 1 else 'trials'}"
        if title != self.title:
            self.title = title
            self._show_title()

    def set_width(self, axis: int, room: float) -> None:
        """Have so many pixels for the numbers of rows (0 leaves them out) and for the rest."""
        if (axis, room) == self._width:
            return
        self._width = axis, room
        numbers = self.plot.getAxis("left")
        numbers.setStyle(showValues=axis > 0)
        numbers.setWidth(max(axis, 1))
        self.plot.setMinimumWidth(axis + room)
        self.plot.setMaximumWidth(axis + room)
        self._show_title()

    def _show_licks(self, kind: TypeRaster, first: int, last: int) -> None:
        heights = kind.lick_y.values[::2]
        begin, end = 2 * np.searchsorted(heights, (first, last))
        seconds, heights = kind.lick_x.values[begin:end], kind.lick_y.values[begin:end]
        visible = (seconds >= self._span[0]) & (seconds <= self._span[1])
        self._licks.setData(seconds[visible], heights[visible])
        self.ticks = int(visible.sum()) // 2
        begin, end = np.searchsorted(kind.drop_y.values, (first, last))
        self._drops.setData(kind.drop_x.values[begin:end], kind.drop_y.values[begin:end])

    def _show_outcomes(self, kind: TypeRaster, first: int, last: int) -> None:
        """Fill a cell of the lanes for each row."""
        outcomes = kind.outcomes[first:last]
        if not set(outcomes) <= set(self._lanes):
            self._lanes = sorted({*outcomes, *self._lanes}, key=_lane)
        self._outcomes.setVisible(bool(outcomes))
        if not outcomes:
            return
        cells = np.zeros((len(outcomes), len(self._lanes), 4), np.uint8)
        for lane, outcome in enumerate(self._lanes):
            colour = QColor(outcome_colour(self._palette, outcome)).getRgb()
            cells[[each == outcome for each in outcomes], lane] = colour
        self._outcomes.setImage(cells, autoLevels=False, levels=None)
        width = self._lane_width() * len(self._lanes)
        self._outcomes.setRect(QRectF(self._span[1], first, width, len(outcomes)))

    def _lane_width(self) -> float:
        """Return the width of a lane in seconds: its letter has room."""
        room: float = max(1.0, self.plot.getViewBox().width())
        return max(LANE, text_width("M", bold=True) / room) * (self._span[1] - self._span[0])

    def _set_ranges(self, first: int, last: int) -> None:
        """Set what is visible, and put the letters above the lanes."""
        width, head = self._lane_width(), line_height(self.plot, last - first)
        ranges = first, last, self._span, len(self._lanes), width, head
        if ranges == self._ranges:
            return
        self._ranges = ranges
        begin, end = self._span
        self.plot.setXRange(begin, end + width * max(2, len(self._lanes)), padding=0)
        self.plot.setYRange(first - head, last, padding=0)
        for lane, outcome in enumerate(self._lanes):
            if outcome not in self._letters:
                letter = words_at(self.plot, (0.5, 0.5), bold=True)
                letter.setText(outcome_look(outcome).letter)
                letter.setColor(outcome_colour(self._palette, outcome))
                self._letters[outcome] = letter
            self._letters[outcome].setPos(end + (lane + 0.5) * width, first - head / 2)

    def _show_title(self) -> None:
        """Show the title; what is too long loses first ``trials``, then what stands in brackets."""
        number = self.title.rpartition(", ")[2]
        name = type_look(self._type).words
        count = number.partition(" ")[0]
        shorter = self.title, f"{name}, {count}", f"{name.partition(' (')[0]}, {count}"
        metrics, room = QFontMetrics(head_font()), int(self._width[1])
        elided = metrics.elidedText(shorter[-1], Qt.ElideRight, room)
        shown = next((each for each in shorter if metrics.horizontalAdvance(each) <= room), elided)
        if (shown, self._palette.name) == self._shown_title:
            return
        self._shown_title = shown, self._palette.name
        colour = type_colour(self._palette, self._type)
        self.plot.setTitle(shown, color=colour, size=f"{HEAD_PT}pt", bold=True)
        self.plot.titleLabel.setMinimumWidth(0)  # or it makes its panel wider than its place


def _lane(outcome: str | None) -> int:
    """Return where the lane of an outcome stands among the others; those cut short come last."""
    if outcome is None:
        return len(_ORDER) + 1
    return _ORDER.index(outcome) if outcome in _ORDER else len(_ORDER)
