"""How much of something has passed, as a thin bar."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSize
from PyQt5.QtGui import QColor, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from gui.palette import Palette

HEIGHT_PX = 6


class ShareBar(QWidget):
    """A bar that is filled from the left; Qt's own would be painted at once, many times a second.

    Attributes
    ----------
    share
        How much of it is filled, from 0 to 1.
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._colours = palette
        self.share = 0.0
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that suits best."""
        return QSize(100, HEIGHT_PX)

    def show_share(self, share: float) -> None:
        """Fill so much of the bar; nothing is painted where no pixel changes."""
        steps = max(1, self.width())
        changed = round(share * steps) != round(self.share * steps)
        self.share = share
        if changed:
            self.update()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._colours = palette
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Paint what is filled on what is left."""
        painter = QPainter(self)
        whole = QRectF(0, 0, self.width(), self.height())
        painter.fillRect(whole, QColor(self._colours.line))
        whole.setWidth(whole.width() * self.share)
        painter.fillRect(whole, QColor(self._colours.accent))
