"""Changes of a protocol's parameters while a session runs."""

from __future__ import annotations

from typing import Any

import msgspec
import pydantic

from rig.config import resolved, validated
from rig.errors import CheckFailed
from rig.protocol import Parameters

WHERE = "the running session"


class Change(msgspec.Struct, frozen=True):
    """One parameter that a person changed; `when` is ``next trial`` or ``next block``."""

    key: str
    before: Any
    after: Any
    author: str
    when: str


class ChangeRefusedError(Exception):
    """Why a parameter is not changed, in a sentence."""


def changed(params: Parameters, key: str, value: object, author: str) -> tuple[Parameters, Change]:
    """Return the parameters with one of them changed, and the change.

    Parameters
    ----------
    params
        The parameters as they are.
    key
        Name of the parameter; one inside a table as ``table.name``.
    value
        Its value, as TOML or JSON has it.
    author
        Who changes it.

    Raises
    ------
    ChangeRefusedError
        If there is no such parameter, it may not be changed in a session, or the value is not
        one of its values.
    """
    *tables, name = key.split(".")
    holder = params
    data = table = resolved(params)
    for part in tables:
        inside = dict(holder).get(part)
        if not isinstance(inside, Parameters):
            raise ChangeRefusedError(f"there is no table '{part}' in '{key}'")
        holder, table = inside, table[part]
    field = type(holder).model_fields.get(name)
    if field is None:
        known = ", ".join(changeable(params))
        raise ChangeRefusedError(f"there is no parameter '{key}'; changeable are: {known}")
    when = _when(field)
    if when is None:
        known = ", ".join(changeable(params)) or "none"
        raise ChangeRefusedError(f"'{key}' cannot be changed in a session; changeable are: {known}")
    before, table[name] = table[name], value
    try:
        made = validated(type(params), data, WHERE)
    except CheckFailed as error:
        problem = error.problems[0]
        raise ChangeRefusedError(f"{key}: {problem.what}") from None
    after: Any = resolved(made)
    for part in (*tables, name):
        after = after[part]
    return made, Change(key, before, after, author, when)


def changeable(params: Parameters, table: str = "") -> list[str]:
    """Return the names of the parameters that may be changed in a session."""
    found = []
    for name, field in type(params).model_fields.items():
        value = dict(params)[name]
        if isinstance(value, Parameters):
            found += changeable(value, f"{table}{name}.")
        elif _when(field) is not None:
            found.append(f"{table}{name}")
    return found


def _when(field: pydantic.fields.FieldInfo) -> str | None:
    """Return from when on a change of a field acts; None if it may not be changed."""
    extra = field.json_schema_extra
    when = extra.get("changeable") if isinstance(extra, dict) else None
    return when if isinstance(when, str) else None
