"""All that can be done by a key, in one table: the keys, the list of commands, the key sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QShortcut, QWidget


def always() -> bool:
    """Whether an action that can always be done can be done."""
    return True


@dataclass(frozen=True)
class Action:
    """Something that an operator can do.

    Attributes
    ----------
    words
        What it does, as it stands in the list of commands.
    keys
        Its shortcut as Qt writes it; empty if it has none.
    do
        Does it.
    when
        Whether it can be done now.
    """

    words: str
    keys: str
    do: Callable[[], object]
    when: Callable[[], bool] = always


def bind(window: QWidget, actions: Sequence[Action]) -> list[QShortcut]:
    """Let the shortcuts of actions work everywhere in a window; return them."""
    made = []
    for action in actions:
        if action.keys:
            shortcut = QShortcut(QKeySequence(action.keys), window)
            shortcut.setAutoRepeat(False)  # a key that is held down gives one drop, not many
            shortcut.activated.connect(_if_possible(action))
            made.append(shortcut)
    return made


def _if_possible(action: Action) -> Callable[[], None]:
    def do() -> None:
        if action.when():
            action.do()

    return do
