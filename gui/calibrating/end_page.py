"""What a calibration came to: its sentences and its picture, or why it was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.jobs import Done
from gui.theme import sentence_label, set_level, title_label
from gui.widgets.picture import Picture
from rig.errors import ExitCode


class EndPage(QWidget):
    """The end of a calibration.

    Parameters
    ----------
    again
        Called to do it once more.
    leave
        Called to go back.
    """

    def __init__(self, again: Callable[[], None], leave: Callable[[], None]) -> None:
        super().__init__()
        self.word, self.said = title_label(), sentence_label()
        self.picture = Picture("The calibration")
        again_button = QPushButton("&Again")
        again_button.clicked.connect(lambda: again())
        self.close_button = QPushButton("&Close (Enter)")
        self.close_button.setProperty("role", "main")
        self.close_button.clicked.connect(lambda: leave())
        buttons = QHBoxLayout()
        buttons.addWidget(again_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.word)
        layout.addWidget(self.said)
        layout.addWidget(self.picture, 1)
        layout.addStretch(0)
        layout.addLayout(buttons)

    def show_end(self, done: Done) -> None:
        """Show what a command came to."""
        told: Mapping[str, Any] = done.value if isinstance(done.value, dict) else {}
        words = [str(told[name]) for name in ("says", "words") if told.get(name)]
        level, word = _verdict(done)
        self.word.setText(word)
        set_level(self.word, level)
        self.said.setText("\n".join(words) or done.error)
        self.picture.show_file(str(told.get("picture") or ""))


def _verdict(done: Done) -> tuple[str, str]:
    if done.code == ExitCode.OK:
        return "good", "Done"
    if done.code == ExitCode.STOPPED:
        return "note", "Stopped"
    return "bad", "Not good" if done.value else "Refused"
