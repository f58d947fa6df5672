"""The learning model of Ceballo et al. 2019: its laws, its published cases, and literal loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from models.circuit import balanced_order, simulate
from models.errors import (
    EmptyDataError,
    Floats,
    ImpossibleOutcomeError,
    ModelError,
    NotFiniteError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
)
from models.kolmogorov import ks_distance, ks_p_value
from models.mean_field import Course, mean_field
from models.normal import normal
from models.phases import Phases, crossings
from models.reinforcement import Core, Rule, learn, response_probability
from models.task import (
    COLUMNS,
    PUBLISHED_STRONG,
    PUBLISHED_WEAK,
    TABLE_SEED,
    Task,
    discrimination,
    draw_initial_weights,
    read_initial_weights,
    starting_weights,
)

CORE = Core()
STRONG_MINUS, STRONG_PLUS = discrimination(1, 2), discrimination(2, 1)
COMMON, PLUS, MINUS = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]


def literal_mean_field(
    task: Task, initial: tuple[float, ...], trials: int, core: Core, rule: Rule = "multiplicative"
) -> tuple[Floats, Floats, Floats]:
    """Equations 4 to 6 as they are printed; also the additive rule, without `W o`."""
    plus, minus = np.asarray(task.units)
    excitation, inhibition = starting_weights(initial, rule=rule)

    def f(error: float) -> float:
        return core.asymmetry * error if error > 0 else error

    responses = np.zeros((trials, 2))
    for trial in range(trials):
        net = excitation - inhibition
        p_plus = 0.5 * (1 + math.erf(net @ plus / math.sqrt(2)))
        p_minus = 0.5 * (1 + math.erf(net @ minus / math.sqrt(2)))
        braces = (
            f(1 - core.sigma * net @ plus) * p_plus * plus
            + f(-1 - core.sigma * net @ minus) * p_minus * minus
        )
        responses[trial] = p_plus, p_minus
        if rule == "additive":
            excitation = excitation + core.alpha / 2 * braces
            inhibition = inhibition - core.alpha / 2 * braces
        else:
            excitation = np.maximum(excitation + core.alpha / 2 * excitation * braces, 0)
            inhibition = np.maximum(inhibition - core.alpha / 2 * inhibition * braces, 0)
    return responses, excitation, inhibition


@pytest.mark.parametrize("rule", ["multiplicative", "additive"])
@pytest.mark.parametrize(("core", "trials"), [(CORE, 400), (Core(0.15, 0.4, 15.0), 30)])
def test_the_fast_loop_equals_the_printed_equations(core: Core, trials: int, rule: Rule) -> None:
    """At a learning rate of 0.15 weights are clipped at zero now and then, and soon chaotic."""
    start = (-0.3, 0.0, 0.0) if rule == "additive" else (0.8, 0.5, 0.02)
    for task in (STRONG_MINUS, STRONG_PLUS):
        course = mean_field(task, start, trials, core, rule)
        literal = literal_mean_field(task, start, trials, core, rule)
        found = course.responses, course.excitation[-1], course.inhibition[-1]
        for fast, slow in zip(found, literal, strict=True):
            np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-12)


def test_the_normal_distribution_is_exact() -> None:
    for z in np.linspace(-12, 12, 301):
        p, density = normal(z)
        exact = 0.5 * math.erfc(-z / math.sqrt(2))
        assert p == pytest.approx(exact, abs=1e-15)
        assert p == pytest.approx(exact, rel=1e-6), "far out, where no absolute error shows"
        assert density == pytest.approx(math.exp(-z * z / 2) / math.sqrt(2 * math.pi), rel=1e-14)
    assert normal(math.inf) == (1.0, 0.0)
    assert normal(-math.inf) == (0.0, 0.0)
    assert math.isnan(normal(math.nan)[0])


@pytest.mark.parametrize("sigma", [0.4, 0.6195, 0.9])
def test_responses_go_to_the_asymptote(sigma: float) -> None:
    """Hit rate to Phi(1 / sigma), false alarms to 1 - Phi(1 / sigma)."""
    course = mean_field(STRONG_MINUS, PUBLISHED_STRONG, 20_000, Core(sigma=sigma))
    asymptote = NormalDist().cdf(1 / sigma)
    assert course.responses[-1] == pytest.approx([asymptote, 1 - asymptote], abs=5e-4)


def test_the_published_sigma_gives_the_published_performance() -> None:
    course = mean_field(STRONG_MINUS, PUBLISHED_STRONG, 12_000)
    assert course.responses[-1] == pytest.approx([0.94676, 0.0532], abs=1e-4)


def test_excitation_times_inhibition_is_conserved() -> None:
    """Up to the square of the learning rate, and with the published drifts at 0.01."""
    course = mean_field(STRONG_MINUS, PUBLISHED_STRONG, 6000)
    product = course.excitation * course.inhibition
    drift = np.abs(product[-1] / product[0] - 1)
    assert drift == pytest.approx([0.0001, 0.053, 0.015], rel=0.02)
    slower = mean_field(STRONG_MINUS, PUBLISHED_STRONG, 60_000, Core(alpha=0.001))
    product = slower.excitation * slower.inhibition
    assert np.abs(product[-1] / product[0] - 1) == pytest.approx(drift / 10, rel=0.03)


def test_time_goes_as_one_over_the_learning_rate() -> None:
    scaled = [(2.60, 2.87), (2.61, 2.87), (2.62, 2.86), (2.67, 2.85)]
    for alpha, (delay, learning) in zip((0.001, 0.003, 0.01, 0.03), scaled, strict=True):
        phases = phases_of(STRONG_MINUS, PUBLISHED_STRONG, int(60 / alpha), Core(alpha))
        one_trial = alpha + 0.005
        assert alpha * phases.delay == pytest.approx(delay, abs=one_trial)
        assert alpha * phases.learning == pytest.approx(learning, abs=one_trial)


def test_the_delay_is_linear_in_the_logarithm_of_the_specific_weight() -> None:
    logs = np.linspace(math.log(1e-3), math.log(0.05), 8)
    delays = [phases_of(STRONG_MINUS, (2.0, 1.0, math.exp(w)), 6000).delay for w in logs]
    slope, offset = np.polyfit(logs, delays, 1)
    assert slope == pytest.approx(-69, abs=2)
    residual = np.array(delays) - slope * logs - offset
    assert 1 - residual.var() / np.var(delays) > 0.999


CASES = [
    (PUBLISHED_STRONG, STRONG_MINUS, 0.84, 262, 286, 0.93, 0.56, 0.001),
    (PUBLISHED_STRONG, STRONG_PLUS, 0.84, 279, 493, 0.10, 0.998, 0.40),
    (PUBLISHED_WEAK, STRONG_MINUS, 0.54, 311, 316, 0.85, 0.72, 0.004),
    (PUBLISHED_WEAK, STRONG_PLUS, 0.54, 146, 1435, 0.25, 0.99, 0.22),
]


@pytest.mark.parametrize(
    ("initial", "task", "start", "delay", "learning", "common", "plus", "minus"), CASES
)
def test_the_four_published_cases(
    initial: tuple[float, ...],
    task: Task,
    start: float,
    delay: float,
    learning: float,
    common: float,
    plus: float,
    minus: float,
) -> None:
    """Fig. 5 of the paper, run for 6000 trials: durations within 1 %, and catch trials."""
    course = mean_field(task, initial, 6000)
    phases = crossings(course.performance)
    assert course.responses[0, 0] == pytest.approx(start, abs=0.005)
    assert phases.delay == pytest.approx(delay, rel=0.01)
    assert phases.learning == pytest.approx(learning, rel=0.01)
    active = np.asarray(task.units)
    alone = [COMMON, [0, 0, active[0, 2]], [0, active[1, 1], 0]]
    for found, printed in zip(course.probabilities(alone), (common, plus, minus), strict=True):
        digit = 0.006 if 0.01 < printed <= 0.99 else 0.0006
        assert found == pytest.approx(printed, abs=digit)


def test_equal_recruitment_leaves_the_common_unit_undecided() -> None:
    course = mean_field(discrimination(1, 1), (1.0, 0.6, 0.02), 12_000)
    assert 0.5 <= course.probabilities([COMMON])[0] <= 0.6


def test_the_circuit_follows_the_learning_rule_step_by_step() -> None:
    """Equations 1 to 3, as `models.reinforcement` says them for one trial."""
    order = balanced_order(3, 400, seed=1)
    mice = simulate(STRONG_MINUS, PUBLISHED_WEAK, order, seed=2)
    draws = np.random.default_rng(2)
    for mouse in range(3):
        excitation, inhibition = starting_weights(PUBLISHED_WEAK)
        for trial, draw in enumerate(draws.random(400)):
            stimulus = order[mouse, trial]
            units = np.asarray(STRONG_MINUS.units)[stimulus]
            licks = draw < response_probability(excitation, inhibition, units)
            assert licks == mice.responded[mouse, trial]
            if licks:
                reward = 1.0 if stimulus == 0 else -1.0
                excitation, inhibition = learn(excitation, inhibition, units, reward, CORE)
        np.testing.assert_allclose(mice.excitation[mouse], excitation, rtol=1e-10)
        np.testing.assert_allclose(mice.inhibition[mouse], inhibition, rtol=1e-10)


@pytest.mark.parametrize("alpha", [0.003, 0.01, 0.03])
def test_many_mice_do_on_average_what_the_mean_field_says(alpha: float) -> None:
    trials = int(40 / alpha) // 100 * 100
    mice = simulate(STRONG_MINUS, PUBLISHED_STRONG, balanced_order(400, trials, 1), 2, Core(alpha))
    average = mice.performance(STRONG_MINUS).mean(axis=0)
    course = mean_field(STRONG_MINUS, PUBLISHED_STRONG, trials, Core(alpha))
    expected = course.performance.reshape(-1, 100).mean(axis=1)
    assert np.abs(average - expected).max() <= 0.015


def test_each_block_holds_every_stimulus_equally_often() -> None:
    order = balanced_order(5, 800, seed=3).reshape(5, 100, 8)
    assert (order.sum(axis=2) == 4).all()


def phases_of(
    task: Task, initial: tuple[float, ...], trials: int = 12_000, core: Core = CORE
) -> Phases:
    return crossings(mean_field(task, initial, trials, core).performance)


@cache
def table_courses(task: str) -> list[Course]:
    """Courses of the mice of the shipped table, in either condition."""
    chosen = {"strong minus": STRONG_MINUS, "strong plus": STRONG_PLUS}[task]
    return [mean_field(chosen, tuple(row), 12_000) for row in read_initial_weights()]


def table_durations(task: str) -> tuple[Floats, Floats]:
    found = [crossings(course.performance) for course in table_courses(task)]
    return np.array([p.delay for p in found]), np.array([p.learning for p in found])


def test_the_shipped_table_is_that_of_its_seed() -> None:
    table = read_initial_weights()
    np.testing.assert_allclose(table, draw_initial_weights(15, TABLE_SEED), rtol=1e-5)
    assert np.log10(table[:, 2].max() / table[:, 2].min()) > 1.5


def test_recruitment_changes_the_learning_phase_and_not_the_delay() -> None:
    """Fig. 4c: D = 14/15 for the learning phase, 6/15 for the delay."""
    strong_delay, strong_learning = table_durations("strong minus")
    weak_delay, weak_learning = table_durations("strong plus")
    assert ks_distance(strong_learning, weak_learning) >= 14 / 15
    assert ks_distance(strong_delay, weak_delay) <= 6 / 15
    assert np.median(weak_learning) > np.median(strong_learning)


def test_learning_varies_more_when_the_stimulus_to_withhold_to_is_weak() -> None:
    _, strong = table_durations("strong minus")
    _, weak = table_durations("strong plus")
    assert weak.std(ddof=1) > 5 * strong.std(ddof=1)


def test_learning_is_slow_where_common_weights_are_small() -> None:
    """Fig. 4d: correlations with both common weights, and none with the specific ones."""
    _, weak = table_durations("strong plus")
    r = [np.corrcoef(weights, weak)[0, 1] for weights in read_initial_weights().T]
    assert r[0] < -0.5
    assert r[1] < -0.5
    assert abs(r[2]) < 0.5


def test_the_common_unit_alone_tells_the_strategy_of_every_mouse() -> None:
    alone = {
        task: np.array([course.probabilities([COMMON])[0] for course in table_courses(task)])
        for task in ("strong minus", "strong plus")
    }
    assert alone["strong minus"].min() > 0.5
    assert alone["strong plus"].max() < 0.5
    assert alone["strong minus"].mean() >= 0.8
    assert alone["strong plus"].mean() <= 0.3


def test_the_more_recruitment_differs_the_more_learning_does() -> None:
    """Fig. 4b: monotone over recruitment, in the mean of the mice."""
    differences = [
        np.mean(
            [
                phases_of(discrimination(ratio, 1), tuple(row)).learning
                - phases_of(discrimination(1, ratio), tuple(row)).learning
                for row in read_initial_weights()
            ]
        )
        for ratio in (1.0, 1.1, 1.25, 1.5, 1.69, 2.0, 2.5, 3.0)
    ]
    assert differences[0] == pytest.approx(0, abs=1e-6)
    assert (np.diff(differences) > 0).all()
    assert differences[-1] - differences[-2] < 0.1 * differences[-1], "it levels off"


def test_the_optogenetic_ratio_gives_the_catch_trials_of_the_mice() -> None:
    """C alone at a ratio of 1.69: mice lick in 84 % and 2 %, the model in 0.85 and 0.20."""
    found = [
        np.mean(
            [
                mean_field(task, tuple(row), 12_000).probabilities([COMMON])[0]
                for row in read_initial_weights()
            ]
        )
        for task in (discrimination(1, 1.69), discrimination(1.69, 1))
    ]
    assert found == pytest.approx([0.85, 0.20], abs=0.05)


def test_kolmogorov_and_smirnov_give_the_published_p_values() -> None:
    assert ks_p_value(14 / 15, 15, 15) == pytest.approx(8.77e-7, rel=1e-3)
    assert ks_p_value(6 / 15, 15, 15) == pytest.approx(0.136, abs=0.001)
    assert ks_distance(np.arange(15), np.arange(15) + 100.0) == 1.0
    assert ks_p_value(0.01, 15, 15) == 1.0


def test_a_curve_that_does_not_rise_has_no_phases() -> None:
    found = crossings(np.full(100, 0.5))
    assert math.isnan(found.delay)
    assert math.isnan(found.learning)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Task([[1, 0, 1]], [1, -1]), ShapeError),
        (lambda: Task([[1, 0, -1], [1, 1, 0]], [1, -1]), ModelError),
        (lambda: Task([[1, 0, 1], [1, 1, 0]], [1, 0]), ModelError),
        (lambda: Task([[1, 0, 1], [1, 1, 0]], [1, -1], [0.5, 0.6]), ModelError),
        (lambda: mean_field(Task(np.eye(4), [1, -1, 1, -1]), (1, 1, 1), 10), ShapeError),
        (lambda: mean_field(Task([[1, 1, 0], [1, 0, 1]], [-1, 1]), (1, 1, 1), 10), ModelError),
        (lambda: mean_field(STRONG_MINUS, (1, 1, 1), 0), EmptyDataError),
        (lambda: mean_field(STRONG_MINUS, (1, 1), 10), ShapeError),
        (lambda: mean_field(STRONG_MINUS, (1, math.nan, 1), 10), NotFiniteError),
        (lambda: mean_field(STRONG_MINUS, (1, -1, 1), 10), OutOfBoundsError),
        (lambda: mean_field(STRONG_MINUS, (1, 1, 1), 10, rule="adding"), UnknownNameError),  # type: ignore[arg-type]
        (lambda: simulate(STRONG_MINUS, (1, 1, 1), [[0]], 1, rule="adding"), UnknownNameError),  # type: ignore[arg-type]
        (lambda: simulate(STRONG_MINUS, (1, 1, 1), [[0, 1, 2]], 1), ImpossibleOutcomeError),
        (lambda: simulate(STRONG_MINUS, np.ones((2, 3)), [[0, 1]], 1), ShapeError),
        (
            lambda: simulate(STRONG_MINUS, (1, 1, 1), [[0]], 1).performance(STRONG_MINUS, 0),
            EmptyDataError,
        ),
        (lambda: balanced_order(0, 10, 1), EmptyDataError),
        (lambda: draw_initial_weights(0, 1), EmptyDataError),
        (
            lambda: mean_field(STRONG_MINUS, (1, 1, 1), 1).probabilities([[1, 0]]),
            ShapeError,
        ),
        (lambda: Core(alpha=-0.01), OutOfBoundsError),
        (lambda: Core(sigma=math.nan), OutOfBoundsError),
        (lambda: ks_p_value(1.5, 15, 15), OutOfBoundsError),
        (lambda: ks_p_value(0.5, 15, 0), EmptyDataError),
    ],
)
def test_impossible_tasks_are_refused(make: Callable[[], object], named: type[ModelError]) -> None:
    with pytest.raises(named):
        make()


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", ",".join(COLUMNS) + "\n1,1,x\n", ",".join(COLUMNS) + "\n1,1,0\n"]
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "weights.csv"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"weights\.csv"):
        read_initial_weights(path)
