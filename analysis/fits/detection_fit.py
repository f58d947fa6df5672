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
from models.bands import Curve, fitted_curve
from models.errors import EmptyDataError, OneClassError
from models.psychometric import CATCH, Levels, PsychometricFunction

BEYOND_DB = 10.0
"""The threshold is looked for so far beyond the levels."""
GRID = 121
"""Points of the curve."""


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
        If it has no session in which levels vary, or responds to none of them.
    """
    kept = past.only(is_detection)
    if not kept.sessions:
        raise EmptyDataError(
            "there is no session in which the level varies", "`rig ls` lists the sessions."
        )
    levels = levels_of(kept.sessions)
    if not np.any(levels.responses):
        raise OneClassError(
            "it responds in no trial: this tells no threshold",
            "Leave it out, or take other sessions.",
        )
    return DetectionOrder(kept, levels, settings)


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
    wanted = Levels(grid, np.zeros(GRID), np.ones(GRID))
    return mouse_fit(
        past,
        (found,),
        detected=Detected(
            levels=tuple(number(level) for level in levels.tolist()),
            responses=tuple(np.asarray(order.levels.responses).tolist()),
            trials=tuple(np.asarray(order.levels.trials).tolist()),
            grid=tuple(grid.tolist()),
            curve=_band(fitted_curve(model, result, wanted, settings.seed)),
        ),
    )


def _band(curve: Curve) -> Band:
    return Band(*(tuple(each.tolist()) for each in (curve.middle, curve.low, curve.high)))
