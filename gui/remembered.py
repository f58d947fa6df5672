"""What the window remembers from one day to the next: a cache, which may be lost at any time."""

from __future__ import annotations

from PyQt5.QtCore import QByteArray, QSettings

from gui.palette import DARK, PALETTES, Palette
from gui.theme import LETTERS


def _settings() -> QSettings:
    return QSettings(QSettings.IniFormat, QSettings.UserScope, "mouserig", "window")


def palette() -> Palette:
    """Return the palette that was chosen last."""
    return PALETTES.get(str(_settings().value("palette", "")), DARK)


def letters() -> int:
    """Return the size of letters that was chosen last, in percent."""
    found = str(_settings().value("letters", ""))
    return int(found) if found.isdecimal() and int(found) in LETTERS else 100


def operator() -> str:
    """Return who worked here last; empty if nobody has."""
    return str(_settings().value("operator", "") or "")


def geometry() -> QByteArray:
    """Return where the window stood; empty if it never did."""
    found = _settings().value("geometry")
    return found if isinstance(found, QByteArray) else QByteArray()


def remember_palette(chosen: Palette) -> None:
    """Remember a palette."""
    _settings().setValue("palette", chosen.name)


def remember_letters(percent: int) -> None:
    """Remember a size of letters."""
    _settings().setValue("letters", percent)


def remember_operator(name: str) -> None:
    """Remember who works here."""
    _settings().setValue("operator", name)


def remember_geometry(where: QByteArray) -> None:
    """Remember where the window stands."""
    _settings().setValue("geometry", where)
