"""Many mice fitted at once: some parameters in common, the others each mouse's own.

One mouse tells no more than two or three parameters of learning. So the core is common to the
mice and the initial weights are their own, as in Ceballo et al. 2019, unless one says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from models.doubt import Z_95, Doubt, doubt_of, observed_information, statement_of
from models.errors import EmptyDataError, Floats, ModelError, UnknownNameError, check_some
from models.fitting import AGREE, FitResult, fit, losses_of
from models.minimise import Minimum, minimise
from models.model import Data, Model, Parameter
from models.profiles import Interval, Profile
from models.saddles import past_saddles
from models.search import Search

Mapper = Callable[..., Iterable["FitResult | str"]]
"""What runs the fits of single mice: `map`, or the `map` of an executor or of a cluster."""


@dataclass(frozen=True)
class CohortFit:
    """What a fit of many mice found.

    Attributes
    ----------
    shared
        The parameters in common.
    values, standard_errors
        Theirs, (shared,); NaN as in `FitResult`.
    mice
        What was found for each mouse, its own parameters fitted and the shared ones held. Standard
        errors take into account that the shared ones are not known exactly; ``start_losses`` are
        those of its first fit, alone.
    failed
        Why a mouse could not be fitted, by name; the others were fitted without it.
    log_likelihood, trials
        Over all mice that were fitted.
    converged
        Whether the best search ended at a minimum.
    start_losses
        Minus the log-likelihood at which each search ended, (starts,).
    doubts
        For each parameter that the data do not tell, why; those of a mouse as ``MOUSE.NAME``.
    """

    shared: tuple[Parameter, ...]
    values: Floats
    standard_errors: Floats
    mice: Mapping[str, FitResult]
    failed: Mapping[str, str]
    log_likelihood: float
    trials: int
    converged: bool
    start_losses: Floats
    doubts: tuple[Doubt, ...]

    def __str__(self) -> str:
        lines = [f"{len(self.mice)} mice, {self.trials} choices: {self.log_likelihood:.2f}"]
        for name in (each.name for each in self.shared):
            low, high = self.interval(name)
            lines.append(f"  {name:<20} {self.value(name):10.4g}   95 % {low:.4g} to {high:.4g}")
        failed = [f"  {name} could not be fitted: {why}" for name, why in self.failed.items()]
        return "\n".join([*lines, *failed, self.statement])

    @property
    def count(self) -> int:
        """How many parameters were fitted, all mice together."""
        return len(self.shared) + sum(len(each.parameters) for each in self.mice.values())

    @property
    def aic(self) -> float:
        """Akaike's criterion; lower is better."""
        return 2 * self.count - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion; lower is better."""
        return self.count * math.log(self.trials) - 2 * self.log_likelihood

    @property
    def statement(self) -> str:
        """Whether the fit can be relied on, in words."""
        return statement_of(self.converged, self.doubts)

    @property
    def agreeing(self) -> int:
        """How many searches ended as well as the best."""
        return int((self.start_losses <= -self.log_likelihood + AGREE).sum())

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 95 % interval of a shared parameter by its standard error, inside the bounds.

        NaN without one. `shared_interval` is better, and takes longer.
        """
        k = _place(self.shared, name)
        each, value = self.shared[k], float(self.values[k])
        half = Z_95 * float(self.standard_errors[k]) / (value if each.scale == "log" else 1.0)
        return each.around(each.to_search(value), half)

    def value(self, name: str) -> float:
        """Return the value of a shared parameter.

        Raises
        ------
        UnknownNameError
            If none has that name.
        """
        return float(self.values[_place(self.shared, name)])


