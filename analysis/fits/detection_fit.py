"""The psychometric function of one mouse in the detection task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.fits.found import FAILURES, fitted, mouse_fit, number
from analysis.fits.results import Band, Detected, MouseFit
from analysis.fits.sessions import Past, Recorded, is_detection
from analysis.fits.settings import Settings
from models.errors import EmptyDataError, Floats
from models.fitting import FitResult
from models.psychometric import CATCH, Levels, PsychometricFunction

BEYOND_DB = 10.0
"""The threshold is looked for so far beyond the levels."""
GRID, DRAWS = 121, 1000
"""Points of the curve, and draws of its parameters for its interval."""


@dataclass(frozen=True)
class DetectionOrder:
    """A mouse whose psychometric function is to be fitted."""

    past: Past
    levels: Levels
    settings: Settings


def detection_order(past: Past, settings: Settings) -> DetectionOrder:
    """Return a mouse as it is to be fitted: responses at each level, all sounds together.

    Raises
    ------
    ModelError
        If it has no session in which levels vary.
    """
    kept = past.only(is_detection)
    if not kept.sessions:
        raise EmptyDataError(
            "there is no session in which the level varies", "`rig ls` lists the sessions."
        )
    return DetectionOrder(kept, levels_of(kept.sessions), settings)


def levels_of(sessions: Sequence[Recorded]) -> Levels:
    """Return the responses at each level over all sessions; silent trials count as catch trials."""
    trials: Counter[float] = Counter()
    responses: Counter[float] = Counter()
    for session in sessions:
        for share in (*session.levels.catch(), *session.levels.points()):
            level = CATCH if share.level_db_spl is None else share.level_db_spl
            trials[level] += share.trials
            responses[level] += share.responses
    levels = sorted(trials)
    return Levels(levels, [responses[each] for each in levels], [trials[each] for each in levels])


def fit_detection(order: DetectionOrder) -> MouseFit | str:
    """Fit the function of one mouse; return why not, if its data cannot be fitted."""
    past, settings = order.past, order.settings
    levels = np.asarray(order.levels.levels)
    heard = levels[levels > CATCH]
    model = PsychometricFunction(heard.min() - BEYOND_DB, heard.max() + BEYOND_DB, settings.shape)
    try:
        found, result = fitted(model, order.levels, settings)
    except FAILURES as error:
        return str(error)
    grid = np.linspace(heard.min(), heard.max(), GRID)
    return mouse_fit(
        past,
        (found,),
        detected=Detected(
            levels=tuple(number(level) for level in levels.tolist()),
            responses=tuple(np.asarray(order.levels.responses).tolist()),
            trials=tuple(np.asarray(order.levels.trials).tolist()),
            grid=tuple(grid.tolist()),
            curve=_curve(model, result, grid, settings.seed),
        ),
    )


def _curve(model: PsychometricFunction, result: FitResult, grid: Floats, seed: int) -> Band:
    """Return the fitted curve with its 95 % interval.

    The interval is that of curves whose parameters are drawn by their covariance; those without
    one stay at their values.
    """
    names = [each.name for each in model.parameters]
    best = np.array([result.value(name) for name in names])
    draws = np.tile(best, (DRAWS, 1))
    known = np.flatnonzero(np.isfinite(np.diag(result.covariance)))
    if known.size:
        own = [result.parameters[k] for k in known]
        middle = [
            each.to_search(float(result.values[k])) for k, each in zip(known, own, strict=True)
        ]
        covariance = result.covariance[np.ix_(known, known)]
        drawn = np.random.default_rng(seed).multivariate_normal(
            middle, covariance, DRAWS, check_valid="ignore"
        )
        for column, each in zip(drawn.T, own, strict=True):
            inside = np.clip(column, each.to_search(each.low), each.to_search(each.high))
            draws[:, names.index(each.name)] = [each.from_search(x) for x in inside.tolist()]
    wanted = np.zeros(len(names), np.bool_)
    predict = model.predictor(Levels(grid, np.zeros(len(grid)), np.ones(len(grid))), wanted)
    low, high = np.quantile([predict(each)[0] for each in draws], [0.025, 0.975], axis=0)
    return Band(*(tuple(each.tolist()) for each in (predict(best)[0], low, high)))
