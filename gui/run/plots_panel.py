"""The plots of the Run screen: those that the session in the box has something for."""

from __future__ import annotations

from PyQt5.QtWidgets import QFrame, QGridLayout, QVBoxLayout

from gui.boxes import Box
from gui.palette import Palette
from gui.performance_data import PerformanceData
from gui.plots.outcome_strip import OutcomeStrip
from gui.plots.performance_plot import PerformancePlot
from gui.plots.psychometric_plot import PsychometricPlot
from gui.plots.raster import RasterPlot
from gui.plots.sensitivity import SensitivityView
from gui.session_view import SessionView

NOGO_OUTCOMES = frozenset({"false_alarm", "correct_rejection"})


class PlotsPanel(QFrame):
    """Raster and performance always; then responses by level, or d' where there are NoGo trials."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._view: SessionView | None = None
        self._data = PerformanceData()
        self._levels = -1
        self._has_nogo = False
        self.strip = OutcomeStrip(palette)
        self.raster = RasterPlot(palette)
        self.performance = PerformancePlot(palette)
        self.sensitivity = SensitivityView(palette)
        self.sensitivity.criterion.setProperty("role", "title")  # d' is what is read first
        self.sensitivity.d_prime.setWordWrap(True)
        self.sensitivity.counts.setWordWrap(True)
        self.levels = PsychometricPlot(palette)
        self.levels.hide()
        self.sensitivity.hide()
        self._plots = (self.strip, self.raster, self.performance, self.sensitivity, self.levels)
        right = QVBoxLayout()
        right.addWidget(self.performance, 3)
        right.addWidget(self.levels, 3)
        right.addWidget(self.sensitivity, 2)
        layout = QGridLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setHorizontalSpacing(12)
        layout.setVerticalSpacing(4)
        layout.addWidget(self.strip, 0, 0, 1, 2)
        layout.addWidget(self.raster, 1, 0)
        layout.addLayout(right, 1, 1)
        layout.setRowStretch(1, 1)
        layout.setColumnStretch(0, 5)
        layout.setColumnStretch(1, 4)

    def show_box(self, box: Box) -> None:
        """Show the session in a box; plots to which nothing has come cost little."""
        view = box.view
        if view is None:
            return
        if view is not self._view:
            self._view, self._data, self._levels = view, PerformanceData(), -1
            self._has_nogo = False
        before = self._data.taken
        if self._data.take(view.rows) or not before:
            self._has_nogo |= any(row.outcome in NOGO_OUTCOMES for row in view.rows[before:])
            self.strip.show_rows(view.rows)
            self.performance.show_performance(self._data)
            self.sensitivity.show_sensitivity(self._data.sensitivity)
        self.raster.show_raster(view.raster)
        if view.levels_counted != self._levels:
            self._levels = view.levels_counted
            self.levels.show_points(view.psychometric)
            self.levels.setVisible(bool(view.psychometric.points()))
        self.sensitivity.setVisible(self._has_nogo and self.levels.isHidden())

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        for plot in self._plots:
            plot.restyle(palette)
