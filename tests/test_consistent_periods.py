"""Consistent and exploratory periods, and how many consistent trials chance gives."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from behaviour_tables import block_of, joined, shifting, trials_table

from analysis.behaviour.windows import COLUMNS, consistency_test, moving_averages, periods
from models.consistency import chance_in_blocks, chance_of_consistency


def test_moving_averages_count_trials_of_the_type_inside_the_block() -> None:
    table = shifting(3)
    found = moving_averages(table)
    correct = table["outcome"].isin(["hit", "correct_rejection"])
    for trial in table.index:
        for column in COLUMNS:
            trial_type, congruency = column.split("_")
            own = [
                correct[other]
                for other in range(max(trial - 10, 1), min(trial + 10, len(table)) + 1)
                if table.loc[other, "block"] == table.loc[trial, "block"]
                and table.loc[other, "trial_type"] == trial_type
                and table.loc[other, "label_congruency"] == congruency
            ]
            wanted = np.mean(own) if own else math.nan
            assert found.loc[trial, column] == pytest.approx(wanted, nan_ok=True)
    assert found["consistent"].tolist() == (found[list(COLUMNS)] > 0.5).all(axis=1).tolist()
    assert 0 < found["consistent"].sum() < len(found)


def test_a_window_without_a_type_is_exploratory() -> None:
    go, congruent = np.arange(25) % 2 == 0, np.arange(25) % 4 < 2
    congruent[:13] = True  # the first trials see no incongruent one until trial 14
    found = moving_averages(block_of(go, congruent, go, "visual", 1))
    lacking = found[list(COLUMNS)].isna().any(axis=1)
    assert lacking[:3].all()
    assert not lacking[6:].any()
    assert (found["consistent"] == ~lacking).all()


def test_half_of_a_type_is_enough_only_if_one_says_so() -> None:
    go, congruent = np.arange(24) % 2 == 0, np.arange(24) % 4 < 2
    licked = go.copy()
    licked[[0, 8, 16]] = False  # half of the go congruent trials in every window of the middle
    table = block_of(go, congruent, licked, "visual", 1)
    found = moving_averages(table)
    half = found.index[found["go_congruent"] == 0.5]
    assert len(half) > 0
    assert not found.loc[half, "consistent"].any()
    assert moving_averages(table, criterion="above or equal").loc[half, "consistent"].all()


def test_priming_and_aborted_trials_do_not_count_in_windows() -> None:
    table = shifting(5)
    priming = trials_table(
        ["hit", "miss"] * 10, block=1, label_context="visual",
        label_congruency=pd.array([None] * 20, dtype="str"),
    )  # fmt: skip
    aborted = table.iloc[[30]].assign(aborted=True, outcome=None)
    more = joined(priming, table.iloc[:30], aborted, table.iloc[30:])
    wanted = moving_averages(table).reset_index(drop=True)
    pd.testing.assert_frame_equal(moving_averages(more).reset_index(drop=True), wanted)


def test_planted_periods_are_found() -> None:
    """A mouse that obeys the sound all along is consistent in the audio context alone."""
    rng = np.random.default_rng(1)
    kinds = np.concatenate([rng.permutation(4) for _ in range(30)])  # each in every four trials
    visual, sound = kinds < 2, kinds % 2 == 0
    congruent = visual == sound
    first, second = slice(None, 60), slice(60, None)
    table = joined(
        block_of(visual[first], congruent[first], sound[first], "visual", 1),
        block_of(sound[second], congruent[second], sound[second], "audio", 2),
    )
    averages = moving_averages(table)
    assert averages.groupby("context")["consistent"].mean().to_dict() == {"audio": 1, "visual": 0}
    found = periods(averages)
    assert found[["context", "state"]].to_numpy().tolist() == [
        ["visual", "exploratory"],
        ["audio", "consistent"],
    ]
    assert found[["first", "last", "trials"]].to_numpy().tolist() == [[1, 60, 60], [61, 120, 60]]


def test_chance_of_consistent_trials() -> None:
    table = shifting(3, p_correct=0.9)
    found = consistency_test(table, seed=2, simulations=20_000)
    visual = table[table["block"] == 1]
    incongruent = visual[visual["label_congruency"] == "incongruent"]
    rate = incongruent["outcome"].isin(["hit", "false_alarm"]).mean()
    row = found.loc["visual"]
    consistent = moving_averages(table).query("context == 'visual'")["consistent"]
    chance = chance_of_consistency(63, rate, 2, 20_000)
    assert row["lick_rate"] == pytest.approx(rate)
    assert row["consistent"] == consistent.sum() > 30
    assert row["at_least"] == pytest.approx(chance.at_least(consistent.sum()))
    assert row["exactly"] == pytest.approx(chance.exactly(consistent.sum()))
    run = max(len(each) for each in "".join("x" if c else " " for c in consistent).split())
    assert row["longest_run"] == run
    assert row["run"] == pytest.approx(chance.run_of(run))
    assert row["at_least"] < 0.05
    session = consistency_test(table, 2, "session", simulations=1000)
    assert session["lick_rate"].tolist() == pytest.approx(
        [table["outcome"].isin(["hit", "false_alarm"]).mean()] * 2
    )


def test_a_mouse_that_licks_at_random_is_as_consistent_as_chance() -> None:
    """The p-values of 60 such mice spread over the whole range."""
    rng = np.random.default_rng(8)
    below = []
    for _ in range(60):
        go, congruent, licked = rng.random((3, 60)) < [[0.5], [0.5], [0.6]]
        licked[congruent] = go[congruent]  # as the test takes congruent trials
        table = block_of(go, congruent, licked, "visual", 1)
        below.append(consistency_test(table, simulations=2000).loc["visual", "at_least"])
    assert 0.2 < np.median(below) <= 1.0
    assert np.mean(np.array(below) < 0.05) < 0.12


def test_blocks_of_a_context_are_taken_together() -> None:
    one = chance_of_consistency(30, 0.6, 1, 20_000)
    both = chance_in_blocks([one, one])
    assert both.sum() == pytest.approx(1)
    drawn = np.random.default_rng(0).choice(31, (2, 200_000), p=one.counts / one.sessions)
    assert both[20:].sum() == pytest.approx((drawn.sum(axis=0) >= 20).mean(), abs=0.004)
