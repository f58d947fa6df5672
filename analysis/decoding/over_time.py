"""The kernel of time-resolved decoders: the same regressions at each time bin, in order."""

from __future__ import annotations

import numpy as np

from analysis.decoding.newton import Columns, Design, State, losses, mean_inverse, solve
from models.compiled import compiled
from models.errors import Floats

RENEW = 5
"""Bins for which a preconditioner serves."""
TOO_MANY = 40
"""Turns at a bin after which it is renewed at once: it has become unlike the curvature."""
NO_COST = 0.01
"""C with which weights stay so small that a start at 0 is near."""


@compiled
def solve_bins(
    activity: Floats,
    half_width: int,
    columns: Columns,
    weights: Floats,
    intercepts: Floats,
    scores: Floats,
) -> int:
    """Solve the regressions at each bin, beginning where the bins before lead to.

    Parameters
    ----------
    activity
        (bins, features, trials).
    half_width
        The features of a bin are those of the bins around it, so many on each side; fewer at the
        ends.
    columns
        Labels, and which trials are learned.
    weights
        Written: the solutions, (bins, columns, bins of the window, features); 0 beyond the ends.
    intercepts
        Written: b, (bins, columns).
    scores
        Written: w x + b, (bins, columns, trials).

    Returns
    -------
    int
        -1, or the first bin at which a regression did not converge.
    """
    n_bins, features, trials = activity.shape
    n_columns = columns.signs.shape[0]
    state = _state(n_columns, 1, trials)
    design, before, inverse = _design(1, trials), state.weights.copy(), np.zeros((1, 1))
    seen, age = 0, 0
    for b in range(n_bins):
        low, high = max(0, b - half_width), min(n_bins, b + half_width + 1)
        size = (high - low) * features + 1
        if size != state.weights.shape[1]:
            state, design = _state(n_columns, size, trials), _design(size, trials)
            before, seen, age = state.weights.copy(), 0, RENEW
        _fill(design, activity, low, high)
        _go_on(state.weights, before, seen)
        if age >= RENEW:
            _curve(columns, design, state)
            inverse, age = mean_inverse(columns, design, state), 0
        turns = solve(columns, design, state, inverse)
        if turns < 0:
            turns = _solve_from_afar(columns, design, state)
        if turns < 0:
            return b
        seen, age = seen + 1, RENEW if turns > TOO_MANY else age + 1
        first = low - (b - half_width)
        for k in range(n_columns):
            for i in range(size - 1):
                weights[b, k, first + i // features, i % features] = state.weights[k, i]
        intercepts[b] = state.weights[:, size - 1]
        scores[b] = state.scores
    return -1


@compiled
def _solve_from_afar(columns: Columns, design: Design, state: State) -> int:
    """Solve where a start is too far off: with little cost first, and from there with ever more.

    Where the labels are nearly separated, the loss is flat around a far start, and steps from
    there lead anywhere. Each solution is a good start for ten times its cost.
    """
    weights, largest, turns = state.weights, columns.costs.max(), 0
    weights[:] = 0.0
    share = min(1.0, NO_COST / largest)
    while turns >= 0:
        part = Columns(columns.signs, columns.costs * share)
        _curve(part, design, state)
        turns = solve(part, design, state, mean_inverse(part, design, state))
        if share == 1.0:
            break
        share = min(1.0, 10 * share)
    return turns


@compiled
def _state(n_columns: int, size: int, trials: int) -> State:
    return State(
        np.zeros((n_columns, size)),
        np.zeros((n_columns, trials)),
        np.zeros((n_columns, trials)),
        np.zeros((n_columns, trials)),
    )


@compiled
def _design(size: int, trials: int) -> Design:
    ridge = np.ones(size)
    ridge[size - 1] = 0.0
    return Design(np.ones((size, trials)), np.ones((trials, size)), ridge)


@compiled
def _fill(design: Design, activity: Floats, low: int, high: int) -> None:
    """Take the features of some bins into a design."""
    features, trials = activity.shape[1], activity.shape[2]
    for w in range(high - low):
        for f in range(features):
            for t in range(trials):
                design.rows[w * features + f, t] = activity[low + w, f, t]
    for t in range(trials):
        for i in range((high - low) * features):
            design.turned[t, i] = design.rows[i, t]


@compiled
def _go_on(weights: Floats, before: Floats, seen: int) -> None:
    """Begin where a straight line through the last two solutions leads to."""
    for k in range(weights.shape[0]):
        for i in range(weights.shape[1]):
            last = weights[k, i]
            if seen >= 2:
                weights[k, i] = 2 * last - before[k, i]
            before[k, i] = last


@compiled
def _curve(columns: Columns, design: Design, state: State) -> None:
    """Find the curvature at the weights."""
    powers = np.empty(state.scores.shape[1])
    np.dot(state.weights, design.rows, state.scores)
    losses(columns, state, powers, powers.view(np.int64))
