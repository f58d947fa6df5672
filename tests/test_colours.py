"""Colours by meaning: told apart without colour, and the same everywhere."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from analysis.figures import COLOURS
from rig.colours import OUTCOMES, TYPES, outcome_look, type_look

FOUR_TYPES = [
    type_look(answer, congruency)
    for answer in ("go", "nogo")
    for congruency in ("congruent", "incongruent")
]


def test_outcomes_can_be_told_apart_without_colour() -> None:
    looks = [*OUTCOMES.values(), outcome_look(None)]
    assert len({look.letter for look in looks}) == len(looks)
    assert len({(look.shape, look.colour) for look in looks}) == len(looks)


def test_printed_figures_have_the_same_colours() -> None:
    assert all(COLOURS[name] == look.colour for name, look in OUTCOMES.items())


def test_the_four_trial_types_differ_and_incongruent_ones_also_by_their_line() -> None:
    assert len({look.colour for look in FOUR_TYPES}) == 4
    assert [look.line for look in FOUR_TYPES] == ["solid", "dashed"] * 2


@given(st.text(max_size=20))
def test_any_name_has_a_look_and_the_same_each_time(name: str) -> None:
    outcome, trial_type = outcome_look(name), type_look(name)
    assert re.fullmatch(r"#[0-9A-F]{6}", outcome.colour)
    assert re.fullmatch(r"#[0-9A-F]{6}", trial_type.colour)
    assert outcome.letter
    assert trial_type.words
    assert (outcome_look(name), type_look(name)) == (outcome, trial_type)


def test_what_is_named_is_named_in_words() -> None:
    assert all("_" not in look.words for look in OUTCOMES.values())
    assert all("_" not in look.words for look in TYPES.values())
