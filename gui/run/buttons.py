"""Buttons that give orders: one that waits for its answer, and one that is pressed twice."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QTimer, pyqtSignal
from PyQt5.QtWidgets import QPushButton

ASKED = "asked ..."
SURE_WITHIN_MS = 3000
"""Time in which the second press must follow the first."""
HELD_FOR_MS = 1000
"""How long a press is held to count as two."""


class OrderButton(QPushButton):
    """Shows whether its order can be given, and whether it is on its way.

    Parameters
    ----------
    words
        What it does, with its mnemonic.
    keys
        Its shortcut; empty if it has none.
    tip
        What it does, in a sentence.
    """

    def __init__(self, words: str, keys: str, tip: str) -> None:
        super().__init__(words)
        self._tip = f"{tip} ({keys})" if keys else tip
        self.setToolTip(self._tip)
        self.setMinimumWidth(self.sizeHint().width())

    def show_order(self, words: str, why_not: str = "", *, asked: bool = False) -> None:
        """Show what it does; `why_not` tells why that cannot be."""
        text = ASKED if asked else words
        if self.text() != text:
            self.setText(text)
            self.setAccessibleName(words.replace("&", ""))
            self.setMinimumWidth(max(self.minimumWidth(), self.sizeHint().width()))
        enabled = not asked and not why_not
        if self.isEnabled() != enabled:
            self.setEnabled(enabled)
        tip = f"Not now: {why_not}" if why_not else self._tip
        if self.toolTip() != tip:
            self.setToolTip(tip)


class TwiceButton(OrderButton):
    """Gives its order when it is pressed twice, or held for a second: `sure` is emitted then.

    Both presses must be meant for the same box; a press is forgotten when another one is shown.

    Parameters
    ----------
    words, keys, tip
        As of `OrderButton`.
    again
        What it says after the first press.
    box
        Returns the name of the box for which it is pressed.
    """

    sure = pyqtSignal()

    def __init__(self, words: str, keys: str, tip: str, again: str, box: Callable[[], str]) -> None:
        super().__init__(words, keys, tip)
        self._again = again
        self._box = box
        self._pressed_for = ""
        self._once = QTimer(self)
        self._once.setSingleShot(True)
        self._once.setInterval(SURE_WITHIN_MS)
        self._held = QTimer(self)
        self._held.setSingleShot(True)
        self._held.setInterval(HELD_FOR_MS)
        self._held.timeout.connect(self._hold)
        self.pressed.connect(self._press_and_hold)
        self.released.connect(self._held.stop)

    @property
    def is_half_pressed(self) -> bool:
        """Whether one more press gives the order."""
        return self._once.isActive() and self._pressed_for == self._box()

    def show_order(self, words: str, why_not: str = "", *, asked: bool = False) -> None:
        """Show what it does, or that one more press does it."""
        if self._pressed_for != self._box():
            self._forget()
        half = self.is_half_pressed and not why_not
        super().show_order(self._again if half else words, why_not, asked=asked)

    def press(self) -> None:
        """Be pressed once, by mouse or by key."""
        if self.is_half_pressed:
            self._be_sure()
        else:
            self._pressed_for = self._box()
            self._once.start()

    def _press_and_hold(self) -> None:
        self._held.start()
        self.press()

    def _hold(self) -> None:
        """Be held for long enough, as long as the box is the one that it was pressed for."""
        if self._pressed_for == self._box():
            self._be_sure()

    def _be_sure(self) -> None:
        self._forget()
        self.sure.emit()

    def _forget(self) -> None:
        self._once.stop()
        self._held.stop()
