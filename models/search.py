"""Minus the log-likelihood of a model on some data, on the scale on which it is searched."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Generic

import numpy as np

from models.binomial import loss_gradient_information
from models.doubt import observed_information
from models.errors import Floats, OutOfBoundsError, UnknownNameError
from models.model import Data, Model, Parameter


class Search(Generic[Data]):
    """A model, its data, and the parameters that are held.

    Parameters
    ----------
    model, data
        What is fitted to what.
    held
        Values of the parameters that are not fitted, by name.

    Attributes
    ----------
    free
        The parameters that are fitted, in the model's order.
    low, high
        Their bounds on the scale of the search, (free,).
    responses, trials
        Of each observation, (observations,).
    """

    def __init__(self, model: Model[Data], data: Data, held: Mapping[str, float]) -> None:
        check_names(held, model.parameters)
        self.model, self.data, self.held = model, data, dict(held)
        self.free = tuple(each for each in model.parameters if each.name not in held)
        self.low = np.array([each.to_search(each.low) for each in self.free])
        self.high = np.array([each.to_search(each.high) for each in self.free])
        self.responses, self.trials = model.counts(data)
        self._wanted = np.array([each.name not in held for each in model.parameters], np.bool_)
        self._predict = model.predictor(data, self._wanted)
        self._logs = np.array([each.scale == "log" for each in self.free], np.bool_)
        self._values = np.array([held.get(each.name, math.nan) for each in model.parameters])

    def free_values(self, point: Floats) -> Floats:
        """Return the values of the free parameters at a point, (free,)."""
        values = point.copy()
        np.exp(point, out=values, where=self._logs)
        return np.asarray(values)

    def evaluate(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Return minus the log-likelihood, its gradient, and the expected information.

        Parameters
        ----------
        point
            Free parameters on the scale of the search, (free,).
        """
        free = self.free_values(point)
        values = self._values.copy()
        values[self._wanted] = free
        probabilities, slopes = self._predict(values)
        loss, gradient, information = loss_gradient_information(
            self.responses, self.trials, probabilities, slopes
        )
        stretch = np.where(self._logs, free, 1.0)
        return loss, gradient * stretch, information * (stretch * stretch[:, None])

    def observed(self, point: Floats) -> Floats:
        """Return the second derivatives of minus the log-likelihood, (free, free)."""
        return observed_information(self.evaluate, point, self.low, self.high)

    def first_points(self, starts: int, seed: int) -> Floats:
        """Return where searches begin, (starts, free parameters): defaults first, then draws."""
        low = np.array([each.to_search(each.first_low) for each in self.free])
        high = np.array([each.to_search(each.first_high) for each in self.free])
        draws = np.random.default_rng(seed).random((starts, len(self.free)))
        points = low + draws * (high - low)
        points[0] = [each.to_search(each.default) for each in self.free]
        return np.asarray(points)


def check_names(names: Mapping[str, float], parameters: tuple[Parameter, ...]) -> None:
    """Refuse names that no parameter has, and values outside the bounds.

    Raises
    ------
    UnknownNameError
        If there is one of the former.
    OutOfBoundsError
        If there is one of the latter.
    """
    known = {each.name: each for each in parameters}
    for name, value in names.items():
        if name not in known:
            raise UnknownNameError(f"no parameter {name!r}", f"There are {', '.join(known)}.")
        each = known[name]
        if not each.low <= value <= each.high:
            raise OutOfBoundsError(
                f"{name} is held at {value}", f"It lies between {each.low} and {each.high}."
            )
