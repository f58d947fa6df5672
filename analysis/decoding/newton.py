"""Many logistic regressions on the same trials at once, by Newton's method.

The regressions are columns: folds, or folds of shuffled labels. They share the design, so that one
product of matrices serves all of them. Directions come from conjugate gradients, whose
preconditioner is the inverse of the columns' mean curvature. Each column minimises

    |w|^2 / 2 + C sum over its trials of log(1 + exp(-y (w x + b)))

which is scikit-learn's objective; b is not penalised.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.errors import Floats, Whole

STEPS = 30
"""Of Newton's method, at most; some five are usual."""
TURNS = 50
"""Steps of conjugate gradients to one direction, at most."""
FORCING = 0.001
"""How much of a gradient a direction may leave, relative."""
STEEPEST = 0.25
"""How much of the slope along a step may be left at its end, uphill; else the step was too long."""
EXACT = 1e-8
"""Length of the gradient at which a column is done.

The penalty makes the loss so convex that no weight is farther from its best than that.
"""
SUMMING = 1e-15
"""What numbers of 64 bits may lose in a sum, in parts of the sizes that are summed."""

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
SHIFT = 6755399441055744.0
"""1.5 * 2^52: a number that is added to it is rounded to a whole one, in its lowest bits."""
BIAS, FRACTION_BITS = 1023, 52
LARGEST = 700.0
"""Exponents beyond it neither change a probability nor fit into a number."""


class Columns(NamedTuple):
    """What is asked of the regressions.

    Attributes
    ----------
    signs
        The labels as 1 and -1, (columns, trials).
    costs
        C for trials that a column is trained on, else 0, (columns, trials).
    """

    signs: Floats
    costs: Floats


class Design(NamedTuple):
    """What the trials are like, with a row of ones at the end.

    Attributes
    ----------
    rows
        (features + 1, trials).
    turned
        The same, (trials, features + 1).
    ridge
        1 for each feature and 0 for the ones, (features + 1,).
    largest
        The largest size of any feature.
    """

    rows: Floats
    turned: Floats
    ridge: Floats
    largest: float


class Rough(NamedTuple):
    """A design by which directions are found, in numbers of 32 or of 64 bits.

    A direction need not be exact, so that short numbers do, of which a processor takes twice as
    many at a time. Only where classes are nearly separated they do not suffice.

    Attributes
    ----------
    rows, turned, ridge
        As in `Design`.
    inverse
        About the inverse of the columns' mean curvature, (features + 1, features + 1).
    """

    rows: NDArray[Any]
    turned: NDArray[Any]
    ridge: NDArray[Any]
    inverse: NDArray[Any]


class State(NamedTuple):
    """Where the columns are.

    Attributes
    ----------
    weights
        (columns, features + 1).
    scores
        w x + b of each trial, (columns, trials).
    slopes
        Derivative of the loss by the scores, (columns, trials).
    curves
        Its second derivative, (columns, trials).
    """

    weights: Floats
    scores: Floats
    slopes: Floats
    curves: Floats


@compiled
def losses(columns: Columns, state: State, powers: Floats, bits: Whole) -> None:
    """Write the derivatives of the loss by the scores.

    `powers` and `bits`, (trials,), are the same memory: a power of two is made by its exponent's
    bits. So all loops run on many trials at a time, which calls of a library's exp would prevent.
    """
    n_columns, trials = state.scores.shape
    for k in range(n_columns):
        scores, signs, costs = state.scores[k], columns.signs[k], columns.costs[k]
        slopes, curves = state.slopes[k], state.curves[k]
        for t in range(trials):
            exponent = min(max(-signs[t] * scores[t], -LARGEST), LARGEST)
            powers[t] = exponent * LOG2_E + SHIFT
            slopes[t] = exponent
        for t in range(trials):
            whole = powers[t] - SHIFT
            rest = (slopes[t] - whole * LN2_HIGH) - whole * LN2_LOW
            curves[t] = _exp_of_rest(rest)
        for t in range(trials):
            bits[t] = (bits[t] + BIAS) << FRACTION_BITS
        for t in range(trials):
            odds = curves[t] * powers[t]
            wrong = odds / (1.0 + odds)
            pull = costs[t] * wrong
            slopes[t] = -signs[t] * pull
            curves[t] = pull * (1.0 - wrong)


@compiled
def _exp_of_rest(x: float) -> float:
    """Return exp(x) for |x| <= ln(2) / 2, to the last digit or two, by its series."""
    top = 1 / 3628800 + x * (1 / 39916800 + x * (1 / 479001600 + x / 6227020800))
    high = 1 / 5040 + x * (1 / 40320 + x * (1 / 362880 + x * top))
    low = 1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x * high)))
    return 1.0 + x * (1.0 + x * (0.5 + x * low))


@compiled
def go_on(weights: Floats, differences: Floats, seen: int) -> None:
    """Begin where the solutions before lead to: a polynomial through the last of them.

    By Newton's backward differences: the n-th one is how far the polynomial through the n
    solutions before the last was off at the last. The next one goes through as many as were best
    there, so that smooth activity gains by many, and rough one does not lose.

    Parameters
    ----------
    weights
        The last solution, (columns, features + 1); where to begin is written into it.
    differences
        Of the solutions before: the solution, its difference from the one before, the difference
        of these, and so on. Those of the last solution are written into it.
    seen
        How many solutions there are, the last included; with none, weights stay as they are.
    """
    if seen == 0:
        return
    orders = min(seen, len(differences) - 1)
    n_columns, size = weights.shape
    best, least = 1, np.inf
    errors = np.zeros(orders + 1)
    for k in range(n_columns):
        for f in range(size):
            value = weights[k, f]
            for n in range(orders + 1):
                before = differences[n, k, f]
                differences[n, k, f] = value
                errors[n] += value * value
                value -= before
    for n in range(1, orders):
        if errors[n] < least:
            best, least = n, errors[n]
    for k in range(n_columns):
        for f in range(size):
            total = 0.0
            for n in range(best):
                total += differences[n, k, f]
            weights[k, f] = total


