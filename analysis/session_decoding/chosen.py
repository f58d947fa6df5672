"""Rows that are chosen by ``NAME=VALUE``: trials by their facts, units by their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rig.errors import OptionError

Wanted = Mapping[str, tuple[str, ...]]
"""Name of a column -> the values, as texts, of which a row has one."""


def wanted_of(option: str, words: Sequence[str]) -> Wanted:
    """Return what is written as ``NAME=VALUE`` or ``NAME=VALUE,VALUE``, by name.

    Raises
    ------
    OptionError
        If something is not, or a name comes twice.

    Examples
    --------
    >>> wanted_of("--only-trials", ["phase=priming,bimodal", "context=visual"])
    {'phase': ('priming', 'bimodal'), 'context': ('visual',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    for each in words:
        name, _, text = each.partition("=")
        values = tuple(text.split(","))
        if not name or "" in values:
            raise OptionError(
                f"'{each}' is no NAME=VALUE", option, f"Write {option} NAME=VALUE, or =VALUE,VALUE."
            )
        if name in found:
            raise OptionError(f"'{name}' is given twice", option, "Name all its values at once.")
        found[name] = values
    return found


def rows_with(table: pd.DataFrame, wanted: Wanted, option: str, what: str) -> NDArray[np.bool_]:
    """Return which rows of a table are wanted, as flags, (rows,).

    Parameters
    ----------
    table
        Such as facts of trials.
    wanted
        What rows must have.
    option, what
        For errors: the option, and what the rows are.

    Raises
    ------
    OptionError
        If the table has no such column, or no row such a value.
    """
    chosen = np.ones(len(table), dtype=np.bool_)
    for name, values in wanted.items():
        if name not in table:
            there = ", ".join(map(str, table.columns)) or "none"
            raise OptionError(f"the {what} have no '{name}'", option, f"There are: {there}.")
        texts = table[name].astype(str).to_numpy()
        for value in values:
            if value not in texts:
                there = ", ".join(sorted(set(texts.tolist()) - {""})) or "none"
                raise OptionError(
                    f"none of the {what} has {name}={value}", option, f"There are: {there}."
                )
        chosen &= np.isin(texts, values)
    return chosen


def in_words(wanted: Wanted) -> str:
    """Return what is wanted as a person writes it."""
    return " ".join(f"{name}={','.join(values)}" for name, values in wanted.items())
