"""What the Run screen says in words. No Qt here."""

from __future__ import annotations

NARROW = "\u202f"
"""Stands between thousands."""


def clock(seconds: float) -> str:
    """Return a duration as it stands on a clock.

    Examples
    --------
    >>> clock(75.9), clock(3725)
    ('1:15', '1:02:05')
    """
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def water(given_ul: float, limit_ul: float | None) -> str:
    """Return how much water there was, and of how much.

    Examples
    --------
    >>> water(620, 1200), water(5, None)
    ('0.62 of 1.20 mL', '0.01 mL')
    """
    limit = "" if limit_ul is None else f" of {limit_ul / 1000:.2f}"
    return f"{given_ul / 1000:.2f}{limit} mL"


def ago(seconds: float) -> str:
    """Return how long ago something was.

    Examples
    --------
    >>> ago(0.12), ago(42.4), ago(200), ago(8000)
    ('0.1 s ago', '42 s ago', '3 min ago', '2.2 h ago')
    """
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s ago"
    if seconds < 120:
        return f"{seconds:.0f} s ago"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.1f} h ago"


def many(count: int) -> str:
    """Return a number that can be read at a glance.

    Examples
    --------
    >>> many(12345).replace(NARROW, " ")
    '12 345'
    """
    return f"{count:,}".replace(",", NARROW)


def bytes_in_words(count: int) -> str:
    """Return a number of bytes.

    Examples
    --------
    >>> bytes_in_words(90), bytes_in_words(4200), bytes_in_words(2_500_000)
    ('90 bytes', '4 kB', '2.5 MB')
    """
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"


def spaced(name: str) -> str:
    """Return a name as words.

    Examples
    --------
    >>> spaced("wait_for_visit")
    'wait for visit'
    """
    return name.replace("_", " ")
