"""Reads what is typed into the field of a parameter: a value, or a sentence about what is wrong.

No Qt here. Nothing is mended silently: a number beyond the limits is refused, not moved.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from gui.form_model import Field

_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
_LONGEST = 30
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}$")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$")


@dataclass(frozen=True)
class Typed:
    """What was typed: its value, or what is wrong with it in a sentence; one of the two."""

    value: Any = None
    trouble: str = ""


def read(field: Field, text: str) -> Typed:
    """Return the value of a text that was typed into a field, or what is wrong with it.

    Examples
    --------
    >>> field = Field("pause", "Pause", "number", unit="s")
    >>> read(field, "1,5").value
    1.5
    >>> read(field, "long").trouble
    "'long' is no number. Write one like 1.5."
    """
    typed = text.strip()
    if not typed and field.optional:
        return Typed(None)
    if field.choices:
        return _choice(field, typed)
    match field.kind:
        case "number" | "integer":
            return _number(field, typed)
        case "yes or no":
            known = _YES_NO.get(typed.lower())
            return Typed(trouble="Write yes or no.") if known is None else Typed(known)
        case "list":
            return _list(field, typed)
        case "text" | "file":
            return _text(field, typed)
    return Typed(trouble="This is edited in the protocol file.")


def shown(field: Field, value: Any) -> str:
    """Return a value as it stands in its field; `read` returns the value again.

    Examples
    --------
    >>> shown(Field("pause", "Pause", "number"), 2.0)
    '2'
    """
    if value is None:
        return ""
    if field.choices:
        return next((said for known, said in field.choices if known == value), str(value))
    if field.kind == "list" and isinstance(value, list | tuple) and field.item is not None:
        return ", ".join(shown(field.item, each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, indent=2, ensure_ascii=False) if value else "none"
    return str(value)


def toml_value(value: Any) -> str:
    """Return a value as TOML has it, for ``--set``; raise `ValueError` for null.

    Examples
    --------
    >>> toml_value(["A", 1.5, True])
    '["A", 1.5, true]'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value).replace("\\u007f", "\\u007F")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, int | float):
        return repr(value)
    raise ValueError(f"TOML has no {value!r}")


def _number(field: Field, typed: str) -> Typed:
    whole = field.kind == "integer"
    example = "Write a whole number like 3." if whole else "Write one like 1.5."
    if not typed:
        return Typed(trouble=f"It is empty. {example}")
    if _THOUSANDS.match(typed):
        return Typed(trouble=f"'{_short(typed)}' can be read in two ways. Write no comma.")
    number = _parsed(typed)
    if number is None:
        return Typed(trouble=f"'{_short(typed)}' is no number. {example}")
    if whole and not float(number).is_integer():
        return Typed(trouble=f"'{_short(typed)}' is no whole number.")
    if not field.limits.holds(number):
        unit = f" {field.unit}" if field.unit else ""
        return Typed(
            trouble=f"{_short(typed)}{unit} is not allowed; it must be {field.limits.words()}."
        )
    return Typed(int(number) if whole else float(number))


def _parsed(typed: str) -> float | int | None:
    """Return the number that a text is; None if it is none, or not finite."""
    if _WHOLE.match(typed):
        return int(typed)
    try:
        number = float(typed.replace(",", ".")) if "_" not in typed else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _choice(field: Field, typed: str) -> Typed:
    for value, said in field.choices:
        if typed in {said, str(value)}:
            return Typed(value)
    for value, said in field.choices:
        if typed.lower() in {said.lower(), str(value).lower()}:
            return Typed(value)
    known = ", ".join(said for _, said in field.choices)
    return Typed(trouble=f"'{_short(typed)}' is none of these: {known}.")


def _text(field: Field, typed: str) -> Typed:
    if not typed.isprintable():
        return Typed(trouble="It holds signs that cannot be printed.")
    if len(typed) < field.shortest or (not typed and field.default != ""):
        return Typed(trouble="It is empty. Write a name.")
    return Typed(typed)


def _list(field: Field, typed: str) -> Typed:
    """Read values with commas between them; with semicolons if the decimal sign is a comma."""
    if field.item is None:
        return Typed(trouble="This is edited in the protocol file.")
    parts = [part for part in typed.split(";" if ";" in typed else ",") if part.strip()]
    values = []
    for part in parts:
        each = read(field.item, part)
        if each.trouble:
            return each
        values.append(each.value)
    if len(values) < max(field.shortest, 0):
        least = "one value" if field.shortest == 1 else f"{field.shortest} values"
        return Typed(trouble=f"Write at least {least}, with commas between them.")
    return Typed(values)


def _short(typed: str) -> str:
    return typed if len(typed) <= _LONGEST else f"{typed[:_LONGEST]}..."
