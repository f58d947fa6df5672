"""Indices, predictions, blocks of time, calcium and sounds: by hand, or by a public library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import pearsonr, spearmanr, ttest_rel

from analysis.neural.calcium import (
    baseline,
    deconvolved,
    df_over_f,
    event_traces,
    without_neuropil,
)
from analysis.neural.changes import differing, rate_change, trend
from analysis.neural.facts import with_facts
from analysis.neural.history import of_earlier
from analysis.neural.indices import (
    by_rank,
    context_index,
    modality_index,
    rank_correlation,
    vector_modality_index,
)
from analysis.neural.planted import Plan, plant
from analysis.neural.prediction import best_r2, predicted_r2
from analysis.neural.rates import Window
from analysis.neural.recording import Traces
from analysis.neural.sounds import discriminability, responses, responsive, similarity
from analysis.neural.time_blocks import autocorrelation, block_means, first_zero
from models.errors import (
    EmptyDataError,
    ImpossibleOutcomeError,
    ModelError,
    NotFiniteError,
    OneClassError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
)


def ten_trials() -> xr.DataArray:
    """Return two neurons in ten trials and four bins of a second from -1 s on, with facts."""
    rows = [
        ("visual", "go", ""), ("visual", "go", ""), ("visual", "nogo", ""),
        ("visual", "go", "go"), ("visual", "nogo", "go"),
        ("auditory", "", "go"), ("auditory", "", "nogo"),
        ("auditory", "go", "go"), ("auditory", "go", "go"), ("auditory", "nogo", "nogo"),
    ]  # fmt: skip
    facts = pd.DataFrame(rows, columns=["context", "visual", "auditory"])
    facts["block"] = np.where(facts["context"] == "visual", 1, 2)
    facts.index = pd.Index([1, 2, 3, 5, 6, 7, 8, 9, 10, 11])
    rates = np.random.default_rng(0).normal(5, 2, (10, 4, 2))
    activity = xr.DataArray(rates, {"time": [-1.0, 0, 1, 2]}, ("trial", "time", "neuron"))
    return with_facts(activity, facts)


def test_indices_are_differences_of_means_by_hand() -> None:
    activity = ten_trials()
    rates = activity.values
    found = modality_index(activity, "go")
    np.testing.assert_allclose(
        found, abs(rates[[0, 1], 1:]).mean((0, 1)) - abs(rates[[5], 1:]).mean((0, 1))
    )
    found = modality_index(activity, "nogo", 0, 1)
    np.testing.assert_allclose(found, abs(rates[2, 1]) - abs(rates[6, 1]))
    whole = context_index(activity, "go")
    np.testing.assert_allclose(whole, rates[3].mean(0) - rates[[7, 8]].mean((0, 1)))
    start = context_index(activity, "go", "start")
    np.testing.assert_allclose(start, rates[3, 1] - rates[[7, 8], 1].mean(0))


def test_context_indices_stand_in_the_order_of_the_modality() -> None:
    ranked = by_rank([[3.0, 1.0, 2.0], [0.0, 1.0, 2.0]], [[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]])
    assert ranked == pytest.approx([(0.1 + 3) / 2, (0.3 + 2) / 2, (0.2 + 1) / 2])


def test_the_correlation_pools_mice_with_ranks_in_the_middle() -> None:
    rng = np.random.default_rng(1)
    small, large = rng.normal(size=4), rng.normal(size=8)
    found = rank_correlation([small, large])
    expected = pearsonr([2, 3, 4, 5, *range(8)], [*small, *large])
    assert (found.r, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.n == 12
    assert found.t == pytest.approx(found.r * np.sqrt(10 / (1 - found.r**2)))
    falling = rank_correlation([np.exp(-np.arange(9.0))])
    assert spearmanr(np.arange(9), np.exp(-np.arange(9.0))).statistic == -1.0
    assert -1 < falling.r < -0.7


def test_the_vector_index_is_the_difference_of_two_decision_vectors() -> None:
    session = plant(Plan(priming=80, paired=4, visual=3, auditory=3), seed=1)
    found = vector_modality_index(session.activity)
    difference = session.axes["visual"] - session.axes["auditory"]
    assert np.corrcoef(found, difference)[0, 1] > 0.8


def test_rates_that_differ_by_hand() -> None:
    """Bands of two standard errors: 1 +- 2 and 4 +- 2 overlap, 1 +- 2 and 6 +- 2 do not."""
    base = np.array([0.0, 2.0, 0.0, 2.0]) / np.sqrt(4 / 3)
    base = (base - base.mean()) * 2  # a mean of 0 and a standard error of 1
    rates = np.stack([[*(base + 1), *(base + high)] for high in (4, 6, -4)], axis=1)
    activity = xr.DataArray(rates[:, None], {"time": [1.0]}, ("trial", "time", "neuron"))
    labels = np.arange(8) >= 4
    assert differing(activity, labels).values.tolist() == [0, 1, -1]
    assert differing(activity, ~labels).values.tolist() == [0, -1, 1]
    both = xr.concat([activity * 0 + 3, activity], "time").assign_coords(time=[-1.0, 0.2])
    np.testing.assert_allclose(rate_change(both), rates.mean(0) - 3)
    with pytest.raises(OneClassError, match="one trial"):
        differing(activity, np.arange(8) >= 7)


def test_rates_that_drift_are_told() -> None:
    session = plant(Plan(drift=8.0, neurons=7), seed=3)
    found = trend(session.activity)
    strongest = np.argmax(np.abs(session.axes["drift"]))
    assert abs(found["rho"][strongest]) > 0.5
    assert np.sign(found["rho"][strongest]) == np.sign(session.axes["drift"][strongest])
    assert found["n"].tolist() == [240] * 7
    still = trend(session.activity * [0.0, *[1.0] * 6])
    assert np.isnan(still.loc[0, ["rho", "p"]].to_numpy()).all()
    assert (trend(plant(Plan(neurons=7), seed=3).activity)["rho"].abs() < 0.25).all()


def test_r2_is_that_of_group_means() -> None:
    """Least squares on one-hot columns of one fact predict the mean of its class."""
    rng = np.random.default_rng(2)
    kinds = np.array(["go", "nogo"] * 10)
    rates = rng.normal(size=(20, 2, 3)) + (kinds == "go")[:, None, None] * [0.0, 1.0, 5.0]
    facts = pd.DataFrame({"visual": kinds, "licked": rng.random(20) < 0.5})
    activity = with_facts(xr.DataArray(rates, dims=("trial", "time", "neuron")), facts)
    found = predicted_r2(activity, ("visual",), folds=2)
    halves = []
    for held in (np.arange(10), np.arange(10, 20)):
        learned = np.setdiff1d(np.arange(20), held)
        guess = np.stack([rates[learned][kinds[learned] == kind].mean(0) for kind in kinds[held]])
        rss = ((rates[held] - guess) ** 2).sum(0)
        halves.append(1 - rss / ((rates[held] - rates[held].mean(0)) ** 2).sum(0))
    np.testing.assert_allclose(found, np.mean(halves, axis=0), atol=1e-12)
    assert found.dims == ("time", "neuron")
    best = best_r2(found)
    np.testing.assert_allclose(best, found.values.max(axis=1))


def test_r2_finds_what_moves_a_neuron_and_nothing_else() -> None:
    session = plant(Plan(visual=6.0, decision=6.0, neurons=8), seed=2)
    activity = session.activity[{"trial": session.facts["phase"].to_numpy() == "bimodal"}]
    late = {"time": activity["time"].values == 2.0}
    alone, both, other = (
        float(predicted_r2(activity[late], names).max())
        for names in (("visual",), ("visual", "licked"), ("auditory",))
    )
    assert both > alone + 0.1
    assert alone > 0.3
    assert other < alone - 0.2


def test_silent_folds_have_no_r2_and_negative_ones_are_no_fit() -> None:
    activity = ten_trials()[{"trial": [0, 2, 3, 4, 7, 9]}] * 0.0
    activity[{"neuron": 1}] = np.random.default_rng(1).normal(size=(6, 4))
    found = predicted_r2(activity, ("visual",), folds=2)
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1]).all()
    with pytest.raises(EmptyDataError, match="no neuron is predicted"):
        best_r2(found - 10)
    assert np.isnan(
        best_r2(found.copy(data=[[np.nan, -1.0], [np.nan, 0.2], [0.1, 0.3], [0, 0]]))[0]
    )


def test_autocorrelation_by_hand() -> None:
    series = xr.DataArray([1.0, 3.0, 2.0, 6.0], {"time": [0.0, 0.1, 0.2, 0.3]}, ("time",))
    found = autocorrelation(series)
    centred = series.values - 3
    sums = [sum(centred[i] * centred[i + k] for i in range(4 - k)) for k in range(4)]
    assert found.values == pytest.approx(np.array(sums) / sums[0])
    assert first_zero(found) == pytest.approx(0.1)


def test_blocks_of_noise_that_was_smoothed_are_where_its_correlation_ends() -> None:
    rng = np.random.default_rng(3)
    smooth = np.convolve(rng.normal(size=4000), np.ones(60), "valid")[:3000]
    series = xr.DataArray(smooth, {"time": 0.01 * np.arange(3000)}, ("time",))
    assert first_zero(autocorrelation(series)) == pytest.approx(0.6, abs=0.1)


def test_block_means_are_those_of_the_paper() -> None:
    """Four blocks of 60 bins from 0.6 s to 3 s: a paired test has 3 degrees of freedom."""
    time = np.round(-1.5 + 0.01 * np.arange(600), 6)
    rng = np.random.default_rng(4)
    one, other = (xr.DataArray(rng.normal(size=600), {"time": time}, ("time",)) for _ in range(2))
    blocks = [block_means(each, 0.6, 3.0) for each in (one, other)]
    assert blocks[0]["time"].values == pytest.approx([0.6, 1.2, 1.8, 2.4])
    np.testing.assert_allclose(blocks[0], one.values[210:450].reshape(4, 60).mean(1))
    assert ttest_rel(*(each.values for each in blocks)).df == 3
    assert block_means(one, -1.5, 4.5).sizes["time"] == 10
    with pytest.raises(OutOfBoundsError, match="do not make blocks"):
        block_means(one, 0.6, 2.9)
    with pytest.raises(OutOfBoundsError, match="do not make blocks"):
        block_means(one[:-30], 0.6, 4.8)


def test_earlier_trials_are_of_the_same_block_and_none_is_skipped() -> None:
    """Trial 4 was aborted, and a block begins at 7."""
    activity = ten_trials()
    numbers = activity["trial"].values
    later, told = of_earlier(activity, numbers, 1)
    assert list(zip(later["trial"].values.tolist(), told.tolist(), strict=True)) == [
        (2, 1), (3, 2), (6, 5), (8, 7), (9, 8), (10, 9), (11, 10),
    ]  # fmt: skip
    later, told = of_earlier(activity, numbers, 2)
    assert list(zip(later["trial"].values.tolist(), told.tolist(), strict=True)) == [
        (3, 1), (5, 3), (9, 7), (10, 8), (11, 9),
    ]  # fmt: skip
    with pytest.raises(EmptyDataError, match="no trial has one 9 earlier"):
        of_earlier(activity, numbers, 9)


def traces(values: np.ndarray, rate_hz: float = 31.5) -> Traces:
    time = np.arange(len(values)) / rate_hz
    return Traces(xr.DataArray(values, {"time": time}, ("time", "neuron")))


def test_activity_comes_back_from_the_fluorescence_it_causes() -> None:
    """What decays with tau and is driven by r gives r back; neuropil and F0 are taken off."""
    rate, tau, frames = 200.0, 2.0, 24000
    t = np.arange(frames) / rate
    drive = np.clip(np.sin(2 * np.pi * t / 60), 0, None)[:, None] ** 4 * [[1.0, 0.5]]
    df = np.zeros_like(drive)
    for k in range(1, frames):
        df[k] = df[k - 1] + (drive[k - 1] - df[k - 1] / tau) / rate
    neuropil = 50 + 10 * np.sin(t)[:, None] * np.ones((1, 2))
    measured = traces(100 * (1 + df) + 0.7 * neuropil, rate)
    clean = without_neuropil(measured, traces(neuropil, rate))
    np.testing.assert_allclose(clean.values, 100 * (1 + df))
    f0 = baseline(clean, window=80.0)
    np.testing.assert_allclose(f0, 100, atol=0.5)
    ratio = df_over_f(clean, f0)
    found = deconvolved(ratio, tau)
    assert found.unit == "dF/F0/s"
    np.testing.assert_allclose(found.values[200:-200], drive[200:-200], atol=0.02)


def test_windows_of_the_baseline() -> None:
    steps = np.repeat([3.0, 1.0, 2.0], 400)[:, None]
    found = baseline(traces(steps, 10.0), 40.0, 4.0, "one after the other")
    assert found.values[::400, 0] == pytest.approx([3.0, 1.0, 2.0], abs=0.3)
    moving = baseline(traces(steps, 10.0), 40.0, 4.0)
    assert moving.values[[0, 390, 600, 1199], 0] == pytest.approx([3, 1, 1, 2], abs=0.3)


def test_traces_around_events_lie_on_straight_lines() -> None:
    line = traces(np.arange(100.0)[:, None] / 10, 10.0)
    found = event_traces(line, [3.03, 5.5], Window(-1.0, 1.0, 0.1))
    assert found[0, :, 0].values == pytest.approx(3.03 + np.arange(-1, 1, 0.1))
    with pytest.raises(EmptyDataError, match="1 of 2 trials reach beyond the traces"):
        event_traces(line, [3.0, 9.5], Window(-1.0, 1.0, 0.1))


def test_responses_last_until_half_a_second_after_the_sound() -> None:
    activity = xr.DataArray(
        np.arange(30.0).reshape(1, 30, 1), {"time": np.round(-1 + 0.1 * np.arange(30), 6)},
        ("trial", "time", "neuron"),
    )  # fmt: skip
    assert responses(activity, 0.2).values.item() == np.arange(10, 17).mean()


def test_neurons_respond_by_a_sign_test() -> None:
    """Of 20 presentations 15 must have one sign: p is 0.041 then, and 0.115 with 14."""
    signs = np.array([[1.0] * n + [-1.0] * (20 - n) for n in (15, 14, 5, 10)]).T
    found = xr.DataArray(signs, dims=("trial", "neuron"))
    assert responsive(found).values.tolist() == [True, False, True, False]
    assert responsive(found, found - 1).values.all()
    assert not responsive(found, found).values.any()


def heard(rng: np.random.Generator, size: float) -> tuple[xr.DataArray, np.ndarray]:
    """Return responses of 20 neurons to 30 presentations of A, B, and C that is like B."""
    sounds = np.tile(["A", "B", "C"], 30)
    kinds = rng.normal(size=(2, 20)) * size
    values = rng.normal(size=(90, 20)) + kinds[np.where(sounds == "A", 0, 1)]
    return xr.DataArray(values, dims=("trial", "neuron")), sounds


def test_similarity_is_the_mean_correlation_of_pairs() -> None:
    found, sounds = heard(np.random.default_rng(5), 3.0)
    table = similarity(found, sounds)
    a, b = found.values[sounds == "A"], found.values[sounds == "B"]
    pairs = [pearsonr(x, y).statistic for x in a for y in b]
    assert float(table.sel(sound="A", other="B")) == pytest.approx(np.mean(pairs))
    own = [pearsonr(a[i], a[j]).statistic for i in range(30) for j in range(i)]
    assert float(table.sel(sound="A", other="A")) == pytest.approx(np.mean(own))
    assert float(table.sel(sound="B", other="C")) > 0.8


def test_sounds_that_differ_are_told_apart_and_others_are_not() -> None:
    found, sounds = heard(np.random.default_rng(6), 2.0)
    table = discriminability(found, sounds)
    assert float(table.sel(sound="A", other="B")) == 1.0
    assert float(table.sel(sound="B", other="C")) == pytest.approx(0.5, abs=0.25)
    assert np.isnan(table.values.diagonal()).all()
    assert table.attrs["strength"] == 1.0
    drawn = [discriminability(found, sounds, split="at random", seed=seed) for seed in (1, 1, 2)]
    xr.testing.assert_equal(drawn[0], drawn[1])
    assert not drawn[0].equals(drawn[2])


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda a, r, f: modality_index(a, "left"), EmptyDataError, "no visual left trials"),
        (lambda a, r, f: context_index(a, "go", "end"), UnknownNameError, "There are before"),
        (lambda a, r, f: modality_index(a.drop_vars("visual"), "go"), ShapeError, "with_facts"),
        (lambda a, r, f: rank_correlation([[1.0, 2.0]]), EmptyDataError, "fewer than three"),
        (lambda a, r, f: predicted_r2(a, ()), OutOfBoundsError, "0 predictors"),
        (lambda a, r, f: predicted_r2(a, ("odour",)), ShapeError, "no odour"),
        (lambda a, r, f: predicted_r2(a, ("context",)), OneClassError, "has 5 trials, and there"),
        (lambda a, r, f: predicted_r2(a[:3], ("context",)), OneClassError, "the same in all"),
        (lambda a, r, f: of_earlier(a, [1, 2], 1), ShapeError, "2 labels for 10"),
        (lambda a, r, f: of_earlier(a, np.ones(10), -1), OutOfBoundsError, "-1 trials back"),
        (lambda a, r, f: responsive(r.where(r > 0)), NotFiniteError, "NaN"),
        (lambda a, r, f: similarity(r, ["A"] * 89 + ["B"]), OneClassError, "B was presented once"),
        (lambda a, r, f: similarity(r * 0, ["A"] * 90), OneClassError, "the same in all neurons"),
        (lambda a, r, f: discriminability(r, ["A"] * 90), OneClassError, "one sound only"),
        (lambda a, r, f: discriminability(r, ["A", "B"] * 45, 40), OneClassError, "45 times"),
        (lambda a, r, f: discriminability(r, ["A"]), ShapeError, "1 sounds for 90"),
        (lambda a, r, f: df_over_f(f, f.values * 0), ImpossibleOutcomeError, "zero or less"),
        (lambda a, r, f: deconvolved(f, 0.0), OutOfBoundsError, "tau"),
        (lambda a, r, f: baseline(f, cutoff_hz=40), OutOfBoundsError, "half the rate"),
        (lambda a, r, f: baseline(traces(np.ones((5, 1)))), EmptyDataError, "5 frames"),
        (lambda a, r, f: without_neuropil(f, traces(np.ones((5, 1)))), ShapeError, "neuropil"),
        (
            lambda a, r, f: deconvolved(traces(np.full((20, 2), np.nan))),
            NotFiniteError,
            "2 traces have missing",
        ),
        (
            lambda a, r, f: autocorrelation(
                xr.DataArray(np.ones(5), {"time": range(5)}, ("time",))
            ),
            OneClassError,
            "constant",
        ),
        (
            lambda a, r, f: first_zero(xr.DataArray([1.0], {"lag": [0.0]}, ("lag",))),
            EmptyDataError,
            "stays above zero",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(
    make: Callable[[xr.DataArray, xr.DataArray, Traces], object],
    error: type[ModelError],
    told: str,
) -> None:
    found, _ = heard(np.random.default_rng(7), 1.0)
    with pytest.raises(error, match=told):
        make(ten_trials(), found, traces(np.ones((40, 2))))
