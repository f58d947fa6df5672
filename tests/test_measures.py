"""What is shown live: trial types, consistent periods, d', criterion, psychometric points."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import pytest
from helpers import play
from hypothesis import given
from hypothesis import strategies as st

from rig.events import Record, TrialEnded, TrialStarted
from rig.lab import Lab
from rig.measures import (
    FOUR_TYPES,
    TYPE_WINDOW,
    Group,
    Sensitivity,
    TypePerformance,
    group_of,
    sensitivity,
    type_performance,
)
from rig.performance import criterion, d_prime, performance
from rig.psychometric import Psychometric, psychometric, wilson
from rig.trials import TrialRow

OUTCOMES = {"go": ("miss", "hit"), "nogo": ("false_alarm", "correct_rejection")}


def row(
    trial: int,
    group: Group,
    correct: bool,
    *,
    block: int = 1,
    context: str = "visual",
    aborted: bool = False,
) -> TrialRow:
    labels = {"context": context, "congruency": group[1]} if group[1] else {}
    outcome = None if aborted else OUTCOMES[group[0]][correct]
    return TrialRow(
        trial, group[0], "A", outcome, aborted, trial * 5.0, trial * 5.0 + 4, trial * 5.0 + 1,
        None, 0, None, None, None, block=block, labels=labels,
    )  # fmt: skip


ROWS = st.lists(
    st.tuples(st.sampled_from(FOUR_TYPES), st.booleans(), st.integers(1, 2), st.booleans()),
    max_size=80,
).map(
    lambda drawn: [
        row(number, group, correct, block=block, aborted=aborted)
        for number, (group, correct, block, aborted) in enumerate(drawn, start=1)
    ]
)


def _window(rows: Sequence[TrialRow]) -> list[TrialRow]:
    """Return the last window of trials that count, back to where their block began."""
    found: list[TrialRow] = []
    for one in reversed([one for one in rows if not one.aborted]):
        if len(found) == TYPE_WINDOW or (found and one.block != found[-1].block):
            break
        found.append(one)
    return found


@given(ROWS)
def test_shares_are_those_of_the_trials_in_the_window(rows: list[TrialRow]) -> None:
    measured = type_performance(rows)
    counted = [number for number, one in enumerate(rows, start=1) if not one.aborted]
    assert measured.numbers.tolist() == [rows[number - 1].trial for number in counted]
    for place, number in enumerate(counted):
        window = _window(rows[:number])
        expected = {}
        for group in measured.groups:
            right = [one.outcome in {"hit", "correct_rejection"} for one in window
                     if group_of(one) == group]  # fmt: skip
            expected[group] = np.mean(right) if right else math.nan
        found = {group: measured.shares(group)[place] for group in measured.groups}
        assert found == pytest.approx(expected, nan_ok=True)
        every = all(expected.get(group, math.nan) > 0.5 for group in FOUR_TYPES)
        assert measured.consistent[place] == every


def test_a_mouse_is_not_consistent_while_one_type_is_lacking() -> None:
    """However good it is at the other three."""
    three = [row(number, FOUR_TYPES[number % 3], True) for number in range(1, 61)]
    measured = type_performance(three)
    assert not measured.consistent.any()
    measured.add(row(61, FOUR_TYPES[3], True))
    assert measured.periods() == [(61, 61)]


def test_half_right_is_not_consistent() -> None:
    rows = [
        row(4 * turn + place + 1, group, not (place == 1 and turn % 2))
        for turn in range(2)
        for place, group in enumerate(FOUR_TYPES)
    ]
    assert type_performance(rows).periods() == [(4, 5)]


def test_the_window_begins_anew_with_a_context() -> None:
    right = [row(number, FOUR_TYPES[number % 4], True) for number in range(1, 41)]
    other = [row(41, FOUR_TYPES[0], True, block=2, context="auditory")]
    measured = type_performance([*right, *other])
    assert measured.periods() == [(4, 40)]
    assert math.isnan(measured.shares(FOUR_TYPES[1])[-1])
    assert measured.count(FOUR_TYPES[0]) == 1


def test_a_perfect_mouse_is_consistent_in_both_contexts_of_set_shifting(lab: Lab) -> None:
    """From the fourth type on; priming trials, which have no congruency, come before."""
    played = play(
        lab, lab.folder / "protocols/set_shifting.toml", 100,
        params={"priming_trials": 20, "bimodal_trials": 24, "break_time": 0},
        policy="perfect", go=["45 deg", "5 kHz"],
    )  # fmt: skip
    measured = type_performance(played.rows)
    assert set(measured.groups) == {("go", ""), ("nogo", ""), *FOUR_TYPES}
    (first, last), (second_first, second_last) = measured.periods()
    assert (last, second_last) == (44, 88)
    assert 20 < first <= 27
    assert 64 < second_first <= 71


@given(ROWS)
def test_d_prime_and_criterion_are_those_of_the_last_trials(rows: list[TrialRow]) -> None:
    measured = sensitivity(rows)
    counted = [one for one in rows if not one.aborted]
    for place in range(len(counted)):
        last = counted[: place + 1][-50:]
        done = performance(last)
        expected = math.nan if done.d_prime is None else done.d_prime
        assert measured.d_prime[place] == pytest.approx(expected, nan_ok=True)
        if done.d_prime is not None:
            bias = criterion(done.hit_rate, done.false_alarm_rate)
            assert measured.criterion[place] == pytest.approx(bias)
    assert measured.go + measured.nogo == min(len(counted), 50)


def test_nine_trials_of_a_type_are_too_few_for_d_prime() -> None:
    go, nogo = ("go", ""), ("nogo", "")
    measured = Sensitivity()
    for number in range(1, 10):
        measured.add(row(number, nogo, True))
    for number in range(10, 30):
        measured.add(row(number, go, True))
    assert (measured.go, measured.nogo) == (20, 9)
    assert np.isnan(measured.d_prime).all()
    measured.add(row(30, nogo, True))
    assert measured.d_prime[-1] == pytest.approx(d_prime(1.0, 0.0))
    assert measured.criterion[-1] == pytest.approx(0.0)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_criterion_is_low_for_a_mouse_that_licks_at_everything(one: float, two: float) -> None:
    bias = criterion(one, two)
    assert bias is not None
    assert bias == pytest.approx(-(criterion(1 - one, 1 - two) or 0.0), abs=1e-9)
    assert (criterion(0.9, 0.9) or 0.0) < 0 < (criterion(0.1, 0.1) or 0.0)


def test_a_trial_costs_the_same_at_the_end_of_a_long_session() -> None:
    """5000 trials: the last ones cost no more than the first, with room for noise."""
    rows = [row(number, FOUR_TYPES[number % 4], number % 3 > 0) for number in range(1, 5001)]
    types, bias, spent = TypePerformance(), Sensitivity(), []
    for begin in range(0, 5000, 1000):
        began = time.process_time()
        for one in rows[begin : begin + 1000]:
            types.add(one)
            bias.add(one)
        spent.append(time.process_time() - began)
    assert len(types.numbers) == len(bias.numbers) == 5000
    assert min(spent[-2:]) < 4 * min(spent[:2])


def _trial(number: int, kind: str, level: float | None, outcome: str | None) -> list[Record]:
    draws = {} if level is None else {"level_db_spl": level}
    what = "silence" if kind == "silent" else "A"
    return [
        TrialStarted(1, 0.0, 0.0, number, 1, kind, what, draws, "sound"),
        TrialEnded(2, 1.0, 1.0, number, "timeout", outcome, outcome is None, {}),
    ]


def test_silent_trials_stand_apart_from_the_levels() -> None:
    records = [
        *_trial(1, "sound", 73.0, "hit"),
        *_trial(2, "sound", 13.0, "miss"),
        *_trial(3, "sound", 13.0, None),
        *_trial(4, "silent", None, "false_alarm"),
        *_trial(5, "silent", None, "correct_rejection"),
    ]
    found = psychometric(records)
    points = [(point.level_db_spl, point.responses, point.trials) for point in found.points()]
    assert points == [(13.0, 0, 1), (73.0, 1, 1)]
    (silence,) = found.catch()
    assert (silence.what, silence.responses, silence.trials) == ("silence", 1, 2)
    assert silence.low < silence.share < silence.high


def test_the_points_of_a_session_of_detection(lab: Lab) -> None:
    """A mouse that licks at every sound: all levels are there, and the sounds add up."""
    played = play(lab, lab.folder / "protocols/detection.toml", 48)
    found = psychometric(played.events)
    points = found.points()
    assert [point.level_db_spl for point in points] == [13, 23, 33, 43, 53, 63, 73]
    silent = sum(one.trial_type == "silent" for one in played.rows)
    assert sum(point.trials for point in points) == 48 - silent
    assert sum(point.trials for point in found.catch()) == silent
    by_sound = [point for sound in found.sounds for point in found.points(sound)]
    assert sum(point.trials for point in by_sound) == 48 - silent
    hits = sum(one.outcome == "hit" for one in played.rows)
    assert sum(point.responses for point in points) == hits


def test_go_nogo_has_no_levels(lab: Lab) -> None:
    played = play(lab, lab.folder / "protocols/go_nogo.toml", 8)
    assert psychometric(played.events).points() == []
    assert Psychometric().catch() == []


@given(st.integers(1, 500), st.data())
def test_the_interval_holds_the_share_and_lies_between_0_and_1(
    trials: int, data: st.DataObject
) -> None:
    responses = data.draw(st.integers(0, trials))
    low, high = wilson(responses, trials)
    assert 0 <= low <= responses / trials <= high <= 1
    mirrored = wilson(trials - responses, trials)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-12)
