"""A field with what belongs to it: a label, a unit, a sentence, and what is wrong with it."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.theme import quiet_label, sentence_label, set_level


class Field(QWidget):
    """A label above an editor; unit and limits beside it, a sentence below.

    Parameters
    ----------
    title
        What the field is, in words.
    editor
        What a person types or chooses in.
    unit
        Unit and limits, in words; empty if there are none.
    sentence
        What it does; empty if the title says all.

    Attributes
    ----------
    above, beside
        The lines of the label and of the editor, for what else belongs there.
    """

    def __init__(self, title: str, editor: QWidget, unit: str = "", sentence: str = "") -> None:
        super().__init__()
        self.editor = editor
        editor.setAccessibleName(title)
        editor.setAccessibleDescription(" ".join(filter(None, (sentence, unit))))
        self._trouble = sentence_label("bad")
        self._trouble.hide()
        self.above = _line(_label(title, editor))
        self.above.addStretch(1)
        self.beside = _line(editor)
        if unit:
            self.beside.addWidget(quiet_label(unit))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 6)
        layout.setSpacing(2)
        layout.addLayout(self.above)
        layout.addLayout(self.beside)
        layout.addWidget(self._trouble)
        if sentence:
            said = quiet_label(sentence)
            said.setWordWrap(True)
            layout.addWidget(said)
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)

    @property
    def trouble(self) -> str:
        """What is wrong with the field; empty if nothing is."""
        return self._trouble.text()

    def show_trouble(self, sentence: str) -> None:
        """Say what is wrong, or with an empty sentence that nothing is."""
        self._trouble.setText(sentence)
        self._trouble.setVisible(bool(sentence))
        set_level(self.editor, "bad" if sentence else "")


def _label(title: str, editor: QWidget) -> QLabel:
    label = QLabel(title)
    label.setTextFormat(Qt.PlainText)
    label.setBuddy(editor)
    return label


def _line(widget: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(8)
    line.addWidget(widget)
    return line
