"""Fits of models: exact gradients, recovered parameters, intervals, and what cannot be told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models.choices import BimodalChoices, ChoiceModel
from models.circuit import Choices, balanced_order, simulate
from models.cohort import fit_cohort, own_interval, shared_interval
from models.errors import Floats, OutOfBoundsError, UnknownNameError
from models.fitting import FitResult, fit
from models.learning import VARIANTS, Circuit, LearningRule, MeanField, Variant, binned
from models.logistic import Design, LogisticRegression
from models.mean_field import mean_field
from models.model import Model, predict
from models.phases import BinnedPerformance, Sigmoid, crossings
from models.profiles import profile_interval
from models.psychometric import CATCH, Levels, PsychometricFunction
from models.search import Search
from models.task import PUBLISHED_STRONG, discrimination, read_initial_weights

TASK = discrimination(2, 1)
START = (0.8, 0.5, 0.02)


def mouse(trials: int = 1500, seed: int = 1) -> Choices:
    order = balanced_order(1, trials, seed)
    done = simulate(TASK, START, order, seed + 1)
    return Choices(order[0], done.responded[0])


def check_gradient(model: Model[object], data: object, held: Mapping[str, float]) -> None:
    """The exact gradient equals central differences of the loss, at points drawn at random."""
    search = Search(model, data, held)
    for point in search.first_points(3, seed=7):
        _, gradient, information = search.evaluate(point)
        differences = np.zeros_like(point)
        for k in range(len(point)):
            step = np.zeros_like(point)
            step[k] = 1e-6
            ahead, behind = search.evaluate(point + step)[0], search.evaluate(point - step)[0]
            differences[k] = (ahead - behind) / 2e-6
        scale = 1e-6 * (1 + np.abs(gradient).max())
        np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=scale)
        assert np.linalg.eigvalsh(information).min() > -1e-6 * np.abs(information).max()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("form", [MeanField, Circuit])
def test_gradients_of_the_learning_models_are_exact(
    variant: Variant, form: type[MeanField] | type[Circuit]
) -> None:
    choices = mouse(400)
    data = choices if form is Circuit else binned(choices)
    check_gradient(form(LearningRule(TASK, None, variant)), data, {})
    if variant == "multiplicative asymmetric":
        check_gradient(form(LearningRule(TASK, None, variant)), data, {"sigma": 0.5})


LEVELS = Levels([CATCH, 40, 50, 60, 70], [2, 1, 6, 15, 19], [20, 20, 20, 20, 20])
CURVE = BinnedPerformance(np.arange(1, 9) * 100, [51, 52, 60, 72, 85, 90, 93, 94], [100] * 8)
TWO = BimodalChoices([1, 1, 0, 0] * 5, [1, 0, 1, 0] * 5, [1, 1, 0, 0] * 4 + [1, 0, 1, 0])
OTHERS: list[tuple[Model[object], object]] = [
    (PsychometricFunction(), LEVELS),
    (PsychometricFunction(shape="normal"), LEVELS),
    (Sigmoid(), CURVE),
    (ChoiceModel("unaware"), TWO),
    (ChoiceModel("aware with lapse"), TWO),
    (LogisticRegression(("x",)), Design({"x": np.linspace(-1, 1, 12)}, [0, 1] * 6)),
]


@pytest.mark.parametrize(("model", "data"), OTHERS, ids=lambda each: type(each).__name__)
def test_gradients_of_the_other_models_are_exact(model: Model[object], data: object) -> None:
    check_gradient(model, data, {})


@pytest.mark.parametrize("form", [MeanField, Circuit])
def test_the_likelihood_is_that_of_the_choices(form: type[MeanField] | type[Circuit]) -> None:
    """Summed one by one, from what the model predicts."""
    choices = mouse(300)
    model = form(LearningRule(TASK))
    data = choices if form is Circuit else binned(choices, 1)
    predict = model.predictor(data, np.zeros(3, np.bool_))
    predicted = predict(np.array(START))[0]
    responses, trials = model.counts(data)
    expected = math.fsum(
        math.log(p) if licked else math.log(1 - p)
        for p, licked, count in zip(predicted, responses, trials, strict=True)
        if count
    )
    point = np.log(START)
    assert -Search(model, data, {}).evaluate(point)[0] == pytest.approx(expected, rel=1e-12)


def test_the_initial_weights_of_a_mouse_are_recovered() -> None:
    """The core known, bins of 100: truth inside the intervals."""
    data = binned(mouse(2500, seed=5))
    model = MeanField(LearningRule(TASK))
    found = fit(model, data)
    assert found.converged
    assert found.agreeing > 10
    for name, truth in zip(found.names, START, strict=True):
        assert truth in profile_interval(model, data, found, name)
    likelihood = -Search(model, data, {}).evaluate(np.log(START))[0]
    assert likelihood <= found.log_likelihood < likelihood + 8
    assert found.aic == pytest.approx(6 - 2 * found.log_likelihood)
    assert found.bic == pytest.approx(3 * math.log(2500) - 2 * found.log_likelihood)


def test_the_course_of_a_fit_is_what_it_predicts() -> None:
    data = binned(mouse(800))
    model = MeanField(LearningRule(TASK))
    found = fit(model, data, starts=2)
    course = model.course(found.estimates, 800)
    predicted = predict(model, data, found.estimates).reshape(-1, 2)
    np.testing.assert_allclose(course.responses.reshape(8, 100, 2).mean(axis=1), predicted)
    assert crossings(course.performance).delay > 0


def test_the_weights_of_a_mouse_follow_from_its_choices() -> None:
    order = balanced_order(1, 500, 1)
    done = simulate(TASK, START, order, 2)
    choices = Choices(order[0], done.responded[0])
    model = Circuit(LearningRule(TASK))
    values = {each.name: value for each, value in zip(model.parameters, START, strict=True)}
    course = model.course(values, choices)
    np.testing.assert_allclose(course.excitation[-1], done.excitation[0], rtol=1e-12)
    np.testing.assert_allclose(course.inhibition[-1], done.inhibition[0], rtol=1e-12)
    assert course.excitation[0].tolist() == [0.8, 0.02, 0.02]
    presented = course.responses[np.arange(500), order[0]]
    np.testing.assert_allclose(presented, predict(model, choices, values), rtol=1e-12)


def test_choices_that_tell_nothing_give_a_result_that_says_so() -> None:
    """Three trials: intervals wider than any number are cut at the bounds."""
    data = binned(Choices([0, 1, 1], [0, 0, 1]))
    found = fit(MeanField(LearningRule(TASK)), data, starts=5)
    assert "specific_weight" in [doubt.name for doubt in found.doubts]
    assert found.interval("common_excitation") == pytest.approx((0.01, 10.0))


def test_six_parameters_of_one_mouse_are_said_not_to_be_identifiable() -> None:
    found = fit(MeanField(LearningRule(TASK, core=None)), binned(mouse(2000)))
    assert not found.identifiable
    assert "common_inhibition" in [doubt.name for doubt in found.doubts]
    assert "not identifiable" in found.statement
    assert "cohort" in found.statement


def cohort_data(mice: int = 6) -> dict[str, Choices]:
    order = balanced_order(mice, 2000, 3)
    done = simulate(TASK, read_initial_weights()[:mice], order, 4)
    return {f"m{k}": Choices(order[k], done.responded[k]) for k in range(mice)}


def test_a_cohort_tells_its_common_core() -> None:
    mice = cohort_data()
    model = Circuit(LearningRule(TASK, core=None))
    found = fit_cohort(model, mice, starts=2)
    assert found.converged
    assert found.start_losses[1] == pytest.approx(found.start_losses[0], abs=0.01)
    assert {"alpha", "sigma", "asymmetry"}.isdisjoint(doubt.name for doubt in found.doubts)
    for name, truth in (("alpha", 0.01), ("sigma", 0.6195), ("asymmetry", 6.0)):
        k = [each.name for each in found.shared].index(name)
        assert abs(math.log(found.value(name) / truth)) < (
            3 * found.standard_errors[k] / found.values[k]
        )
    interval = shared_interval(model, mice, found, "sigma")
    assert interval.low < found.value("sigma") < interval.high
    assert interval.high / interval.low < 1.2
    each = found.mice["m0"]
    assert each.held["sigma"] == found.value("sigma")
    assert sum(one.log_likelihood for one in found.mice.values()) == pytest.approx(
        found.log_likelihood
    )


def test_a_mouse_s_own_interval_holds_the_doubt_of_the_core() -> None:
    mice = cohort_data(3)
    model = Circuit(LearningRule(TASK, core=None))
    found = fit_cohort(model, mice, starts=1)
    name = "common_excitation"
    given_core = profile_interval(model, mice["m1"], found.mice["m1"], name)
    own = own_interval(model, mice, found, "m1", name)
    assert own.low <= given_core.low < given_core.high < 0.9 * own.high
    low, high = found.interval("alpha")
    assert low < found.value("alpha") < high
    assert found.agreeing == 1
    apart = fit_cohort(Circuit(LearningRule(TASK)), mice, starts=1)
    assert apart.shared == ()
    with pytest.raises(UnknownNameError, match="no mouse 'm9'"):
        own_interval(model, mice, found, "m9", name)
    alone = profile_interval(Circuit(LearningRule(TASK)), mice["m1"], apart.mice["m1"], name)
    together = own_interval(Circuit(LearningRule(TASK)), mice, apart, "m1", name)
    assert together.low == pytest.approx(alone.low, rel=1e-3)
    assert together.high == pytest.approx(alone.high, rel=1e-3)


def test_a_search_does_not_go_to_and_fro_where_the_curvature_is_more_than_expected() -> None:
    """One guess in 38 silent trials: there the likelihood bends twice as much as on average."""
    levels = Levels(
        [CATCH, 13, 23, 33, 43, 53, 63, 73],
        responses=[1, 0, 0, 12, 18, 33, 36, 36],
        trials=[38, 39, 36, 38, 37, 37, 38, 37],
    )
    found = fit(PsychometricFunction(3, 83), levels, starts=1)
    assert found.converged
    assert found.value("guess") == pytest.approx(0.0104, abs=1e-4)


def test_a_mouse_that_cannot_be_fitted_does_not_lose_the_others() -> None:
    mice = cohort_data(3)
    mice["only S+"] = Choices([0, 0, 0], [1, 1, 0])
    with ThreadPoolExecutor(2) as threads:
        found = fit_cohort(
            Circuit(LearningRule(TASK, core=None)), mice, starts=1, mapper=threads.map
        )
    assert list(found.mice) == ["m0", "m1", "m2"]
    assert "one stimulus only" in found.failed["only S+"]
    shown = str(found).splitlines()
    assert shown[0].startswith("3 mice, ")
    shared = [each.name for each in found.shared]
    assert [line.split()[0] for line in shown[1 : len(shared) + 1]] == shared
    assert f"only S+ could not be fitted: {found.failed['only S+']}" in str(found)
    assert shown[-1] == found.statement.splitlines()[-1]


def test_a_mouse_may_be_named_as_another_with_a_number() -> None:
    mice = dict(zip(("m", "m.1"), cohort_data(2).values(), strict=True))
    found = fit_cohort(Circuit(LearningRule(TASK, core=None)), mice, starts=1)
    for each in found.mice.values():
        assert {doubt.name for doubt in each.doubts} <= set(each.names)
    assert "not identifiable" in found.statement


def test_the_symmetric_rule_is_nested_in_the_asymmetric_one() -> None:
    data = mouse(2000)
    losses = [
        -fit(Circuit(LearningRule(TASK, None, variant)), data, starts=5).log_likelihood
        for variant in VARIANTS[:2]
    ]
    held = fit(
        Circuit(LearningRule(TASK, None)), data, held={"asymmetry": 1.0}, starts=5
    ).log_likelihood
    assert losses[0] < losses[1] - 6, "mice that learn with an asymmetry of 6 show it"
    assert losses[1] == pytest.approx(-held, abs=0.01)


def test_multiplicative_mice_are_fitted_better_by_the_multiplicative_rule() -> None:
    order = balanced_order(1, 2000, 1)
    done = simulate(discrimination(), PUBLISHED_STRONG, order, 2)
    data = Choices(order[0], done.responded[0])
    right, wrong = (
        fit(Circuit(LearningRule(discrimination(), None, variant)), data, starts=5)
        for variant in (VARIANTS[0], VARIANTS[2])
    )
    assert right.aic < wrong.aic - 10


ENDS, HUNDREDS = np.arange(1, 21) * 100, np.full(20, 100)


def sigmoids(correct: Floats) -> tuple[Floats, Floats]:
    """Return delay and learning phase of each row of correct trials, and their standard errors."""
    found = [
        fit(Sigmoid(), BinnedPerformance(ENDS, row, HUNDREDS), held={"start": 0.5}, starts=4)
        for row in correct
    ]
    values = np.array([each.values[:2] for each in found])
    return values, np.array([each.standard_errors[:2] for each in found])


def test_a_sigmoid_finds_planted_phases_and_how_sure_they_are() -> None:
    middle, width = 262 + 286 / 2, 286 / (2 * math.log(4))
    chance = 0.5 + 0.45 / (1 + np.exp(-(ENDS - 50.5 - middle) / width))
    values, errors = sigmoids(np.random.default_rng(1).binomial(100, chance, (40, 20)))
    spread = values.std(axis=0, ddof=1)
    assert (np.abs(values.mean(axis=0) - [262, 286]) < 3 * spread / math.sqrt(40)).all()
    assert errors.mean(axis=0) == pytest.approx(spread, rel=0.3)


def test_a_sigmoid_finds_too_short_a_delay_in_mice_that_creep_to_their_asymptote() -> None:
    """By some 30 trials of 261, and as much too long a learning phase of 278."""
    task = discrimination()
    truth = crossings(mean_field(task, PUBLISHED_STRONG, 2000).performance)
    done = simulate(task, PUBLISHED_STRONG, balanced_order(30, 2000, 1), 2)
    values, _ = sigmoids(np.round(done.performance(task) * 100))
    short, long = values.mean(axis=0) - [truth.delay, truth.learning]
    assert short == pytest.approx(-30, abs=15)
    assert long == pytest.approx(30, abs=20)


def covered(
    model: Model[object],
    draw: Callable[[np.random.Generator], object],
    truth: Floats,
    name: str,
    held: Mapping[str, float],
    times: int,
) -> float:
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(times):
        data = draw(rng)
        found = fit(model, data, held=held, starts=2)
        hits += float(truth[found.index(name)]) in profile_interval(model, data, found, name)
    return hits / times


def test_profile_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """The threshold of a psychometric function, 150 times."""
    levels, trials = np.array([40.0, 48, 54, 60, 70]), np.full(5, 40)
    model = PsychometricFunction()
    chance = 0.05 + 0.9 / (1 + np.exp(-0.2 * (levels - 54)))
    share = covered(
        model,
        lambda rng: Levels(levels, rng.binomial(trials, chance), trials),
        np.array([54.0, 0.05]),
        "threshold",
        {"guess": 0.05, "lapse": 0.05},
        150,
    )
    assert 0.9 <= share <= 0.99


def test_a_profile_says_which_of_its_ends_is_open() -> None:
    """Without trials at high levels the lapse is not limited by the likelihood."""
    data = Levels([40, 45, 50], [1, 4, 9], [20, 20, 20])
    model = PsychometricFunction()
    found = fit(model, data, held={"guess": 0.02})
    lapse = profile_interval(model, data, found, "lapse")
    assert not lapse.low_closed
    assert not lapse.high_closed
    assert (lapse.low, lapse.high) == pytest.approx((0.0, 0.45))


def test_the_same_seed_gives_the_same_fit() -> None:
    data = binned(mouse(800))
    one, two = (fit(MeanField(LearningRule(TASK)), data, seed=3, starts=4) for _ in range(2))
    assert one.values.tolist() == two.values.tolist()
    assert one.start_losses.tolist() == two.start_losses.tolist()


def test_a_result_is_printed_as_a_table() -> None:
    found = fit(PsychometricFunction(), LEVELS, held={"lapse": 0.02}, starts=2)
    lines = str(found).splitlines()
    assert "100 choices" in lines[0]
    assert [line.split()[0] for line in lines[1:5]] == ["threshold", "slope", "guess", "lapse"]
    assert lines[4].endswith("held")
    assert lines[-1] == found.statement


def test_a_name_that_no_parameter_has_is_refused() -> None:
    data = binned(mouse(300))
    model = MeanField(LearningRule(TASK))
    with pytest.raises(UnknownNameError, match="common_excitation"):
        fit(model, data, held={"commn_excitation": 1.0})
    with pytest.raises(OutOfBoundsError, match="between"):
        fit(model, data, held={"specific_weight": 7.0})
    found: FitResult = fit(model, data, starts=1)
    with pytest.raises(UnknownNameError):
        found.value("alpha")
    with pytest.raises(UnknownNameError):
        fit_cohort(model, {"a": data}, shared=("alpha",))


def test_trials_that_are_left_out_pass_in_the_mean_field_all_the_same() -> None:
    data = binned(Choices([0, 1, 0], [1, 0, 1], [1, 150, 201]))
    assert np.asarray(data.ends).tolist() == [100, 200, 201]
    assert np.asarray(data.trials).tolist() == [[1, 0], [0, 1], [1, 0]]


@pytest.mark.parametrize("licks", [0, 1])
def test_a_mouse_that_always_does_the_same_tells_little(licks: int) -> None:
    choices = Choices(balanced_order(1, 400, 1)[0], np.full(400, licks))
    found = fit(Circuit(LearningRule(TASK)), choices, starts=4)
    assert {"common_inhibition", "specific_weight"} <= {doubt.name for doubt in found.doubts}
