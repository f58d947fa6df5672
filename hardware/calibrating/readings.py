"""Readings that another program wrote into a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pydantic

from rig.errors import CheckFailed, ConfigError, Problem

Point = TypeVar("Point")


def read_points(
    path: Path, columns: Sequence[str], point: Callable[[list[str]], Point], do: str, option: str
) -> list[Point]:
    """Return the points of a CSV file.

    Parameters
    ----------
    path
        The file; its first line names the columns, empty lines are passed over.
    columns
        Their names.
    point
        Makes a point of the cells of a row; raises `ValueError` if it is none.
    do
        What a row should be.
    option
        By which the file was named.

    Raises
    ------
    ConfigError
        If it is not there or has other columns; `CheckFailed` with every row that is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        what = f"the readings cannot be read: {error}"
        raise ConfigError(what, str(path), f"Name a CSV file by {option}.") from error
    head = [each.strip() for each in rows[0]] if rows else []
    if head != list(columns):
        write = f"Write in its first line: {','.join(columns)}"
        raise ConfigError("its columns are others", str(path), write)
    points, problems = [], []
    for number, row in enumerate(rows[1:], start=2):
        if any(each.strip() for each in row):
            try:
                points.append(point([each.strip() for each in row]))
            except (ValueError, pydantic.ValidationError):
                what = f"'{','.join(row)}' is no reading"
                problems.append(Problem(what, f"{path}, line {number}", do))
    if problems:
        raise CheckFailed(problems)
    return points
