"""A line for a note, which keeps the moment at which it was opened, in each session by itself."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton

from gui.run.words import clock
from gui.theme import quiet_label


class NoteLine(QFrame):
    """Hidden until a note is to be written.

    Parameters
    ----------
    write
        Called with the words of a note.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._write = write
        self._at = 0.0
        self._session = ""
        self._begun: dict[str, tuple[float, str]] = {}
        self.when = quiet_label()
        self.words = QLineEdit()
        self.words.setMaxLength(2000)
        self.words.setAccessibleName("Words of the note")
        self.words.setPlaceholderText("What did you see?")
        self.words.returnPressed.connect(self._done)
        self.keep = QPushButton("&Write it down")
        self.keep.clicked.connect(self._done)
        self.leave = QPushButton("&Cancel")
        self.leave.clicked.connect(self.close_line)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 4)
        layout.addWidget(self.when)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.keep)
        layout.addWidget(self.leave)
        self.hide()

    def open_line(self, at: float) -> None:
        """Begin a note of this moment, unless one is being written."""
        if self.isHidden():
            self._open(at)
        self.words.setFocus()

    def show_session(self, session: str) -> None:
        """Show what was begun in a session, and keep what was begun in the one before."""
        if session == self._session:
            return
        if not self.isHidden():
            self._begun[self._session] = self._at, self.words.text()
        self.close_line()
        self._session = session
        if session in self._begun:
            at, words = self._begun.pop(session)
            self._open(at)
            self.words.setText(words)

    def close_line(self) -> None:
        """Put the note away, unwritten."""
        self.words.clear()
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Put the note away at Escape."""
        if event.key() == Qt.Key_Escape:
            self.close_line()
            return
        super().keyPressEvent(event)

    def _open(self, at: float) -> None:
        self._at = at
        self.when.setText(f"note at {clock(at)}")
        self.show()

    def _done(self) -> None:
        words = self.words.text().strip()
        if words:
            self._write(f"[at {self._at:.1f} s] {words}")
        self.close_line()
