"""The Rig check: every device with its state in words, its age and a remedy; and the computer."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.check.computer_panel import ComputerPanel
from gui.check.rig_panel import RigPanel
from gui.palette import Palette
from gui.theme import quiet_label, scrolled, title_label
from gui.workplace import Workplace

REFRESH_EVERY = 0.5
"""Seconds between two looks at ages and boxes."""


class RigCheck(QWidget):
    """A panel for each rig, and one for the computer.

    Parameters
    ----------
    place
        What all screens share.
    fix
        Called with rig and device to calibrate a device whose calibration is old or refused.
    """

    def __init__(self, place: Workplace, fix: Callable[[str, str], None]) -> None:
        super().__init__()
        self._place = place
        self._next = 0.0
        self.panels = {rig: RigPanel(place, rig, fix) for rig in place.boxes.by_rig}
        self.computer = ComputerPanel(place)
        self.all = QPushButton("&Try all rigs")
        self.all.clicked.connect(self.try_all)
        head = QHBoxLayout()
        head.addWidget(title_label("Rig check"))
        head.addWidget(quiet_label("Each device is opened, looked at, and turned off again."), 1)
        head.addWidget(self.all)
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 8, 0)
        for panel in (*self.panels.values(), self.computer):
            inner.addWidget(panel)
        inner.addStretch(1)
        area = scrolled(page)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(area, 1)

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done here by a key."""
        return (Action("Rig check: try all rigs", "", self.try_all, self.isVisible),)

    def arrive(self) -> None:
        """Show what is known, and look at the computer once."""
        if not self.computer.was_looked_at:
            self.computer.look()
        self._refresh()

    def refresh(self) -> None:
        """Show what has changed, twice a second."""
        if time.monotonic() >= self._next:
            self._refresh()

    def restyle(self, palette: Palette) -> None:
        """Do nothing: Qt restyles what is here."""

    def try_all(self) -> None:
        """Try the devices of all rigs that are free, side by side."""
        for panel in self.panels.values():
            panel.try_all()

    def _refresh(self) -> None:
        self._next = time.monotonic() + REFRESH_EVERY
        for panel in self.panels.values():
            panel.refresh()
        self.computer.refresh()
        self.all.setEnabled(any(panel.all.isEnabled() for panel in self.panels.values()))
