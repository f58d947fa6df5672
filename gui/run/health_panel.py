"""A line for each device, and where the record is written."""

from __future__ import annotations

import time

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.boxes import Box
from gui.run.header import wrapped
from gui.run.health import Line, device_lines, record_line
from gui.theme import quiet_label, set_level

EVERY = 0.5
"""Seconds from one look at the devices to the next."""
_WORDS = {"good": "ok", "warn": "LOOK", "bad": "ACT", "": "-"}


class HealthPanel(QScrollArea):
    """Shows the devices of a session, its record, and the file of its journal."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName("Devices and record")
        self._looked = 0.0
        self._rows: list[tuple[QLabel, QLabel]] = []
        inside = QWidget()
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._grid.setVerticalSpacing(2)
        self.journal = wrapped(quiet_label())
        self.journal.setTextInteractionFlags(Qt.TextSelectableByMouse)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(self._grid)
        layout.addWidget(self.journal)
        layout.addStretch(1)
        self.setWidget(inside)

    @property
    def lines(self) -> list[str]:
        """What is shown, line by line."""
        return [told.text() for level, told in self._rows if not level.isHidden()]

    def show_box(self, box: Box) -> None:
        """Show the session in a box, twice a second."""
        now = time.monotonic()
        if now - self._looked < EVERY:
            return
        self._looked = now
        lines = [record_line(box), *device_lines(box)]
        while len(self._rows) < len(lines):
            self._add()
        for number, (level, told) in enumerate(self._rows):
            level.setVisible(number < len(lines))
            told.setVisible(number < len(lines))
            if number < len(lines):
                _show(level, told, lines[number])
        file = box.address.journal if box.address else ""
        self.journal.setText(f"recorded in {file}" if file else "")

    def look_at_once(self) -> None:
        """Look at the devices at the next `show_box`, however short the last look is ago."""
        self._looked = 0.0

    def _add(self) -> None:
        """Add a line."""
        level, told = QLabel(), wrapped(QLabel())
        told.setTextFormat(Qt.PlainText)
        level.setAlignment(Qt.AlignTop)
        row = len(self._rows)
        self._grid.addWidget(level, row, 0)
        self._grid.addWidget(told, row, 1)
        self._rows.append((level, told))


def _show(level: QLabel, told: QLabel, line: Line) -> None:
    level.setText(_WORDS[line.level])
    set_level(level, line.level)
    told.setText(f"{line.head}: {line.told}")
