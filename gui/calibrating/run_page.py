"""A calibration that runs: its steps, what it asks, and the way to stop it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.calibrating.question_panel import QuestionPanel
from gui.calibrating.steps import Steps
from gui.theme import sentence_label
from rig.dialog import NumberAsked, Question, Value

STOP = "Stop here? Every device goes off, and nothing is put in force."
STOPPING = "Stopping: every device goes off ..."


class RunPage(QWidget):
    """Steps, question, and a bar that asks whether to stop.

    Parameters
    ----------
    answer
        Called with the number of a question and its answer.
    stop
        Called to stop.
    """

    def __init__(self, answer: Callable[[int, Value], None], stop: Callable[[], None]) -> None:
        super().__init__()
        self._answer, self._stop = answer, stop
        self._before = ""
        self.steps, self.question = Steps(), QuestionPanel(self._answered)
        self.stop = QPushButton("&Stop (Esc)")
        self.stop.setFocusPolicy(Qt.TabFocus)
        self.stop.clicked.connect(self.ask_to_stop)
        self.setFocusPolicy(Qt.StrongFocus)  # Enter must not fall upon a button by chance
        self.bar = QFrame()
        self.bar.setProperty("role", "alarm")
        self.sure, self.on = QPushButton("Sto&p it"), QPushButton("&Go on")
        self.sure.clicked.connect(self._press_stop)
        self.on.clicked.connect(self._go_on)
        asked = QHBoxLayout(self.bar)
        words = sentence_label()
        words.setText(STOP)
        asked.addWidget(words, 1)
        asked.addWidget(self.sure)
        asked.addWidget(self.on)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)
        layout.addWidget(self.steps)
        layout.addWidget(self.question, 1)
        layout.addStretch(0)
        layout.addLayout(foot)

    def begin(self, words: str, before: str) -> None:
        """Show that it begins; `before` is the file of the picture of what is in force."""
        self._before = before
        self.steps.begin(words)
        self.question.show_question(None)
        self.bar.hide()
        self.stop.setEnabled(True)
        self.steps.show()
        self.setFocus()

    def ask(self, question: Question) -> None:
        """Show a question; a picture takes the place of the steps."""
        self.steps.setVisible(isinstance(question, NumberAsked) or not question.picture)
        self.question.show_question(question, self._before)

    def ask_to_stop(self) -> None:
        """Ask whether to stop; once more, and it goes on."""
        if not self.stop.isEnabled():
            return
        if self.bar.isVisibleTo(self):
            self._go_on()
            return
        self.bar.show()
        self.on.setFocus()

    def _answered(self, question: int, value: Value) -> None:
        self.setFocus()  # what was answered by is hidden, and the next button would have the keys
        self._answer(question, value)

    def _go_on(self) -> None:
        self.bar.hide()
        self.setFocus()
        self.question.take_focus()

    def _press_stop(self) -> None:
        self.bar.hide()
        self.stop.setEnabled(False)
        self.question.show_question(None)
        self.steps.show()
        self.steps.tell(STOPPING)
        self.setFocus()
        self._stop()
