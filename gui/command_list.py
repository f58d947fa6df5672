"""The list of commands (Ctrl+K): all that can be done by a key, found by its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from gui.actions import Action, spoken
from gui.overlay import Overlay

HINT = "Type some words. Up and Down choose, Enter does it, Esc leaves."


def matching(actions: Sequence[Action], words: str) -> list[Action]:
    """Return the actions in whose words, or keys, all of these words stand; in their order.

    Examples
    --------
    >>> known = [Action("Pause after the trial", "F6", print), Action("Stop", "", print)]
    >>> [action.words for action in matching(known, "trial PAUSE")]
    ['Pause after the trial']
    """
    wanted = words.casefold().split()
    return [
        action
        for action in actions
        if all(word in f"{action.words} {spoken(action.keys)}".casefold() for word in wanted)
    ]


class CommandList(Overlay):
    """Searches the actions, and does one.

    Parameters
    ----------
    parent
        What it lies over.
    known
        Returns all actions.
    """

    def __init__(self, parent: QWidget, known: Callable[[], Sequence[Action]]) -> None:
        super().__init__(parent, "Commands", HINT)
        self._known = known
        self._found: list[Action] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.setAccessibleName("Search for a command")
        self.field.textChanged.connect(self._search)
        self.found = QListWidget()
        self.found.setFocusPolicy(Qt.NoFocus)
        self.found.setAccessibleName("Commands found")
        self.found.itemClicked.connect(lambda _: self._do())
        self.body.addWidget(self.field)
        self.body.addWidget(self.found, 1)

    def open(self) -> None:
        """Come up with all commands."""
        self.field.clear()
        self._search("")
        self.lay_over(self.field)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Choose with Up and Down, do with Enter."""
        if event is None:
            return
        if event.key() in (Qt.Key_Up, Qt.Key_Down):
            step = 1 if event.key() == Qt.Key_Down else -1
            row = min(max(self.found.currentRow() + step, 0), self.found.count() - 1)
            self.found.setCurrentRow(row)
        elif event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self._do()
        else:
            super().keyPressEvent(event)

    def _search(self, words: str) -> None:
        self._found = sorted(matching(self._known(), words), key=lambda each: not each.when())
        self.found.clear()
        for action in self._found:
            keys = f"    ({spoken(action.keys)})" if action.keys else ""
            refused = "" if action.when() else "    not possible at the moment"
            item = QListWidgetItem(f"{action.words}{keys}{refused}")
            if refused:
                item.setFlags(item.flags() & ~Qt.ItemIsEnabled)
            self.found.addItem(item)
        self.found.setCurrentRow(0 if self._found else -1)

    def _do(self) -> None:
        row = self.found.currentRow()
        if not 0 <= row < len(self._found) or not self._found[row].when():
            return
        self.leave()
        self._found[row].do()
