"""Choice models and consistent trials of Hajnal et al. 2024, regressions, and bad input."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import ge, gt

import numpy as np
import pytest

from models.choices import KINDS, BimodalChoices, ChoiceModel, Kind, score, score_all
from models.circuit import Choices
from models.cohort import fit_cohort
from models.consistency import Criterion, chance_of_consistency, consistent_trials
from models.errors import (
    EmptyDataError,
    ImpossibleOutcomeError,
    ModelError,
    NotFiniteError,
    OneClassError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    UnsortedTrialsError,
)
from models.fitting import fit
from models.learning import BinnedChoices, Circuit, LearningRule, MeanField, binned
from models.logistic import Design, LogisticRegression, choice_columns
from models.minimise import minimise
from models.phases import BinnedPerformance, Sigmoid
from models.profiles import check_width
from models.psychometric import CATCH, Levels, PsychometricFunction
from models.task import discrimination

PASSES: dict[Criterion, Callable[[float, float], bool]] = {"above": gt, "above or equal": ge}


def literal_consistent(
    relevant: list[int], other: list[int], right: list[int], criterion: Criterion
) -> list[bool]:
    """The definition, trial by trial."""
    found = []
    for trial in range(len(right)):
        window = range(max(trial - 10, 0), min(trial + 11, len(right)))
        shares = []
        for go in (0, 1):
            for congruent in (True, False):
                same = [
                    right[t]
                    for t in window
                    if relevant[t] == go and (relevant[t] == other[t]) == congruent
                ]
                shares.append(sum(same) / len(same) if same else math.nan)
        found.append(all(PASSES[criterion](share, 0.5) for share in shares))
    return found


def literal_chance(
    trials: int, rate: float, rng: np.random.Generator, criterion: Criterion
) -> tuple[int, set[int]]:
    """One block of a mouse that licks at random: consistent trials, and lengths of their runs."""
    relevant, other = rng.integers(0, 2, trials), rng.integers(0, 2, trials)
    licked = rng.random(trials) < rate
    right = (relevant == other) | (licked == relevant)
    right = right.astype(int)
    consistent = literal_consistent(relevant.tolist(), other.tolist(), right.tolist(), criterion)
    runs = "".join("x" if each else " " for each in consistent).split()
    return sum(consistent), {len(run) for run in runs}


@pytest.mark.parametrize("criterion", PASSES)
@pytest.mark.parametrize("trials", [5, 21, 60])
def test_consistent_trials_are_those_of_the_definition(trials: int, criterion: Criterion) -> None:
    rng = np.random.default_rng(trials)
    relevant, other = rng.integers(0, 2, (2, trials)).tolist()
    for chance in (0.6, 0.9):
        right = (rng.random(trials) < chance).astype(int).tolist()
        found = consistent_trials(relevant, other, right, criterion=criterion)
        assert found.tolist() == literal_consistent(relevant, other, right, criterion)


def test_half_of_the_trials_is_enough_only_where_one_says_so() -> None:
    go, other, right = [1, 1, 0, 0] * 2, [1, 0, 1, 0] * 2, [1] * 7 + [0]
    assert not consistent_trials(go, other, right).any()
    assert consistent_trials(go, other, right, criterion="above or equal").all()


@pytest.mark.parametrize(
    ("trials", "rate", "criterion"),
    [(30, 0.5, "above"), (70, 0.7, "above"), (30, 0.5, "above or equal")],
)
def test_chance_is_that_of_blocks_played_one_by_one(
    trials: int, rate: float, criterion: Criterion
) -> None:
    rng = np.random.default_rng(3)
    slow = [literal_chance(trials, rate, rng, criterion) for _ in range(600)]
    chance = chance_of_consistency(trials, rate, 1, 200_000, criterion)
    assert chance.counts.sum() == 200_000
    numbers = np.array([number for number, _ in slow])
    for least in (1, 5, 10):
        expected = chance.at_least(least)
        spread = 4 * math.sqrt(expected * (1 - expected) / len(slow)) + 1e-3
        assert (numbers >= least).mean() == pytest.approx(expected, abs=spread)
    for length in (1, 3):
        expected = chance.run_of(length)
        spread = 4 * math.sqrt(expected * (1 - expected) / len(slow))
        share = np.mean([length in runs for _, runs in slow])
        assert share == pytest.approx(expected, abs=spread)


def test_chance_has_its_measured_values() -> None:
    """A block of 70 trials and a lick rate of 0.7."""
    chance = chance_of_consistency(70, 0.7, seed=2, sessions=400_000)
    found = [chance.exactly(0), *(chance.at_least(n) for n in (10, 20, 30))]
    assert found == pytest.approx([0.373, 0.281, 0.089, 0.021], abs=0.004)
    mean = chance.counts @ np.arange(71) / chance.sessions
    assert mean == pytest.approx(6.50, abs=0.05)
    assert chance.at_least(0) == 1
    assert chance.exactly(70) == 0.5 / 400_000


def test_a_mouse_that_always_or_never_licks_is_never_consistent() -> None:
    """It is wrong in all incongruent trials of one type."""
    for rate in (0.0, 1.0):
        assert chance_of_consistency(60, rate, seed=1, sessions=1000).at_least(1) == 0


def test_the_same_seed_gives_the_same_chance() -> None:
    one, two, other = (chance_of_consistency(40, 0.6, seed, 5000) for seed in (1, 1, 2))
    assert one.counts.tolist() == two.counts.tolist() != other.counts.tolist()


def planted(kind: str, trials: int = 2000) -> BimodalChoices:
    rng = np.random.default_rng(5)
    relevant, other = rng.integers(0, 2, (2, trials))
    p = {
        "opposite": other * 0.98 + 0.01,
        "unaware": np.full(trials, 0.4),
        "aware": relevant * 0.998 + 0.001,
        "aware with bias": np.clip(relevant + 0.3, 0.001, 0.999),
        "aware with lapse": np.where(relevant == 1, 0.8, 0.2),
    }[kind]
    return BimodalChoices(relevant, other, (rng.random(trials) < p).astype(int))


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_that_made_the_choices_scores_best(kind: Kind) -> None:
    scores = score_all(planted(kind))
    best = max(each.mean_log_likelihood for each in scores.values())
    assert scores[kind].mean_log_likelihood >= best - 1e-3


def test_scores_are_means_of_clipped_log_likelihoods() -> None:
    data = BimodalChoices([1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 1])
    right, wrong = math.log(0.999), math.log(0.001)
    assert score("aware", data).mean_log_likelihood == pytest.approx((3 * right + wrong) / 4)
    assert score("opposite", data).mean_log_likelihood == pytest.approx((right + 3 * wrong) / 4)
    unaware = score("unaware", data)
    assert unaware.parameter == 0.75
    assert unaware.mean_log_likelihood == pytest.approx((3 * math.log(0.75) + math.log(0.25)) / 4)


@pytest.mark.parametrize("kind", ["unaware", "aware with bias", "aware with lapse"])
def test_the_best_point_of_the_grid_is_the_maximum_of_the_likelihood(kind: Kind) -> None:
    data = planted(kind)
    found = fit(ChoiceModel(kind), data)
    best = score(kind, data)
    assert best.parameter is not None
    assert found.values[0] == pytest.approx(best.parameter, abs=0.0011)
    assert found.log_likelihood >= best.mean_log_likelihood * found.trials - 1e-9


def test_a_model_without_parameters_has_a_likelihood_all_the_same() -> None:
    data = planted("aware")
    found = fit(ChoiceModel("aware"), data)
    assert found.names == ()
    assert found.aic == -2 * found.log_likelihood
    assert found.statement == "All parameters are identifiable."
    expected = score("aware", data).mean_log_likelihood * found.trials
    assert found.log_likelihood == pytest.approx(expected)


def test_regression_finds_planted_weights_of_stimuli_and_history() -> None:
    rng = np.random.default_rng(1)
    relevant, other, context, rewarded = rng.integers(0, 2, (4, 4000))
    licked = np.zeros(4000, dtype=int)
    for trial in range(4000):
        before = licked[trial - 1] - 0.5 if trial % 400 else 0.0
        log_odds = 0.2 + 3 * (relevant[trial] - 0.5) + (other[trial] - 0.5) + 1.5 * before
        licked[trial] = rng.random() < 1 / (1 + math.exp(-log_odds))
    columns = choice_columns(
        relevant, other, licked, rewarded, context, session_starts=range(0, 4000, 400)
    )
    found = fit(LogisticRegression(tuple(columns)), Design(columns, licked), starts=3)
    truth = dict(
        zip(
            ("intercept", "relevant", "other", "context", "lick_1", "reward_1"),
            (0.2, 3.0, 1.0, 0.0, 1.5, 0.0),
            strict=True,
        )
    )
    assert found.names == tuple(truth)
    assert found.identifiable
    for k, name in enumerate(found.names):
        assert abs(found.values[k] - truth[name]) < 3.5 * found.standard_errors[k]


def test_history_does_not_cross_sessions() -> None:
    columns = choice_columns(
        [1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], 2, (0, 2)
    )
    assert columns["lick_1"].tolist() == [0, 0.5, 0, 0.5]
    assert columns["reward_1"].tolist() == [0, 0.5, 0, 0.5]
    assert columns["lick_2"].tolist() == [0, 0, 0, 0]


def test_columns_that_separate_the_choices_are_said_not_to_be_identifiable() -> None:
    x = np.linspace(-1, 1, 20)
    found = fit(LogisticRegression(("x",)), Design({"x": x}, (x > 0).astype(int)))
    assert "x" in [doubt.name for doubt in found.doubts]
    assert "bound" in found.statement


def test_columns_that_say_the_same_can_make_up_for_each_other() -> None:
    rng = np.random.default_rng(1)
    x, licked = rng.normal(size=200), rng.integers(0, 2, 200)
    found = fit(LogisticRegression(("x", "twice")), Design({"x": x, "twice": 2 * x}, licked))
    assert {doubt.name for doubt in found.doubts} == {"x", "twice"}
    assert found.statement.startswith(
        "x and twice are not identifiable: they can make up for each other. "
    )
    assert found.statement.count("identifiable") == 1
    assert np.isnan(found.standard_errors).any()


@pytest.mark.parametrize("shape", ["logistic", "normal"])
def test_a_psychometric_function_is_recovered(shape: str) -> None:
    levels = np.array([CATCH, 30, 40, 45, 50, 55, 60, 70])
    trials = np.full(8, 400)
    model = PsychometricFunction(shape="normal" if shape == "normal" else "logistic")
    values = np.array([48.0, 0.05, 0.08, 0.04])
    predict = model.predictor(Levels(levels, trials, trials), np.ones(4, np.bool_))
    chance = predict(values)[0]
    assert chance[0] == pytest.approx(0.08)
    responses = np.random.default_rng(4).binomial(trials, chance)
    found = fit(model, Levels(levels, responses, trials))
    assert found.identifiable
    assert (np.abs(found.values - values) < 3.5 * found.standard_errors).all()


def test_the_slope_is_the_steepness_in_the_middle() -> None:
    for model in (PsychometricFunction(), PsychometricFunction(shape="normal")):
        predict = model.predictor(Levels([49.999, 50.001], [1, 1], [1, 1]), np.zeros(4, np.bool_))
        low, high = predict(np.array([50.0, 0.07, 0.0, 0.0]))[0]
        assert (high - low) / 0.002 == pytest.approx(0.07, rel=1e-4)


def test_a_search_that_runs_out_of_steps_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.minimise.MOST_STEPS", 1)
    data = Levels([30, 40, 50, 60], [1, 5, 15, 19], [20, 20, 20, 20])
    found = fit(PsychometricFunction(), data, starts=2)
    assert not found.converged
    assert "did not converge" in found.statement


@pytest.mark.parametrize("count", [1, 3, 12])
def test_a_search_finds_the_minimum_of_a_bowl_inside_bounds(count: int) -> None:
    rng = np.random.default_rng(count)
    root = rng.normal(size=(count, count))
    bowl, tilt = root @ root.T + 0.1 * np.eye(count), rng.normal(size=count)

    def evaluate(point: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return float(point @ bowl @ point / 2 - tilt @ point), bowl @ point - tilt, bowl

    far = np.full(count, 1e3)
    found = minimise(evaluate, np.zeros(count), -far, far)
    assert found.converged
    np.testing.assert_allclose(found.point, np.linalg.solve(bowl, tilt), atol=1e-4)
    high = far.copy()
    high[0] = found.point[0] - 0.5
    held = minimise(evaluate, np.zeros(count), -far, high)
    rest = np.linalg.solve(bowl[1:, 1:], tilt[1:] - bowl[1:, 0] * high[0])
    np.testing.assert_allclose(held.point, [high[0], *rest], atol=1e-4)


def test_a_search_that_begins_where_nothing_is_finite_ends_at_once() -> None:
    def nowhere(point: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return math.nan, point, np.eye(1)

    found = minimise(nowhere, np.zeros(1), -np.ones(1), np.ones(1))
    assert not found.converged
    assert found.loss == math.inf


LEARNING = LearningRule(discrimination())
BAD: list[tuple[Callable[[], object], type[ModelError]]] = [
    (lambda: Choices([], []), EmptyDataError),
    (lambda: Choices([0, math.nan], [1, 0]), NotFiniteError),
    (lambda: Choices(["S+"], [1]), ShapeError),
    (lambda: fit(MeanField(LEARNING), Choices([0, 1], [1, 0])), ShapeError),  # type: ignore[arg-type]
    (lambda: LogisticRegression(("intercept",)), UnknownNameError),
    (lambda: check_width(0.0), OutOfBoundsError),
    (lambda: Choices([0, 1], [1, 2]), ImpossibleOutcomeError),
    (lambda: Choices([0, 0.5], [1, 0]), ImpossibleOutcomeError),
    (lambda: Choices([0, 1, 0], [1, 0]), ShapeError),
    (lambda: Choices([[0, 1]], [1, 0]), ShapeError),
    (lambda: Choices([0, 1, 0], [1, 0, 1], [1, 3, 2]), UnsortedTrialsError),
    (lambda: Choices([0, 1, 0], [1, 0, 1], [1, 2, 2]), UnsortedTrialsError),
    (lambda: Choices([0, 1], [1, 0], [0, 1]), ImpossibleOutcomeError),
    (lambda: fit(Circuit(LEARNING), Choices([0, 1, 2], [1, 0, 1])), ImpossibleOutcomeError),
    (lambda: fit(Circuit(LEARNING), Choices([1, 1], [1, 0])), OneClassError),
    (lambda: BinnedChoices([100], [[60, 1]], [[50, 50]]), ImpossibleOutcomeError),
    (lambda: BinnedChoices([100], [[-1, 1]], [[50, 50]]), ImpossibleOutcomeError),
    (lambda: BinnedChoices([100, 90], [[1, 1]] * 2, [[5, 5]] * 2), UnsortedTrialsError),
    (lambda: BinnedChoices([10], [[1, 1]], [[50, 50]]), ImpossibleOutcomeError),
    (lambda: BinnedChoices([10], [[1]], [[5, 5]]), ShapeError),
    (lambda: fit(MeanField(LEARNING), BinnedChoices([9], [[1]], [[5]])), ShapeError),
    (lambda: fit(MeanField(LEARNING), BinnedChoices([9], [[1, 0]], [[5, 0]])), OneClassError),
    (lambda: Levels([math.nan, 1], [1, 1], [2, 2]), NotFiniteError),
    (lambda: Levels([1, 2], [3, 1], [2, 2]), ImpossibleOutcomeError),
    (lambda: PsychometricFunction(60, 60), OutOfBoundsError),
    (lambda: PsychometricFunction(0, math.nan), OutOfBoundsError),
    (lambda: fit(PsychometricFunction(), Levels([1, 2], [2, 2], [2, 2])), OneClassError),
    (lambda: fit(PsychometricFunction(), Levels([1, 1], [1, 0], [2, 2])), OneClassError),
    (lambda: PsychometricFunction(shape="weibull"), UnknownNameError),  # type: ignore[arg-type]
    (lambda: BimodalChoices([1, 0], [1, 0], [1]), ShapeError),
    (lambda: ChoiceModel("clever"), UnknownNameError),  # type: ignore[arg-type]
    (lambda: fit(ChoiceModel("unaware"), BimodalChoices([1], [1], [1])), OneClassError),
    (lambda: Design({"x": [1, math.inf]}, [0, 1]), NotFiniteError),
    (lambda: fit(LogisticRegression(("x",)), Design({"x": [1, 2]}, [1, 1])), OneClassError),
    (lambda: fit(LogisticRegression(("y",)), Design({"x": [1, 2]}, [0, 1])), ShapeError),
    (lambda: BinnedPerformance([100], [101], [100]), ImpossibleOutcomeError),
    (lambda: BinnedPerformance([10], [40], [50]), ImpossibleOutcomeError),
    (lambda: fit(Sigmoid(), BinnedPerformance([100], [100], [100])), OneClassError),
    (lambda: binned(Choices([0, 1], [1, 0]), bin_trials=0), EmptyDataError),
    (lambda: consistent_trials([], [], []), EmptyDataError),
    (lambda: consistent_trials([1, 0], [1, 0], [1]), ShapeError),
    (lambda: consistent_trials([1], [1], [1], criterion="over"), UnknownNameError),  # type: ignore[arg-type]
    (lambda: consistent_trials([1], [1], [1], half_window=0), EmptyDataError),
    (lambda: LearningRule(discrimination(), variant="additive"), UnknownNameError),  # type: ignore[arg-type]
    (lambda: chance_of_consistency(0, 0.5, 1), EmptyDataError),
    (lambda: chance_of_consistency(50, 1.5, 1), ImpossibleOutcomeError),
    (lambda: chance_of_consistency(5, 0.5, 1, 10).at_least(6), ImpossibleOutcomeError),
    (
        lambda: fit(MeanField(LEARNING), BinnedChoices([9], [[1, 0]], [[5, 4]]), starts=0),
        EmptyDataError,
    ),
    (lambda: fit_cohort(Circuit(LEARNING), {}), EmptyDataError),
    (
        lambda: fit_cohort(Circuit(LEARNING), {"m": Choices([0, 1], [1, 0])}, starts=0),
        EmptyDataError,
    ),
    (lambda: MeanField(LEARNING).course({"common_excitation": 1.0}, 10), UnknownNameError),
]


@pytest.mark.parametrize(("make", "named"), BAD)
def test_bad_input_has_a_name(make: Callable[[], object], named: type[ModelError]) -> None:
    with pytest.raises(named):
        make()
