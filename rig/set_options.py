"""Reads what a person types as KEY=VALUE, and lays it out as the tables that it stands for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from rig.errors import CheckFailed, Problem

OPTION = "--set"


def toml_value(text: str) -> Any:
    """Return a value as TOML reads it; what is none is a text.

    Examples
    --------
    >>> toml_value("4.0"), toml_value("[1, 2]"), toml_value("ask")
    (4.0, [1, 2], 'ask')
    """
    try:
        read = tomllib.loads(f"value = {text}")
    except ValueError:  # that of TOML is one, too
        return text
    return read["value"] if len(read) == 1 else text


def read_changes(options: Sequence[str]) -> dict[str, Any]:
    """Return the values by their dotted keys; raise `CheckFailed` with every mistake.

    Examples
    --------
    >>> read_changes(["reward_ul=4.0", "trial.licks = 3"])
    {'reward_ul': 4.0, 'trial.licks': 3}
    """
    changes: dict[str, Any] = {}
    problems = []
    for option in options:
        key, equals, text = (part.strip() for part in option.partition("="))
        where = f"{OPTION} {key}".strip()
        if not is_text(option):
            problems.append(Problem(f"{option!a} is no text", OPTION, "Write it in Unicode."))
        elif not equals or not all(part.strip() for part in key.split(".")):
            problems.append(
                Problem(f"'{option}' is no KEY=VALUE", OPTION, "Write reward_ul=4.0, for example.")
            )
        elif not text:
            problems.append(Problem(f"'{key}' has no value", where, f"Write {key}=VALUE."))
        elif _clash(key, changes):
            problems.append(
                Problem(f"'{key}' is given twice", where, "Leave out one of the two options.")
            )
        else:
            changes[key] = toml_value(text)
    if problems:
        raise CheckFailed(problems)
    return changes


def is_text(text: str) -> bool:
    """Whether a text can be written down: a command line may hold bytes that are none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_tables(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted keys as tables inside tables.

    Examples
    --------
    >>> as_tables({"reward_ul": 4.0, "trial.licks": 3})
    {'reward_ul': 4.0, 'trial': {'licks': 3}}
    """
    tables: dict[str, Any] = {}
    for key, value in changes.items():
        *names, last = key.split(".")
        table = tables
        for name in names:
            table = table.setdefault(name, {})
        table[last] = value
    return tables


def value_at(values: Mapping[str, Any], key: str) -> Any:
    """Return what stands under a dotted key; None if nothing does."""
    found: Any = values
    for name in key.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _clash(key: str, changes: Mapping[str, Any]) -> bool:
    """Whether a key, or a table that it stands in or that it is, has been given before."""
    return any(
        f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}.") for other in changes
    )
