"""Sessions: what has been recorded, sorted and searched, and what can be done with it."""

from __future__ import annotations

from datetime import date, timedelta

from PyQt5.QtCore import QItemSelectionModel, Qt
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Action
from gui.jobs import Done
from gui.latest import Latest
from gui.listing.model import SessionOrder
from gui.listing.panel import SessionPanel
from gui.listing.rows import COLUMNS, DAY, Row
from gui.palette import Palette
from gui.theme import quiet_label, set_level
from gui.widgets.spin import Choice
from gui.widgets.table import RowsModel, fit_columns, make_table
from gui.workplace import Workplace

DAYS = 14
LONGEST = 600.0
"""Seconds that reading all sessions may take."""
WIDEST_EM = 24
"""Width of a column at most, in letters."""


class Sessions(QWidget):
    """The screen with all sessions.

    Parameters
    ----------
    place
        What all screens share.
    """

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self._wanted = ""
        self._latest = Latest()
        self._make_parts()
        self._lay_out()

    def can_be_done(self) -> tuple[Action, ...]:
        """What can be done by a key on this screen."""
        return (
            Action("Search the sessions", "Ctrl+F", self.search.setFocus, self.isVisible),
            Action("Read the sessions again", "", self.look, self.isVisible),
        )

    def arrive(self) -> None:
        """Read the sessions anew; the keys go to the search."""
        self.look()
        self.search.setFocus()

    def refresh(self) -> None:
        """Do nothing: what has been recorded changes when it is read again."""

    def restyle(self, palette: Palette) -> None:
        """Do nothing: Qt restyles what is here."""

    def look(self) -> None:
        """Read the sessions; the list stays as it is until they are there."""
        arguments = ["ls"]
        if self.since.currentIndex() == 0:
            first = date.today() - timedelta(days=DAYS - 1)
            arguments += ["--since", first.isoformat()]
        self._say("note", "Reading the sessions ...")
        self._place.jobs.run(arguments, self._latest.only(self._take), LONGEST)

    def _take(self, done: Done) -> None:
        if not isinstance(done.value, list):
            self._say("bad", f"The sessions could not be read: {done.error}")
            return
        first = not self._model.rows
        self._model.show_rows(done.value)
        if first:
            fit_columns(self.table, WIDEST_EM)
        self._choose_again()
        self._count()

    def _search(self, words: str) -> None:
        self._order.show_matching(words)
        self._choose_again()
        self._count()

    def _count(self) -> None:
        shown, all_of_them = self._order.rowCount(), len(self._model.rows)
        of_all = "" if shown == all_of_them else f" of {all_of_them}"
        when = f" in the last {DAYS} days" if self.since.currentIndex() == 0 else ""
        self._say("", f"{shown}{of_all} sessions{when}")

    def _choose_again(self) -> None:
        """Choose the session that was chosen before, or the first one."""
        rows = [self._order.index(row, 0) for row in range(self._order.rowCount())]
        names = [(self._order.row_at(index) or {}).get("session") for index in rows]
        if not rows:
            self.panel.show_session(None)
            return
        index = rows[names.index(self._wanted) if self._wanted in names else 0]
        selection = self.table.selectionModel()
        if selection is not None:
            flags = QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows
            selection.setCurrentIndex(index, flags)
        self.panel.show_session(self._order.row_at(index))

    def _chosen(self) -> None:
        row = self._order.row_at(self.table.currentIndex())
        if row is not None:
            self._wanted = str(row.get("session"))
            self.panel.show_session(row)

    def _say(self, level: str, text: str) -> None:
        self.words.setText(text)
        set_level(self.words, level)

    def _make_parts(self) -> None:
        self._model: RowsModel[Row] = RowsModel(COLUMNS)
        self._order = SessionOrder(self._model)
        self.table = make_table(self._order, "Sessions")
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(DAY, Qt.DescendingOrder)
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda *_: self._chosen())
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: mouse, day, protocol (Ctrl+F)")
        self.search.setAccessibleName("Search the sessions")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.since = Choice()
        self.since.addItems([f"Last {DAYS} days", "All"])
        self.since.setAccessibleName("Since when")
        self.since.activated.connect(lambda _: self.look())
        self.again = QPushButton("Read &again")
        self.again.clicked.connect(self.look)
        self.words = quiet_label()
        self.panel = SessionPanel(self._place, self.look)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.search, 1)
        head.addWidget(self.since)
        head.addWidget(self.again)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self.words)
        split = QSplitter(Qt.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.panel)
        split.setStretchFactor(0, 7)
        split.setStretchFactor(1, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
