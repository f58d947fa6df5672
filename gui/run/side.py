"""The right column of the Run screen: the state, and pages for cameras, graph and more."""

from __future__ import annotations

import time

from PyQt5.QtWidgets import QSizePolicy, QTabWidget, QVBoxLayout, QWidget

from gui.boxes import Box
from gui.palette import Palette
from gui.plots.timing_view import TimingView
from gui.run.asking import Asking
from gui.run.camera_panel import CameraPanel, cameras_of
from gui.run.change_panel import ChangePanel
from gui.run.header import panel
from gui.run.health_panel import HealthPanel
from gui.run.state_panel import StatePanel
from gui.session_view import SessionView
from gui.widgets.state_graph import StateGraph
from gui.workplace import Workplace

NARROWEST_PX, WIDEST_PX = 300, 340
TIMING_EVERY = 1.0
"""Seconds from one look at the timing to the next."""


class Side(QWidget):
    """Shows the state always, and one of the pages.

    Parameters
    ----------
    place
        What all screens share.
    asking
        The orders of the Run screen.
    """

    def __init__(self, place: Workplace, asking: Asking) -> None:
        super().__init__()
        self.state = StatePanel(place.palette)
        self._view: SessionView | None = None
        self.camera = CameraPanel(place.palette)
        self.graph = StateGraph(place.palette)
        self.health = HealthPanel()
        self.timing = TimingView(place.palette)
        self.change = ChangePanel(place, asking)
        self._timed = 0.0
        self.pages = QTabWidget()
        self.pages.setAccessibleName("Pages")
        self.pages.setDocumentMode(True)
        self.pages.setUsesScrollButtons(False)
        bar = self.pages.tabBar()
        if bar is not None:
            bar.setAccessibleName("Pages of the session")
            bar.setDrawBase(False)  # its line is white, whatever the palette
        self.pages.addTab(self.camera, "Ca&mera")
        self.pages.addTab(self.graph, "&Graph")
        self.pages.addTab(self.health, "&Devices")
        self.pages.addTab(self.timing, "T&iming")
        self.pages.addTab(self.change, "C&hange")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(panel(self.state))
        layout.addWidget(self.pages, 1)
        self.setMinimumWidth(NARROWEST_PX)
        self.setMaximumWidth(WIDEST_PX)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Expanding)

    def show_box(self, box: Box) -> None:
        """Show the session in a box; only the page that is visible."""
        view = box.view
        if view is None:
            return
        if view is not self._view:
            self._view = view
            self._show_camera(has_one=bool(cameras_of(view)))
        self.state.show_box(box)
        page = self.pages.currentWidget()
        if page is self.graph:
            live = view.stay.name if view.stay is not None and view.trial is not None else ""
            self.graph.show_graph(view.graph, live)
        elif page is self.camera:
            self.camera.show_box(box)
        elif page is self.health:
            self.health.show_box(box)
        elif page is self.change:
            self.change.show_box(box)
        elif page is self.timing and time.monotonic() - self._timed > TIMING_EVERY:
            self._timed = time.monotonic()
            self.timing.show_timing(view.timing.summary())

    def open_change(self) -> None:
        """Show the page of changes, with the cursor in its first field."""
        self.pages.setCurrentWidget(self.change)
        self.change.take_focus()

    def arrive(self) -> None:
        """Show another box."""
        self.health.look_at_once()
        self._timed = 0.0

    def _show_camera(self, *, has_one: bool) -> None:
        """Have the page of cameras if there is one, and show it in place of the graph."""
        at_first = self.pages.currentWidget() in (self.camera, self.graph)
        self.pages.setTabVisible(self.pages.indexOf(self.camera), has_one)
        if at_first:
            self.pages.setCurrentWidget(self.camera if has_one else self.graph)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.state.restyle(palette)
        self.camera.restyle(palette)
        self.graph.restyle(palette)
        self.timing.restyle(palette)
