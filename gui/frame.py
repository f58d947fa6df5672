"""What stands around the screens: the banner above, the rail at the left, the alerts below."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

SIMULATED = "SIMULATION: no animal is in the rig, and nothing here is data of an animal."
EMULATED = "EMULATION: no hardware is behind the drivers, and nothing here is data of an animal."


class Frame(QWidget):
    """The parts of the window in their places.

    Parameters
    ----------
    rail
        Stands at the left.
    screens
        One of them is visible at a time.
    above, below
        What stands above the screens, and what below.
    """

    def __init__(
        self,
        rail: QWidget,
        screens: Sequence[QWidget],
        above: Sequence[QWidget],
        below: Sequence[QWidget],
    ) -> None:
        super().__init__()
        self.stack = QStackedWidget()
        for screen in screens:
            self.stack.addWidget(screen)
        self.banner = QFrame()
        self.banner.setProperty("role", "simulated")
        words = QHBoxLayout(self.banner)
        words.setContentsMargins(12, 3, 12, 3)
        self.words = QLabel(SIMULATED)
        words.addWidget(self.words)
        self.banner.hide()
        right = QVBoxLayout()
        right.setContentsMargins(8, 8, 8, 8)
        for widget in above:
            right.addWidget(widget)
        right.addWidget(self.stack, 1)
        for widget in below:
            right.addWidget(widget)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(rail)
        body.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addLayout(body, 1)
