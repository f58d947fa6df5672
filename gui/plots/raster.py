"""Licks and drops of the last trials around the stimulus, a panel for each trial type."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QGridLayout, QLabel, QScrollBar, QWidget

from gui.palette import LIGHT, Palette
from gui.plots.base import AXIS_ASIDE_PX, keep_from_focus, let_grow, text_width
from gui.plots.raster_panel import RasterPanel
from gui.raster_data import RasterData
from gui.theme import quiet_label
from rig.colours import TYPES
from rig.psychometric import CATCH_TYPES

ROWS = 150
"""Rows that are visible."""
COLUMNS = 4
BEFORE, AFTER = -1.0, 3.0
"""Seconds around the onset of the stimulus that are visible, at least."""
AFTER_WINDOW = 1.5
DRAW_EVERY = 0.1
"""Seconds between two drawings of the running trial."""
ASIDE_PX = 6
"""Room between two panels, and around them."""
LEGEND = "Line: stimulus. Band: response window. Ticks: licks. Dots: drops. Newest trial below."


class RasterPlot(QWidget):
    """A row for each trial, the newest at the bottom; a bar at the side leads to earlier ones.

    Parameters
    ----------
    palette
        The colours.
    now
        Returns seconds; never goes backwards.

    Attributes
    ----------
    panels
        The panels by trial type.
    earlier
        The bar that leads to earlier trials.
    """

    def __init__(self, palette: Palette = LIGHT, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._palette = palette
        self._raster = RasterData()
        self._now = now
        self._drawn: object = None
        self._drawn_trials: object = None
        self._drawn_at = -math.inf
        self._width = 0
        self.panels: dict[str, RasterPanel] = {}
        self._made: dict[str, RasterPanel] = {}
        self._area: Any = pg.GraphicsLayoutWidget()
        keep_from_focus(self._area)
        self._area.ci.layout.setContentsMargins(0, 0, 0, 0)
        self._area.ci.layout.setSpacing(ASIDE_PX)
        self._area.sigDeviceRangeChanged.connect(self._resized)
        self.earlier = QScrollBar(Qt.Vertical)
        self.earlier.setAccessibleName("Earlier trials")
        self.earlier.setFocusPolicy(Qt.StrongFocus)
        self.earlier.setRange(0, 0)
        self.earlier.setPageStep(ROWS)
        self.earlier.valueChanged.connect(self._draw)
        self.earlier.hide()
        self._legend: QLabel = quiet_label(LEGEND)
        self._legend.setWordWrap(True)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area, 0, 0)
        layout.addWidget(self.earlier, 0, 1)
        layout.addWidget(self._legend, 1, 0, 1, 2)
        let_grow(self, 260, 160)
        self.setAccessibleName("Licks and drops around the stimulus")
        self.restyle(palette)

    def show_raster(self, raster: RasterData) -> None:
        """Show the trials so far; costs little if no lick and no trial has come.

        Licks and drops of the running trial are drawn a few times a second.
        """
        kinds = raster.types.values()
        trials = [raster, raster.running, *(len(kind.outcomes) for kind in kinds)]
        state = [*trials, raster.window, *((len(k.lick_x), len(k.drop_x)) for k in kinds)]
        now = self._now()
        soon = trials == self._drawn_trials and now - self._drawn_at < DRAW_EVERY
        if state == self._drawn or soon:
            return
        self._raster, self._drawn, self._drawn_trials = raster, state, trials
        self._drawn_at = now
        self._make_panels()
        self._set_bar()
        self._draw()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        self._area.setBackground(palette.panel)
        for panel in self._made.values():
            panel.restyle(palette)
        self._draw()

    def _resized(self, *_: object) -> None:
        """Share the room anew."""
        if self._area.width() != self._width:
            self._draw()

    def _make_panels(self) -> None:
        """Have a panel for each type of the raster, and for no other."""
        names = sorted(self._raster.types, key=_place)
        if list(self.panels) == names:
            return
        self.panels = {}  # first: what is taken away below is resized, and drawn
        self._area.clear()
        for place, name in enumerate(names):
            plot = self._plot_of(name)
            self._area.addItem(plot, *divmod(place, COLUMNS))
        self.panels = {name: self._made[name] for name in names}

    def _plot_of(self, name: str) -> Any:
        """Return the plot item of a type; it is made once, whatever session is looked at."""
        if name not in self._made:
            plot = pg.PlotItem(enableMenu=False)
            plot.getViewBox().sigResized.connect(self._draw)
            self._made[name] = RasterPanel(plot, name, self._palette)
        return self._made[name].plot

    def _set_bar(self) -> None:
        """Let the bar reach back to the first row; at its end, it follows the newest one."""
        longest = max((len(kind.outcomes) for kind in self._raster.types.values()), default=0)
        follows = self.earlier.value() == self.earlier.maximum()
        hidden = max(0, longest - ROWS)
        self.earlier.blockSignals(True)
        self.earlier.setMaximum(hidden)
        if follows:
            self.earlier.setValue(hidden)
        self.earlier.blockSignals(False)
        self.earlier.setVisible(hidden > 0)

    def _draw(self, _: object = None) -> None:
        """Draw all panels; they show as many rows, and look back as far."""
        raster = self._raster
        back = self.earlier.maximum() - self.earlier.value()
        longest = max((len(kind.outcomes) for kind in raster.types.values()), default=0)
        rows = min(ROWS, max(30, longest))
        end = AFTER if raster.window is None else max(AFTER, raster.window[1] + AFTER_WINDOW)
        for name, panel in self.panels.items():
            panel.set_window(raster.window)
            panel.set_span(BEFORE, end)
            panel.show_rows(raster.types[name], back, rows, running=raster.running == name)
        self._share_width(rows)
        self.setAccessibleDescription("; ".join(panel.title for panel in self.panels.values()))

    def _share_width(self, rows: int) -> None:
        """Give all panels as much room; rows are numbered once if they are alike."""
        self._width = self._area.width()
        panels = list(self.panels.values())
        if not panels:
            return
        highest = max(panel.rows[0] for panel in panels) + rows
        axis = text_width(str(highest)) + AXIS_ASIDE_PX
        alike = len({panel.rows[0] for panel in panels}) == 1
        columns = min(COLUMNS, len(panels))
        axes = [axis if column == 0 or not alike else 0 for column in range(columns)]
        free = self._width - ASIDE_PX * (columns - 1) - sum(axes)
        room = max(40.0, free / columns)
        for place, panel in enumerate(panels):
            panel.set_width(axes[place % COLUMNS], room)


def _place(trial_type: str) -> tuple[bool, int]:
    """Return where the panel of a type stands, always the same place; catch trials come last."""
    known = list(dict.fromkeys(name for name, _ in TYPES))
    place = known.index(trial_type) if trial_type in known else len(known)
    return trial_type in CATCH_TYPES, place
