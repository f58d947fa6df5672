"""Fits of a learning mouse, and chance of consistent trials, beside plain NumPy and SciPy."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy.optimize import minimize

from benchmarks.compilation import compilation
from models.circuit import Choices, balanced_order, simulate
from models.consistency import chance_of_consistency
from models.errors import Floats
from models.fitting import fit
from models.learning import BinnedChoices, LearningRule, MeanField, binned
from models.reinforcement import PUBLISHED, Core
from models.search import Search
from models.task import discrimination

TRIALS, STARTS = 2000, 20
REPEATS = 9
"""Of a fit, which takes some hundredths of a second: the quickest counts."""
TIMED_STARTS = (1, 2, 3)
"""Of the plain fit, which would take minutes for all of them."""
BLOCK, LICK_RATE, PLAIN_SESSIONS = 70, 0.7, 400
COMPILE = """
import time, numba
loaded = time.process_time()
from models.circuit import Choices, simulate
from models.consistency import chance_of_consistency
from models.fitting import fit
from models.learning import Circuit, LearningRule, MeanField, binned
from models.task import PUBLISHED_STRONG, discrimination
task, choices = discrimination(), Choices([0, 1], [1, 0])
smooth = fit(MeanField(LearningRule(task)), binned(choices), starts=1)
single = fit(Circuit(LearningRule(task)), choices, starts=1)
simulate(task, PUBLISHED_STRONG, [[0, 1]], seed=1)
chance_of_consistency(10, 0.5, 1, 1)
print(time.process_time() - loaded)
print(smooth.log_likelihood, single.log_likelihood)
"""


def measure() -> list[tuple[str, str]]:
    """Return times of one core, in processor time, and their ratios."""
    return [*_fits(), *_chance(), *compilation(COMPILE)]


def _fits() -> list[tuple[str, str]]:
    data = _mouse()
    rows = []
    for what, core in (("3 weights", PUBLISHED), ("all 6 parameters", None)):
        model = MeanField(LearningRule(discrimination(), core))
        fit(model, data, starts=1)
        ours = min(_seconds(partial(fit, model, data, starts=STARTS)) for _ in range(REPEATS))
        points = Search(model, data, {}).first_points(STARTS, 0)
        bounds = [(math.log(each.low), math.log(each.high)) for each in model.parameters]
        times = [_seconds(partial(_plain_fit, data, points[k], bounds, core)) for k in TIMED_STARTS]
        plain = float(np.mean(times)) * STARTS
        rows += [
            (f"a mouse, {what}, {STARTS} starts, s", f"{ours:.3f}"),
            (f"the same in NumPy and SciPy, from {len(times)} starts, s", f"{plain:.0f}"),
            ("ratio", f"{plain / ours:.0f} x"),
        ]
    return rows


def _chance() -> list[tuple[str, str]]:
    chance_of_consistency(BLOCK, LICK_RATE, 1, 10)
    ours = min(_seconds(lambda: chance_of_consistency(BLOCK, LICK_RATE, 1)) for _ in range(3))
    rng = np.random.default_rng(1)
    plain = min(
        _seconds(lambda: [_plain_block(rng) for _ in range(PLAIN_SESSIONS)]) for _ in range(3)
    )
    ratio = plain / PLAIN_SESSIONS * 1e6 / ours
    return [
        ("10^6 blocks of 70 trials at random, s", f"{ours:.2f}"),
        ("a block in NumPy, ms", f"{plain / PLAIN_SESSIONS * 1e3:.2f}"),
        ("ratio", f"{ratio:.0f} x"),
    ]


def _mouse() -> BinnedChoices:
    task = discrimination()
    order = balanced_order(1, TRIALS, 1)
    done = simulate(task, (0.8, 0.5, 0.02), order, 2)
    return binned(Choices(order[0], done.responded[0]))


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def _plain_fit(
    data: BinnedChoices, start: Floats, bounds: Sequence[tuple[float, float]], core: Core | None
) -> None:
    """Fit as one would without a compiler: a loop over trials, differences for slopes."""
    _, responses, trials = data.arrays

    def loss(point: Floats) -> float:
        values = np.exp(point)
        constants = values[:3] if core is None else (core.alpha, core.sigma, core.asymmetry)
        p = np.clip(_plain_course(constants, values[-3:]), 1e-12, 1 - 1e-12)
        return -float((responses * np.log(p) + (trials - responses) * np.log1p(-p)).sum())

    minimize(loss, start, method="L-BFGS-B", bounds=bounds)


def _plain_course(constants: Sequence[float] | Floats, initial: Floats) -> Floats:
    alpha, sigma, asymmetry = constants
    excitation = np.array([initial[0], initial[2], initial[2]])
    inhibition = np.array([initial[1], initial[2], initial[2]])
    plus, minus = np.asarray(discrimination().units)
    course = np.empty((TRIALS, 2))
    for trial in range(TRIALS):
        net = excitation - inhibition
        drive_plus, drive_minus = net @ plus, net @ minus
        p_plus = 0.5 * (1 + math.erf(drive_plus / math.sqrt(2)))
        p_minus = 0.5 * (1 + math.erf(drive_minus / math.sqrt(2)))
        course[trial] = p_plus, p_minus
        error_plus, error_minus = 1 - sigma * drive_plus, -1 - sigma * drive_minus
        error_plus *= asymmetry if error_plus > 0 else 1
        error_minus *= asymmetry if error_minus > 0 else 1
        change = alpha / 2 * (error_plus * p_plus * plus + error_minus * p_minus * minus)
        excitation = np.maximum(excitation * (1 + change), 0)
        inhibition = np.maximum(inhibition * (1 - change), 0)
    return np.asarray(course.reshape(-1, 100, 2).mean(axis=1))


def _plain_block(rng: np.random.Generator) -> int:
    """Play a block at random, and count its consistent trials window by window."""
    relevant, other = rng.random((2, BLOCK)) < 0.5
    right = (relevant == other) | ((rng.random(BLOCK) < LICK_RATE) == relevant)
    kind = 2 * relevant + (relevant == other)
    count = 0
    for trial in range(BLOCK):
        window = slice(max(trial - 10, 0), trial + 11)
        kinds = kind[window]
        trials = np.bincount(kinds, minlength=4)
        hits = np.bincount(kinds, weights=right[window], minlength=4)
        count += bool((hits > 0.5 * trials).all() and trials.all())
    return count
