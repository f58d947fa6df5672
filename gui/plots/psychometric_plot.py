"""How often the mouse responds at each level of the sound, and in catch trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from gui.palette import LIGHT, Palette, type_colour
from gui.plots.base import (
    keep_from_focus,
    let_grow,
    paint,
    pen,
    prepare,
    slim,
    text_height,
    words_at,
)
from rig.psychometric import Psychometric, Share


class PsychometricPlot(QWidget):
    """A point for each level with its 95 % interval and its n; catch trials stand apart."""

    def __init__(self, palette: Palette = LIGHT) -> None:
        super().__init__()
        self._palette = palette
        self._shares: list[tuple[float, Share]] = []
        self._view: Any = pg.PlotWidget(enableMenu=False)
        keep_from_focus(self._view)
        plot = self._plot = self._view.getPlotItem()
        prepare(plot, bottom="level (dB SPL), trials below", left="responses")
        slim(plot, "0.5")
        plot.getAxis("bottom").setHeight(3.4 * text_height())
        plot.getAxis("left").setTicks([[(0.0, "0"), (0.5, "0.5"), (1.0, "1")]])
        self._half = pg.InfiniteLine(0.5, angle=0)
        self._bars = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True)
        self._line = pg.PlotCurveItem(skipFiniteCheck=True)
        self._points = pg.ScatterPlotItem(size=10, symbol="o")
        self._catch = pg.ScatterPlotItem(size=11, symbol="d")
        for item in (self._half, self._bars, self._line, self._points, self._catch):
            plot.addItem(item, ignoreBounds=True)
        self._empty = words_at(plot, (0.5, 0.5))
        self._empty.setText("no trial with a level yet")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        let_grow(self, 240, 100)
        self.setAccessibleName("Responses by level")
        self.restyle(palette)
        self.show_points(Psychometric())

    def show_points(self, counted: Psychometric) -> None:
        """Show the shares of responses so far; to be called when a count has changed."""
        points, catch = counted.points(), counted.catch()
        levels = [share.level_db_spl for share in points if share.level_db_spl is not None]
        steps = np.diff(levels) if len(levels) > 1 else [10.0]
        step = float(np.min(steps))
        first = levels[0] if levels else 0.0
        apart = [first - step * (1 + len(catch) - place) for place in range(len(catch))]
        self._shares = [*zip(apart, catch, strict=True), *zip(levels, points, strict=True)]
        self._empty.setVisible(not self._shares)
        self._draw(levels, points, apart, catch)
        told = (_told(share) for _, share in self._shares)
        self.setAccessibleDescription("; ".join(told))
        ticks = [(x, _words(share)) for x, share in self._shares]
        self._plot.getAxis("bottom").setTicks([ticks])
        edges = [x for x, _ in self._shares] or [-1.0, 1.0]
        self._plot.setXRange(edges[0] - 0.7 * step, edges[-1] + 0.7 * step, padding=0)
        self._plot.setYRange(-0.06, 1.06, padding=0)
        self._empty.setPos(sum(edges) / len(edges), 0.25)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        self._view.setBackground(palette.panel)
        paint(self._plot, palette)
        self._half.setPen(pen(palette.quiet, 1, "dotted"))
        self._bars.setPen(pen(palette.text))
        self._line.setPen(pen(type_colour(palette, "sound"), 2))
        for points, kind in ((self._points, "sound"), (self._catch, "catch")):
            points.setBrush(type_colour(palette, kind))
            points.setPen(None)
        self._empty.setColor(palette.quiet)

    def _draw(
        self,
        levels: Sequence[float],
        points: Sequence[Share],
        apart: Sequence[float],
        catch: Sequence[Share],
    ) -> None:
        self._points.setData(levels, [share.share for share in points])
        self._line.setData(np.array(levels), np.array([share.share for share in points]))
        self._catch.setData(apart, [share.share for share in catch])
        ends = [edge for _, share in self._shares for edge in (share.low, share.high)]
        self._bars.setData(np.repeat([x for x, _ in self._shares], 2), np.array(ends))


def _words(share: Share) -> str:
    where = "catch" if share.level_db_spl is None else f"{share.level_db_spl:g}"
    return f"{where}\n{share.trials}"


def _told(share: Share) -> str:
    where = "catch" if share.level_db_spl is None else f"{share.level_db_spl:g} dB SPL"
    return f"{where}: {share.responses} of {share.trials}"