class _Joint:
    """Minus the log-likelihood of all mice; a point holds the shared parameters, then each mouse's.

    Parameters
    ----------
    searches
        One for each mouse, with all parameters free.
    shared
        Names of the shared parameters.
    """

    def __init__(self, searches: Sequence[Search[Data]], shared: Sequence[str]) -> None:
        free = searches[0].free
        common = [k for k, each in enumerate(free) if each.name in shared]
        own = [k for k in range(len(free)) if k not in common]
        self._evaluates = [search.evaluate for search in searches]
        self.shared = tuple(free[k] for k in common)
        self.own = tuple(free[k] for k in own)
        self.places = []
        for mouse in range(len(searches)):
            place = np.zeros(len(free), dtype=np.int64)
            place[common] = np.arange(len(common))
            place[own] = len(common) + mouse * len(own) + np.arange(len(own))
            self.places.append(place)
        low, high = searches[0].low, searches[0].high
        self.low = np.concatenate([low[common], np.tile(low[own], len(searches))])
        self.high = np.concatenate([high[common], np.tile(high[own], len(searches))])

    def evaluate(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Return loss, gradient and information, all mice together."""
        loss, gradient = 0.0, np.zeros(len(point))
        information = np.zeros((len(point), len(point)))
        for evaluate, place in zip(self._evaluates, self.places, strict=True):
            each, slope, curvature = evaluate(point[place])
            loss += each
            gradient[place] += slope
            information[place[:, None], place] += curvature
        return loss, gradient, information

    def observed(self, point: Floats) -> Floats:
        """Return the second derivatives of the loss."""
        information = np.zeros((len(point), len(point)))
        for evaluate, place in zip(self._evaluates, self.places, strict=True):
            own = observed_information(evaluate, point[place], self.low[place], self.high[place])
            information[place[:, None], place] += own
        return information


def fit_cohort(
    model: Model[Data],
    mice: Mapping[str, Data],
    *,
    shared: Sequence[str] | None = None,
    held: Mapping[str, float] | None = None,
    starts: int = 5,
    seed: int = 0,
    mapper: Mapper = map,
) -> CohortFit:
    """Fit a model to many mice.

    Each mouse is first fitted alone, with the shared parameters held at their defaults. All are
    then fitted together, from several starts of the shared parameters.

    Parameters
    ----------
    model
        The model; a learning model has `core=None` for this, so that its core is fitted.
    mice
        Data of each mouse, by name.
    shared
        Names of the parameters in common. Left out, they are those that the model shares by
        default.
    held
        Values of parameters that are fitted for no mouse.
    starts
        How many searches of all mice together.
    seed
        Of the starts.
    mapper
        What runs the fits of single mice. The `map` of a
        `concurrent.futures.ThreadPoolExecutor` uses all cores, since the loops run without
        Python's lock.

    Raises
    ------
    ModelError
        If a name is unknown, or no mouse could be fitted.
    """
    check_some(starts=starts)
    fixed = dict(held or {})
    names = _shared_names(model, shared, fixed)
    defaults = {each.name: each.default for each in model.parameters if each.name in names}
    alone = partial(_fit_alone, model, fixed | defaults, seed)
    found = dict(zip(mice, mapper(alone, list(mice.values())), strict=True))
    failed = {name: each for name, each in found.items() if isinstance(each, str)}
    fitted = {name: each for name, each in found.items() if isinstance(each, FitResult)}
    if not fitted:
        said = "; ".join(f"{name}: {why}" for name, why in failed.items()) or "there is none"
        raise EmptyDataError(f"no mouse can be fitted ({said})", "Mend the data.")
    searches = [Search(model, mice[name], fixed) for name in fitted]
    joint = _Joint(searches, names)
    minima = [
        minimise(joint.evaluate, first, joint.low, joint.high)
        for first in _first_points(joint, list(fitted.values()), starts, seed)
    ]
    best = min(minima, key=lambda minimum: minimum.loss)
    best = past_saddles(joint.evaluate, joint.observed, best, joint.low, joint.high)
    losses = losses_of(minima, best)
    return _result(joint, best, losses, searches, fitted, failed)


def shared_interval(
    model: Model[Data], mice: Mapping[str, Data], found: CohortFit, name: str, z: float = Z_95
) -> Interval:
    """Return the profile interval of a shared parameter; all others are fitted anew at each value.

    Parameters
    ----------
    model, mice
        As they were fitted.
    found
        What `fit_cohort` returned for them.
    name
        A shared parameter.
    z
        Half-width in standard deviations of a Gaussian: 1.96 for 95 %.
    """
    k = _place(found.shared, name)
    return _interval_at(model, mice, found, k, float(found.standard_errors[k]), z)


def own_interval(
    model: Model[Data],
    mice: Mapping[str, Data],
    found: CohortFit,
    mouse: str,
    name: str,
    z: float = Z_95,
) -> Interval:
    """Return the profile interval of a parameter of one mouse.

    All others are fitted anew at each value, the shared ones too: that they are not known exactly
    is in it, other than in `models.profiles.profile_interval` of that mouse's result.

    Parameters
    ----------
    model, mice, found, z
        As for `shared_interval`.
    mouse, name
        The mouse, and one of its own parameters.
    """
    if mouse not in found.mice:
        raise UnknownNameError(f"no mouse {mouse!r} was fitted", f"There are {list(found.mice)}.")
    one = found.mice[mouse]
    own = one.index(name)
    place = len(found.shared) + list(found.mice).index(mouse) * len(one.parameters) + own
    return _interval_at(model, mice, found, place, float(one.standard_errors[own]), z)


def _interval_at(
    model: Model[Data],
    mice: Mapping[str, Data],
    found: CohortFit,
    k: int,
    standard_error: float,
    z: float,
) -> Interval:
    """Return the profile interval of the k-th parameter of all mice together."""
    shared = [each.name for each in found.shared]
    one = next(iter(found.mice.values()))
    held = {key: value for key, value in one.held.items() if key not in shared}
    joint = _Joint([Search(model, mice[mouse], held) for mouse in found.mice], shared)
    parts = [(found.shared, found.values)]
    parts += [(each.parameters, each.values) for each in found.mice.values()]
    flat = [(p, float(v)) for ps, vs in parts for p, v in zip(ps, vs, strict=True)]
    best = np.array([each.to_search(value) for each, value in flat])
    each, value = flat[k]
    error = standard_error / (value if each.scale == "log" else 1.0)
    width = z * error if np.isfinite(error) else 0.5
    profile = Profile(joint.evaluate, joint.low, joint.high, best, -found.log_likelihood, k)
    low, low_closed = profile.end(z, -width)
    high, high_closed = profile.end(z, width)
    return Interval(each.from_search(low), each.from_search(high), low_closed, high_closed)


def _shared_names(
    model: Model[Data], shared: Sequence[str] | None, held: Mapping[str, float]
) -> list[str]:
    known = [each.name for each in model.parameters if each.name not in held]
    if shared is None:
        return [each.name for each in model.parameters if each.shared and each.name in known]
    for name in shared:
        if name not in known:
            raise UnknownNameError(f"no parameter {name!r} to share", f"There are {known}.")
    return list(shared)


def _fit_alone(
    model: Model[Data], held: Mapping[str, float], seed: int, data: Data
) -> FitResult | str:
    """Fit one mouse; return why not, if its data cannot be fitted."""
    try:
        return fit(model, data, held=held, seed=seed)
    except (ModelError, ArithmeticError, np.linalg.LinAlgError) as error:
        return str(error)


def _first_points(
    joint: _Joint, alone: Sequence[FitResult], starts: int, seed: int
) -> Iterable[Floats]:
    """Yield where searches begin: mice as they were alone, shared ones as given and drawn."""
    own = [
        each.to_search(value)
        for result in alone
        for each, value in zip(result.parameters, result.values, strict=True)
    ]
    draws = np.random.default_rng(seed)
    for start in range(starts if joint.shared else 1):
        shared = [
            each.to_search(each.default)
            if start == 0
            else draws.uniform(each.to_search(each.first_low), each.to_search(each.first_high))
            for each in joint.shared
        ]
        yield np.array([*shared, *own])


def _result(
    joint: _Joint,
    best: Minimum,
    losses: Floats,
    searches: Sequence[Search[Data]],
    alone: Mapping[str, FitResult],
    failed: Mapping[str, str],
) -> CohortFit:
    count = len(joint.shared)
    labelled = list(joint.shared)
    for name in alone:
        labelled += [replace(each, name=f"{name}.{each.name}") for each in joint.own]
    covariance, doubts = doubt_of(labelled, best, joint.low, joint.high, joint.observed(best.point))
    values = np.array([p.from_search(x) for p, x in zip(labelled, best.point, strict=True)])
    slopes = np.array(
        [v if p.scale == "log" else 1.0 for p, v in zip(labelled, values, strict=True)]
    )
    errors = np.sqrt(np.diag(covariance)) * slopes
    held = {each.name: float(value) for each, value in zip(joint.shared, values, strict=False)}
    mice = {}
    for (name, result), search, place in zip(alone.items(), searches, joint.places, strict=True):
        own = place[place >= count]
        short = {f"{name}.{each.name}": each.name for each in joint.own}
        mice[name] = replace(
            result,
            values=values[own],
            standard_errors=errors[own],
            covariance=covariance[np.ix_(own, own)],
            held={**result.held, **held},
            log_likelihood=-search.evaluate(best.point[place])[0],
            converged=best.converged,
            doubts=tuple(each.renamed(short) for each in doubts if each.name in short),
        )
    return CohortFit(
        shared=joint.shared,
        values=values[:count],
        standard_errors=errors[:count],
        mice=mice,
        failed=failed,
        log_likelihood=-best.loss,
        trials=sum(each.trials for each in mice.values()),
        converged=best.converged,
        start_losses=losses,
        doubts=doubts,
    )


def _place(shared: Sequence[Parameter], name: str) -> int:
    names = [each.name for each in shared]
    if name not in names:
        raise UnknownNameError(f"no shared parameter {name!r}", f"There are {names}.")
    return names.index(name)
