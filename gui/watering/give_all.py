"""Gives every mouse what it is due, after one question in the screen itself."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from gui.ledger_jobs import Given, LedgerJobs
from gui.theme import sentence_label, set_level
from gui.watering.words import due_words

Due = tuple[str, float]
"""A mouse, and how many mL it is due."""


class GiveAll(QFrame):
    """A button that becomes a question, and the words for what came of it.

    Parameters
    ----------
    ledger
        What is known, and where it is entered.
    beside
        Where the keys go when the question is answered.
    """

    def __init__(self, ledger: LedgerJobs, beside: QWidget) -> None:
        super().__init__()
        self._ledger, self._beside = ledger, beside
        self._asked: tuple[Due, ...] = ()
        self.begin = QPushButton("Give to &all what is due")
        self.begin.clicked.connect(self.ask)
        self.words = sentence_label()
        self.yes = QPushButton("&Yes, they got it")
        self.yes.clicked.connect(self._give)
        self.no = QPushButton("&No (Esc)")
        self.no.clicked.connect(self.leave)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.begin)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.yes)
        layout.addWidget(self.no)
        self.refresh()

    def refresh(self) -> None:
        """Show what is due; the question goes away if that has changed meanwhile."""
        if self._asked and self._asked != self._due():
            self.leave()
            self._say("warn", "What is due has changed. Look again.")
        asks = bool(self._asked)
        for button in (self.yes, self.no):
            button.setVisible(asks)
        self.begin.setVisible(not asks)
        self.begin.setEnabled(bool(self._due()) and not self._busy())

    def ask(self) -> None:
        """Ask once whether all mice got what they are due."""
        if not self.begin.isEnabled():
            return
        self._asked = self._due()
        words = due_words(self._ledger.rows.values())
        self._say("warn", f"Did they get it? {words}.")
        self.refresh()
        self.yes.setFocus()

    def leave(self) -> None:
        """Give nothing."""
        self._asked = ()
        self._say("", "")
        self._beside.setFocus()
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Yes by Enter, no by Escape."""
        asks = bool(self._asked) and not event.isAutoRepeat()
        if asks and event.key() == Qt.Key_Escape:
            self.leave()
        elif asks and event.key() in (Qt.Key_Return, Qt.Key_Enter):
            (self._give if self.yes.hasFocus() else self.leave)()
        else:
            super().keyPressEvent(event)

    def _give(self) -> None:
        subjects, self._asked = [subject for subject, _ in self._asked], ()
        if subjects:
            self._say("note", "asked ...")
            self._beside.setFocus()
            self._ledger.give_all(subjects, self._came)
            self.refresh()

    def _came(self, trouble: str, given: Given | None) -> None:
        if given is None:
            self._say("bad", f"Not entered: {trouble}")
            return
        each = ", ".join(f"{name} {volume:.2f} mL" for name, volume in given.given_ml.items())
        left_out = ", ".join(given.not_given)
        told = f"Entered: {each}." if each else "No mouse is due water."
        self._say(
            "warn" if left_out else "good",
            f"{told} Nobody can tell what is due to {left_out}: weigh." if left_out else told,
        )

    def _due(self) -> tuple[Due, ...]:
        rows = self._ledger.rows.values()
        return tuple((row.subject, row.due_ml) for row in rows if row.is_due and row.due_ml)

    def _busy(self) -> bool:
        return any(self._ledger.is_busy(subject) for subject, _ in self._due())

    def _say(self, level: str, text: str) -> None:
        self.words.setText(text)
        set_level(self.words, level)
