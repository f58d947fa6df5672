"""Close the day: what must still happen, where it is done, and who signs the rest off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.columns import Column
from gui.jobs import Done
from gui.latest import Latest
from gui.ledger_jobs import UNSIGNED, LedgerJobs
from gui.palette import Palette
from gui.theme import quiet_label, sentence_label, set_level, title_label
from gui.widgets.table import RowsModel, fit_columns, make_table
from gui.workplace import ScreenName, Workplace
from rig.ledger.records import DayList, Task

WIDEST_EM = 40
LONGEST = 600.0
"""Seconds: the sessions of some days may have to be entered first."""
NO_LEDGER = "The lab has no ledger, and no list of what must still happen."
_WHERE: dict[str, tuple[ScreenName, str]] = {
    "enter": ("close the day", "In a shell"),
    "weigh": ("water", "Water board (F11)"),
    "water": ("water", "Water board (F11)"),
    "look": ("subject", "Subject: note how it is"),
    "plan": ("today", "Today (F12)"),
    "session": ("run", "Run (F3)"),
    "wrap-up": ("wrap up", "Wrap-up (F7)"),
    "recover": ("sessions", "Sessions (F8): Recover"),
}
"""Where each kind of thing is done: the screen, and its words."""
_TYPED = ("enter",)
"""The kinds that the window cannot do: it says what to type."""


@dataclass(frozen=True)
class Left:
    """A thing that is left: with whom, what, where it is done."""

    subject: str
    kind: str
    text: str
    screen: ScreenName
    where: str


COLUMNS: tuple[Column[Left], ...] = (
    Column("mouse", lambda left: left.subject),
    Column("", lambda left: left.kind, level=lambda left: "warn"),
    Column("where (Enter)", lambda left: left.where),
    Column("what must still happen", lambda left: left.text),
)


class CloseDay(QWidget):
    """The screen for the end of the day.

    Parameters
    ----------
    place
        What all screens share.
    ledger
        What is known of weights and water.
    choose
        Lets the other screens show a mouse.
    """

    def __init__(
        self,
        place: Workplace,
        ledger: LedgerJobs,
        choose: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._place, self._ledger, self._choose = place, ledger, choose
        self._found: DayList | None = None
        self._latest = Latest()
        self._make_parts()
        self._lay_out()

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done by a key on this screen."""
        return (
            Action("Close the day: sign it off", "", self.reason.setFocus, self._can_sign),
            Action("Close the day: read it again", "", self._read, self.isVisible),
        )

    def arrive(self) -> None:
        """Read anew what is left; the keys go to the list."""
        self._say("", "")
        self._read()
        self.table.setFocus()

    def refresh(self) -> None:
        """Do nothing: what is left changes when it is read again."""

    def restyle(self, palette: Palette) -> None:
        """Take on other colours, and make the columns fit the letters."""
        self._model.restyle(palette)
        fit_columns(self.table, WIDEST_EM)

    def _read(self) -> None:
        if self._ledger.begun:
            self._run(["day"])
        self._show()

    def _run(self, arguments: list[str]) -> None:
        """Run the command; it prints what is left whatever else it does."""
        self.head.setText("asked ...")
        set_level(self.head, "note")
        self._place.jobs.run(arguments, self._latest.only(self._take), LONGEST)

    def _take(self, done: Done) -> None:
        try:
            self._found = msgspec.convert(done.value, DayList)
        except msgspec.ValidationError:
            self.head.setText("It could not be read.")
            set_level(self.head, "bad")
            self._say("bad", done.error)
            return
        self._say("", "")
        self.reason.clear()
        self._show()

    def _show(self) -> None:
        """Show what is left."""
        self.nothing.setVisible(not self._ledger.begun)
        found = self._found
        left = [_of_task(task) for task in found.tasks] if found is not None else []
        other = left != self._model.rows
        self._model.show_rows(left)
        if other:
            fit_columns(self.table, WIDEST_EM)
        self.table.selectRow(0)
        self._show_chosen()
        if found is None:
            return
        level, words = ("warn", f"{len(left)} left") if left else ("good", "Nothing is forgotten")
        self.head.setText(f"{found.day:%a %d %b}: {words}.")
        set_level(self.head, level)
        self.closed.setText(found.closed)
        self.closed.setVisible(bool(found.closed))
        self.notes.setText("\n".join(f"NOTE  {note}" for note in found.notes))
        self.notes.setVisible(bool(found.notes))
        for widget in (self.reason, self.sign):
            widget.setVisible(not found.closed)
        self.reason.setEnabled(bool(found.tasks))

    def _open(self) -> None:
        """Go to where the chosen thing is done."""
        row = self.table.currentIndex().row()
        if 0 <= row < len(self._model.rows):
            left = self._model.rows[row]
            boxes = [b for b in self._place.boxes.by_rig.values() if b.subject == left.subject]
            self._place.rig = boxes[0].rig if boxes else self._place.rig
            self._choose(left.subject)
            self._place.go_to(left.screen)

    def _show_chosen(self) -> None:
        """Show all words of the chosen thing."""
        row = self.table.currentIndex().row()
        left = self._model.rows[row] if 0 <= row < len(self._model.rows) else None
        self.what.setText(f"{left.subject}: {left.text}" if left else "")

    def _can_sign(self) -> bool:
        return self.isVisible() and self._found is not None and not self._found.closed

    def _sign_off(self) -> None:
        """Enter that who works here closes the day."""
        found, why = self._found, self.reason.text().strip()
        if found is None or found.closed:
            return
        if not self._place.operator:
            self._say("bad", UNSIGNED)
        elif found.tasks and not why:
            self._say("bad", "Write why it is left.")
            self.reason.setFocus()
        else:
            self._say("note", "asked ...")
            by = f"--by={self._place.operator}"
            self._run(["day", "--sign-off", f"--reason={why}", by])

    def _say(self, level: str, text: str) -> None:
        self.said.setText(text)
        set_level(self.said, level)

    def _make_parts(self) -> None:
        self._model: RowsModel[Left] = RowsModel(COLUMNS)
        self.table = make_table(self._model, "What must still happen")
        self.table.setTextElideMode(Qt.ElideMiddle)  # what is due stands at a sentence's end
        self.table.activated.connect(lambda _: self._open())
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda *_: self._show_chosen())
        self.what = sentence_label()
        self.head, self.closed = sentence_label(), sentence_label("good")
        self.notes, self.said = sentence_label("note"), sentence_label()
        self.nothing = quiet_label(NO_LEDGER)
        self.again = QPushButton("Read a&gain")
        self.again.clicked.connect(self._read)
        self.reason = QLineEdit()
        self.reason.setMaxLength(150)
        self.reason.setPlaceholderText("Why the rest is left")
        self.reason.setAccessibleName("Why the rest is left")
        self.reason.setMinimumWidth(280)
        self.reason.returnPressed.connect(self._sign_off)
        self.sign = QPushButton("&Sign off: close the day")
        self.sign.setProperty("role", "main")
        self.sign.clicked.connect(self._sign_off)
        for widget in (self.reason, self.sign):
            widget.hide()  # until it is known what is left

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(title_label("Close the day"))
        head.addWidget(self.head, 1)
        head.addWidget(self.again)
        foot = QHBoxLayout()
        foot.addWidget(self.said, 1)
        foot.addWidget(self.reason)
        foot.addWidget(self.sign)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.nothing)
        layout.addWidget(self.table, 1)
        for part in (self.what, self.notes, self.closed):
            layout.addWidget(part)
        layout.addLayout(foot)


def _of_task(task: Task) -> Left:
    screen, where = _WHERE[task.kind]
    text = f"{task.text} Do: {task.do}" if task.kind in _TYPED else task.text
    return Left(task.subject, task.kind, text, screen, where)
