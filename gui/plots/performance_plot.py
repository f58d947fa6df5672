"""Rolling performance of the trial types, with blocks and provisionally consistent periods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from gui.palette import LIGHT, Palette, consistent_colour, type_colour
from gui.performance_data import PerformanceData
from gui.plots.base import (
    keep_from_focus,
    let_grow,
    line_height,
    paint,
    pen,
    prepare,
    slim,
    text_width,
    words_at,
)
from rig.colours import Line, type_look
from rig.measures import Floats, Group

TRIALS = 300
"""Trials that are visible: the last ones."""
LABELS = 6
"""Parts of the session whose words are shown, at most."""
FEWEST_TRIALS = 40
NAME_ASIDE_PX = 14
"""Room beside the name of a curve."""
WORDS_ASIDE_PX = 8
"""What Qt leaves free around words, left and right together."""
CONSISTENT = "consistent (provisional)"
BOTTOM, TOP = -0.03, 1.04

_STEPS = (10, 20, 50, 100)
"""Trials between two numbers on the axis."""
_DASHES_PX: dict[Line, int] = {"solid": 0, "dashed": 8, "dotted": 3}
"""How long the dashes of a curve are; 0 has no gaps."""


class PerformancePlot(QWidget):
    """A curve for each trial type, named at its end."""

    def __init__(self, palette: Palette = LIGHT) -> None:
        super().__init__()
        self._palette = palette
        self._data = PerformanceData()
        self._drawn: object = None
        self._line, self._head = 0.0, TOP
        self._first, self._last = 0, FEWEST_TRIALS
        self._end, self._trials_per_px = float(FEWEST_TRIALS), 1.0
        self._curves: dict[Group, Any] = {}
        self._names: dict[Group, Any] = {}
        self._view: Any = pg.PlotWidget(enableMenu=False)
        keep_from_focus(self._view)
        self._view.getPlotItem().getViewBox().sigResized.connect(self._draw)
        plot = self._plot = self._view.getPlotItem()
        prepare(plot, bottom="trial", left="correct")
        slim(plot, "0.5")
        plot.getAxis("left").setTicks([[(0.0, "0"), (0.5, "0.5"), (1.0, "1")]])
        self._periods = pg.PlotCurveItem(fillLevel=0.0, skipFiniteCheck=True)
        self._chance = pg.InfiniteLine(0.5, angle=0)
        self._bounds = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True)
        for item in (self._periods, self._chance, self._bounds):
            plot.addItem(item, ignoreBounds=True)
        self._consistent = words_at(plot, (0.0, 1.0))
        self._parts = [words_at(plot, (0.0, 0.0)) for _ in range(LABELS)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        let_grow(self, 260, 100)
        self.setAccessibleName("Share of correct trials")
        self.restyle(palette)

    def show_performance(self, data: PerformanceData) -> None:
        """Show the performance so far; costs little if no trial has ended."""
        state = data, data.taken
        if state == self._drawn:
            return
        if data is not self._data:
            self._forget()
        self._data, self._drawn = data, state
        self._draw()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        self._view.setBackground(palette.panel)
        paint(self._plot, palette)
        ground = QColor(consistent_colour(palette))
        ground.setAlpha(60)
        self._periods.setBrush(ground)
        self._periods.setPen(None)
        self._consistent.setColor(consistent_colour(palette))
        self._chance.setPen(pen(palette.quiet, 1, "dotted"))
        self._bounds.setPen(pen(palette.line))
        for item in self._parts:
            item.setColor(palette.quiet)
        for group, curve in self._curves.items():
            self._colour(group, curve, self._names[group])

    def _forget(self) -> None:
        """Take the curves of another session away."""
        for item in (*self._curves.values(), *self._names.values()):
            self._plot.removeItem(item)
        self._curves.clear()
        self._names.clear()

    def _draw(self, _: object = None) -> None:
        numbers = self._data.types.numbers[-TRIALS:]
        first = int(numbers[0]) - 1 if len(numbers) else 0
        last = max(first + FEWEST_TRIALS, int(numbers[-1]) if len(numbers) else 0)
        self._first, self._last = first, last
        self._end = first + (last - first) * self._with_names()
        room = max(1.0, self._plot.getViewBox().width())
        self._trials_per_px = (self._end - first) / room
        self._plot.setXRange(first, self._end, padding=0)
        self._line = line_height(self._plot, TOP - BOTTOM) * 1.3
        self._head = TOP + (self._line if self._data.parts else 0.0)
        self._plot.setYRange(BOTTOM, self._head, padding=0)
        least = (text_width(str(last)) + NAME_ASIDE_PX) * self._trials_per_px
        step = next((step for step in _STEPS if step >= least), _STEPS[-1])
        ticks = [(float(trial), str(trial)) for trial in range(0, last + 1, step) if trial > first]
        self._plot.getAxis("bottom").setTicks([ticks])
        for group in self._data.types.groups:
            if group not in self._curves:
                self._add(group)
            self._draw_curve(group, numbers)
        self._place_names()
        self._draw_periods()
        self._draw_parts()
        self.setAccessibleDescription(self._told())

    def _told(self) -> str:
        """Return in words what is drawn."""
        types = self._data.types
        told = [_name(group, _last(types.shares(group))) for group in self._named()]
        if len(types.consistent) and types.consistent[-1]:
            told.append(CONSISTENT)
        return ", ".join((*told, *(part.words for part in self._data.parts[-1:])))

    def _draw_curve(self, group: Group, numbers: Floats) -> None:
        """Draw a curve; the gaps of a line that is not solid are trials that are left out.

        Qt's own dashes take ten times as long.
        """
        shares = self._data.types.shares(group)[-TRIALS:]
        joined = np.isfinite(shares[:-1]) & np.isfinite(shares[1:])
        dash = _DASHES_PX[type_look(*group).line]
        if dash:
            trials = max(1, round(dash * self._trials_per_px))
            joined &= (numbers[:-1] // trials % 3) != 2
        self._curves[group].setData(numbers, shares, connect=np.append(joined, False))

    def _with_names(self) -> float:
        """Return how much wider than the trials the axis is, for the names beside the curves."""
        names = (_name(group, 0.0) for group in self._named())
        widest = max((text_width(name, bold=True) for name in names), default=0)
        room: float = max(1.0, self._plot.getViewBox().width())
        return 1.0 / (1.0 - min(0.7, (widest + NAME_ASIDE_PX) / room))

    def _named(self) -> list[Group]:
        """Return the types that stand in the last window: those of the running block and phase."""
        types = self._data.types
        return [group for group in types.groups if types.count(group)]

    def _add(self, group: Group) -> None:
        curve = pg.PlotCurveItem(skipFiniteCheck=True)
        self._plot.addItem(curve, ignoreBounds=True)
        name = words_at(self._plot, (0.0, 0.5), bold=True)
        self._curves[group], self._names[group] = curve, name
        self._colour(group, curve, name)

    def _colour(self, group: Group, curve: Any, name: Any) -> None:
        colour = type_colour(self._palette, *group)
        curve.setPen(pen(colour, 2))
        name.setColor(colour)

    def _place_names(self) -> None:
        """Put the names beside the ends of the curves, one above the other where these meet."""
        ends = {group: _last(self._data.types.shares(group)) for group in self._named()}
        for group in self._names:
            self._names[group].setVisible(group in ends)
        ordered = sorted(ends, key=lambda each: ends[each])
        heights = _apart([ends[group] for group in ordered], self._line * 0.85)
        for group, height in zip(ordered, heights, strict=True):
            self._names[group].setText(_name(group, ends[group]))
            self._names[group].setPos(self._last, height)

    def _draw_periods(self) -> None:
        periods = _visible(self._data.types.periods(), self._first)
        self._consistent.setVisible(bool(periods))
        edges = np.array([(a - 0.5, a - 0.5, b + 0.5, b + 0.5) for a, b in periods]).ravel()
        heights = np.tile([0.0, 1.0, 1.0, 0.0], len(periods))
        self._periods.setData(edges, heights)
        if periods:
            self._consistent.setText(CONSISTENT)
            self._consistent.setPos(self._fitting(periods[-1][0], CONSISTENT), 0.0)

    def _fitting(self, trial: float, words: str) -> float:
        """Return where words begin that belong to a trial: there, or so far left that they fit."""
        longest = self._end - (text_width(words) + WORDS_ASIDE_PX) * self._trials_per_px
        return max(float(self._first), min(trial, longest))

    def _draw_parts(self) -> None:
        """Draw the bounds between the visible parts, and the words for which there is room."""
        begins = [part.first - 0.5 for part in self._data.parts]
        hidden = sum(begin <= self._first for begin in begins)
        bounds = begins[hidden:]
        self._bounds.setData(np.repeat(bounds, 2), np.tile([0.0, self._head], len(bounds)))
        shown = []
        visible = self._data.parts[max(0, hidden - 1) :]
        right = self._end
        for part in reversed(visible):
            left = max(self._first, part.first - 0.5)
            if part is visible[-1]:
                left = self._fitting(left, part.words)
            if left + text_width(part.words) * self._trials_per_px < right:
                shown.append((left, part.words))
                right = left
        for item, (left, words) in zip(self._parts, shown, strict=False):
            item.setText(words)
            item.setPos(left, self._head)
        for item in self._parts[len(shown) :]:
            item.setText("")


def _visible(periods: list[tuple[int, int]], first: int) -> list[tuple[int, int]]:
    """Return the periods, or what of them is not before the first visible trial."""
    return [(max(begin, first + 1), end) for begin, end in periods if end > first]


def _apart(heights: list[float], least: float) -> list[float]:
    """Return sorted heights moved apart as little as needed, none of them above 1.

    Examples
    --------
    >>> _apart([0.9, 1.0], 0.25)
    [0.75, 1.0]
    """
    ceiling = 1.0
    placed = []
    for height in reversed(heights):
        placed.append(min(height, ceiling))
        ceiling = placed[-1] - least
    return placed[::-1]


def _last(shares: Floats) -> float:
    """Return the last share that is there."""
    there = np.flatnonzero(np.isfinite(shares))
    return float(shares[there[-1]]) if len(there) else 0.0


def _name(group: Group, share: float) -> str:
    """Return what stands at the end of a curve, without what the type's name has in brackets."""
    return f"{type_look(*group).words.partition(' (')[0]} {share:.2f}"
