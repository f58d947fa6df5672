"""The form: all parameters in their groups, a search, and a look at only what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.form.row import Row
from gui.form_model import Field, every
from gui.form_sheet import Sheet, matching
from gui.theme import quiet_label, title_label
from gui.widgets.spin import Choice

COLUMNS = 2
ALL, CHANGED, OWN = "All parameters", "Only what was changed here", "Only what is not the default"


class Form(QWidget):
    """Shows parameters and takes changes; `changed` is emitted after each.

    A text that is no value changes nothing: it is refused with a sentence beside its field, and
    stands in `troubles` until it is mended or taken back.
    """

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._sheet = Sheet({}, {})
        self._which: Callable[[Field], bool] = every
        self.rows: dict[str, Row] = {}
        self._titles: list[tuple[QLabel, list[str]]] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search among the parameters")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._filter())
        self.show_only = Choice()
        self.show_only.addItems([ALL, CHANGED, OWN])
        self.show_only.setAccessibleName("Which parameters are shown")
        self.show_only.activated.connect(lambda _: self._filter())
        self._count = quiet_label()
        top = QHBoxLayout()
        for widget in (self.search, self.show_only, self._count):
            top.addWidget(widget)
        top.setStretch(0, 1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self._area.setFrameShape(QFrame.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._area, 1)

    @property
    def sheet(self) -> Sheet:
        """The parameters with their changes."""
        return self._sheet

    def show_params(
        self,
        schema: Mapping[str, Any],
        base: Mapping[str, Any],
        changes: Mapping[str, Any],
        which: Callable[[Field], bool] = every,
    ) -> None:
        """Show parameters.

        Parameters
        ----------
        schema
            Their JSON schema.
        base
            Their values without the changes, tables inside tables.
        changes
            What was changed, by dotted key.
        which
            Which of them are shown: `gui.form_model.in_session` for those of a running session.
        """
        self._sheet, self._which = Sheet(schema, base, changes), which
        self._build()

    def values_changed(self) -> dict[str, Any]:
        """Return what was changed, by dotted key."""
        return dict(self._sheet.changes)

    def troubles(self) -> list[tuple[str, str]]:
        """Return what is wrong with what is typed, each with the name of its field."""
        rows = self.rows.values()
        return [(row.parameter.title, row.trouble) for row in rows if row.trouble]

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return a size in which some rows can be read."""
        return QSize(700, 320)

    def _set_value(self, parameter: Field, value: Any) -> None:
        fields = self._sheet.fields
        self._sheet = self._sheet.with_value(parameter, value)
        self._take_over(fields)

    def _restore(self, parameter: Field) -> None:
        fields = self._sheet.fields
        self._sheet = self._sheet.restored(parameter)
        self.rows[parameter.key].restore(self._sheet)
        self._take_over(fields)

    def _take_over(self, before: tuple[Field, ...]) -> None:
        """Show what follows from a change; another form has other fields."""
        if self._sheet.fields != before:
            self._build()
        for row in self.rows.values():
            row.show_sheet(self._sheet)
        self._filter()
        self.changed.emit()

    def _build(self) -> None:
        """Make the rows anew."""
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4, 4, 12, 4)
        self.rows, self._titles = {}, []
        shown = [field for field in self._sheet.fields if self._which(field)]
        for group in dict.fromkeys(field.group for field in shown):
            fields = [field for field in shown if field.group == group]
            title = title_label(group or "General")
            self._titles.append((title, [field.key for field in fields]))
            layout.addWidget(title)
            layout.addLayout(self._grid(fields))
        layout.addStretch(1)
        at = self._area.verticalScrollBar()
        was = at.value() if at is not None else 0
        self._area.setWidget(inner)
        if at is not None:
            at.setValue(was)
        self._filter()

    def _grid(self, fields: list[Field]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        for number, field in enumerate(fields):
            row = Row(field, self._sheet, self._set_value, self._restore, self.changed.emit)
            self.rows[field.key] = row
            grid.addWidget(row, number // COLUMNS, number % COLUMNS, Qt.AlignTop)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        return grid

    def _filter(self) -> None:
        """Show the rows that are looked for; one with a mistake is always shown."""
        text, only = self.search.text(), self.show_only.currentText()
        seen = {key for key, row in self.rows.items() if row.trouble or self._is_seen(row, only)}
        found = {k for k in seen if self.rows[k].trouble or matching(self.rows[k].parameter, text)}
        for key, row in self.rows.items():
            row.setVisible(key in found)
        for title, keys in self._titles:
            title.setVisible(any(key in found for key in keys))
        count = len(self._sheet.changes)
        self._count.setText(f"{len(found)} of {len(self.rows)} shown, {count} changed")

    def _is_seen(self, row: Row, only: str) -> bool:
        if only == CHANGED:
            return self._sheet.is_changed(row.parameter)
        if only == OWN:
            return self._sheet.is_own(row.parameter)
        return True
