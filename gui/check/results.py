"""What came of trying the devices of a rig, and how long ago; kept from one day to the next.

No Qt here. What is kept is a cache beside the lab's locks: it may be lost at any time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from rig.trying import Tried

Heard = Literal["", "asked", "heard", "not heard"]
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_WORDS = {"good": "GOOD", "warn": "LOOK", "bad": "BAD"}


class Result(msgspec.Struct, frozen=True):
    """What came of trying a device.

    Attributes
    ----------
    tried
        What the command told.
    at
        When, as seconds since 1970.
    heard
        Whether a person heard the tone; empty if there was none.
    """

    tried: Tried
    at: float
    heard: Heard = ""

    @property
    def level(self) -> str:
        """How it stands: ``good``, ``warn`` or ``bad``; a tone that nobody heard is bad."""
        return "bad" if self.heard == "not heard" else self.tried.state

    @property
    def word(self) -> str:
        """The level in a word."""
        return _WORDS[self.level]

    @property
    def text(self) -> str:
        """What was found, in sentences."""
        tried = self.tried
        value = f"({tried.value})" if tried.value else ""
        told = " ".join(filter(None, (tried.words, value)))
        twin = "Simulated." if tried.simulated else ""
        return " ".join(filter(None, (told, twin, _HEARD[self.heard])))

    @property
    def remedy(self) -> str:
        """What to do about it; empty if nothing is to be done."""
        silent = "Look at amplifier, cables and volume, then play the tone again."
        return silent if self.heard == "not heard" else self.tried.do


_HEARD: Mapping[Heard, str] = {
    "": "",
    "asked": "A tone was played.",
    "heard": "The tone was heard.",
    "not heard": "Nobody heard the tone.",
}


class Results:
    """What is known of the devices of one rig.

    Parameters
    ----------
    file
        Where it is kept.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.by_device: dict[str, Result] = {}
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self.by_device = msgspec.json.decode(file.read_bytes(), type=dict[str, Result])

    def take(self, tried: Sequence[Tried], now: float, *, tone: bool) -> None:
        """Take in what a command told; after a tone a person is asked whether it was heard."""
        for each in tried:
            asked: Heard = "asked" if tone and each.kind == "speaker" else ""
            self.by_device[each.device] = Result(each, now, asked)
        self._keep()

    def take_all(self, tried: Sequence[Tried], now: float) -> None:
        """Take in a try of the whole rig: devices that are not there any more are forgotten."""
        self.by_device = {}
        self.take(tried, now, tone=False)

    def answer(self, device: str, heard: Heard) -> None:
        """Take in whether a person heard the tone of a speaker."""
        known = self.by_device[device]
        self.by_device[device] = msgspec.structs.replace(known, heard=heard)
        self._keep()

    def _keep(self) -> None:
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(exist_ok=True)
            self._file.write_bytes(msgspec.json.encode(self.by_device))


def age_words(seconds: float) -> str:
    """Return how long ago something was, in words.

    Examples
    --------
    >>> age_words(5), age_words(200), age_words(7300), age_words(200_000)
    ('just now', '3 min ago', '2 h ago', '2 days ago')
    """
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min ago"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f} h ago"
    days = seconds // _DAY
    return f"{days:.0f} day{'s' if days > 1 else ''} ago"
