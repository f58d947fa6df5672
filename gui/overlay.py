"""A sheet that lies over the window for a moment: no dialog, and nothing stops behind it."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QApplication, QFrame, QLabel, QVBoxLayout, QWidget

from gui.theme import quiet_label, title_label

_SHARE = 0.72
"""How much of the window it covers, at most."""


class Overlay(QFrame):
    """Lies in the middle of its parent; Esc takes it away, and the keys go back where they were.

    Parameters
    ----------
    parent
        What it lies over.
    title, hint
        What stands above it, and what below.
    """

    def __init__(self, parent: QWidget, title: str, hint: str) -> None:
        super().__init__(parent)
        self.setProperty("role", "overlay")
        self.setAccessibleName(title)
        self._before: QWidget | None = None
        self.body = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addWidget(title_label(title))
        layout.addLayout(self.body, 1)
        hint_label: QLabel = quiet_label(hint)
        layout.addWidget(hint_label)
        self.hide()
        parent.installEventFilter(self)

    def lay_over(self, focus: QWidget) -> None:
        """Come up, and take the keys."""
        if self.isHidden():
            self._before = QApplication.focusWidget()
        self._fit()
        self.show()
        self.raise_()
        focus.setFocus()

    def leave(self) -> None:
        """Go away."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Stay in the middle when the window gets another size."""
        if event is not None and event.type() == QEvent.Resize and self.isVisible():
            self._fit()
        return False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Go away with Esc."""
        if event is not None and event.key() == Qt.Key_Escape:
            self.leave()
        elif event is not None:
            event.ignore()

    def _fit(self) -> None:
        parent = self.parentWidget()
        width, height = round(parent.width() * _SHARE), round(parent.height() * _SHARE)
        self.setGeometry(
            (parent.width() - width) // 2, (parent.height() - height) // 3, width, height
        )
