"""Sessions that are made up: the analyses find what was planted, and not what was not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm, sem, ttest_rel

from analysis.decoding.chance import chance_level, drift_control
from analysis.decoding.decoder import Decoder, decode
from analysis.decoding.geometry import mean_vector, projection, separation
from analysis.neural.groups import decode_in_groups, mean_of_mice
from analysis.neural.history import of_earlier
from analysis.neural.indices import by_rank, context_index, modality_index, rank_correlation
from analysis.neural.planted import AXES, COARSE, Plan, Planted, fired, plant, plant_beside
from analysis.neural.prediction import best_r2, predicted_r2
from analysis.neural.projections import angles, cross_time_separation, plane_positions
from analysis.neural.rates import Window, changing, event_rates, z_scores
from analysis.neural.time_blocks import block_means
from models.errors import (
    EmptyDataError,
    OneClassError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
)

NOW = Decoder(half_width=0)
FIRM = Decoder(strength=0.05, half_width=0)
FULL = Plan(visual=3, auditory=3, context=2, decision=2, suppression=0.8, lapse=0.15)
made = cache(plant)


def paired(session: Planted) -> xr.DataArray:
    return session.activity[{"trial": session.facts["phase"].to_numpy() == "bimodal"}]


def during(series: xr.DataArray, begin: float, end: float) -> float:
    """Return the mean between two times."""
    time = series["time"].values
    return float(series[{"time": (time >= begin - 1e-9) & (time < end - 1e-9)}].mean())


def accuracy(activity: xr.DataArray, name: str, one: object, begin: float, end: float) -> float:
    """Return how often a fact is told right between two times, on average."""
    labels = activity[name].values == one
    window = activity[{"time": (activity["time"].values >= begin) & (activity["time"] < end)}]
    return float(decode(window, labels, FIRM).accuracy.mean())


def test_accuracy_comes_near_the_best_and_no_farther() -> None:
    """Two normal classes d apart can be told with probability Phi(d / 2)."""
    session = made(Plan(paired=400, neurons=8, visual=2.0), 1)
    activity = paired(session)
    best = float(norm.cdf(1.0))
    assert accuracy(activity, "visual", "go", 1.0, 2.0) == pytest.approx(best, abs=0.025)
    assert accuracy(activity, "visual", "go", -1.0, 0.0) == pytest.approx(0.5, abs=0.025)


def test_what_was_not_planted_is_not_found() -> None:
    """A stimulus alone: no context, no other stimulus, no conjunction, nothing of the past."""
    session = made(Plan(visual=3.0, lapse=0.5), 2)
    activity = paired(session)
    assert accuracy(activity, "visual", "go", 1.0, 2.0) > 0.85
    for name, one in (
        ("context", "visual"), ("auditory", "go"), ("congruency", "congruent"), ("licked", True),
    ):  # fmt: skip
        assert accuracy(activity, name, one, 1.0, 2.0) == pytest.approx(0.5, abs=0.06), name


def test_chance_is_one_half_and_what_was_planted_lies_above_it() -> None:
    activity = paired(made(FULL, 3))[{"time": slice(20, 30)}]
    labels = activity["visual"].values == "go"
    chance = chance_level(activity, labels, 1, 10, decoder=FIRM)
    assert chance.level == pytest.approx(0.5, abs=0.03)
    assert float(decode(activity, labels, FIRM).mean.mean()) > chance.threshold + 0.2


@pytest.mark.parametrize("angle", [45.0, 90.0, 120.0])
def test_angles_are_those_that_were_planted(angle: float) -> None:
    """In trials of one modality, where no decoder need turn away from the other stimulus."""
    session = made(Plan(priming=400, paired=4, neurons=8, visual=3, auditory=3, angle_deg=angle), 4)
    vectors = {}
    for name in ("visual", "auditory"):
        facts = session.facts
        alone = (facts["phase"] == "priming") & (facts["context"] == name)
        part = session.activity[{"trial": alone.to_numpy(), "time": slice(15, 25)}]
        found = decode(part, part[name].values == "go", FIRM)
        vectors[name] = mean_vector(found.decision_vectors, 0.0, 0.5)
    table = angles(vectors)
    assert table.loc["visual", "auditory"] == pytest.approx(angle, abs=8)
    assert table.loc["auditory", "auditory"] == 0


def test_suppression_is_found_where_it_begins_and_as_deep_as_it_is() -> None:
    session = made(Plan(paired=400, visual=3.0, suppression=0.8, suppressed_from=1.2), 5)
    activity, axis = paired(session), session.axes["visual"]
    apart = {}
    for context in ("visual", "auditory"):
        part = activity[{"trial": activity["context"].values == context}]
        apart[context] = separation(part, part["visual"].values == "go", axis)
    assert during(apart["visual"], 1.2, 3.0) == pytest.approx(3.0, abs=0.15)
    assert during(apart["auditory"], 0.0, 1.2) == pytest.approx(3.0, abs=0.15)
    assert during(apart["auditory"], 1.2, 3.0) == pytest.approx(0.6, abs=0.15)
    blocks = [block_means(each, 1.2, 3.0).values for each in apart.values()]
    assert ttest_rel(*blocks).pvalue < 0.01


def test_the_same_decoder_in_groups_is_that_of_each_group() -> None:
    activity = made(FULL, 3).activity[{"time": slice(25, 28)}]
    found = decode_in_groups(activity, "visual", "go", ("context", "congruency"), NOW)
    chosen = (activity["context"] == "auditory") & (activity["congruency"] == "congruent")
    part = activity[{"trial": np.flatnonzero(chosen.values)}]
    alone = decode(part, part["visual"].values == "go", NOW)
    xr.testing.assert_equal(found.decoded[("auditory", "congruent")].mean, alone.mean)
    assert found.refused == {
        ("auditory", ""): "all trials have the same label. Give trials of both classes."
    }
    few = decode_in_groups(activity[{"trial": slice(7)}], "visual", "go", ("context",), NOW)
    assert few.decoded[("visual",)].accuracy.sizes["fold"] < 10
    with pytest.raises(ShapeError, match="no odour"):
        decode_in_groups(activity, "visual", "go", ("odour",))


def test_mice_are_shown_with_the_errors_of_mice_and_folds() -> None:
    mice = []
    for seed in (1, 2, 3):
        activity = paired(made(FULL, seed))[{"time": slice(25, 28)}]
        mice.append(decode(activity, activity["visual"].values == "go", NOW))
    found = mean_of_mice(mice)
    means = np.array([each.mean.values for each in mice])
    folds = np.mean([each.sem.values for each in mice], axis=0)
    np.testing.assert_allclose(found.mean, means.mean(axis=0))
    np.testing.assert_allclose(found.sem, sem(means, axis=0) + folds)
    np.testing.assert_allclose(mean_of_mice(mice[:1]).sem, mice[0].sem)
    other = decode(activity[:, 1:], activity["visual"].values == "go", NOW)
    with pytest.raises(ShapeError, match="other bins"):
        mean_of_mice([*mice, other])
    with pytest.raises(EmptyDataError, match="no mouse"):
        mean_of_mice([])


def test_relevance_changes_how_well_a_suppressed_stimulus_is_told() -> None:
    activity = paired(made(Plan(paired=200, visual=3.0, suppression=0.8), 6))
    relevant = activity["context"].values == "visual"
    told = {
        flag: accuracy(activity[{"trial": relevant == flag}], "visual", "go", 1.0, 2.0)
        for flag in (True, False)
    }
    assert told[True] > told[False] + 0.2


def test_a_context_is_told_from_a_drift() -> None:
    """With a drift alone a decoder tells the contexts, too: the control shows what it tells."""
    found = {}
    for name, plan in (("context", Plan(context=4.0)), ("drift", Plan(drift=8.0))):
        activity = paired(made(plan, 7))[{"time": slice(0, 20)}]
        contexts = activity["context"].values == "visual"
        assert float(decode(activity, contexts, FIRM).mean.mean()) > 0.8
        found[name] = drift_control(activity, contexts, decoder=FIRM)
    assert float(found["context"].middle.mean()) > 0.9
    assert abs(float(found["context"].difference.mean())) < 0.06
    assert float(found["drift"].middle.mean()) < 0.7
    assert float(found["drift"].difference.mean()) > 0.3


def test_a_conjunction_is_told_only_where_neurons_are_selective_for_it() -> None:
    """No sum of two stimuli tells whether they ask for the same."""
    told = {
        size: accuracy(paired(made(Plan(visual=3, auditory=3, mixed=size), 8)),
                       "congruency", "congruent", 1.0, 2.0)
        for size in (0.0, 3.0)
    }  # fmt: skip
    assert told[0.0] == pytest.approx(0.5, abs=0.06)
    assert told[3.0] > 0.85


def test_the_past_is_found_one_trial_back_and_no_farther() -> None:
    for size, expected in ((3.0, True), (0.0, False)):
        activity = paired(made(Plan(paired=200, history=size, lapse=0.5), 9))
        activity = activity[{"time": slice(0, 15)}]
        told = []
        for back in (0, 1, 2):
            later, labels = of_earlier(activity, activity["licked"].values, back)
            told.append(float(decode(later, labels, FIRM).mean.mean()))
        assert told[0] == pytest.approx(0.5, abs=0.05)
        assert (told[1] > 0.85) == expected
        assert told[2] == pytest.approx(0.5, abs=0.05)


def test_vectors_of_a_stimulus_separate_it_at_all_times_it_is_there() -> None:
    activity = paired(made(Plan(visual=3.0), 10))[{"time": slice(0, 60, 3)}]
    found = cross_time_separation(activity, activity["visual"].values == "go", FIRM)
    inside, outside = found.sel(vector_time=slice(0, 2.9)), found.sel(vector_time=slice(-1.5, -0.1))
    assert during(inside, 0.0, 3.0) == pytest.approx(3.0, abs=0.4)
    assert during(inside, -1.5, 0.0) == pytest.approx(0.0, abs=0.15)
    assert abs(during(outside, 0.0, 3.0)) < 0.5


def test_a_vector_that_has_learned_noise_separates_no_trial_that_it_was_not_shown() -> None:
    activity = paired(made(Plan(), 10))[{"time": slice(0, 60, 3)}]
    found = cross_time_separation(activity, activity["visual"].values == "go", FIRM)
    assert abs(float(np.diagonal(found.values).mean())) < 0.1
    assert found.attrs["strength"] == FIRM.strength


def test_a_decision_comes_when_it_is_taken() -> None:
    activity = paired(made(Plan(decision=4.0, decided_at=1.5, lapse=0.5), 11))
    assert accuracy(activity, "licked", True, 0.0, 1.4) == pytest.approx(0.5, abs=0.06)
    assert accuracy(activity, "licked", True, 1.5, 3.0) > 0.9


def test_trials_lie_in_the_plane_of_two_vectors_as_they_were_put() -> None:
    session = made(Plan(visual=4.0, auditory=2.0, angle_deg=60.0), 12)
    activity = paired(session)
    axes = session.axes["visual"], session.axes["auditory"]
    found = plane_positions(activity, *axes, begin=0.5, end=2.5)
    along = projection(
        activity[{"time": (activity["time"] >= 0.5) & (activity["time"] < 2.5)}], axes[0]
    )
    expected = along.mean("time")
    np.testing.assert_allclose(found[:, 0], expected - expected.mean(), atol=1e-9)
    go, alike = activity["visual"].values == "go", activity["congruency"].values == "congruent"
    second = found[:, 1]
    heard = go == alike
    assert float(second[heard].mean() - second[~heard].mean()) == pytest.approx(
        2 * np.sin(np.radians(60)), abs=0.15
    )
    short = plane_positions(activity, *axes, begin=0.5, end=2.5, lengths="one")
    assert float(abs(short).max()) < 1 < float(abs(found).max())
    assert np.corrcoef(short[:, 0], found[:, 0])[0, 1] > 0.98
    with pytest.raises(UnknownNameError, match="as they are, one"):
        plane_positions(activity, *axes, lengths="two")  # type: ignore[arg-type]


def test_the_stimulus_and_the_choice_predict_more_than_the_choice_alone() -> None:
    activity = paired(made(Plan(visual=8.0, decision=3.0, neurons=7, lapse=0.3), 13))
    late = activity[{"time": slice(25, 43)}]
    whole, licks, other = (
        block_means(best_r2(predicted_r2(late, names, 5)), 1.0, 2.8)
        for names in (("visual", "licked"), ("licked",), ("auditory", "licked"))
    )
    assert float((whole - licks).min()) > 0.2
    assert float((other - licks).max()) < 0.05


def test_rates_of_neurons_that_prefer_a_modality_rise_in_its_context() -> None:
    """Indices of a population whose gain follows the context, and of one whose gain does not."""
    rng = np.random.default_rng(14)
    session = made(Plan(priming=80), 14)
    preference = rng.normal(size=30)
    moves = (session.facts["context"] == "visual").to_numpy() - 0.5
    seen = (session.facts["visual"] != "").to_numpy() * np.maximum(preference, 0)[:, None]
    heard = (session.facts["auditory"] != "").to_numpy() * np.maximum(-preference, 0)[:, None]
    for gain, expected in ((1.0, -0.8), (0.0, None)):
        drive = (seen + heard + gain * preference[:, None] * moves).T
        rates = session.activity + 4 + drive[:, None, :]
        pairs = [(modality_index(rates, a), context_index(rates, a)) for a in ("go", "nogo")]
        found = rank_correlation([by_rank(*zip(*pairs, strict=True))])
        if expected is None:
            assert abs(found.r) < 0.45
        else:
            assert found.r < expected
            assert found.p < 1e-6


def test_the_way_from_spikes_to_decoders() -> None:
    """Poisson spikes of what was planted: rates, z scores and decoders find it again."""
    fine = Plan(window=Window(-1.5, 4.5, 0.05), visual=6.0, neurons=12, paired=60, lapse=0.3)
    session = made(fine, 15)
    spikes = fired(session)
    rates = event_rates(spikes, session.facts["time"], COARSE)
    assert float(rates.mean()) == pytest.approx(20, abs=1)
    activity = z_scores(changing(rates))
    assert float(activity.sel(time=slice(-1.5, -0.1)).mean()) == pytest.approx(0.0, abs=1e-9)
    pairs = session.facts["phase"].to_numpy() == "bimodal"
    visual = session.facts["visual"].to_numpy()[pairs] == "go"
    found = decode(activity[{"trial": pairs}], visual, FIRM).mean
    assert during(found, 0.5, 2.5) > 0.9
    assert during(found, -1.5, -0.5) == pytest.approx(0.5, abs=0.08)
    assert during(found, 3.6, 4.5) == pytest.approx(0.5, abs=0.08)


def test_a_population_is_planted_beside_the_trials_of_a_session() -> None:
    made_up = made(FULL, 1)
    facts = made_up.facts.assign(visual=made_up.facts["visual"].to_numpy()[::-1])
    beside = plant_beside(facts, Plan(visual=4, neurons=8), seed=2)
    pd.testing.assert_frame_equal(beside.facts, facts)
    assert accuracy(paired(beside), "visual", "go", 1.0, 2.0) > 0.9
    assert accuracy(paired(beside), "auditory", "go", 1.0, 2.0) < 0.6
    assert plant_beside(facts, FULL, seed=2).activity.sizes["trial"] == len(facts)
    with pytest.raises(OutOfBoundsError, match="5 s apart, and the window of a trial is 6 s"):
        plant_beside(facts.assign(time=5.0 * np.arange(len(facts))), FULL, seed=2)


def test_a_plan_is_kept_to_and_the_same_seed_gives_the_same() -> None:
    session, again, other = plant(FULL, 1), plant(FULL, 1), plant(FULL, 2)
    xr.testing.assert_equal(session.activity, again.activity)
    assert not session.activity.equals(other.activity)
    facts = session.facts
    counts = facts[facts["phase"] == "bimodal"].groupby(["context", "visual", "auditory"]).size()
    assert counts.tolist() == [25] * 8
    assert 1 - facts["correct"].mean() == pytest.approx(0.15, abs=0.07)
    assert np.linalg.norm([session.axes[name] for name in AXES], axis=1) == pytest.approx(1)
    smooth = plant(Plan(smooth=0.2), 1).activity
    assert float(smooth.std()) == pytest.approx(1, abs=1e-9)
    steps = smooth.diff("time").std()
    assert float(steps) < 0.6


def test_plans_that_cannot_be_are_refused() -> None:
    for wrong in (
        {"paired": 10},
        {"priming": -4},
        {"neurons": 6},
        {"lapse": 2.0},
        {"smooth": -1.0},
    ):
        with pytest.raises(OutOfBoundsError):
            Plan(**wrong)
    activity = paired(made(FULL, 3))
    with pytest.raises(OneClassError, match="the same label"):
        cross_time_separation(activity, np.ones(activity.sizes["trial"]))
