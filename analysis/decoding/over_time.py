"""The same regressions at each time bin, in order: each begins where those before lead to."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.decoding.newton import Columns, Design, Rough, State, go_on, losses, solve
from models.errors import Floats

RENEW = 8
"""Bins for which a preconditioner serves."""
ORDERS = 6
"""Solutions, at most, that tell where the next one lies."""
TOO_MANY = 40
"""Turns at a bin after which it is renewed at once: it has become unlike the curvature."""
TRIES = 5
"""Preconditioners that are made for a solution which is hard to find, each nearer to it."""
NO_COST = 0.01
"""C with which weights stay so small that a start at 0 is near."""


def solve_bins(
    activity: Floats,
    half_width: int,
    columns: Columns,
    weights: Floats,
    intercepts: Floats,
    scores: Floats,
) -> int:
    """Solve the regressions at each bin.

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
        Written: the solutions, (bins, columns, bins of the window, features), but beyond the ends.
    intercepts
        Written: b, (bins, columns).
    scores
        Written: w x + b, (bins, columns, trials).

    Returns
    -------
    int
        -1, or the first bin at which a regression did not converge.
    """
    bins, features, trials = activity.shape
    n_columns = len(columns.signs)
    state, design = new_state(n_columns, 1, trials), new_design(1, trials)
    differences, inverse = new_differences(state), np.zeros((1, 1))
    seen = age = 0
    for b in range(bins):
        low, high = max(0, b - half_width), min(bins, b + half_width + 1)
        size = (high - low) * features + 1
        if size != len(design.ridge):
            state, design = new_state(n_columns, size, trials), new_design(size, trials)
            differences, seen, age = new_differences(state), 0, RENEW
        design.rows[:-1] = activity[low:high].reshape(-1, trials)
        design.turned[:] = design.rows.T
        design = design._replace(largest=float(np.abs(design.rows).max()))
        go_on(state.weights, differences, seen)
        if age >= RENEW:
            inverse, age = _mean_inverse(columns, design, state), 0
        turns = solve(columns, design, rough_of(design, inverse, np.float32), state)
        if turns < 0:
            turns = _solve_from_afar(columns, design, state)
        if turns < 0:
            return b
        seen, age = seen + 1, RENEW if turns > TOO_MANY else age + 1
        window = slice(low - (b - half_width), high - (b - half_width))
        weights[b, :, window] = state.weights[:, :-1].reshape(n_columns, -1, features)
        intercepts[b], scores[b] = state.weights[:, -1], state.scores
    return -1


def new_state(n_columns: int, size: int, trials: int) -> State:
    """Return columns whose weights are 0."""
    return State(np.zeros((n_columns, size)), *(np.zeros((n_columns, trials)) for _ in range(3)))


def new_design(size: int, trials: int) -> Design:
    """Return a design to be filled, but for the row of ones."""
    ridge = np.ones(size)
    ridge[-1] = 0.0
    return Design(np.ones((size, trials)), np.ones((trials, size)), ridge, 1.0)


def rough_of(design: Design, inverse: Floats, kind: type[np.floating[Any]]) -> Rough:
    """Return a design for directions, in numbers of some kind."""
    return Rough(
        design.rows.astype(kind),
        design.turned.astype(kind),
        design.ridge.astype(kind),
        inverse.astype(kind),
    )


def new_differences(state: State) -> Floats:
    """Return room for the differences that `go_on` takes, (ORDERS + 1, columns, features + 1)."""
    return np.zeros((ORDERS + 1, *state.weights.shape))


def _mean_inverse(columns: Columns, design: Design, state: State) -> Floats:
    """Return the inverse of the columns' mean curvature, (features + 1, features + 1)."""
    np.dot(state.weights, design.rows, state.scores)
    powers = np.empty(state.scores.shape[1])
    losses(columns, state, powers, powers.view(np.int64))
    curvature = (design.rows * state.curves.mean(axis=0)) @ design.turned
    curvature[np.diag_indices_from(curvature)] += design.ridge
    # The intercept has no penalty: where all is separated, next to nothing holds it.
    curvature[-1, -1] += 1e-12 * (1.0 + curvature[-1, -1])
    return np.ascontiguousarray(np.linalg.inv(curvature))


def _solve_from_afar(columns: Columns, design: Design, state: State) -> int:
    """Solve where a start is too far off: with little cost first, and from there with ever more.

    Where the labels are nearly separated, the loss is flat around a far start, and steps from
    there lead anywhere. Each solution is a good start for ten times its cost.
    """
    state.weights[:] = 0.0
    share, turns = min(1.0, NO_COST / float(columns.costs.max())), 0
    while turns >= 0:
        part = Columns(columns.signs, columns.costs * share)
        for _ in range(TRIES):
            inverse = _mean_inverse(part, design, state)
            turns = solve(part, design, rough_of(design, inverse, np.float64), state)
            if turns >= 0:
                break
        if share == 1.0:
            break
        share = min(1.0, 10 * share)
    return turns
