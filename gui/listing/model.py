"""The order of the sessions in their table, and which of them are shown."""

from __future__ import annotations

from PyQt5.QtCore import QModelIndex, QSortFilterProxyModel, Qt

from gui.listing.rows import COLUMNS, Row, matches
from gui.widgets.table import RowsModel


class SessionOrder(QSortFilterProxyModel):
    """Sorts and filters the sessions; what is missing comes last in either direction."""

    def __init__(self, model: RowsModel[Row]) -> None:
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
