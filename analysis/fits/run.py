"""Fits a model to some mice, whatever model it is; a mouse that fails does not stop the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np

from analysis.fits.asked import ModelName
from analysis.fits.crews import Crew
from analysis.fits.detection_fit import detection_order, fit_detection
from analysis.fits.learning_fit import Done, done_of, fit_learners, learner
from analysis.fits.logistic_fit import fit_regression, regression_order
from analysis.fits.results import FORMAT, Fit, MouseFit, Spread
from analysis.fits.sessions import Past
from analysis.fits.settings import Settings
from analysis.fits.shifting_fit import fit_choices, shifting_order
from analysis.progress import Begin, unseen
from models.errors import ModelError
from rig.errors import RecordingError

_MAKERS: dict[ModelName, Callable[[Past, Settings], Any]] = {
    ModelName.CIRCUIT: learner,
    ModelName.MEAN_FIELD: learner,
    ModelName.CHOICES: shifting_order,
    ModelName.LOGISTIC: regression_order,
    ModelName.PSYCHOMETRIC: detection_order,
}
"""What makes of the past of a mouse what its model is fitted to."""
_WORK: dict[ModelName, Callable[[Any], MouseFit | str]] = {
    ModelName.CHOICES: fit_choices,
    ModelName.LOGISTIC: fit_regression,
    ModelName.PSYCHOMETRIC: fit_detection,
}


def fit_mice(
    pasts: Sequence[Past], settings: Settings, crew: Crew, where: str, begin: Begin = unseen
) -> Fit:
    """Fit a model to some mice.

    Parameters
    ----------
    pasts
        The sessions of each mouse.
    settings
        The model, and what is asked of it.
    crew
        Who does the work.
    where
        Where the sessions lie, for errors.
    begin
        Is told how far it is.

    Raises
    ------
    RecordingError
        If no mouse can be fitted.
    """
    orders: dict[str, Any] = {}
    failed: dict[str, str] = {}
    for past in pasts:
        if not past.sessions:
            failed[past.subject] = past.why_empty()
            continue
        try:
            orders[past.subject] = _MAKERS[settings.model](past, settings)
        except ModelError as error:
            failed[past.subject] = str(error)
    settings = settings.resolved(len(orders))
    done = _fit_orders(orders, settings, crew, begin) if orders else Done({}, {})
    failed |= done.failed
    if not done.mice:
        told = "; ".join(f"{name}: {why}" for name, why in failed.items())
        raise RecordingError(
            f"there is nothing to fit. {told}", where, "Name other mice, sessions or another model."
        )
    return Fit(
        format=FORMAT,
        made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        mouserig_version=version("mouserig"),
        model=settings.model,
        settings=msgspec.to_builtins(settings),
        mice={name: done.mice[name] for name in orders if name in done.mice},
        failed=failed,
        shared=done.shared,
        group=group_of(done.mice),
    )


def group_of(mice: Mapping[str, MouseFit]) -> tuple[Spread, ...]:
    """Return how the values of each parameter spread over two mice or more."""
    values: dict[tuple[str, str, str], list[float]] = {}
    doubtful: Counter[tuple[str, str, str]] = Counter()
    for mouse in mice.values():
        for found in mouse.found:
            for each in found.parameters:
                key = found.part, found.model, each.name
                values.setdefault(key, []).append(each.value)
                doubtful[key] += bool(each.doubt)
    return tuple(
        Spread(
            *key,
            mice=len(found),
            doubtful=doubtful[key],
            median=float(np.median(found)),
            mean=float(np.mean(found)),
            sd=float(np.std(found, ddof=1)),
            lowest=min(found),
            highest=max(found),
        )
        for key, found in values.items()
        if len(found) > 1
    )


def _fit_orders(orders: Mapping[str, Any], settings: Settings, crew: Crew, begin: Begin) -> Done:
    """Return what was found by mouse, and why others failed."""
    if settings.learns:
        try:
            return fit_learners(orders, settings, crew, begin)
        except ModelError as error:
            return Done({}, dict.fromkeys(orders, str(error)))
    answers = crew.map(
        _WORK[settings.model], list(orders.values()), begin("fitting mice", len(orders))
    )
    return done_of(dict(zip(orders, answers, strict=True)))
