"""The speed of a session whose clock can be made faster."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

FASTEST = 50
SETTLES_MS = 250
"""A slider that rests for so long is where the operator wants it."""


class Speed(QWidget):
    """A slider from x1 to x50.

    Parameters
    ----------
    choose
        Called with the box and the speed that is wanted there.
    box
        Returns the name of the box that is looked at.
    """

    def __init__(self, choose: Callable[[str, float], None], box: Callable[[], str]) -> None:
        super().__init__()
        self._choose = choose
        self._box = box
        self._wanted = ("", 1.0)
        self._settles = QTimer(self)
        self._settles.setSingleShot(True)
        self._settles.setInterval(SETTLES_MS)
        self._settles.timeout.connect(self._ask)
        self.label = QLabel("&Speed x1")
        self.slider = QSlider(Qt.Horizontal)
        self.slider.setRange(1, FASTEST)
        self.slider.setPageStep(5)
        self.slider.setMinimumWidth(140)
        self.slider.setAccessibleName("Speed of the simulation")
        self.slider.valueChanged.connect(self._moved)
        self.label.setBuddy(self.slider)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.slider)

    def show_speed(self, speed: float, *, asked: bool) -> None:
        """Show how fast the session runs; a speed that is being chosen stays."""
        settles = self._settles.isActive() and self._wanted[0] == self._box()
        choosing = settles or self.slider.isSliderDown() or asked
        if choosing:
            self.label.setText(f"asked: x{self.slider.value()}")
            return
        self.label.setText(f"&Speed x{speed:g}")
        if self.slider.value() != round(speed):
            self.slider.blockSignals(True)
            self.slider.setValue(round(speed))
            self.slider.blockSignals(False)

    def _moved(self, speed: int) -> None:
        """Wait until the slider rests; what is wanted in another box is asked for at once."""
        if self._settles.isActive() and self._wanted[0] != self._box():
            self._ask()
        self._wanted = self._box(), float(speed)
        self._settles.start()

    def _ask(self) -> None:
        self._choose(*self._wanted)
