"""Colours by their meaning, the same in printed figures and in the window.

The colours are those of Okabe and Ito (2008, "Color Universal Design"), which people who are
blind to some colours can tell apart. Colour never stands alone: each outcome has a letter and a
shape, and each trial type a kind of line.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#666666"

REWARD = SKY_BLUE
STIMULUS = GREY
CATCH = PURPLE
LICK = BLACK
CORRECT = BLUE
"""The share of correct trials, where it is shown for all types together."""
CONSISTENT = GREEN
"""The ground behind consistent periods; to be drawn faintly."""

Shape = Literal["circle", "triangle", "square", "cross", "diamond", "star", "bar"]
Line = Literal["solid", "dashed", "dotted"]


@dataclass(frozen=True)
class OutcomeLook:
    """How an outcome is shown.

    Attributes
    ----------
    colour
        As ``#RRGGBB``.
    letter
        One letter that stands for it, such as ``H``.
    shape
        The mark that stands for it.
    words
        What it is called.
    """

    colour: str
    letter: str
    shape: Shape
    words: str


@dataclass(frozen=True)
class TypeLook:
    """How a trial type is shown.

    Attributes
    ----------
    colour
        As ``#RRGGBB``.
    line
        The kind of its line.
    words
        What it is called, such as ``go incongruent``.
    """

    colour: str
    line: Line
    words: str


OUTCOMES = {
    "hit": OutcomeLook(GREEN, "H", "circle", "hit"),
    "miss": OutcomeLook(ORANGE, "M", "triangle", "miss"),
    "false_alarm": OutcomeLook(VERMILLION, "F", "cross", "false alarm"),
    "correct_rejection": OutcomeLook(BLUE, "C", "square", "correct rejection"),
    "catch_lick": OutcomeLook(PURPLE, "L", "star", "catch: lick"),
    "catch_no_lick": OutcomeLook(SKY_BLUE, "N", "bar", "catch: no lick"),
    "presented": OutcomeLook(SKY_BLUE, "P", "diamond", "presented"),
}
"""How the outcomes of the built-in protocols are shown."""
ABORTED = OutcomeLook(GREY, "A", "bar", "aborted")
"""How a trial that was cut short is shown."""
TYPES = {
    ("go", ""): TypeLook(GREEN, "solid", "go"),
    ("nogo", ""): TypeLook(BLUE, "solid", "nogo"),
    ("go", "congruent"): TypeLook(GREEN, "solid", "go congruent"),
    ("go", "incongruent"): TypeLook(ORANGE, "dashed", "go incongruent"),
    ("nogo", "congruent"): TypeLook(BLUE, "solid", "nogo congruent"),
    ("nogo", "incongruent"): TypeLook(PURPLE, "dashed", "nogo incongruent"),
    ("catch", ""): TypeLook(CATCH, "dotted", "catch"),
    ("silent", ""): TypeLook(CATCH, "dotted", "silent (catch)"),
    ("sound", ""): TypeLook(GREEN, "solid", "sound"),
}
"""How trial types are shown, by type and congruency (empty if a trial has none)."""
_OTHER_COLOURS = (SKY_BLUE, ORANGE, PURPLE, BLUE, GREEN, VERMILLION)


def outcome_look(outcome: str | None) -> OutcomeLook:
    """Return how an outcome is shown; None is a trial that was cut short.

    An outcome that is not known here has a colour of its own all the same, which is the same
    each time.

    Examples
    --------
    >>> outcome_look("hit").letter, outcome_look(None).words
    ('H', 'aborted')
    >>> outcome_look("too_early").words
    'too early'
    """
    if not outcome:
        return ABORTED
    known = OUTCOMES.get(outcome)
    if known is not None:
        return known
    return OutcomeLook(_colour_of(outcome), outcome[0].upper(), "diamond", _words(outcome))


def type_look(trial_type: str, congruency: str = "") -> TypeLook:
    """Return how a trial type is shown; a type that is not known here, too.

    Examples
    --------
    >>> type_look("nogo", "incongruent").words
    'nogo incongruent'
    """
    known = TYPES.get((trial_type, congruency))
    if known is not None:
        return known
    words = " ".join(filter(None, (_words(trial_type), congruency)))
    return TypeLook(_colour_of(words), "solid", words or "trial")


def _colour_of(name: str) -> str:
    """Return a colour for any name; the same name has the same one on every computer."""
    return _OTHER_COLOURS[zlib.crc32(name.encode()) % len(_OTHER_COLOURS)]


def _words(name: str) -> str:
    return name.replace("_", " ")
