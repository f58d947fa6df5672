"""Fits of the learning models to mice: one by one, or with a core that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from analysis.fits.asked import CoreName, ModelName
from analysis.fits.crews import Crew
from analysis.fits.found import FAILURES, closed, doubts_of, fitted, found_of, mouse_fit, value_of
from analysis.fits.learning_course import learned
from analysis.fits.learning_data import (
    CATCH,
    CommonTask,
    Recruitment,
    Series,
    recruitment_of,
    series,
    without_pretraining,
)
from analysis.fits.results import Found, MouseFit, Shared
from analysis.fits.sessions import Past
from analysis.fits.settings import STARTS_TOGETHER, Settings
from analysis.progress import Begin
from models.cohort import CohortFit, fit_cohort, own_interval, shared_interval
from models.errors import EmptyDataError, OneClassError, ShapeError
from models.fitting import FitResult
from models.learning import Circuit, LearningRule, MeanField, binned
from models.model import Model
from models.reinforcement import PUBLISHED
from models.task import Task
from rig.errors import OptionError


@dataclass(frozen=True)
class Learner:
    """A mouse, its choices, and what its stimuli recruit."""

    past: Past
    choices: Series
    recruitment: Recruitment
    recruitment_from: str


@dataclass(frozen=True)
class Order:
    """One mouse to be fitted.

    Attributes
    ----------
    learner, model, settings
        The mouse, the model, and what is asked of it.
    data
        What the model is fitted to, by mouse.
    cohort
        What was found already, if the mouse was fitted together with others.
    """

    learner: Learner
    model: Model[Any]
    settings: Settings
    data: Mapping[str, Any]
    cohort: CohortFit | None = None


@dataclass(frozen=True)
class Done:
    """What was found: by mouse, why others failed, and what all have in common."""

    mice: dict[str, MouseFit]
    failed: dict[str, str]
    shared: Shared | None = None


def done_of(answers: Mapping[str, MouseFit | str]) -> Done:
    """Return what was found apart from what failed."""
    mice = {name: each for name, each in answers.items() if isinstance(each, MouseFit)}
    return Done(mice, {name: each for name, each in answers.items() if isinstance(each, str)})


def learner(past: Past, settings: Settings) -> Learner:
    """Return a mouse as it is to be fitted.

    Raises
    ------
    ModelError
        If its sessions do not suit, or it responds in none of their trials, or in all: such choices
        do not tell how it learns, and would pull at the core that it shares with others.
    """
    if settings.pretraining == "left out":
        past = without_pretraining(past)
    if not past.sessions:
        raise EmptyDataError("there is no session of S+ and S-", "`rig ls` lists the sessions.")
    choices = series(past.sessions, CATCH if settings.catch == "learned from" else ())
    if len(set(choices.responded)) < 2:
        which = "every one" if choices.responded[0] else "none"
        raise OneClassError(
            f"it responds in {which} of its {len(choices.responded)} trials: this tells nothing of "
            "how it learns",
            "Leave it out, or take in sessions in which it does both.",
        )
    return Learner(past, choices, *recruitment_of(past.sessions, choices, settings.recruitment))


def fit_learners(
    learners: Mapping[str, Learner], settings: Settings, crew: Crew, begin: Begin
) -> Done:
    """Fit a learning model to some mice.

    Raises
    ------
    ModelError
        If no mouse can be fitted, or the mice cannot share a core.
    OptionError
        If a stimulus is named that is not of these mice.
    """
    _check_named(learners, settings)
    common = CommonTask((each.choices, each.recruitment) for each in learners.values())
    model = _model(common.task, settings)
    data = {name: _data(common, each, settings) for name, each in learners.items()}
    if settings.core != CoreName.SHARED:
        orders = [
            Order(each, model, settings, {name: data[name]}) for name, each in learners.items()
        ]
        done = crew.map(fit_learner, orders, begin("fitting mice", len(orders)))
        return done_of(dict(zip(learners, done, strict=True)))
    cohort = _fit_together(model, data, settings, crew, begin)
    fitted_data = {name: data[name] for name in cohort.mice}
    orders = [Order(learners[name], model, settings, fitted_data, cohort) for name in cohort.mice]
    done = crew.map(fit_learner, orders, begin("looking at each mouse", len(orders)))
    found = done_of(dict(zip(cohort.mice, done, strict=True)))
    shared = _shared(model, fitted_data, cohort, settings, begin)
    return Done(found.mice, {**cohort.failed, **found.failed}, shared)


def fit_learner(order: Order) -> MouseFit | str:
    """Fit one mouse if it is not fitted yet; return what there is to say of it, or why nothing."""
    each = order.learner
    try:
        found, result = _fitted(order)
        course = learned(
            each.choices, each.recruitment, each.recruitment_from, result, order.settings
        )
    except FAILURES as error:
        return str(error)
    return mouse_fit(each.past, (found,), learned=course, notes=tuple(_notes(each)))


def _notes(each: Learner) -> Iterator[str]:
    """Yield what a reader of the fit must know of the data."""
    if each.recruitment_from.startswith("taken"):
        yield f"recruitment is {each.recruitment_from}"
    for hole in each.past.holes():
        yield (
            f"{hole.session} is not in the fit as a whole, though what the mouse learned there is "
            "in its later trials: the values may be wrong. --sessions leaves out what comes behind"
        )


def _check_named(learners: Mapping[str, Learner], settings: Settings) -> None:
    """Refuse the name of a stimulus that no mouse has."""
    names = {name for each in learners.values() for name in (each.choices.go, each.choices.nogo)}
    for name in settings.recruitment:
        if name not in names:
            raise OptionError(
                f"no mouse has a stimulus '{name}'",
                "--recruitment",
                f"Name one of: {', '.join(sorted(names))}.",
            )


def _fitted(order: Order) -> tuple[Found, FitResult]:
    """Return the fit of a mouse by itself, or what is its own of a fit of all mice."""
    name, settings, cohort = order.learner.past.subject, order.settings, order.cohort
    if cohort is None:
        return fitted(order.model, order.data[name], settings)
    result, profiles = cohort.mice[name], None
    if settings.intervals == "profile":
        profiles = {
            own: own_interval(order.model, order.data, cohort, name, own) for own in result.names
        }
    found = msgspec.structs.replace(
        found_of("", result, profiles),
        aic=None,
        bic=None,
        starts=len(cohort.start_losses),
        agreeing=cohort.agreeing,
    )
    return found, result


def _model(task: Task, settings: Settings) -> Model[Any]:
    core = PUBLISHED if settings.core == CoreName.PUBLISHED else None
    rule = LearningRule(task, core, settings.variant)
    if settings.model == ModelName.CIRCUIT:
        return Circuit(rule)
    if np.shape(task.units)[0] != 2:
        raise ShapeError(
            "the mean field is of one S+ and one S-, and these mice have more",
            "Fit mice with other recruitment by themselves, or take the circuit.",
        )
    return MeanField(rule)


def _data(common: CommonTask, each: Learner, settings: Settings) -> Any:
    choices = common.choices(each.choices, each.recruitment)
    return choices if settings.model == ModelName.CIRCUIT else binned(choices, settings.bin_trials)


def _fit_together(
    model: Model[Any], data: Mapping[str, Any], settings: Settings, crew: Crew, begin: Begin
) -> CohortFit:
    advance = begin("fitting each mouse alone", len(data))

    def mapper(work: Callable[[Any], Any], orders: Iterable[Any]) -> Iterable[Any]:
        done = crew.map(work, list(orders), advance)
        begin("fitting all mice together", 0)
        return done

    return fit_cohort(
        model,
        data,
        held=settings.held,
        starts=settings.starts or STARTS_TOGETHER,
        seed=settings.seed,
        mapper=mapper,
    )


def _shared(
    model: Model[Any], data: Mapping[str, Any], cohort: CohortFit, settings: Settings, begin: Begin
) -> Shared:
    """Return what the mice have in common, with intervals."""
    names = [each.name for each in cohort.shared]
    profiles = None
    if settings.intervals == "profile":
        profiles = {}
        advance = begin("intervals of what they share", len(names))
        for name in names:
            profiles[name] = shared_interval(model, data, cohort, name)
            advance()
    intervals = profiles or {name: closed(cohort.interval(name)) for name in names}
    why = {doubt.name: doubt.why for doubt in doubts_of(cohort.doubts, profiles)}
    values = [
        value_of(
            name,
            float(cohort.values[k]),
            float(cohort.standard_errors[k]),
            intervals[name],
            why.get(name, ""),
        )
        for k, name in enumerate(names)
    ]
    return Shared(
        parameters=tuple(values),
        log_likelihood=cohort.log_likelihood,
        aic=cohort.aic,
        bic=cohort.bic,
        trials=cohort.trials,
        count=cohort.count,
        converged=cohort.converged,
        starts=len(cohort.start_losses),
        agreeing=cohort.agreeing,
    )
