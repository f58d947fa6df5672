"""The tongue of the person who is the mouse: a key goes down, the spout is touched."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeyEvent, QMouseEvent

KEY = Qt.Key_Space
KEY_NAME = "Space"


class Tongue(QObject):
    """Turns a key, or a button of the computer's mouse, into touches of the spout.

    Parameters
    ----------
    touch
        Called with whether the spout is touched from now on; never twice with the same.
    """

    def __init__(self, touch: Callable[[bool], None], parent: QObject) -> None:
        super().__init__(parent)
        self._touch = touch
        self.is_out = False

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Take the key and the button for the tongue; all else goes its way."""
        if isinstance(event, QKeyEvent) and event.key() == KEY:
            if not event.isAutoRepeat():
                self._move(event.type() == QEvent.KeyPress)
            return True
        if isinstance(event, QMouseEvent) and event.button() == Qt.LeftButton:
            self._move(event.type() in {QEvent.MouseButtonPress, QEvent.MouseButtonDblClick})
        if event is not None and event.type() == QEvent.FocusOut:
            self._move(False)
        return False

    def _move(self, out: bool) -> None:
        if out != self.is_out:
            self.is_out = out
            self._touch(out)
