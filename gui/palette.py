"""The colours of the window: a light, a dark and a dim red palette, as plain data.

Colour never stands alone: whatever it says is also said by a word, a letter or a shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PaletteName = Literal["light", "dark", "dim red"]


@dataclass(frozen=True)
class Palette:
    """Colours as ``#rrggbb``, by what they are for.

    Attributes
    ----------
    name
        What the operator calls it.
    window, panel, raised, line
        Behind everything; behind a group; a button or field; borders and grids.
    text, quiet
        What is read first, and what is read second.
    accent, on_accent
        What has the focus or is chosen, and text on it.
    good, note, warn, bad
        Words of state: all is well, worth knowing, look at it, act now.
    outcomes
        Colours of outcomes in a palette that has its own; empty for those of `rig.colours`.
    """

    name: PaletteName
    window: str
    panel: str
    raised: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    good: str
    note: str
    warn: str
    bad: str
    outcomes: Mapping[str, str] = field(default_factory=dict)


LIGHT = Palette(
    name="light",
    window="#eef0f2",
    panel="#ffffff",
    raised="#f7f8f9",
    line="#c3c8ce",
    text="#14181c",
    quiet="#56606b",
    accent="#0b5fa5",
    on_accent="#ffffff",
    good="#00734f",
    note="#0b5fa5",
    warn="#8a5a00",
    bad="#b3261e",
)
DARK = Palette(
    name="dark",
    window="#14171a",
    panel="#1d2125",
    raised="#2a2f35",
    line="#424a53",
    text="#eef1f4",
    quiet="#a3adb8",
    accent="#56b4e9",
    on_accent="#0b1116",
    good="#35c99b",
    note="#7cc4f0",
    warn="#f0b840",
    bad="#ff7a6b",
)
DIM_RED = Palette(
    name="dim red",
    window="#0a0000",
    panel="#150202",
    raised="#240505",
    line="#4d1010",
    text="#d83a2e",
    quiet="#96261e",
    accent="#b02a20",
    on_accent="#0a0000",
    good="#b3332a",
    note="#b3332a",
    warn="#e0483a",
    bad="#ff6a58",
    outcomes={
        "hit": "#ff6a58",
        "correct_rejection": "#b3332a",
        "miss": "#7a1f18",
        "false_alarm": "#e0483a",
    },
)
PALETTES: Mapping[str, Palette] = {each.name: each for each in (LIGHT, DARK, DIM_RED)}
