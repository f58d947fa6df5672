"""Inference of the context from outcomes: Bayes' rule, and what its noise does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.consistency import consistent_trials
from models.context_inference import (
    Choice,
    Inference,
    Outcome,
    belief,
    expect,
    learn,
    lick_probability,
)
from models.errors import OutOfBoundsError

ANSWERS = st.sampled_from([True, False, None])


def test_inference_is_that_of_bayes_on_two_contexts() -> None:
    """A literal posterior over both contexts, by probabilities, trial by trial."""
    made = Inference(hazard=0.1, outcome_noise=0.15, notice=0.3, priming_weight=1.0)
    rng = np.random.default_rng(1)
    log_odds, visual = 0.0, 0.5
    for _ in range(200):
        stimuli = [[True, False, None][i] for i in rng.integers(0, 3, 2)]
        licked, rewarded = (bool(each) for each in rng.integers(0, 2, 2))
        log_odds = learn(log_odds, Outcome(*stimuli, licked, rewarded), made)
        prior = 0.9 * visual + 0.1 * (1 - visual)
        falls = [0.5 if go is None else 0.85 if go else 0.15 for go in stimuli]
        seen = [p if licked else 0.3 * p for p in falls]
        like = [p if rewarded else 1 - p for p in seen]
        visual = prior * like[0] / (prior * like[0] + (1 - prior) * like[1])
        assert belief(log_odds) == pytest.approx(visual)


def test_what_tells_nothing_changes_nothing() -> None:
    still = Inference(hazard=0.0)
    for answer in (True, False):
        trial = Outcome(answer, answer, licked=True, rewarded=False)
        assert learn(1.3, trial, still) == 1.3
    assert expect(1.3, 0.0) == 1.3
    assert expect(700.0, 0.01) == pytest.approx(np.log(99))
    assert expect(-700.0, 0.01) == pytest.approx(-np.log(99))


def test_numbers_out_of_range_have_an_error_of_their_own() -> None:
    with pytest.raises(OutOfBoundsError, match=r"hazard is 0\.6"):
        Inference(hazard=0.6)
    with pytest.raises(OutOfBoundsError, match="lapse is -1"):
        Choice(lapse=-1)


def consistent_share(inference_noise: float) -> float:
    """Return the share of consistent trials of 20 mice in a visual block of 120 trials."""
    inference, choice = Inference(inference_noise=inference_noise), Choice()
    rng, shares = np.random.default_rng(1), []
    for _ in range(20):
        log_odds, licks = 3.0, []
        stimuli = rng.random((120, 2)) < 0.5
        for visual, auditory in stimuli.tolist():
            chance = lick_probability(expect(log_odds, inference.hazard), visual, auditory, choice)
            licks.append(bool(rng.random() < chance))
            seen = visual and (licks[-1] or rng.random() < inference.notice)
            trial = Outcome(visual, auditory, licks[-1], seen)
            log_odds = learn(log_odds, trial, inference, float(rng.standard_normal()))
        right = np.array(licks) == stimuli[:, 0]
        shares.append(consistent_trials(stimuli[:, 0], stimuli[:, 1], right).mean())
    return float(np.mean(shares))


def test_the_noise_of_inference_makes_exploratory_periods() -> None:
    shares = [consistent_share(noise) for noise in (0.0, 0.6, 2.0)]
    assert shares[0] > 0.9
    assert shares[0] > shares[1] + 0.03 > shares[2] + 0.1


@given(st.floats(-1e4, 1e4), ANSWERS, ANSWERS, st.booleans(), st.booleans(), st.floats(0, 10))
def test_neither_belief_nor_choice_leaves_its_range(
    log_odds: float, visual: bool | None, auditory: bool | None, licked: bool, rewarded: bool,
    noise: float,
) -> None:  # fmt: skip
    after = learn(log_odds, Outcome(visual, auditory, licked, rewarded), Inference(notice=0.0))
    assert np.isfinite(after)
    chance = lick_probability(after, visual, auditory, Choice(noise, lapse=0.1, bias=-0.2))
    assert 0 <= chance <= 1
