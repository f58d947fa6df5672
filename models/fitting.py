"""Fitting a model by maximum likelihood: many starts, bounds, exact gradients, and what is unsure.

`fit` fits one mouse. `models.cohort.fit_cohort` fits many with parameters in common.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.doubt import Z_95, Doubt, doubt_of, statement_of
from models.errors import Floats, UnknownNameError, check_some
from models.minimise import Minimum, minimise
from models.model import Data, Model, Parameter
from models.saddles import past_saddles
from models.search import Search

NEARLY = 1e-3
"""Searches end this near to their minimum, in log-likelihood; the best one then goes on to it."""
AGREE = 0.01
"""Two searches ended equally well if their log-likelihoods differ by no more than this."""


@dataclass(frozen=True)
class FitResult:
    """What a fit found, and how sure it is of that.

    Attributes
    ----------
    model
        Name of the model.
    parameters
        The fitted parameters.
    values, standard_errors
        (parameters,). A standard error is NaN where the data give none: at a bound, or where
        parameters can make up for each other.
    covariance
        On the scale of the search, (parameters, parameters): of the logarithm, for parameters
        that are searched by it. NaN as above.
    held
        Values of the parameters that were not fitted.
    log_likelihood
        Of all choices, without the binomial coefficients.
    trials
        How many choices there are.
    converged
        Whether the best search ended at a minimum, and not because its steps ran out.
    start_losses
        Minus the log-likelihood at which each search ended, (starts,).
    doubts
        For each parameter that the data do not tell, why.
    """

    model: str
    parameters: tuple[Parameter, ...]
    values: Floats
    standard_errors: Floats
    covariance: Floats
    held: Mapping[str, float]
    log_likelihood: float
    trials: int
    converged: bool
    start_losses: Floats
    doubts: tuple[Doubt, ...]

    def __str__(self) -> str:
        lines = [f"{self.model}: log-likelihood {self.log_likelihood:.2f}, {self.trials} choices"]
        for name, value in zip(self.names, self.values, strict=True):
            low, high = self.interval(name)
            lines.append(f"  {name:<20} {value:10.4g}   95 % {low:.4g} to {high:.4g}")
        lines += [f"  {name:<20} {value:10.4g}   held" for name, value in self.held.items()]
        return "\n".join([*lines, self.statement])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fitted parameters."""
        return tuple(each.name for each in self.parameters)

    @property
    def estimates(self) -> dict[str, float]:
        """Values of all parameters, fitted and held, by name."""
        return dict(zip(self.names, self.values.tolist(), strict=True)) | dict(self.held)

    @property
    def aic(self) -> float:
        """Akaike's criterion; lower is better."""
        return 2 * len(self.parameters) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion; lower is better."""
        return len(self.parameters) * math.log(self.trials) - 2 * self.log_likelihood

    @property
    def agreeing(self) -> int:
        """How many searches ended as well as the best."""
        return int((self.start_losses <= -self.log_likelihood + AGREE).sum())

    @property
    def identifiable(self) -> bool:
        """Whether the data tell every fitted parameter."""
        return not self.doubts

    @property
    def statement(self) -> str:
        """Whether the fit can be relied on, in words."""
        return statement_of(self.converged, self.doubts)

    def index(self, name: str) -> int:
        """Return where a fitted parameter stands.

        Raises
        ------
        UnknownNameError
            If none has that name.
        """
        if name not in self.names:
            raise UnknownNameError(f"no fitted parameter {name!r}", f"There are {self.names}.")
        return self.names.index(name)

    def value(self, name: str) -> float:
        """Return the value of a parameter, fitted or held."""
        return self.held[name] if name in self.held else float(self.values[self.index(name)])

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 95 % interval by its standard error, inside the bounds; NaN without one.

        Profile intervals (`models.profiles.profile_interval`) are better, and take longer.
        """
        k = self.index(name)
        each = self.parameters[k]
        middle = each.to_search(float(self.values[k]))
        return each.around(middle, Z_95 * math.sqrt(self.covariance[k, k]))


def fit(
    model: Model[Data],
    data: Data,
    *,
    held: Mapping[str, float] | None = None,
    starts: int = 20,
    seed: int = 0,
) -> FitResult:
    """Fit a model to data by maximum likelihood.

    Parameters
    ----------
    model
        The model.
    data
        What it is fitted to, of the model's kind; arrays are checked when it is made.
    held
        Values of parameters that are not fitted, by name.
    starts
        How many searches begin at different points; the best one counts.
    seed
        Of these points.

    Returns
    -------
    FitResult
        Also if the search did not converge or parameters are not identifiable; it says so.

    Raises
    ------
    ModelError
        If the data or a name cannot be used.

    Examples
    --------
    >>> from models.psychometric import Levels, PsychometricFunction
    >>> data = Levels([40, 50, 60, 70], responses=[1, 6, 15, 19], trials=[20, 20, 20, 20])
    >>> found = fit(PsychometricFunction(), data, held={"guess": 0.0, "lapse": 0.0})
    >>> round(found.value("threshold"), 1), found.statement
    (54.5, 'All parameters are identifiable.')
    """
    check_some(starts=starts)
    model.check(data)
    search = Search(model, data, held or {})
    minima = [
        minimise(search.evaluate, point, search.low, search.high, NEARLY)
        for point in search.first_points(starts, seed)
    ]
    nearly = min(minima, key=lambda minimum: minimum.loss)
    best = minimise(search.evaluate, nearly.point, search.low, search.high)
    best = past_saddles(search.evaluate, search.observed, best, search.low, search.high)
    return result_of(search, best, minima)


def result_of(search: Search[Data], best: Minimum, minima: list[Minimum]) -> FitResult:
    """Return what the best of some searches found."""
    rivals = [each.point for each in minima if each.converged and each.loss <= best.loss + AGREE]
    covariance, doubts = doubt_of(
        search.free,
        best,
        search.low,
        search.high,
        search.observed(best.point),
        rivals,
    )
    values = search.free_values(best.point)
    logs = np.array([each.scale == "log" for each in search.free], np.bool_)
    errors = np.sqrt(np.diag(covariance)) * np.where(logs, values, 1.0)
    return FitResult(
        model=search.model.name,
        parameters=search.free,
        values=values,
        standard_errors=errors,
        covariance=covariance,
        held=search.held,
        log_likelihood=-best.loss,
        trials=int(search.trials.sum()),
        converged=best.converged,
        start_losses=losses_of(minima, best),
        doubts=doubts,
    )


def losses_of(minima: Sequence[Minimum], best: Minimum) -> Floats:
    """Return where searches ended, (starts,): the best one where it has gone on to."""
    losses = np.array([each.loss for each in minima])
    losses[np.argmin(losses)] = best.loss
    return losses
