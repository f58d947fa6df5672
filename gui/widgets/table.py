"""Tables of rows: what Qt asks of them, and how they look and are led by the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from PyQt5.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from gui.columns import Column
from gui.palette import LIGHT, Palette, level_colour

R = TypeVar("R")
ASIDE_PX = 8
"""Room between two columns."""


class RowsModel(QAbstractTableModel, Generic[R]):
    """Rows of a table, as Qt asks for them.

    Parameters
    ----------
    columns
        What stands in them.

    Attributes
    ----------
    rows
        The rows.
    """

    def __init__(self, columns: Sequence[Column[R]]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._palette = LIGHT
        self.rows: list[R] = []

    def show_columns(self, columns: Sequence[Column[R]]) -> None:
        """Take other columns: as many, of the same kind; they are seen with the next rows."""
        self._columns = tuple(columns)

    def show_rows(self, rows: Sequence[R]) -> None:
        """Show these rows."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 (Qt's)
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Return what stands in a cell, at which side, and in which colour."""
        column = self._columns[index.column()]
        if role in (Qt.DisplayRole, Qt.ToolTipRole):
            return column.text(self.rows[index.row()])
        if role == Qt.TextAlignmentRole:
            return int(Qt.AlignVCenter | (Qt.AlignRight if column.number else Qt.AlignLeft))
        if role == Qt.ForegroundRole:
            level = column.level(self.rows[index.row()])
            return QColor(level_colour(self._palette, level)) if level else None
        return None

    def headerData(  # noqa: N802 (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole
    ) -> Any:
        """Return what stands above a column."""
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return self._columns[section].title
        return None


class _WholeRow(QStyledItemDelegate):
    """Draws no frame around one cell: whole rows are chosen, and their words stay legible."""

    def initStyleOption(  # noqa: N802 (Qt's name)
        self, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        option.state = QStyle.State(option.state & ~QStyle.State_HasFocus)


def make_table(model: QAbstractItemModel, name: str) -> QTableView:
    """Return a table of which whole rows are chosen; the tab key leads out of it."""
    table = QTableView()
    table.setModel(model)
    table.setItemDelegate(_WholeRow(table))
    table.setSelectionBehavior(QAbstractItemView.SelectRows)
    table.setSelectionMode(QAbstractItemView.SingleSelection)
    table.setAlternatingRowColors(True)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setShowGrid(False)
    table.setAccessibleName(name)
    rows, titles = table.verticalHeader(), table.horizontalHeader()
    if rows is not None and titles is not None:
        rows.hide()
        rows.setDefaultSectionSize(2 * table.fontMetrics().height())
        titles.setStretchLastSection(True)
        titles.setHighlightSections(False)
        titles.setSectionResizeMode(QHeaderView.Interactive)
    return table


def fit_columns(table: QTableView, widest_em: int) -> None:
    """Make columns as wide as what stands in them, up to so many letters."""
    table.ensurePolished()  # else with the letters of before
    table.resizeColumnsToContents()
    model = table.model()
    widest = widest_em * table.fontMetrics().averageCharWidth()
    for column in range(model.columnCount() if model is not None else 0):
        table.setColumnWidth(column, min(table.columnWidth(column) + ASIDE_PX, widest))
