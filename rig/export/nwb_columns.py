"""Tables as plain data, and the columns of NWB that they become.

The columns are such that nwbinspector is silent about them: numbers and words that it would take
for yes and no, or for nothing but NaN, get another form here, which the reference page describes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from hdmf.common import DynamicTable, VectorData
from pynwb.epoch import TimeIntervals
from pynwb.event import DurationVectorData, EventsTable, TimestampVectorData

Row = Mapping[str, Any]
Data = npt.NDArray[Any] | list[str]
Kind = Literal["text", "flag", "count", "number"]
LOOKED_AT = 200
"""Rows of a column that nwbinspector looks at."""
FEWEST_ROWS = 2
"""A table of a single row is no table to nwbinspector."""
_PAIRS = [{"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"hit", "miss"}]
_UNFIT = re.compile(r"[/\\:\x00-\x1f]")
_CLASSES = {"timestamp": TimestampVectorData, "duration": DurationVectorData}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, meaning
        Its name, and what it holds, with the unit.
    kind
        ``text`` (missing: empty), ``flag``, ``count`` (whole, not negative) or ``number``
        (missing: NaN); in rows what is missing is None or absent.
    """

    name: str
    meaning: str
    kind: Kind


@dataclass(frozen=True)
class Table:
    """A table with what describes it; `rows` map names of columns to values.

    `seqs` are the events of the journal that it tells whole.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    seqs: frozenset[int] = frozenset()


def events_table(table: Table, source: str) -> EventsTable:
    """Return a table of events, ordered by its column `timestamp`; `source` tells their origin."""
    columns = vectors(table, "timestamp")
    return EventsTable(
        name=table.name,
        description=table.description,
        source_description=source,
        columns=columns,
        colnames=[column.name for column in columns],
    )


def intervals_table(table: Table) -> TimeIntervals:
    """Return a table of intervals, ordered by its column `start_time`."""
    columns = vectors(table, "start_time")
    return TimeIntervals(
        name=table.name,
        description=table.description,
        columns=columns,
        colnames=[column.name for column in columns],
    )


def plain_table(table: Table) -> DynamicTable:
    """Return a table of anything else, in the order of its rows."""
    columns = vectors(table, "")
    return DynamicTable(
        name=table.name,
        description=table.description,
        columns=columns,
        colnames=[column.name for column in columns],
    )


def vectors(table: Table, time: str) -> list[VectorData]:
    """Return the columns that hold anything, ordered by the column `time` if there is one."""
    rows = sorted(table.rows, key=lambda row: row[time]) if time else table.rows
    vectors: dict[str, VectorData] = {}
    for column in table.columns:
        data = column_data([row.get(column.name) for row in rows], column.kind)
        if data is not None:
            name = fit_name(column.name, vectors)
            made = _CLASSES.get(name, VectorData)
            vectors[name] = made(name=name, description=without_nul(column.meaning), data=data)
    return list(vectors.values())


def column_data(values: Sequence[Any], kind: Kind) -> Data | None:
    """Return the values of a column as NWB keeps them; None if it holds none.

    Examples
    --------
    >>> column_data(["hit", "miss", None], "text")
    ['hit', 'miss', '']
    >>> column_data(["hit", "miss"], "text")
    ['Hit', 'Miss']
    >>> column_data([0, 1, 3], "count").dtype, column_data([None, 1], "count")
    (dtype('uint8'), array([nan,  1.]))
    """
    match kind:
        case "text":
            return _texts(values)
        case "flag":
            return np.array(values, dtype=bool)
        case "count" if None not in values:
            return _counts(values)
        case _:
            return _numbers(values)


def _texts(values: Sequence[str | None]) -> list[str] | None:
    texts = [as_text(value) if value else "" for value in values]
    if not any(texts):
        return None
    if set(texts[:LOOKED_AT]) in _PAIRS:
        return [text[:1].upper() + text[1:] for text in texts]
    return texts


def _counts(values: Sequence[int]) -> Data:
    """Return counts in the smallest type; nwbinspector takes none of one byte for yes and no."""
    counts = np.array(values, dtype=np.min_scalar_type(max(values)))
    if counts.itemsize > 1 and set(values[:LOOKED_AT]) == {0, 1}:
        return [str(value) for value in values]
    return counts


def _numbers(values: Sequence[float | None]) -> Data | None:
    numbers = np.array(values, dtype=np.float64)
    if np.isnan(numbers).all():
        return None
    if _seems_empty(numbers) or set(numbers[:LOOKED_AT].tolist()) == {0.0, 1.0}:
        return ["" if np.isnan(number) else repr(float(number)) for number in numbers]
    return numbers


def _seems_empty(numbers: npt.NDArray[np.float64]) -> bool:
    """Whether there is no number in the places that nwbinspector looks at."""
    step = -(-len(numbers) // LOOKED_AT)
    return bool(np.isnan(numbers[:LOOKED_AT]).all() and np.isnan(numbers[::step]).all())


def as_text(text: str) -> str:
    """Return a text that HDF5 can hold, and that nwbinspector takes for no dictionary.

    Examples
    --------
    >>> as_text("a {note: 1}")
    'a (note: 1)'
    """
    return without_nul(text.replace("{", "(").replace("}", ")"))


def without_nul(text: str) -> str:
    """Return a text that HDF5 can hold: what it cannot is the character of code 0."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def as_json(value: object) -> str:
    """Return a value as JSON; of a table inside it the braces are round.

    Examples
    --------
    >>> as_json([1, 2.5]), as_json(None), as_json({"a": True})
    ('[1,2.5]', 'null', '("a":true)')
    """
    return as_text(msgspec.json.encode(value).decode())


def fit_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return a name for an object of NWB, which differs from those that are taken.

    Examples
    --------
    >>> fit_name("eye/left: x"), fit_name("speed", ["speed"]), fit_name("..")
    ('eye_left_ x', 'speed_2', 'unnamed')
    """
    fit = _UNFIT.sub("_", name)
    if not fit.strip(". "):
        fit = "unnamed"
    others, number, free = set(taken), 1, fit
    while free in others:
        number += 1
        free = f"{fit}_{number}"
    return free
