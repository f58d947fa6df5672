"""A line of text that takes the room it gets, and ends in dots where that is too little."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QLabel, QSizePolicy


class Elided(QLabel):
    """Shows as much of its words as there is room for; the tip tells all of them.

    Parameters
    ----------
    role
        The role that the stylesheet knows (`gui.theme`); empty for body text.
    """

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self.words = ""
        self.setTextFormat(Qt.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)

    def say(self, words: str) -> None:
        """Show these words."""
        if words == self.words:
            return
        self.words = words
        self.setToolTip(words)
        self.setAccessibleName(words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Show more or less of the words."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(self.fontMetrics().elidedText(self.words, Qt.ElideRight, self.width()))
