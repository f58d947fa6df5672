"""The water board: what every mouse weighs, has got and is due; giving and weighing from here."""

from __future__ import annotations

import time

from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.ledger_jobs import LedgerJobs
from gui.palette import Palette
from gui.theme import quiet_label, sentence_label, set_level, title_label
from gui.watering.give_all import GiveAll
from gui.watering.mouse_panel import MousePanel
from gui.watering.words import columns, state, still_due
from gui.widgets.table import RowsModel, fit_columns, make_table
from gui.workplace import Workplace
from rig.ledger.records import Row

READ_EVERY, SHOW_EVERY = 120.0, 15.0
"""Seconds between two readings of the ledger, and two looks at the clock, while it is visible."""
WIDEST_EM = 30
NO_LEDGER = (
    "The lab has no ledger of weights and water yet. It is begun with the first mouse that is "
    "entered:  rig subject add MOUSE --tag TAG --baseline GRAMS"
)


class WaterBoard(QWidget):
    """The screen for water and weights.

    Parameters
    ----------
    place
        What all screens share.
    ledger
        What is known, and where it is entered.
    """

    def __init__(self, place: Workplace, ledger: LedgerJobs) -> None:
        super().__init__()
        self._place, self._ledger = place, ledger
        self._wanted = ""
        self._read_next = self._show_next = 0.0
        self._make_parts()
        self._lay_out()
        ledger.changed.connect(self._show)

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done by a key on this screen."""
        volume, weight = self.panel.volume.line, self.panel.weight.line
        return (
            Action(
                "Water board: give to the mouse", "Ctrl+Shift+W", volume.setFocus, self._is_open
            ),
            Action("Water board: weigh the mouse", "Ctrl+Shift+B", weight.setFocus, self._is_open),
            Action("Water board: give to all what is due", "", self.all.ask, self._is_open),
            Action("Water board: read it again", "", self._ledger.read, self.isVisible),
        )

    def arrive(self) -> None:
        """Read the board anew; the keys go to the list of mice."""
        self._read()
        self._show()
        self.table.setFocus()

    def refresh(self) -> None:
        """Look at the clock, and read the board from time to time: sessions give water too."""
        now = time.monotonic()
        if now >= self._read_next:
            self._read()
        elif now >= self._show_next:
            self._show()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours, and make the columns fit the letters."""
        self._model.restyle(palette)
        fit_columns(self.table, WIDEST_EM)

    def choose(self, subject: str) -> None:
        """Choose a mouse in the list."""
        self._wanted = subject
        self._choose_again()

    def _read(self) -> None:
        self._read_next = time.monotonic() + READ_EVERY
        self._ledger.read()

    def _is_open(self) -> bool:
        return self.isVisible() and bool(self._ledger.rows)

    def _show(self) -> None:
        """Show what is known."""
        self._show_next = time.monotonic() + SHOW_EVERY
        begun, rows = self._ledger.begun, list(self._ledger.rows.values())
        self.nothing.setVisible(not begun)
        self._body.setVisible(begun)
        self._say(rows)
        first = not self._model.rows and bool(rows)
        self._model.show_columns(columns(self._place.lab, self._ledger.now))
        self._model.show_rows(rows)
        if first:
            fit_columns(self.table, WIDEST_EM)
        self._choose_again()
        self.all.refresh()

    def _say(self, rows: list[Row]) -> None:
        """Say how many mice still need water, and of when that is."""
        if self._ledger.trouble:
            self.head.setText(self._ledger.trouble)
            set_level(self.head, "bad")
            return
        read_at = self._ledger.read_at
        if read_at is None:
            self.head.setText("asked ..." if self._ledger.asking else "")
            set_level(self.head, "note")
            return
        config, now = self._place.lab.config.water, self._ledger.now
        states = [state(row, config, now) for row in rows if row.is_due]
        late = sum(word.startswith("LATE") for _, word in states)
        words = still_due(sum(row.status == "restricted" for row in rows), len(states))
        self.head.setText(f"{words}{f', {late} of them late' if late else ''}.")
        set_level(self.head, "bad" if late else "note" if states else "good")
        self.age.setText("asked ..." if self._ledger.asking else f"as of {read_at:%H:%M}")

    def _choose_again(self) -> None:
        """Choose the mouse that was chosen before, or the first one that is due water."""
        names = [row.subject for row in self._model.rows]
        if not names:
            self.panel.show_mouse(None)
            return
        if self._wanted not in names:
            due = (row.subject for row in self._model.rows if row.is_due)
            self._wanted = next(due, names[0])
        self.table.selectRow(names.index(self._wanted))
        self.panel.show_mouse(self._ledger.rows[self._wanted])

    def _chosen(self) -> None:
        row = self.table.currentIndex().row()
        if 0 <= row < len(self._model.rows):
            self._wanted = self._model.rows[row].subject
            self.panel.show_mouse(self._model.rows[row])

    def _given(self, subject: str) -> None:
        """Go on to the next mouse that is due water, unless the operator has gone elsewhere."""
        if not self.isVisible() or subject != self._wanted:
            return
        names = [row.subject for row in self._model.rows]
        at = names.index(subject) if subject in names else 0
        rows = self._model.rows[at + 1 :] + self._model.rows[:at]
        self.choose(next((row.subject for row in rows if row.is_due), subject))
        self.table.setFocus()

    def _make_parts(self) -> None:
        config = self._place.lab.config.water
        self._model: RowsModel[Row] = RowsModel(columns(self._place.lab, self._ledger.now))
        self.table = make_table(self._model, "Mice")
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda *_: self._chosen())
        self.panel = MousePanel(config, self._ledger, self._given)
        self.table.activated.connect(lambda _: self.panel.volume.line.setFocus())
        self.all = GiveAll(self._ledger, self.table)
        self.head, self.age = sentence_label(), quiet_label()
        self.nothing = QLabel(NO_LEDGER)
        self.nothing.setWordWrap(True)
        self.again = QPushButton("Read a&gain")
        self.again.clicked.connect(self._ledger.read)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(title_label("Water board"))
        head.addWidget(self.head, 1)
        head.addWidget(self.age)
        head.addWidget(self.again)
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self.table, 1)
        body.addWidget(self.panel)
        body.addWidget(self.all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.nothing)
        layout.addWidget(self._body, 1)
