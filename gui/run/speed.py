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
        Called with the speed that is wanted.
    """

    def __init__(self, choose: Callable[[float], None]) -> None:
        super().__init__()
        self._choose = choose
        self._settles = QTimer(self)
        self._settles.setSingleShot(True)
        self._settles.setInterval(SETTLES_MS)
        self._settles.timeout.connect(self._wanted)
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
        choosing = self._settles.isActive() or self.slider.isSliderDown() or asked
        if choosing:
            self.label.setText(f"asked: x{self.slider.value()}")
            return
        self.label.setText(f"&Speed x{speed:g}")
        if self.slider.value() != round(speed):
            self.slider.blockSignals(True)
            self.slider.setValue(round(speed))
            self.slider.blockSignals(False)

    def _moved(self, _: int) -> None:
        self._settles.start()

    def _wanted(self) -> None:
        self._choose(float(self.slider.value()))
