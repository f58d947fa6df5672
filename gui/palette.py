"""The colours of the window: a light, a dark and a dim red palette, as plain data.

Colour never stands alone: whatever it says is also said by a word, a letter or a shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rig import colours

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
    banner, on_banner
        The banner that says that all is simulated, and text on it.
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
    banner: str
    on_banner: str
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
    banner="#8a5a00",
    on_banner="#ffffff",
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
    banner="#f0b840",
    on_banner="#14171a",
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
    quiet="#aa342b",
    accent="#b02a20",
    on_accent="#0a0000",
    banner="#3a0a08",
    on_banner="#e0483a",
    good="#b3332a",
    note="#b3332a",
    warn="#e0483a",
    bad="#ff6a58",
    outcomes={
        "hit": "#ff6a58",
        "correct_rejection": "#bd3a30",
        "miss": "#a8322a",
        "false_alarm": "#e0483a",
    },
)
PALETTES: Mapping[str, Palette] = {each.name: each for each in (LIGHT, DARK, DIM_RED)}
_ON_LIGHT = {
    colours.GREEN: "#00855f",
    colours.VERMILLION: "#c04a00",
    colours.ORANGE: "#a86c00",
    colours.SKY_BLUE: "#1a7ab3",
    colours.PURPLE: "#b0528a",
}
_ON_DARK = {
    colours.BLACK: "#eef1f4",
    colours.GREEN: "#1fc494",
    colours.BLUE: "#3c9fe6",
    colours.VERMILLION: "#f4793b",
    colours.PURPLE: "#e09ac3",
    colours.GREY: "#a3adb8",
}
_ON_DIM_RED = {
    colours.BLACK: "#d83a2e",
    colours.GREEN: "#ff6a58",
    colours.BLUE: "#bd3a30",
    colours.VERMILLION: "#e0483a",
    colours.ORANGE: "#d83a2e",
    colours.PURPLE: "#a8322a",
    colours.SKY_BLUE: "#ff6a58",
    colours.GREY: "#a8322a",
}
_LEGIBLE: Mapping[PaletteName, Mapping[str, str]] = {
    "light": _ON_LIGHT,
    "dark": _ON_DARK,
    "dim red": _ON_DIM_RED,
}
"""What stands for a colour of `rig.colours` on the panels of each palette."""


def outcome_colour(palette: Palette, outcome: str | None) -> str:
    """Return the colour of an outcome on a palette; None is a trial that was cut short.

    Examples
    --------
    >>> outcome_colour(LIGHT, "hit")
    '#00855f'
    """
    own = palette.outcomes.get(outcome or "")
    return own or legible(palette, colours.outcome_look(outcome).colour)


def type_colour(palette: Palette, trial_type: str, congruency: str = "") -> str:
    """Return the colour of a trial type on a palette."""
    return legible(palette, colours.type_look(trial_type, congruency).colour)


def lick_colour(palette: Palette) -> str:
    """Return the colour of licks on a palette."""
    return legible(palette, colours.LICK)


def reward_colour(palette: Palette) -> str:
    """Return the colour of drops on a palette."""
    return legible(palette, colours.REWARD)


def stimulus_colour(palette: Palette) -> str:
    """Return the colour of the onset of the stimulus on a palette."""
    return legible(palette, colours.STIMULUS)


def consistent_colour(palette: Palette) -> str:
    """Return the colour of consistent periods on a palette; to be drawn faintly."""
    return legible(palette, colours.CONSISTENT)


def legible(palette: Palette, colour: str) -> str:
    """Return the variant of a colour of `rig.colours` that is legible on a palette.

    Examples
    --------
    >>> legible(DARK, colours.BLACK)
    '#eef1f4'
    """
    return _LEGIBLE[palette.name].get(colour, colour)


def level_colour(palette: Palette, level: str) -> str:
    """Return the colour of a level (``good``, ``note``, ``warn`` or ``bad``) on a palette."""
    return {
        "good": palette.good,
        "note": palette.note,
        "warn": palette.warn,
        "bad": palette.bad,
    }[level]


def letters_on(colour: str) -> str:
    """Return black or white, whichever is better to read on a colour.

    Examples
    --------
    >>> letters_on("#ffffff"), letters_on("#0072B2")
    ('#000000', '#ffffff')
    """
    light = _luminance(colour)
    return "#000000" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "#ffffff"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.1, "contrast ratio")."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 to 1 (WCAG 2.1)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
