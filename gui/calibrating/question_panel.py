"""One question of a calibration: a large field for a number, or a button for each choice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt5.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.form_model import Field as Parameter
from gui.form_model import Range
from gui.form_reading import read
from gui.theme import far_label, quiet_label, sentence_label, set_level, title_label
from gui.widgets.picture import Picture
from rig.dialog import ChoiceAsked, NumberAsked, Question, ReadyAsked, Value

FIELD_PX = 240


class QuestionPanel(QFrame):
    """Hidden while nothing is asked.

    Parameters
    ----------
    answer
        Called with the number of the question and its answer.
    """

    def __init__(self, answer: Callable[[int, Value], None]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAccessibleName("Question")
        self._answer = answer
        self._question: Question | None = None
        self.words = title_label()
        self.words.setWordWrap(True)
        self.expected = quiet_label()
        self.expected.setWordWrap(True)
        self.field = QLineEdit()
        self.field.setFixedWidth(FIELD_PX)
        self.field.setProperty("role", "far")
        self.field.textEdited.connect(lambda _: self._look())
        self.unit = far_label()
        self.trouble = sentence_label("bad")
        self.picture, self.before = Picture("The result"), Picture("What is in force until now")
        self._before_words = quiet_label("In force until now:")
        self.buttons: dict[str, QPushButton] = {}
        self._lay_out()
        self.show_question(None)

    def show_question(self, question: Question | None, before: str = "") -> None:
        """Show a question, or none; `before` is the file of the picture of what is in force."""
        self._question = question
        self.setVisible(question is not None)
        if question is None:
            return
        self.words.setText(question.words)
        self.trouble.setText(question.trouble)
        number = question if isinstance(question, NumberAsked) else None
        for widget in (self.field, self.unit):
            widget.setVisible(number is not None)
        self.expected.setText(number.expected if number else "")
        self.expected.setVisible(bool(self.expected.text()))
        picture = "" if isinstance(question, NumberAsked) else question.picture
        self.picture.show_file(picture)
        self.before.show_file(before if picture else "")
        self._before_words.setVisible(self.before.isVisibleTo(self))
        self._make_buttons(question)
        if number is not None:
            self.field.clear()
            self.field.setAccessibleName(number.words)
            self.field.setAccessibleDescription(f"{number.unit}. {number.expected}")
            self.unit.setText(number.unit)
        self._look(empty_is_wrong=False)
        self.take_focus()

    def take_focus(self) -> None:
        """Take the keys: they go where the answer is given."""
        if isinstance(self._question, NumberAsked):
            self.field.setFocus()
        elif self._question is not None:
            next(iter(self.buttons.values())).setFocus()

    def go_on(self) -> None:
        """Answer with what is typed; or with the button that has the focus, or the first one.

        Nothing happens while nothing is asked.
        """
        if self._question is None:
            return
        focused = [button for button in self.buttons.values() if button.hasFocus()]
        button = (focused or list(self.buttons.values()))[0]
        if button.isEnabled():
            button.click()
        else:
            self._look()

    def _make_buttons(self, question: Question) -> None:
        for button in self.buttons.values():
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        choices = question.choices if isinstance(question, ChoiceAsked) else ("Continue",)
        self.buttons = {}
        last: QWidget = self.field
        for number, choice in enumerate(choices):
            button = QPushButton(choice.replace("&", "&&"))
            button.setAccessibleName(choice)
            button.setProperty("role", "" if number else "main")
            button.clicked.connect(partial(self._press, choice))
            self._row.insertWidget(number, button)
            button.show()  # Qt would show it later, and only what is visible takes the focus
            self.setTabOrder(last, button)
            last = self.buttons[choice] = button

    def _press(self, choice: str, _: bool = False) -> None:
        question = self._question
        if question is None:
            return
        value: Value = choice
        if isinstance(question, NumberAsked):
            value = read(_parameter(question), self.field.text()).value
        elif isinstance(question, ReadyAsked):
            value = None
        self.show_question(None)
        self._answer(question.id, value)

    def _look(self, *, empty_is_wrong: bool = True) -> None:
        """Say what is wrong with what is typed, and let only a number within limits be taken."""
        if not isinstance(self._question, NumberAsked):
            return
        text = self.field.text()
        trouble = read(_parameter(self._question), text).trouble
        if text or empty_is_wrong:
            self.trouble.setText(trouble)
        set_level(self.field, "bad" if text and trouble else "")
        self.buttons["Continue"].setEnabled(not trouble)

    def _lay_out(self) -> None:
        answer = QHBoxLayout()
        answer.addWidget(self.field)
        answer.addWidget(self.unit)
        answer.addStretch(1)
        pictures = QHBoxLayout()
        pictures.addWidget(self.picture, 3)
        old = QVBoxLayout()
        old.addWidget(self._before_words)
        old.addWidget(self.before, 1)
        pictures.addLayout(old, 2)
        self._row = QHBoxLayout()
        self._row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        for label in (self.words, self.expected):
            layout.addWidget(label)
        layout.addLayout(pictures, 20)
        layout.addLayout(answer)
        layout.addWidget(self.trouble)
        layout.addLayout(self._row)
        layout.addStretch(1)


def _parameter(question: NumberAsked) -> Parameter:
    limits = Range(least=question.least, most=question.most)
    return Parameter("answer", question.words, "number", unit=question.unit, limits=limits)
