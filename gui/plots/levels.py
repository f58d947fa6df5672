"""Levels that plots draw across. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """A level that is drawn across: its value, its words, and its colour (`gui.theme`'s levels)."""

    value: float
    words: str
    colour: str
