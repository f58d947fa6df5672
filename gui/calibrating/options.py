"""The options of a calibration, a field each: read from what `rig calibrate kinds` tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QGridLayout, QWidget

from gui.form.row import Row
from gui.form_model import Field
from gui.form_sheet import Sheet
from rig.calibrations import Kind

COLUMNS = 2


class Options(QWidget):
    """Fields for the options of a kind; `changed` is emitted when one is typed.

    Parameters
    ----------
    kind
        What is calibrated.
    given
        Values that are known, by name.
    hidden
        Names of those of them that are not shown.
    """

    changed = pyqtSignal()

    def __init__(self, kind: Kind, given: Mapping[str, Any], hidden: frozenset[str]) -> None:
        super().__init__()
        self._kind = kind
        usual = {
            name: {**each, "default": given.get(name, each.get("default"))}
            for name, each in _properties(kind).items()
        }
        values = {name: each["default"] for name, each in usual.items()}
        self._sheet = Sheet({**kind.schema, "properties": usual}, values)
        self.rows: dict[str, Row] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(24)
        shown = [each for each in self._sheet.fields if each.key not in hidden]
        for number, field in enumerate(shown):
            row = Row(field, self._sheet, self._set, self._restore, self.changed.emit)
            self.rows[field.key] = row
            grid.addWidget(row, number // COLUMNS, number % COLUMNS, Qt.AlignTop)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)

    def trouble(self) -> str:
        """Return what is wrong first, in a sentence; empty if nothing is."""
        for row in self.rows.values():
            if row.trouble:
                return f"{row.parameter.title}: {row.trouble}"
        for name in self._kind.schema.get("required", ()):
            if not self._values()[name]:
                return f"{self.rows[name].parameter.title} is empty: {self._sentence(name)}"
        return ""

    def arguments(self) -> list[str]:
        """Return the options as they are typed on the command line; defaults are left out."""
        return [
            word
            for name, value in self._values().items()
            if value != _properties(self._kind)[name].get("default")
            for word in _words(self._kind.options[name], value)
        ]

    def _values(self) -> dict[str, Any]:
        return {field.key: self._sheet.value(field) for field in self._sheet.fields}

    def _sentence(self, name: str) -> str:
        return str(_properties(self._kind)[name].get("description", ""))

    def _set(self, field: Field, value: Any) -> None:
        self._take(self._sheet.with_value(field, value), field)

    def _restore(self, field: Field) -> None:
        self._take(self._sheet.restored(field), field)
        self.rows[field.key].restore(self._sheet)

    def _take(self, sheet: Sheet, field: Field) -> None:
        self._sheet = sheet
        self.rows[field.key].show_sheet(sheet)
        self.changed.emit()


def _properties(kind: Kind) -> Mapping[str, Mapping[str, Any]]:
    properties: Mapping[str, Mapping[str, Any]] = kind.schema.get("properties", {})
    return properties


def _words(option: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [option] if value else []
    if isinstance(value, list | tuple):
        return [word for each in value for word in _words(option, each)]
    return [] if value is None else [option, str(value)]
