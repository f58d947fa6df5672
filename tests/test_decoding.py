"""Time-resolved decoders: scikit-learn's results, and what was planted is found, and no more."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from analysis.decoding.chance import Chance, Surrogate, chance_level, drift_control
from analysis.decoding.decoder import Decoder, decode
from analysis.decoding.geometry import (
    mean_vector,
    orthonormal,
    projection,
    separation,
)
from analysis.decoding.newton import go_on
from models.directions import angle_deg
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

TRIALS, BINS, NEURONS = 120, 30, 12
ONSET = 10
NOW = Decoder(half_width=0)


def population(rates: np.ndarray, begin: float = -0.1) -> xr.DataArray:
    """Return activity, (trials, bins, neurons), in bins of 10 ms."""
    time = begin + 0.01 * np.arange(rates.shape[1])
    return xr.DataArray(rates, {"time": time}, ("trial", "time", "neuron"))


def noise(rng: np.random.Generator, trials: int = TRIALS, smooth: float = 3.0) -> np.ndarray:
    """Return smooth noise of SD 1, as that of firing rates that are smoothed."""
    found = gaussian_filter1d(rng.normal(size=(trials, BINS, NEURONS)), smooth, axis=1)
    return found / found.std()


def planted(
    rng: np.random.Generator, size: float = 1.5, trials: int = TRIALS
) -> tuple[xr.DataArray, np.ndarray]:
    """Return activity in which a random direction tells the label from the onset on."""
    labels = rng.permutation(np.arange(trials) % 2 == 0)
    axis = rng.normal(size=NEURONS)
    rates = noise(rng, trials)
    rates[:, ONSET:] += size * np.where(labels, 0.5, -0.5)[:, None, None] * axis
    return population(rates), labels


def sklearn_at(
    activity: xr.DataArray, labels: np.ndarray, b: int, decoder: Decoder
) -> tuple[np.ndarray, np.ndarray]:
    """Return accuracies, (folds,), and weights, (folds, features), of scikit-learn at one bin."""
    rates = activity.transpose("trial", "time", "neuron").values
    low, high = max(0, b - decoder.half_width), min(rates.shape[1], b + decoder.half_width + 1)
    features = rates[:, low:high].reshape(len(rates), -1)
    accuracies, weights = [], []
    for learned, held_out in StratifiedKFold(decoder.folds).split(features, labels):
        model = LogisticRegression(
            C=decoder.strength, solver="newton-cholesky", tol=1e-12, max_iter=1000
        ).fit(features[learned], labels[learned])
        accuracies.append(model.score(features[held_out], labels[held_out]))
        weights.append(model.coef_[0])
    return np.array(accuracies), np.array(weights)


@pytest.mark.parametrize("strength", [0.0025, 1.0, 100.0])
@pytest.mark.parametrize("half_width", [0, 2])
def test_every_fold_is_scikit_learns(strength: float, half_width: int) -> None:
    activity, labels = planted(np.random.default_rng(1))
    decoder = Decoder(strength, 10, half_width)
    found = decode(activity, labels, decoder)
    for b in (0, 1, 8, 17, BINS - 1):
        accuracies, weights = sklearn_at(activity, labels, b, decoder)
        ours = found.weights[{"time": b}].values.reshape(10, -1)
        np.testing.assert_array_equal(found.accuracy[{"time": b}], accuracies)
        np.testing.assert_allclose(ours[:, ~np.isnan(ours[0])], weights, rtol=0, atol=1e-8)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    strength=st.sampled_from([1e-3, 1.0, 30.0]),
    scale=st.sampled_from([0.05, 1.0, 20.0]),
    trials=st.integers(12, 40),
)
def test_also_on_data_of_any_kind(seed: int, strength: float, scale: float, trials: int) -> None:
    """Few trials, many neurons, no smoothness, one class rarer than the other, any scale."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(trials) < max(3, trials // 3))
    rates = scale * rng.normal(rng.normal(size=NEURONS), 1, size=(trials, 3, NEURONS))
    activity, decoder = population(rates), Decoder(strength, 3, 1)
    found = decode(activity, labels, decoder)
    for b in range(3):
        accuracies, weights = sklearn_at(activity, labels, b, decoder)
        ours = found.weights[{"time": b}].values.reshape(3, -1)
        ours = ours[:, ~np.isnan(ours[0])]
        np.testing.assert_array_equal(found.accuracy[{"time": b}], accuracies)
        np.testing.assert_allclose(ours, weights, rtol=0, atol=1e-8)


