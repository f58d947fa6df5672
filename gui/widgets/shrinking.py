"""Words that are large where there is room for that, and smaller where there is not."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QSizePolicy, QStackedLayout, QWidget

from gui.theme import far_label
from gui.widgets.elided import Elided


class ShrinkingLabel(QWidget):
    """Shows words for three metres; those that are too long as a title, which may end in dots.

    Attributes
    ----------
    far, near
        The label that is legible from three metres, and the smaller one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.far, self.near = far_label(), Elided("title")
        self.far.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self._layout = QStackedLayout(self)
        self._layout.addWidget(self.far)
        self._layout.addWidget(self.near)

    @property
    def words(self) -> str:
        """What is shown."""
        return self.near.words

    def say(self, words: str) -> None:
        """Show these words."""
        if words == self.words:
            return
        self.far.setText(words)
        self.near.say(words)
        self.setToolTip(words)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that suits best: that of the large words."""
        return self.far.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Choose the size anew."""
        super().resizeEvent(event)
        self._fit()

    def room_for_title(self) -> int:
        """Return the width in which the words are whole as a title."""
        return self.near.fontMetrics().horizontalAdvance(self.words) + 2

    def _fit(self) -> None:
        fits = self.far.sizeHint().width() <= self.width()
        self._layout.setCurrentWidget(self.far if fits else self.near)
