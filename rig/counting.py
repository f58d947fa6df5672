"""Says how many things there are: one in the singular, all other numbers in the plural."""

from __future__ import annotations


def counted(count: int, one: str, more: str = "") -> str:
    """Return a number with its noun; the plural has an s, where `more` is not given.

    Examples
    --------
    >>> counted(1, "mouse", "mice"), counted(0, "mouse", "mice"), counted(2, "thing")
    ('1 mouse', '0 mice', '2 things')
    """
    return f"{count} {one if count == 1 else more or one + 's'}"
