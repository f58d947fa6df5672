"""The table of sessions for Qt: rows, their order, and which of them are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt

from gui.listing.rows import COLUMNS, Row, matches


class SessionModel(QAbstractTableModel):
    """The sessions, a row each.

    Attributes
    ----------
    rows
        The sessions as ``rig ls --json`` tells them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these sessions."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 (Qt's)
        """Return how many sessions there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Return what stands in a cell, and at which side."""
        column = COLUMNS[index.column()]
        if role in (Qt.DisplayRole, Qt.ToolTipRole):
            return column.text(self.rows[index.row()])
        if role == Qt.TextAlignmentRole:
            return int(Qt.AlignVCenter | (Qt.AlignRight if column.number else Qt.AlignLeft))
        return None

    def headerData(  # noqa: N802 (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole
    ) -> Any:
        """Return what stands above a column."""
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return COLUMNS[section].title
        return None


class SessionOrder(QSortFilterProxyModel):
    """Sorts and filters the sessions; what is missing comes last in either direction."""

    def __init__(self, model: SessionModel) -> None:
        super().__init__()
        self._model = model
        self._words = ""
        self.setSourceModel(model)

    def show_matching(self, words: str) -> None:
        """Show the sessions in which all these words stand."""
        self._words = words
        self.invalidateFilter()

    def row_at(self, index: QModelIndex) -> Row | None:
        """Return the session in a row of the view."""
        source = self.mapToSource(index)
        return self._model.rows[source.row()] if source.isValid() else None

    def filterAcceptsRow(self, source_row: int, parent: QModelIndex) -> bool:  # noqa: N802
        """Whether a session is shown."""
        return matches(self._model.rows[source_row], self._words)

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:  # noqa: N802 (Qt's name)
        """Whether one session comes before the other."""
        column = COLUMNS[left.column()]
        (none_left, one), (none_right, other) = (
            column.key(self._model.rows[index.row()]) for index in (left, right)
        )
        if none_left or none_right:
            first = none_right and not none_left
            return first if self.sortOrder() == Qt.AscendingOrder else none_left and not none_right
        return bool(one < other)
