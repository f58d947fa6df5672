"""Results of the models as they stand in ``fit.json``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.fits.results import Context, Detected, Found, Learned, MouseFit, Value
from analysis.fits.sessions import Past
from analysis.fits.settings import STARTS, Settings
from models.doubt import Doubt, statement_of
from models.errors import ModelError
from models.fitting import FitResult, fit
from models.model import Model
from models.profiles import Interval, profile_interval

FAILURES = ModelError, ArithmeticError, np.linalg.LinAlgError
"""What a fit of data that are no good raises."""


def fitted(
    model: Model[Any],
    data: Any,
    settings: Settings,
    part: str = "",
) -> tuple[Found, FitResult]:
    """Return a model fitted to data, with the intervals that are asked for.

    Parameters
    ----------
    model, data, settings
        What is fitted to what, and how.
    part
        What of a mouse's data it is; empty if all.

    Raises
    ------
    ModelError
        Or another of `FAILURES`, if the data are no good.
    """
    starts = settings.starts or STARTS
    result = fit(model, data, held=settings.held, starts=starts, seed=settings.seed)
    profiles = None
    if settings.intervals == "profile":
        profiles = {name: profile_interval(model, data, result, name) for name in result.names}
    return found_of(part, result, profiles), result


def mouse_fit(
    past: Past,
    found: tuple[Found, ...],
    *,
    learned: Learned | None = None,
    contexts: tuple[Context, ...] = (),
    detected: Detected | None = None,
    notes: tuple[str, ...] = (),
) -> MouseFit:
    """Return what was found for a mouse, with the sessions that it was found in."""
    return MouseFit(
        subject=past.subject,
        simulated=past.simulated,
        sessions=tuple(session.name for session in past.sessions),
        left_out=past.left_out,
        found=found,
        learned=learned,
        contexts=contexts,
        detected=detected,
        notes=notes,
    )


def number(value: float) -> float | None:
    """Return a number; None for what is none, so that a file says what it means."""
    return float(value) if math.isfinite(value) else None


def found_of(part: str, result: FitResult, profiles: Mapping[str, Interval] | None = None) -> Found:
    """Return a fit with its intervals: those of profiles where there are any, else by errors."""
    doubts = doubts_of(result.doubts, profiles)
    return Found(
        part=part,
        model=result.model,
        trials=result.trials,
        log_likelihood=result.log_likelihood,
        aic=result.aic,
        bic=result.bic,
        converged=result.converged,
        starts=len(result.start_losses),
        agreeing=result.agreeing,
        intervals="standard error" if profiles is None else "profile",
        parameters=values_of(result, profiles),
        held=dict(result.held),
        statement=statement_of(result.converged, doubts),
    )


def doubts_of(
    doubts: Sequence[Doubt], profiles: Mapping[str, Interval] | None
) -> tuple[Doubt, ...]:
    """Return which parameters the data do not tell: where there are profiles, these say it.

    A parameter whose profile is closed on both sides is told, whatever the curvature says; one
    whose profile is open is not.
    """
    if profiles is None:
        return tuple(doubts)
    return tuple(
        Doubt(name, _why_open(each))
        for name, each in profiles.items()
        if not (each.low_closed and each.high_closed)
    )


def _why_open(profile: Interval) -> str:
    """Return in words on which side the data do not limit a parameter."""
    if not (profile.low_closed or profile.high_closed):
        return f"all values from {profile.low:g} to {profile.high:g} do nearly as well"
    if profile.high_closed:
        return f"values down to its bound {profile.low:g} do nearly as well"
    return f"values up to its bound {profile.high:g} do nearly as well"


def values_of(
    result: FitResult, profiles: Mapping[str, Interval] | None = None
) -> tuple[Value, ...]:
    """Return the fitted parameters of a result."""
    doubts = {doubt.name: doubt.why for doubt in doubts_of(result.doubts, profiles)}
    found = []
    for k, name in enumerate(result.names):
        interval = closed(result.interval(name)) if profiles is None else profiles[name]
        found.append(
            value_of(
                name,
                float(result.values[k]),
                float(result.standard_errors[k]),
                interval,
                doubts.get(name, ""),
            )
        )
    return tuple(found)


def value_of(
    name: str, value: float, standard_error: float, interval: Interval, doubt: str
) -> Value:
    """Return a parameter with its interval."""
    return Value(
        name=name,
        value=value,
        standard_error=number(standard_error),
        low=number(interval.low),
        high=number(interval.high),
        low_open=not interval.low_closed,
        high_open=not interval.high_closed,
        doubt=doubt,
    )


def closed(ends: tuple[float, float]) -> Interval:
    """Return an interval by the standard error; one that is cut by a bound is closed there."""
    return Interval(*ends, low_closed=True, high_closed=True)
