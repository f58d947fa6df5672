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


def spoken(keys: str) -> str:
    """Return the name of a shortcut as it stands on the keyboard.

    Examples
    --------
    >>> spoken("Ctrl+Return")
    'Ctrl+Enter'
    """
    return keys.replace("Return", "Enter")


def bind(window: QWidget, actions: Sequence[Action]) -> list[QShortcut]:
    """Let the shortcuts of actions work everywhere in a window; return them.

    Of several actions with the same keys, the first that can be done is done.
    """
    made = []
    for keys in dict.fromkeys(action.keys for action in actions if action.keys):
        do = _first_of([each for each in actions if each.keys == keys])
        for key in dict.fromkeys((keys, keys.replace("Return", "Enter"))):  # that of the keypad too
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.setAutoRepeat(False)  # a key that is held down gives one drop, not many
            shortcut.activated.connect(do)
            made.append(shortcut)
    return made


def _first_of(actions: Sequence[Action]) -> Callable[[], None]:
    def do() -> None:
        possible = next((action for action in actions if action.when()), None)
        if possible is not None:
            possible.do()

    return do
