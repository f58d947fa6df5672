"""A picture from a file, as large as its place allows."""

from __future__ import annotations

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QColor, QPainter, QPixmap, QResizeEvent
from PyQt5.QtWidgets import QLabel, QSizePolicy

from gui.palette import LIGHT, Palette

LEAST_PX = 160


class Picture(QLabel):
    """Shows a picture; hidden without one.

    Parameters
    ----------
    words
        What it is a picture of, for those who cannot see it.
    """

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setAccessibleName(words)
        self.setAlignment(Qt.AlignLeft | Qt.AlignTop)
        self.setMinimumSize(LEAST_PX, LEAST_PX)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self._whole = QPixmap()
        self._palette = LIGHT
        self.hide()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours: in a dark room white paper is red."""
        self._palette = palette
        self._fit()

    def show_file(self, file: str) -> None:
        """Show the picture in a file; an empty name, or no picture there, hides it."""
        self._whole = QPixmap(file) if file else QPixmap()
        self.setVisible(not self._whole.isNull())
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size of the whole picture: it is made smaller, never larger."""
        return self._whole.size()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Fit into the place."""
        if event is not None:
            super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._whole.isNull():
            self.clear()
            return
        ratio = self.devicePixelRatioF()
        room = (self.size() * ratio).boundedTo(self._whole.size() * max(1.0, ratio))
        fitted = self._whole.scaled(room, Qt.KeepAspectRatio, Qt.SmoothTransformation)
        if self._palette.name == "dim red":
            painter = QPainter(fitted)
            painter.setCompositionMode(QPainter.CompositionMode_Multiply)
            painter.fillRect(fitted.rect(), QColor(self._palette.text))
            painter.end()
        fitted.setDevicePixelRatio(ratio)
        self.setPixmap(fitted)
