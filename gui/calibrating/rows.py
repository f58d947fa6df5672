"""What is in force on a rig, in words and levels. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping

from rig.calibrations import InForce, State

WORDS: Mapping[State, tuple[str, str]] = {
    "good": ("good", "GOOD"),
    "old": ("warn", "OLD"),
    "overdue": ("bad", "OVERDUE"),
    "ahead": ("warn", "AHEAD"),
    "missing": ("bad", "MISSING"),
    "refused": ("bad", "REFUSED"),
}
"""Level and word of each state."""
_LATE = ("old", "overdue")


def days_words(days: int | None) -> str:
    """Return how old a calibration is, in words.

    Examples
    --------
    >>> days_words(0), days_words(1), days_words(41), days_words(None), days_words(-2)
    ('today', '1 day ago', '41 days ago', '', 'in 2 days')
    """
    if days is None:
        return ""
    if days <= 0:
        return f"in {-days} days" if days else "today"
    return f"{days} day{'s' if days > 1 else ''} ago"


def about(each: InForce) -> str:
    """Return what a calibration is, who measured it, and when the next one is due."""
    by = f", by {each.by}" if each.by else ""
    due = ""
    if each.due is not None:
        due = f"{'Was due' if each.state in _LATE else 'Next due'} {each.due:%Y-%m-%d}."
    return " ".join(filter(None, (f"{each.kind.capitalize()}{by}.", due)))


def remedy(each: InForce) -> tuple[str, str]:
    """Return what else is to be said of it: as a word beside, and as what is wrong."""
    is_wrong = each.state in ("missing", "refused", "ahead")
    return ("", each.words) if is_wrong else (each.words, "")
