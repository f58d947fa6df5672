"""The parameters of one session as an operator changes them: what is set, what differs, from what.

No Qt here. A sheet is never changed: each change makes another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from gui.form_model import FORM, Field, fields_of
from gui.form_reading import shown
from gui.session_view import set_at


@dataclass(frozen=True)
class Sheet:
    """The parameters.

    Attributes
    ----------
    schema
        JSON schema of them.
    base
        Their values as the files and the stage have them, tables inside tables.
    changes
        What an operator has changed, by dotted key.
    """

    schema: Mapping[str, Any]
    base: Mapping[str, Any]
    changes: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields; which there are depends on the forms that are chosen."""
        forms = {key: value for key, value in self.changes.items() if key.endswith(f".{FORM}")}
        return fields_of(self.schema, _with(self.base, forms))

    def value(self, of: Field) -> Any:
        """Return the value of a field: what was changed, else what the files have."""
        return self.changes[of.key] if of.key in self.changes else self.base_value(of)

    def base_value(self, of: Field) -> Any:
        """Return what the files have; the default, if another form than theirs is chosen."""
        table: Any = self.base
        *path, last = of.key.split(".")
        for name in path:
            table = table.get(name) if isinstance(table, Mapping) else None
        known = isinstance(table, Mapping) and last in table and self._same_form(path, last)
        return table[last] if known else of.default

    def is_changed(self, of: Field) -> bool:
        """Whether an operator has changed a field."""
        return of.key in self.changes

    def is_own(self, of: Field) -> bool:
        """Whether the value of a field is not the protocol's own default."""
        return bool(self.value(of) != of.default)

    def with_value(self, of: Field, value: Any) -> Sheet:
        """Return the sheet with another value; what was chosen for a form goes with it."""
        changes = {key: old for key, old in self.changes.items() if key != of.key}
        if of.key.endswith(f".{FORM}"):
            table = of.key.removesuffix(FORM)
            changes = {key: old for key, old in changes.items() if not key.startswith(table)}
        if value != self.base_value(of):
            changes[of.key] = value
        return replace(self, changes=changes)

    def restored(self, of: Field) -> Sheet:
        """Return the sheet with the value of a field as the files have it."""
        return self.with_value(of, self.base_value(of))

    def described(self) -> list[str]:
        """Return what was changed, each in words: ``Time out 8 -> 4 s``."""
        said = []
        for each in self.fields:
            if self.is_changed(each):
                before, after = (shown(each, v) for v in (self.base_value(each), self.value(each)))
                said.append(f"{each.title} {before} -> {after} {each.unit}".strip())
        return said

    def _same_form(self, path: list[str], last: str) -> bool:
        """Whether the table of a field has the form that the files give it."""
        return last == FORM or f"{'.'.join(path)}.{FORM}" not in self.changes


def matching(of: Field, text: str) -> bool:
    """Whether a field has all words of a search in its name, its table or its sentence."""
    said = f"{of.key} {of.title} {of.group} {of.sentence}".lower()
    return all(word in said for word in text.lower().split())


def _with(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with others at dotted keys."""
    copied = _copy(base)
    for key, value in changes.items():
        set_at(copied, key, value)
    return copied


def _copy(tables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _copy(value) if isinstance(value, Mapping) else value
        for name, value in tables.items()
    }