@pytest.mark.parametrize("strength", [1e4, 1e8])
def test_separable_classes_neither_diverge_nor_stop_early(strength: float) -> None:
    activity, labels = planted(np.random.default_rng(2), size=6.0)
    found = decode(activity, labels, Decoder(strength, 4, 0))
    b, fold = 20, 1
    (learned, _) = list(StratifiedKFold(4).split(labels, labels))[fold]
    rates, signs = activity.values[learned, b], np.where(labels[learned], 1.0, -1.0)
    weights = found.weights[{"time": b, "fold": fold, "lag": 0}].values
    scores = signs * (rates @ weights + float(found.intercepts[b, fold]))
    assert scores.min() > 0
    pulls = strength * signs / (1 + np.exp(scores))
    np.testing.assert_allclose(weights, pulls @ rates, rtol=1e-6)
    assert abs(pulls.sum()) < 1e-6 * abs(pulls).sum()


def test_the_next_solution_is_foretold_as_well_as_the_last_ones_let_it() -> None:
    """A cubic is foretold by four of its points; of noise the last value is as good as any."""
    bins, rng = np.arange(12), np.random.default_rng(5)
    cubic = 1 + bins + 0.3 * bins**2 + 0.02 * bins**3
    noisy = rng.normal(size=(12, 40))
    for values, exact in ((np.outer(cubic, np.ones(40)), True), (noisy, False)):
        differences, misses = np.zeros((7, 1, 40)), []
        for b in bins[:-1]:
            weights = values[b : b + 1].copy()
            go_on(weights, differences, b + 1)
            misses.append(np.abs(weights - values[b + 1]).max())
        assert (max(misses[5:]) < 1e-9) == exact
        if not exact:
            assert max(misses) < 3 * np.abs(np.diff(values, axis=0)).max()


def test_the_order_in_memory_changes_nothing() -> None:
    activity, labels = planted(np.random.default_rng(3))
    moved = activity.copy(data=activity.values.transpose(2, 0, 1).copy().transpose(1, 2, 0))
    xr.testing.assert_equal(decode(activity, labels).weights, decode(moved, labels).weights)


def test_threads_change_nothing() -> None:
    activity, labels = planted(np.random.default_rng(3))
    one, many = (decode(activity, labels, Decoder(jobs=jobs)) for jobs in (1, 3))
    xr.testing.assert_equal(one.accuracy, many.accuracy)
    np.testing.assert_allclose(one.weights, many.weights, rtol=0, atol=1e-8)


def test_a_label_is_told_from_its_onset_on_as_well_as_can_be() -> None:
    rng = np.random.default_rng(4)
    labels = rng.permutation(np.arange(2000) % 2 == 0)
    rates = rng.normal(size=(2000, 4, NEURONS))
    axis = np.full(NEURONS, 0.3)
    rates[:, 2:] += np.where(labels, 0.5, -0.5)[:, None, None] * axis
    found = decode(population(rates), labels, NOW)
    best = float(norm.cdf(np.linalg.norm(axis) / 2))
    assert found.mean[:2].values == pytest.approx([0.5, 0.5], abs=0.04)
    assert found.mean[2:].values == pytest.approx([best, best], abs=0.025)
    assert found.sem[3] < 0.02
    assert angle_deg(found.decision_vectors[3], axis) < 15


@pytest.mark.parametrize("true_angle", [30.0, 60.0, 90.0])
def test_the_angle_between_decision_vectors_is_that_of_what_the_labels_change(
    true_angle: float,
) -> None:
    """Each decoder turns away from what the other label changes, as from any noise."""
    rng = np.random.default_rng(5)
    one, other = orthonormal(rng.normal(size=(2, NEURONS)))
    turn = np.radians(true_angle)
    axes = np.array([one, np.cos(turn) * one + np.sin(turn) * other])
    labels = rng.random((2, 1500)) < 0.5
    rates = noise(rng, 1500)
    rates[:, ONSET:] += 2 * np.einsum("lt,ln->tn", labels - 0.5, axes)[:, None, :]
    activity = population(rates)
    vectors = [
        mean_vector(decode(activity, each, NOW).decision_vectors, 0.05, 0.2) for each in labels
    ]
    overlap = axes[0] @ axes[1] / 2  # the variance of a label's effect is that of the noise
    expected = angle_deg(axes[0] - overlap * axes[1], axes[1] - overlap * axes[0])
    assert angle_deg(*vectors) == pytest.approx(expected, abs=6)
    plane = orthonormal(vectors)
    assert plane @ plane.T == pytest.approx(np.eye(2), abs=1e-12)


