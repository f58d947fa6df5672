"""What a command and the program that asks for it say to each other: lines of JSON.

With ``--dialog`` a command writes each step and each question as a line to standard output (`Told`,
`Share`, `OnBalance`, `NumberAsked`, `ReadyAsked`, `ChoiceAsked`; the key ``type`` says which) and
reads each answer as a line from standard input (`Answer`). Whoever ends the input ends the command,
as Ctrl-C does: every device goes off. After the last line comes what ``--json`` prints.
"""

from __future__ import annotations

import math

import msgspec


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """A line that a command writes."""


class Told(_Line, frozen=True, tag="told"):
    """What comes next, or what was read, in words."""

    words: str


class Share(_Line, frozen=True, tag="share"):
    """How much of what was told last is done: so many of so many."""

    done: int
    of: int


class OnBalance(_Line, frozen=True, tag="on_balance"):
    """What a balance shows, in g, and whether that is stable."""

    grams: float
    is_stable: bool


class _Question(_Line, frozen=True, kw_only=True):
    """A question: what is asked, its number in this dialog, and why the answer before was none."""

    words: str
    id: int = 0
    trouble: str = ""


class NumberAsked(_Question, frozen=True, kw_only=True, tag="number"):
    """Asks for a number.

    Attributes
    ----------
    unit
        Its unit.
    least, most
        Limits that are themselves allowed; None without one.
    expected
        What will come, in words; empty if that is not known.
    """

    unit: str = ""
    least: float | None = None
    most: float | None = None
    expected: str = ""

    def holds(self, value: object) -> bool:
        """Whether a value is a number within the limits."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        above = self.least is None or value >= self.least
        return math.isfinite(value) and above and (self.most is None or value <= self.most)

    @property
    def wanted(self) -> str:
        """What an answer must be, in words.

        Examples
        --------
        >>> NumberAsked(words="How much?", unit="mg", least=0).wanted
        'a number of mg, at least 0'
        """
        limits = [
            f"{word} {limit:g}"
            for word, limit in (("at least", self.least), ("at most", self.most))
            if limit is not None
        ]
        return ", ".join([f"a number of {self.unit}" if self.unit else "a number", *limits])


class ReadyAsked(_Question, frozen=True, kw_only=True, tag="ready"):
    """Asks a person to do something or to look at a picture, and to say that it is done.

    Attributes
    ----------
    picture
        The file of the picture; empty without one.
    """

    picture: str = ""

    def holds(self, value: object) -> bool:
        """Whether a value says so: null does."""
        return value is None

    @property
    def wanted(self) -> str:
        """What an answer must be, in words."""
        return "null"


class ChoiceAsked(_Question, frozen=True, kw_only=True, tag="choice"):
    """Asks to choose.

    Attributes
    ----------
    choices
        Two or more, in words; the first is the usual one.
    picture
        The file of a picture to look at; empty without one.
    """

    choices: tuple[str, ...]
    picture: str = ""

    def holds(self, value: object) -> bool:
        """Whether a value is one of the choices."""
        return value in self.choices

    @property
    def wanted(self) -> str:
        """What an answer must be, in words."""
        return f"one of: {', '.join(self.choices)}"


Question = NumberAsked | ReadyAsked | ChoiceAsked
Message = Told | Share | OnBalance | Question
Value = float | str | None
"""An answer: a number, a choice, or null for "it is done"."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to the question of that number."""

    id: int
    value: Value = None