@compiled
def solve(columns: Columns, design: Design, rough: Rough, state: State) -> int:
    """Bring the weights from where they are to their best.

    Parameters
    ----------
    columns, design, rough
        What is to be solved.
    state
        Its weights are where to begin, and where the solution is written; the rest follows.

    Returns
    -------
    int
        How many steps of conjugate gradients it took, or -1 if it did not converge.
    """
    weights = state.weights
    n_columns, trials = state.scores.shape
    powers = np.empty(trials)
    bits = powers.view(np.int64)
    gradients, along = np.empty_like(weights), np.zeros_like(weights)
    lengths, descents = np.zeros(n_columns), np.zeros(n_columns)
    done = np.zeros(n_columns, dtype=np.bool_)
    turns = 0
    for _ in range(STEPS):
        np.dot(weights, design.rows, state.scores)
        losses(columns, state, powers, bits)
        np.dot(state.slopes, design.turned, gradients)
        for k in range(n_columns):
            for f in range(design.ridge.size):
                gradients[k, f] += design.ridge[f] * weights[k, f]
        if _all_done(gradients, state, design, done):
            return turns
        if _shortened(gradients, along, lengths, descents, done, weights):
            continue
        turns += _directions(rough, state, gradients, done, along)
        for k in range(n_columns):
            lengths[k] = 1.0
            descents[k] = np.dot(gradients[k], along[k])
            _add(weights[k], 1.0, along[k])
    return -1


@compiled
def _add(to: NDArray[Any], factor: float, values: NDArray[Any]) -> None:
    for i in range(to.size):
        to[i] += factor * values[i]


@compiled
def _all_done(gradients: Floats, state: State, design: Design, done: NDArray[np.bool_]) -> bool:
    """Note the columns whose weights are exact; return whether all are."""
    for k in range(done.size):
        pulls, reach = 0.0, 0.0
        for slope in state.slopes[k]:
            pulls += abs(slope)
        for weight in state.weights[k]:
            reach += abs(weight) * design.largest
        exact = max(EXACT, SUMMING * pulls * design.largest * (1.0 + reach))
        done[k] = done[k] or np.dot(gradients[k], gradients[k]) <= exact * exact
    return bool(done.all())


@compiled
def _shortened(
    gradients: Floats,
    along: Floats,
    lengths: Floats,
    descents: Floats,
    done: NDArray[np.bool_],
    weights: Floats,
) -> bool:
    """Take back a part of the last step of each column that went too far.

    The loss is convex along a step: where it rises steeply at the end, the step passed the lowest
    point, which the slopes at both ends tell roughly.
    """
    any_shortened = False
    for k in range(done.size):
        uphill = np.dot(gradients[k], along[k])
        if done[k] or uphill <= -STEEPEST * descents[k]:
            continue
        part = min(0.5, max(0.1, -descents[k] / (uphill - descents[k])))
        _add(weights[k], lengths[k] * (part - 1.0), along[k])
        lengths[k] *= part
        any_shortened = True
    return any_shortened


@compiled
def _directions(
    rough: Rough, state: State, gradients: Floats, done: NDArray[np.bool_], along: Floats
) -> int:
    """Write Newton's steps, nearly; return how many turns that took.

    Conjugate gradients of all columns side by side; a column that is done stays where it is.
    """
    n_columns, trials = state.scores.shape
    kind = rough.rows.dtype
    curves, left = state.curves.astype(kind), gradients.astype(kind)
    pulls, scores = np.empty_like(curves), np.empty_like(curves)
    curved, steps = np.empty_like(left), np.zeros_like(left)
    improved = np.dot(left, rough.inverse)
    moves = -improved
    sizes, goals, resting = np.zeros(n_columns), np.zeros(n_columns), done.copy()
    for k in range(n_columns):
        sizes[k] = np.dot(left[k], improved[k])
        last = 0.1 * EXACT**2 / np.dot(gradients[k], gradients[k])
        goals[k] = sizes[k] * max(FORCING**2, last)
        if resting[k]:
            moves[k] = 0.0
    turns = 0
    while turns < TURNS and not resting.all():
        turns += 1
        np.dot(moves, rough.rows, scores)
        for k in range(n_columns):
            for t in range(trials):
                pulls[k, t] = curves[k, t] * scores[k, t]
        np.dot(pulls, rough.turned, curved)
        for k in range(n_columns):
            if resting[k]:
                continue
            for f in range(rough.ridge.size):
                curved[k, f] += rough.ridge[f] * moves[k, f]
            step = sizes[k] / np.dot(moves[k], curved[k])
            _add(steps[k], step, moves[k])
            _add(left[k], step, curved[k])
        np.dot(left, rough.inverse, improved)
        for k in range(n_columns):
            if resting[k]:
                continue
            size = np.dot(left[k], improved[k])
            if size <= goals[k]:
                resting[k] = True
                moves[k] = 0.0
                continue
            for f in range(rough.ridge.size):
                moves[k, f] = moves[k, f] * (size / sizes[k]) - improved[k, f]
            sizes[k] = size
    for k in range(n_columns):
        for f in range(rough.ridge.size):
            along[k, f] = steps[k, f]
    return turns
