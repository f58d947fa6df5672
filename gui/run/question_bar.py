"""What the protocol asks, with a button for each answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from gui.boxes import Box
from gui.run.header import wrapped
from gui.run.words import clock
from gui.theme import quiet_label, title_label
from rig.events import QuestionAsked


class QuestionBar(QFrame):
    """Hidden while nothing is asked.

    Parameters
    ----------
    answer
        Called with the choice that the operator makes.
    """

    def __init__(self, answer: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("role", "alarm")
        self.setAccessibleName("Question of the protocol")
        self._answer = answer
        self._question: QuestionAsked | None = None
        self.buttons: dict[str, QPushButton] = {}
        self.text, self.left = wrapped(title_label()), quiet_label()
        words = QVBoxLayout()
        words.addWidget(self.text)
        words.addWidget(self.left)
        self._row = QHBoxLayout()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.addLayout(words, 1)
        layout.addLayout(self._row)
        self.hide()

    def show_box(self, box: Box, *, asked: bool) -> None:
        """Show the question of the session in a box; `asked` if an answer is on its way."""
        question = box.view.question if box.view is not None and box.is_running else None
        if question is not self._question:
            self._question = question
            self._ask(question)
        if question is None:
            return
        left = max(question.engine_time + question.patience - box.now, 0.0)
        waits = "asked ..." if asked else f"'{question.default}' is taken in {clock(left)}"
        self.left.setText(f"Nobody answers: {waits}" if not asked else waits)
        for button in self.buttons.values():
            button.setEnabled(not asked)

    def _ask(self, question: QuestionAsked | None) -> None:
        """Make the buttons of a question."""
        for button in self.buttons.values():
            button.deleteLater()
        self.buttons = {}
        self.setVisible(question is not None)
        if question is None:
            return
        self.text.setText(question.text)
        for number, choice in enumerate(question.choices, start=1):
            button = QPushButton(f"&{number}  {choice.replace('&', '&&')}")
            button.setAccessibleName(f"Answer: {choice}")
            button.clicked.connect(partial(self._press, choice))
            self._row.addWidget(button)
            self.buttons[choice] = button

    def _press(self, choice: str, _: bool = False) -> None:
        self._answer(choice)
