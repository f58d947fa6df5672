"""One line of the Rig check: name, state in a word, what was found, its age, what can be done."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.theme import quiet_label, set_level

NAME_PX, WORD_PX, AGE_PX = 150, 56, 100


class CheckLine(QWidget):
    """A device, or a part of the computer."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = QLabel(name.replace("_", " "))
        self.name.setTextFormat(Qt.PlainText)
        self.name.setMinimumWidth(NAME_PX)
        self.name.setWordWrap(True)
        self.word = QLabel("-")
        self.word.setMinimumWidth(WORD_PX)
        self.text = QLabel()
        self.remedy = QLabel()
        for label in (self.text, self.remedy):
            label.setTextFormat(Qt.PlainText)
            label.setWordWrap(True)
        set_level(self.remedy, "warn")
        self.remedy.hide()
        self.age = quiet_label()
        self.age.setMinimumWidth(AGE_PX)
        said = QVBoxLayout()
        said.setSpacing(0)
        said.addWidget(self.text)
        said.addWidget(self.remedy)
        self._buttons = QHBoxLayout()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        for widget in (self.name, self.word, self.age):
            layout.addWidget(widget, 0, Qt.AlignVCenter)
        layout.addLayout(said, 1)
        layout.addLayout(self._buttons)

    def add_button(self, words: str, press: Callable[[], object]) -> QPushButton:
        """Put a button at the end of the line, and return it."""
        button = QPushButton(words)
        button.setAccessibleName(f"{words}: {self.name.text()}")
        button.clicked.connect(lambda: press())
        self._buttons.addWidget(button)
        return button

    def show_state(self, level: str, word: str, text: str, remedy: str = "") -> None:
        """Show how it stands."""
        self.word.setText(word)
        set_level(self.word, level)
        self.text.setText(text)
        self.remedy.setText(remedy)
        self.remedy.setVisible(bool(remedy))
