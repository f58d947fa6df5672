"""A curriculum: stages, and the rules that lead a mouse from one to another, as data."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, Literal

import pydantic

from rig.config import FileName, laid_over, read_config
from rig.errors import ConfigError
from rig.frozen import FrozenModel, Items
from rig.performance import MIN_TRIALS

Measure = Literal[
    "hit_rate",
    "false_alarm_rate",
    "correct_rejection_rate",
    "correct",
    "d_prime",
    "collected",
    "trials",
    "rewards",
    "sessions",
]
Verdict = Literal["promote", "hold", "set_back"]
COUNTS = ("trials", "rewards", "sessions")
"""Measures that are counted; the others are worked out from the trials' outcomes."""


class Condition(FrozenModel):
    """What a rule asks for, such as d' of at least 1.7 on each of the last 2 days.

    With `days` it holds if it does so on each of the stage's last days; without, the whole stage
    is taken at once. `where` picks trials by their labels. `per` asks for it separately for each
    value of a label. With `last_trials` only so many of the last of these trials are looked at. A
    number that rests on fewer than `min_trials` does not count.
    """

    measure: Measure
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    days: int | None = pydantic.Field(default=None, ge=1, le=100)
    min_trials: int = pydantic.Field(default=MIN_TRIALS, ge=1, le=100_000)
    last_trials: int | None = pydantic.Field(default=None, ge=1, le=100_000)
    where: dict[str, str] = pydantic.Field(default_factory=dict)
    per: str = ""

    @pydantic.model_validator(mode="after")
    def _bounded(self) -> Condition:
        from_below = [bound for bound in (self.at_least, self.above) if bound is not None]
        from_above = [bound for bound in (self.at_most, self.below) if bound is not None]
        if not from_below and not from_above:
            raise ValueError("a condition needs at_least, above, at_most or below")
        if len(from_below) > 1 or len(from_above) > 1:
            raise ValueError("of at_least and above, and of at_most and below, only one is allowed")
        if self.measure in COUNTS and "min_trials" in self.model_fields_set:
            raise ValueError("min_trials is for rates and d', not for what is counted")
        if self.measure == "sessions" and (self.where or self.per or self.last_trials):
            raise ValueError(
                "sessions are counted whole: where, per and last_trials are for trials"
            )
        if self.last_trials is not None and self.last_trials < self.min_trials:
            raise ValueError("last_trials must not be fewer than min_trials (10 by default)")
        return self

    @property
    def lower(self) -> tuple[float, bool]:
        """The bound from below, and whether it is itself excluded; larger is stricter."""
        if self.above is not None:
            return self.above, True
        return (-inf if self.at_least is None else self.at_least), False

    @property
    def upper(self) -> tuple[float, bool]:
        """The bound from above, and whether it is itself included; smaller is stricter."""
        if self.below is not None:
            return self.below, False
        return (inf if self.at_most is None else self.at_most), True

    def allows(self, value: float) -> bool:
        """Whether a value lies within the bounds."""
        return (value, False) >= self.lower and (value, True) <= self.upper


class Rule(FrozenModel):
    """What happens when all its conditions hold; `note` is said before the numbers."""

    verdict: Verdict
    to: str = ""
    note: str = ""
    when: Items[Condition] = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _leads_somewhere(self) -> Rule:
        if self.verdict == "hold" and self.to:
            raise ValueError("a rule that holds leads nowhere: take out `to`")
        if self.verdict != "hold" and not self.to:
            raise ValueError("a rule that promotes or sets back needs `to`, the name of a stage")
        return self


class Stage(FrozenModel):
    """A protocol file with the parameters laid over it, and the rules that lead on.

    The parameter sets in `alternate` take turns over the sessions of a mouse. The first rule
    that holds decides.
    """

    name: FileName
    protocol: str
    params: dict[str, Any] = pydantic.Field(default_factory=dict)
    alternate: Items[dict[str, Any]] = ()
    rules: Items[Rule] = ()


class Assignment(FrozenModel):
    """Parameters of a group of mice, such as which of two sounds is S+."""

    params: dict[str, Any] = pydantic.Field(min_length=1)


class Curriculum(FrozenModel):
    """``curricula/NAME.toml``: the way of a mouse from its first stage to the last."""

    name: str
    description: str = ""
    assignments: Items[Assignment] = ()
    stages: Items[Stage] = ()

    def position(self, stage: str) -> int | None:
        """Return the place of a stage in the order, from 0; None if there is no such stage."""
        names = [each.name for each in self.stages]
        return names.index(stage) if stage in names else None


def read_curriculum(path: Path) -> Curriculum:
    """Return a curriculum; raise `CheckFailed` with all wrong values, or `ConfigError`.

    Whether its stages and rules agree with each other is for `rig.curriculum_check` to say.
    """
    return read_config(path, Curriculum)


def find_stage(curriculum: Curriculum, name: str, where: str) -> Stage:
    """Return a stage by its name; raise `ConfigError`, with `where` it was named, if none is."""
    position = curriculum.position(name)
    if position is None:
        names = ", ".join(stage.name for stage in curriculum.stages)
        raise ConfigError(
            f"'{curriculum.name}' has no stage '{name}'", where, f"Name one of: {names}."
        )
    return curriculum.stages[position]


def params_of(
    stage: Stage,
    assignment: Mapping[str, Any],
    alternative: Mapping[str, Any],
    known: Collection[str],
) -> dict[str, Any]:
    """Return the parameters that a stage lays over those of its protocol file.

    Parameters
    ----------
    stage
        The stage, with its own parameters.
    assignment
        The parameters of the mouse's group; keys that the protocol does not know are left out.
    alternative
        The parameter set of `alternate` whose turn it is.
    known
        The keys that the protocol knows.
    """
    of_the_group = {key: value for key, value in assignment.items() if key in known}
    return laid_over(laid_over(stage.params, of_the_group), alternative)


def turn_of(stage: Stage, number: int, key: str) -> dict[str, Any]:
    """Return the parameter set of `alternate` for a mouse's session `number` (0, 1, ...).

    In each group of as many sessions as there are sets, each set comes once; the order within a
    group hangs on `key` alone, so that it is the same whenever it is asked for.
    """
    if not stage.alternate:
        return {}
    group, place = divmod(number, len(stage.alternate))
    return stage.alternate[_order(len(stage.alternate), f"{key}/{group}")[place]]


def fewest(mice: Sequence[int], key: str) -> int:
    """Return the place of the group that has the fewest mice; among equals `key` alone decides.

    Examples
    --------
    >>> fewest([3, 2, 3], "M01")
    1
    """
    return min(_order(len(mice), key), key=lambda group: mice[group])


def _order(count: int, key: str) -> list[int]:
    """Return 0 to `count` - 1 in an order that is the same for the same key, on any computer."""
    return sorted(
        range(count), key=lambda each: hashlib.sha256(f"{key}/{each}".encode()).hexdigest()
    )
