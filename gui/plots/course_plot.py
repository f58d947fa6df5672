"""Values over days: a point for each, joined by a line, beside levels with their words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from gui.palette import LIGHT, Palette, level_colour
from gui.plots.base import keep_from_focus, let_grow, paint, pen, prepare, slim, words_at
from gui.plots.levels import Level

FEWEST_DAYS, MOST_TICKS = 7, 7
ASIDE = 0.03
"""Room beside the first and the last day, as a share of all days."""


class CoursePlot(QWidget):
    """Shows a course of values.

    Parameters
    ----------
    name
        What it shows.
    left
        What stands at the vertical axis.
    empty
        What is said where there is nothing to show.
    """

    def __init__(self, name: str, left: str, empty: str, palette: Palette = LIGHT) -> None:
        super().__init__()
        self._palette = palette
        self._levels: list[tuple[Level, Any, Any]] = []
        self._view: Any = pg.PlotWidget(enableMenu=False)
        keep_from_focus(self._view)
        plot = self._plot = self._view.getPlotItem()
        prepare(plot, left=left)
        slim(plot, "00.0")
        self._line = pg.PlotCurveItem(skipFiniteCheck=True)
        self._points = pg.ScatterPlotItem(size=7, symbol="o")
        for item in (self._line, self._points):
            plot.addItem(item, ignoreBounds=True)
        self._empty = words_at(plot, (0.5, 0.5))
        self._empty.setText(empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        let_grow(self, 240, 120)
        self.setAccessibleName(name)
        self.show_course([], [], [])

    def show_course(
        self, days: Sequence[date], values: Sequence[float], levels: Sequence[Level]
    ) -> None:
        """Show a value for each day, in their order, and these levels."""
        where = np.array([day.toordinal() for day in days], dtype=float)
        self._line.setData(where, np.array(values, dtype=float))
        self._points.setData(where, values)
        self._empty.setVisible(not days)
        self._show_levels(levels if days else [])
        last = int(where[-1]) if days else date.today().toordinal()
        first = min(int(where[0]) if days else last, last - FEWEST_DAYS)
        self._set_range(first, last, [*values, *(level.value for level in levels if days)])
        told = "; ".join(f"{day}: {value:.1f}" for day, value in zip(days, values, strict=True))
        self.setAccessibleDescription(told)
        self.restyle(self._palette)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        self._view.setBackground(palette.panel)
        paint(self._plot, palette)
        self._line.setPen(pen(palette.accent, 2))
        self._points.setBrush(palette.accent)
        self._points.setPen(None)
        self._empty.setColor(palette.quiet)
        for level, line, words in self._levels:
            colour = level_colour(palette, level.colour)
            line.setPen(pen(colour, 1, "dashed"))
            words.setColor(colour)

    def _show_levels(self, levels: Sequence[Level]) -> None:
        for _, line, words in self._levels:
            self._plot.removeItem(line)
            self._plot.removeItem(words)
        self._levels = []
        for level in levels:
            line, words = pg.InfiniteLine(level.value, angle=0), words_at(self._plot, (0.0, 1.0))
            self._plot.addItem(line, ignoreBounds=True)
            words.setText(level.words)
            self._levels.append((level, line, words))

    def _set_range(self, first: int, last: int, values: Sequence[float]) -> None:
        aside = max(0.5, ASIDE * (last - first))
        self._plot.setXRange(first - aside, last + aside, padding=0)
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        room = max(0.12 * (high - low), 0.2)
        self._plot.setYRange(low - room, high + room, padding=0)
        step = -(-(last - first) // MOST_TICKS)
        ticks = [(day, f"{date.fromordinal(day):%d %b}") for day in range(last - 1, first, -step)]
        self._plot.getAxis("bottom").setTicks([ticks])
        self._empty.setPos((first + last) / 2, (low + high) / 2)
        for level, _, words in self._levels:
            words.setPos(first - aside, level.value)
