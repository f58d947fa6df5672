"""The page of a subject: its weights, how it learns, its stages, and what persons noted of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Action
from gui.jobs import Done
from gui.ledger_jobs import LedgerJobs
from gui.palette import Palette
from gui.plots.course_plot import CoursePlot
from gui.subject.words import Shown, facts, learning, moves, notes, weight_levels, weights
from gui.theme import quiet_label, scrolled, sentence_label, set_level, title_label
from gui.widgets.spin import Choice
from gui.workplace import Workplace
from rig.ledger.days import zone_of

READING = "asked ..."
LONGEST = 600.0
"""Seconds that reading all sessions of a mouse may take."""
LONGEST_NOTE = 2000


class SubjectPage(QWidget):
    """The screen of one mouse.

    Parameters
    ----------
    place
        What all screens share.
    ledger
        What is known of weights and water, and where notes are entered.
    """

    def __init__(self, place: Workplace, ledger: LedgerJobs) -> None:
        super().__init__()
        self._place, self._ledger = place, ledger
        self._subject = self._wanted = ""
        self._asked = 0
        self._make_parts()
        self._lay_out()

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done by a key on this screen."""
        return (
            Action("Subject: choose the mouse", "Ctrl+F", self.mice.setFocus, self.isVisible),
            Action("Subject: note how the mouse is", "", self.note.setFocus, self._can_note),
            Action("Subject: read it again", "", self._read, self.isVisible),
        )

    def arrive(self) -> None:
        """Show the mouse that was chosen last, or that of the box; the keys go to the choice."""
        self._fill_mice()
        wanted, self._wanted = self._wanted or self._subject, ""
        self.show_mouse(wanted or self._place.box.subject or self.mice.itemText(0))
        self.mice.setFocus()

    def choose(self, subject: str) -> None:
        """Let this mouse be shown when the operator comes here."""
        self._wanted = subject

    def refresh(self) -> None:
        """Do nothing: what is known of a mouse changes when it is read again."""

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.weights.restyle(palette)
        self.learning.restyle(palette)

    def show_mouse(self, subject: str) -> None:
        """Show a mouse."""
        if subject != self._subject:
            self._subject = subject
            self.note.clear()
            self._say("", "")
            for label in (self.facts, self.today, self.stages, self.notes):
                label.setText("")
            self.weights.show_course([], [], [])
            self.learning.show_course([], [], [])
        self.mice.setCurrentText(subject)
        self._read()

    def _fill_mice(self) -> None:
        """List the mice of the lab's files, and those of the ledger."""
        files = {path.stem for path in self._place.lab.files("subjects")}
        names = sorted(files | set(self._ledger.rows))
        if names != [self.mice.itemText(row) for row in range(self.mice.count())]:
            self.mice.clear()
            self.mice.addItems(names)

    def _read(self) -> None:
        """Ask for all that is known of the mouse; each part is shown when its answer is there."""
        if not self._subject:
            return
        self._asked += 1
        self.today.setText(READING)
        if self._ledger.begun:
            self._ask(["subject", "show", self._subject], self._take_ledger)
        else:
            self.today.setText("The lab has no ledger of weights and notes.")
        self._ask(["ls", "--subject", self._subject], self._take_sessions)
        self._ask(["stage", self._subject], self._take_stage)

    def _ask(self, arguments: list[str], take: Callable[[Done], None]) -> None:
        number = self._asked

        def told(done: Done) -> None:
            if number == self._asked:  # else another mouse was chosen meanwhile
                take(done)

        self._place.jobs.run(arguments, told, LONGEST)

    def _take_ledger(self, done: Done) -> None:
        try:
            shown = msgspec.convert(done.value, Shown)
        except msgspec.ValidationError:
            self.today.setText(done.error)
            set_level(self.today, "warn")
            return
        config, zone = self._place.lab.config, zone_of(self._place.lab.config)
        self.facts.setText(facts(shown))
        alerts = [f"LOOK  {alert}" for alert in shown.today.alerts]
        self.today.setText("\n".join([f"{shown.today.words}.", *alerts]))
        set_level(self.today, "warn" if alerts else "")
        levels = weight_levels(shown.today, config.water)
        self.weights.show_course(*weights(shown, zone), levels)
        self.notes.setText(notes(shown, zone))

    def _take_sessions(self, done: Done) -> None:
        if isinstance(done.value, list):
            self.learning.show_course(*learning(done.value), [])
        else:
            self._say("warn", f"The sessions could not be read: {done.error}")

    def _take_stage(self, done: Done) -> None:
        found = done.value.get("history") if isinstance(done.value, dict) else None
        self.stages.setText(moves(found) if isinstance(found, list) else done.error)

    def _can_note(self) -> bool:
        return self.isVisible() and self._subject in self._ledger.rows

    def _enter_note(self) -> None:
        """Enter how the mouse is; who works here answers for it."""
        words, subject = self.note.text().strip(), self._subject
        if not words or not subject:
            self._say("bad", "Write how the mouse is.")
            return

        def came(trouble: str) -> None:
            if trouble:
                self._say("bad", f"Not entered: {trouble}")
            elif subject == self._subject:
                self.note.clear()
                self._say("good", "It is noted.")
                self._read()

        self._say("note", READING)
        self._ledger.note(subject, words, came)

    def _say(self, level: str, text: str) -> None:
        self.said.setText(text)
        set_level(self.said, level)

    def _make_parts(self) -> None:
        self.mice = Choice()
        self.mice.setAccessibleName("Mouse")
        self.mice.setMinimumContentsLength(12)
        self.mice.activated.connect(lambda _: self.show_mouse(self.mice.currentText()))
        self.facts = quiet_label()
        self.today, self.said = sentence_label(), sentence_label()
        self.weights = CoursePlot("Weights", "weight (g)", "no weight yet")
        self.learning = CoursePlot("Learning", "d' of a session", "no session with a d' yet")
        self.stages, self.notes = sentence_label(), sentence_label()
        for label in (self.stages, self.notes):
            label.setAlignment(Qt.AlignTop | Qt.AlignLeft)
        self.note = QLineEdit()
        self.note.setMaxLength(LONGEST_NOTE)
        self.note.setPlaceholderText("How is it? Who works here answers for it")
        self.note.setAccessibleName("Note how the mouse is")
        self.note.returnPressed.connect(self._enter_note)
        self.keep = QPushButton("&Note it")
        self.keep.clicked.connect(self._enter_note)
        self.again = QPushButton("Read a&gain")
        self.again.clicked.connect(self._read)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(title_label("Subject"))
        head.addWidget(self.mice)
        head.addWidget(self.facts, 1)
        head.addWidget(self.again)
        grid = QGridLayout()
        parts: tuple[tuple[str, QWidget], ...] = (
            ("Weights", self.weights),
            ("Learning", self.learning),
            ("Stages, the latest first", _part(self.stages)),
            ("Notes, the latest first", _part(self.notes)),
        )
        for number, (title, part) in enumerate(parts):
            row, column = divmod(number, 2)
            grid.addWidget(quiet_label(title), 2 * row, column)
            grid.addWidget(part, 2 * row + 1, column)
            grid.setRowStretch(2 * row + 1, 3 - row)
            grid.setColumnStretch(column, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 2)
        foot.addWidget(self.keep)
        foot.addWidget(self.said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.today)
        layout.addLayout(grid, 1)
        layout.addLayout(foot)


def _part(label: QLabel) -> QWidget:
    """Return a text that scrolls where there is too little room, and can be read by the keys."""
    area = scrolled(label)
    area.setFocusPolicy(Qt.StrongFocus)
    return area
