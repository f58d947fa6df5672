"""The key sheet (F1): all keys and what they do, on one sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QGridLayout, QLabel, QWidget

from gui.actions import Action, spoken
from gui.overlay import Overlay
from gui.theme import scrolled, show_in

COLUMNS = 2


class KeySheet(Overlay):
    """Shows the keys.

    Parameters
    ----------
    parent
        What it lies over.
    known
        Returns all actions.
    """

    def __init__(self, parent: QWidget, known: Callable[[], Sequence[Action]]) -> None:
        super().__init__(parent, "Keys", "F1 or Esc leaves. Ctrl+K lists the commands, to search.")
        self._known = known
        self.sheet = scrolled(QWidget())
        self.sheet.setFocusPolicy(Qt.StrongFocus)
        self.body.addWidget(self.sheet, 1)

    def turn(self) -> None:
        """Come up, or go away if it is there."""
        if self.isVisible():
            self.leave()
            return
        show_in(self.sheet, _sheet([each for each in self._known() if each.keys]))
        self.lay_over(self.sheet)


def _sheet(actions: Sequence[Action]) -> QWidget:
    """Return keys and words, in two columns from top to bottom."""
    sheet = QWidget()
    grid = QGridLayout(sheet)
    grid.setHorizontalSpacing(16)
    rows = -(-len(actions) // COLUMNS)
    for number, action in enumerate(actions):
        column, row = divmod(number, max(rows, 1))
        keys, words = QLabel(spoken(action.keys)), QLabel(action.words)
        keys.setProperty("role", "key")
        words.setTextFormat(Qt.PlainText)
        words.setWordWrap(True)
        grid.addWidget(keys, row, 2 * column, Qt.AlignTop)
        grid.addWidget(words, row, 2 * column + 1, Qt.AlignTop)
        grid.setColumnStretch(2 * column + 1, 1)
    grid.setRowStretch(rows, 1)
    return sheet
