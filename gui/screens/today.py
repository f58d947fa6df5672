"""The day board: the mice of the day in their order, how far each is, and what it is due."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Action
from gui.day_jobs import DayJobs
from gui.ledger_jobs import LedgerJobs
from gui.palette import Palette
from gui.theme import quiet_label, sentence_label, set_level, title_label
from gui.today.words import NOT_IN_IT, DayLine, columns, count_words, lines, told
from gui.widgets.table import RowsModel, fit_columns, make_table
from gui.workplace import Workplace

READ_EVERY = 120.0
"""Seconds between two readings while it is visible."""
WIDEST_EM = 30
NOBODY = (
    "Nobody is planned: no session was run before this day, and the lab has no file day-plan.toml "
    "with a table [[mice]] for each mouse."
)


class Today(QWidget):
    """The screen of the day.

    Parameters
    ----------
    place
        What all screens share.
    day, ledger
        What is known of the day, and of weights and water.
    armed
        Returns the mice that stand on an Arm sheet, with its rig.
    choose
        Lets the page of a subject show this mouse.
    """

    def __init__(
        self,
        place: Workplace,
        day: DayJobs,
        ledger: LedgerJobs,
        armed: Callable[[], Mapping[str, str]],
        choose: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._place, self._day, self._ledger = place, day, ledger
        self._armed, self._choose_subject = armed, choose
        self._wanted = ""
        self._read_next = 0.0
        self._make_parts()
        self._lay_out()
        day.changed.connect(self._show)
        ledger.changed.connect(self._show)
        place.at_start.append(day.read)

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done by a key on this screen."""
        return (
            Action("Today: arm the next mouse", "F2", self.arm_next, self._has_next),
            Action("Today: leave the mouse out", "", self.reason.setFocus, self._can_skip),
            Action("Today: page of the subject", "", self._go_to_subject, self._has_line),
            Action("Today: read it again", "", self._read, self.isVisible),
        )

    def arrive(self) -> None:
        """Read the day anew; the keys go to the list of mice."""
        self._read()
        self.table.setFocus()

    def refresh(self) -> None:
        """Read the day from time to time, and when a session has begun or ended."""
        if self._day.is_old or time.monotonic() >= self._read_next:
            self._read()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours, and make the columns fit the letters."""
        self._model.restyle(palette)
        fit_columns(self.table, WIDEST_EM)

    def arm_next(self) -> None:
        """Go to the Arm sheet of the rig on which the next mouse is to run."""
        line = self._next()
        if line is not None:
            self._arm(line)

    def _has_next(self) -> bool:
        return self.isVisible() and self._next() is not None

    def _next(self) -> DayLine | None:
        """Return the first mouse that waits, on a rig that is free if there is one."""
        waiting = [line for line in self._model.rows if line.mouse and self._day.waits(line.mouse)]
        boxes = self._place.boxes.by_rig
        busy = {rig for rig, box in boxes.items() if box.is_running or box.starting}
        free = [line for line in waiting if line.mouse and line.mouse.rig not in busy]
        return next(iter([*free, *waiting]), None)

    def _arm(self, line: DayLine) -> None:
        if line.mouse is None:
            return
        rig = self._rig_of(line)
        rig = rig if rig in self._place.boxes.by_rig else self._place.rig
        self._day.want(line.subject, rig)
        self._place.rig = rig
        self._place.go_to("arm")

    def _rig_of(self, line: DayLine) -> str:
        """Return on which rig a mouse stands on an Arm sheet, or is planned; empty if on none."""
        return self._armed().get(line.subject, line.mouse.rig if line.mouse else "")

    def _open(self) -> None:
        """Arm the chosen mouse, or go to where it is looked after: box, water board, its page."""
        line = self._line()
        if line is None:
            return
        if line.mouse is None:
            self._place.go_to("water")
        elif self._day.waits(line.mouse):
            self._arm(line)
        elif boxes := [b for b in self._place.boxes.by_rig.values() if b.subject == line.subject]:
            self._place.rig = boxes[0].rig
            self._place.go_to("run" if boxes[0].is_running else "wrap up")
        else:
            self._go_to_subject()

    def _has_line(self) -> bool:
        return self.isVisible() and self._line() is not None

    def _go_to_subject(self) -> None:
        line = self._line()
        if line is not None:
            self._choose_subject(line.subject)
            self._place.go_to("subject")

    def _can_skip(self) -> bool:
        line = self._line()
        waits = line is not None and line.mouse is not None and self._day.waits(line.mouse)
        return self.isVisible() and waits and self._ledger.begun

    def _skip(self) -> None:
        """Enter that the chosen mouse is left out today."""
        line, why = self._line(), self.reason.text().strip()
        if line is None or not self._can_skip():
            return
        if not why:
            self._say("bad", f"Write why {line.subject} is left out.")
            return

        def came(trouble: str) -> None:
            if trouble:
                self._say("bad", f"Not entered: {trouble}")
                return
            self.reason.clear()
            self._say("good", f"{line.subject} is left out today: {why}.")
            self.table.setFocus()

        self._say("note", "asked ...")
        self._day.skip(line.subject, why, came)

    def _read(self) -> None:
        self._read_next = time.monotonic() + READ_EVERY
        self._day.read()
        self._ledger.read()

    def _show(self) -> None:
        """Show what is known."""
        config, now = self._place.lab.config.water, self._ledger.now
        boxes, rows = self._place.boxes.by_rig.values(), self._ledger.rows
        known = self._day.board is not None
        found = lines(self._day.mice, rows, boxes, self._armed()) if known else []
        other = found != self._model.rows
        unread = self._ledger.asking and self._ledger.read_at is None
        self._model.show_columns(columns(config, now, "asked ..." if unread else NOT_IN_IT))
        self._model.show_rows(found)
        if other:
            fit_columns(self.table, WIDEST_EM)
        board, trouble = self._day.board, self._day.trouble or self._ledger.trouble
        self.head.setText(trouble or (count_words(found) if board else "asked ..."))
        set_level(self.head, "bad" if trouble else "" if board else "note")
        asking = self._day.asking or self._ledger.asking
        order = f"{board.day:%a %d %b}, {board.order}" if board else ""
        self.order.setText(f"{order} (asked ...)" if asking and board else order)
        self.nobody.setVisible(board is not None and not found)
        self._choose_again()

    def _choose_again(self) -> None:
        """Choose the mouse that was chosen before, or the next one."""
        names = [line.subject for line in self._model.rows]
        if self._wanted not in names:
            following = self._next()
            self._wanted = following.subject if following else next(iter(names), "")
        if self._wanted in names:
            self.table.selectRow(names.index(self._wanted))
        self._show_line()

    def _line(self) -> DayLine | None:
        return next((line for line in self._model.rows if line.subject == self._wanted), None)

    def _chosen(self) -> None:
        row = self.table.currentIndex().row()
        if 0 <= row < len(self._model.rows) and self._model.rows[row].subject != self._wanted:
            self._wanted = self._model.rows[row].subject
            self._say("", "")
            self._show_line()

    def _show_line(self) -> None:
        """Show the chosen mouse."""
        line = self._line()
        self.who.setText(f"{line.subject}   {line.state}" if line else "")
        self.told.setText(told(line) if line else "")
        waits = line is not None and line.mouse is not None and self._day.waits(line.mouse)
        for button in (self.open, self.page):
            button.setEnabled(line is not None)
        self.open.setText(_open_words(line, self._rig_of(line) if line else "", waits=waits))
        for widget in (self.skip, self.reason):
            widget.setVisible(waits and self._ledger.begun)
        following = self._next()
        self.next.setText(f"Arm &next: {following.subject} (F2)" if following else "Arm &next (F2)")
        self.next.setEnabled(following is not None)

    def _say(self, level: str, text: str) -> None:
        self.said.setText(text)
        set_level(self.said, level)

    def _make_parts(self) -> None:
        config = self._place.lab.config.water
        self._model: RowsModel[DayLine] = RowsModel(columns(config, self._ledger.now))
        self.table = make_table(self._model, "Mice of the day")
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda *_: self._chosen())
        self.table.activated.connect(lambda _: self._open())
        self.head, self.order, self.who = sentence_label(), quiet_label(), title_label()
        self.told, self.said = sentence_label(), sentence_label()
        self.nobody = QLabel(NOBODY)
        self.nobody.setWordWrap(True)
        self.again = QPushButton("Read a&gain")
        self.again.clicked.connect(self._read)
        self.page = QPushButton("&Subject")
        self.page.clicked.connect(self._go_to_subject)
        self.open = QPushButton("&Open")
        self.open.clicked.connect(self._open)
        self.next = QPushButton("Arm &next (F2)")
        self.next.setProperty("role", "main")
        self.next.clicked.connect(self.arm_next)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("Why it is left out today")
        self.reason.setAccessibleName("Why the mouse is left out today")
        self.reason.setMinimumWidth(140)
        self.reason.setMaxLength(150)
        self.reason.returnPressed.connect(self._skip)
        self.skip = QPushButton("&Leave out")
        self.skip.clicked.connect(self._skip)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(title_label("Today"))
        head.addWidget(self.head, 1)
        head.addWidget(self.order)
        head.addWidget(self.again)
        buttons = QHBoxLayout()
        for widget in (self.open, self.page, self.skip, self.reason):
            buttons.addWidget(widget)
        buttons.addWidget(self.said, 1)
        buttons.addWidget(self.next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.nobody)
        layout.addWidget(self.table, 1)
        for part in (self.who, self.told):
            layout.addWidget(part)
        layout.addLayout(buttons)


def _open_words(line: DayLine | None, rig: str, *, waits: bool) -> str:
    """Return what Enter does with a mouse; `rig` is where it is armed."""
    if line is None:
        return "&Open"
    if line.mouse is None:
        return "&Water board (Enter)"
    where = f" on {rig}" if rig else ""
    return f"&Arm {line.subject}{where} (Enter)" if waits else "&Look at it (Enter)"
