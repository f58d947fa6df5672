"""What stands in the columns of a table, in words. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

R = TypeVar("R")
Key = tuple[bool, Any]
"""What a row is sorted by; what is missing comes last."""


def nothing(row: object) -> None:
    """Return what a row is sorted by in a column by which nothing is sorted."""


def plain(row: object) -> str:
    """Return the level of words that are neither good nor bad."""
    return ""


@dataclass(frozen=True)
class Column(Generic[R]):
    """A column: what stands above it, what stands in it, and what it is sorted by.

    Attributes
    ----------
    title
        What stands above it.
    text
        Returns what stands in it for a row.
    value
        Returns what the row is sorted by; None if it has none.
    number
        Whether it holds numbers, which stand at the right.
    level
        Returns the level of what stands in it: its colour, beside its words.
    """

    title: str
    text: Callable[[R], str]
    value: Callable[[R], Any] = nothing
    number: bool = False
    level: Callable[[R], str] = plain

    def key(self, row: R) -> Key:
        """Return what the row is sorted by in this column."""
        value = self.value(row)
        return value is None, value