def test_a_projection_shows_when_a_difference_is_suppressed() -> None:
    rng = np.random.default_rng(6)
    labels, relevant = rng.random(400) < 0.5, np.arange(400) < 200
    axis = orthonormal([rng.normal(size=NEURONS)])[0]
    depth = np.where(relevant, 1.0, 0.25)[:, None] * np.where(np.arange(BINS) >= ONSET, 3.0, 0.0)
    rates = noise(rng, 400) + (depth * (labels - 0.5)[:, None])[:, :, None] * axis
    activity = population(rates)
    found = {
        name: separation(activity[{"trial": chosen}], labels[chosen], axis)[ONSET:].mean()
        for name, chosen in (("relevant", relevant), ("irrelevant", ~relevant))
    }
    assert float(found["relevant"]) == pytest.approx(3.0, abs=0.3)
    assert float(found["irrelevant"]) == pytest.approx(0.75, abs=0.3)
    assert projection(activity, axis).dims == ("trial", "time")


def test_a_stretch_of_time_has_the_bins_that_begin_in_it() -> None:
    """Also where times such as -0.1 + 0.01 * 30 are a hair off in their last digit."""
    vectors = xr.DataArray(
        np.arange(60.0)[:, None], {"time": -0.1 + 0.01 * np.arange(60)}, ("time", "neuron")
    )
    for begin in range(47):
        found = mean_vector(vectors, begin / 100, (begin + 3) / 100)
        assert float(found[0]) == begin + 11


def test_chance_is_that_of_the_methods() -> None:
    """Mean, standard error over the sets of labels, and over the folds, by hand."""
    activity, labels = planted(np.random.default_rng(7), size=3.0)
    decoder = Decoder(folds=5, half_width=0)
    rng = np.random.default_rng(3)
    sets = [decode(activity, rng.permutation(labels), decoder).accuracy for _ in range(6)]
    chance = chance_level(activity, labels, 3, 6, "shuffled", decoder)
    means = [float(each.mean()) for each in sets]
    over_folds = [float((each.std("fold", ddof=1) / np.sqrt(5)).mean()) for each in sets]
    assert chance.level == pytest.approx(np.mean(means))
    wanted = np.mean(means) + np.std(means, ddof=1) / np.sqrt(6) + np.mean(over_folds)
    assert chance.threshold == pytest.approx(wanted)


@pytest.mark.parametrize("surrogate", ["shuffled", "coins"])
def test_labels_without_meaning_are_told_by_chance(surrogate: Surrogate) -> None:
    activity, labels = planted(np.random.default_rng(7), size=3.0)
    decoder = Decoder(folds=5, half_width=0)
    chance = chance_level(activity, labels, 1, 20, surrogate, decoder)
    assert chance.level == pytest.approx(0.5, abs=0.03)
    assert chance.level < chance.threshold < 0.65
    assert float(decode(activity, labels, decoder).mean[ONSET:].mean()) > chance.threshold
    again = chance_level(activity, labels, 1, 20, surrogate, decoder)
    xr.testing.assert_equal(chance.accuracy, again.accuracy)


def test_coins_are_tossed_until_they_can_be_decoded() -> None:
    """Of 20 coins, 10 of each side come up in one case of six; else ten folds would be refused."""
    activity, labels = planted(np.random.default_rng(8), trials=20)
    chance = chance_level(activity[:, :2], labels, 1, 20, "coins", NOW)
    assert chance.accuracy.shape == (20, 2)
    assert len(np.unique(chance.accuracy)) > 3
    with pytest.raises(OneClassError, match="a class has 9 trials, and there are 10 folds"):
        chance_level(activity[1:, :2], np.arange(19) < 10, 1, 20, "coins", NOW)


def test_a_threshold_holds_for_all_bins_together() -> None:
    """One in twenty sets of labels without meaning exceeds it somewhere, however many bins."""
    accuracy = np.full((40, 100), 0.5)
    accuracy[np.arange(40), np.arange(40)] = 0.6 + 0.001 * np.arange(40)
    chance = Chance(xr.DataArray(accuracy, dims=("repeat", "time")), 0.0)
    assert chance.exceeded() == pytest.approx(0.638)
    assert (accuracy > chance.exceeded()).any(axis=1).sum() == 1
    assert chance.threshold < 0.51


def two_contexts(
    rng: np.random.Generator, context: float, drift: float
) -> tuple[xr.DataArray, np.ndarray]:
    """Return activity of two blocks with a step at the border, and a drift through the session."""
    blocks = np.arange(300) >= 150
    course = context * (blocks - 0.5) + drift * (np.arange(300) / 299 - 0.5)
    axis = orthonormal([rng.normal(size=NEURONS)])[0]
    return population(noise(rng, 300) + course[:, None, None] * axis), blocks


