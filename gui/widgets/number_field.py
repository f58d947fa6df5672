"""A field for a number that is written down; one that may be a slip has to be typed twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gui.form_model import Field, Range
from gui.form_reading import read
from gui.theme import quiet_label, sentence_label, set_level

LETTERS = 10
Source = Literal["typed", "balance"]


class NumberField(QWidget):
    """A line for a number, its unit, and what is wrong with it; Enter enters it.

    Parameters
    ----------
    title, unit
        What it is, and in which unit.
    limits
        The numbers that it takes.
    doubt
        Returns why a number may be a slip, in words; empty if nothing speaks against it. Such a
        number has to be typed again.
    enter
        Called with the number, and whether it was doubtful and typed twice.

    Attributes
    ----------
    edited
        Emitted when what stands in the field has changed.
    entered
        Emitted with a number that was entered.
    source
        Where what stands in the field is from: typed, or offered by the balance.
    beside
        The line of the field, for what else belongs there.
    trouble
        What is wrong with what was typed; below the field, if it is put nowhere else.
    """

    edited = pyqtSignal()
    entered = pyqtSignal(float)

    def __init__(
        self,
        title: str,
        unit: str,
        limits: Range,
        doubt: Callable[[float], str],
        enter: Callable[[float, bool], None],
    ) -> None:
        super().__init__()
        self._field = Field("number", title, "number", unit=unit, limits=limits)
        self._doubt, self._enter = doubt, enter
        self._asked_again: float | None = None
        self.source: Source = "typed"
        self.line = _Line()
        self.line.setAccessibleName(f"{title} in {unit}")
        self.line.setMaxLength(12)
        self.line.setFixedWidth(LETTERS * self.line.fontMetrics().averageCharWidth() + 16)
        self.line.textEdited.connect(self._typed)
        self.line.entered.connect(self.enter)
        self.trouble = sentence_label("bad")
        self.trouble.hide()
        self.beside = QHBoxLayout()
        self.beside.addWidget(self.line)
        self.beside.addWidget(quiet_label(unit))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(self.beside)
        layout.addWidget(self.trouble)

    @property
    def value(self) -> float | None:
        """The number that stands in the field; None if there is none, or it is not allowed."""
        typed = read(self._field, self.line.text())
        return None if typed.trouble else float(typed.value)

    def offer(self, number: float | None) -> None:
        """Put the number of the balance into the field, unless a person types; None: keep it.

        What is to be typed again is not offered. It is selected: what is typed takes its place.
        """
        typed = bool(self.line.text()) and self.source == "typed"
        if number is None or typed or self._asked_again is not None:
            return
        text = f"{number:.2f}"
        if text != self.line.text():
            self.line.setText(text)
            self.line.selectAll()
            self.source = "balance"
            self.say("")
            self.edited.emit()

    def empty(self) -> None:
        """Forget what was typed, and what is wrong with it."""
        self._clear()
        self._asked_again = None
        self.say("")
        self.edited.emit()

    def say(self, trouble: str) -> None:
        """Say what is wrong; empty if nothing is."""
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))
        set_level(self.line, "bad" if trouble else "")

    def enter(self) -> None:
        """Enter the number, if it is one; ask for it again if it may be a slip."""
        typed = read(self._field, self.line.text())
        if typed.trouble:
            self.say(typed.trouble)
            return
        number = float(typed.value)
        doubt = self._doubt(number)
        if doubt and number != self._asked_again:
            before, self._asked_again = self._asked_again, number
            other = "" if before is None else f" Before, {before:g} was typed."
            self._clear()
            self.say(f"{doubt}. Type the {self._field.title.casefold()} again.{other}")
            self.edited.emit()
            return
        self._asked_again = None
        self.say("")
        self._enter(number, bool(doubt))
        self.entered.emit(number)

    def _clear(self) -> None:
        self.line.clear()
        self.source = "typed"

    def _typed(self) -> None:
        self.source = "typed"
        if self._asked_again is None:
            self.say("")
        self.edited.emit()


class _Line(QLineEdit):
    """Enter counts once, however long it is held down: it writes something down."""

    entered = pyqtSignal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Take Enter, pass on all other keys."""
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            if not event.isAutoRepeat():
                self.entered.emit()
            return
        super().keyPressEvent(event)
