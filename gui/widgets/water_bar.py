"""How much of the water that a session may give was given: by the task, and by hand."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from gui.palette import Palette, reward_colour

HEIGHT_PX = 10


class WaterBar(QWidget):
    """A bar in two parts: full for the task, pale for what a person gave."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._colours = palette
        self._shown = (0.0, 0.0, 0.0)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that suits best."""
        return QSize(160, HEIGHT_PX)

    def show_water(self, task_ul: float, by_hand_ul: float, limit_ul: float) -> None:
        """Show these amounts; `limit_ul` fills the bar."""
        shown = task_ul, by_hand_ul, limit_ul
        if shown == self._shown:
            return
        self._shown = shown
        told = f"task {task_ul / 1000:.2f} mL, by hand {by_hand_ul / 1000:.2f} mL"
        self.setToolTip(told)
        self.setAccessibleName(told)
        self.update()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._colours = palette
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Paint the two parts on what is left."""
        task, by_hand, limit = self._shown
        painter = QPainter(self)
        whole = QRectF(0.5, 0.5, self.width() - 1.0, self.height() - 1.0)
        painter.setPen(QColor(self._colours.line))
        painter.setBrush(QColor(self._colours.raised))
        painter.drawRect(whole)
        if limit <= 0:
            return
        colour = QColor(reward_colour(self._colours))
        end = whole.width() * min(task / limit, 1.0)
        painter.fillRect(QRectF(0.5, 0.5, end, whole.height()), colour)
        more = min(whole.width() * by_hand / limit, whole.width() - end)
        painter.setBrush(Qt.NoBrush)
        painter.setPen(colour)
        painter.fillRect(QRectF(end + 0.5, 0.5, more, whole.height()), _pale(colour))
        painter.drawRect(QRectF(end + 0.5, 0.5, more, whole.height() - 1))


def _pale(colour: QColor) -> QColor:
    """Return a paler colour for what a person gave."""
    pale = QColor(colour)
    pale.setAlpha(90)
    return pale