def test_the_control_tells_a_context_from_a_drift() -> None:
    """With a drift alone, a decoder of the context still tells the edges, and not the middle."""
    rng = np.random.default_rng(8)
    step = drift_control(*two_contexts(rng, 4.0, 0.0), decoder=NOW)
    drift = drift_control(*two_contexts(rng, 0.0, 8.0), decoder=NOW)
    assert float(step.middle.mean()) > 0.9
    assert abs(float(step.difference.mean())) < 0.05
    assert float(drift.edges.mean()) > 0.95
    assert float(drift.middle.mean()) < 0.7
    assert float(drift.difference.mean()) > 0.25
    assert step.middle.sizes["fold"] == 2


def test_the_control_is_that_of_the_text() -> None:
    """The 20 trials of both folds are left out of what is learned, five and five are tested."""
    activity, blocks = two_contexts(np.random.default_rng(9), 0.5, 2.0)
    found = drift_control(activity, blocks, decoder=NOW)
    rates = activity.values[:, 5]
    for held_out, accuracies in (
        ([range(145, 155), [*range(140, 145), *range(155, 160)]], found.middle),
        ([[*range(5), *range(295, 300)], [*range(5, 10), *range(290, 295)]], found.edges),
    ):
        learned = np.setdiff1d(np.arange(300), np.concatenate([list(each) for each in held_out]))
        model = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000)
        model.fit(rates[learned], blocks[learned])
        scores = [model.score(rates[list(each)], blocks[list(each)]) for each in held_out]
        assert accuracies[5].values.tolist() == scores


def test_the_control_leaves_out_what_it_tests() -> None:
    """Each trial has a neuron of its own: whoever has learned a trial tells it, and no other."""
    blocks = np.arange(60) >= 30
    rates = np.eye(60)[:, None, :] * 10
    found = drift_control(population(rates), blocks, 10, NOW)
    assert found.middle.values == pytest.approx(np.full((1, 2), 0.5))
    assert found.edges.values == pytest.approx(np.full((1, 2), 0.5))


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda a, y: (a[{"trial": slice(0)}], y[:0]), EmptyDataError, "the shape"),
        (lambda a, y: (a.where(a < 2), y), NotFiniteError, "NaN"),
        (lambda a, y: (a, np.ones(TRIALS)), OneClassError, "the same label"),
        (lambda a, y: (a, y[:-1]), ShapeError, "119 labels for 120 trials"),
        (lambda a, y: (a, y * 3), ImpossibleOutcomeError, "not 0 or 1"),
        (lambda a, y: (a, np.arange(TRIALS) < 4), OneClassError, "a class has 4 trials"),
        (lambda a, y: (a.rename(neuron="unit"), y), ShapeError, "dimensions"),
    ],
)
def test_what_cannot_be_decoded_is_refused(
    change: object, error: type[ModelError], told: str
) -> None:
    assert callable(change)
    activity, labels = planted(np.random.default_rng(9))
    with pytest.raises(error, match=told):
        decode(*change(activity, labels))


def test_settings_that_cannot_be_are_refused() -> None:
    activity, labels = planted(np.random.default_rng(9))
    for settings_ in ({"strength": 0.0}, {"folds": 1}, {"half_width": -1}, {"jobs": 0}):
        with pytest.raises(OutOfBoundsError):
            Decoder(**settings_)
    with pytest.raises(UnknownNameError):
        chance_level(activity, labels, 1, 20, "dice")  # type: ignore[arg-type]
    with pytest.raises(ImpossibleOutcomeError, match="changes"):
        drift_control(activity, labels)
    with pytest.raises(OutOfBoundsError, match="cannot be left out"):
        drift_control(activity, np.arange(TRIALS) >= 6)
    with pytest.raises(ImpossibleOutcomeError, match="no direction"):
        angle_deg([0.0, 0.0], [1.0, 0.0])
    with pytest.raises(ImpossibleOutcomeError, match="do not differ"):
        orthonormal([[1.0, 2.0], [2.0, 4.0]])
    with pytest.raises(ImpossibleOutcomeError, match="not 0 or 1"):
        separation(activity, labels * 3, np.ones(NEURONS))
    with pytest.raises(OneClassError):
        separation(activity, labels | True, np.ones(NEURONS))
    with pytest.raises(ShapeError, match="no bin"):
        mean_vector(decode(activity, labels).decision_vectors, 5.0, 6.0)
