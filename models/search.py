"""Minus the log-likelihood of a model on some data, on the scale on which it is searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from models.binomial import loss_gradient_information
from models.errors import Floats, UnknownNameError
from models.model import Data, Model, Parameter


@dataclass(frozen=True)
class Search(Generic[Data]):
    """A model, its data, and the parameters that are held.

    Attributes
    ----------
    model, data
        What is fitted to what.
    held
        Values of the parameters that are not fitted, by name.
    """

    model: Model[Data]
    data: Data
    held: Mapping[str, float]

    def __post_init__(self) -> None:
        check_names(self.held, self.model.parameters)

    @property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that are fitted, in the model's order."""
        return tuple(each for each in self.model.parameters if each.name not in self.held)

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """Which of the model's parameters are fitted, (parameters,)."""
        return np.array([each.name not in self.held for each in self.model.parameters], np.bool_)

    def values(self, point: Floats) -> Floats:
        """Return the values of all parameters at a point, (all parameters,)."""
        searched = iter(point.tolist())
        return np.array(
            [
                self.held[each.name]
                if each.name in self.held
                else each.from_search(next(searched))
                for each in self.model.parameters
            ]
        )

    def evaluate(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Return minus the log-likelihood, its gradient, and the expected information.

        Parameters
        ----------
        point
            Free parameters on the scale of the search, (free parameters,).
        """
        values, wanted = self.values(point), self.wanted
        probabilities, slopes = self.model.predict(values, self.data, wanted)
        logs = np.array([each.scale == "log" for each in self.free], np.bool_)
        stretch = np.where(logs, values[wanted], 1.0)
        responses, trials = self.model.counts(self.data)
        return loss_gradient_information(responses, trials, probabilities, slopes * stretch)

    @property
    def low(self) -> Floats:
        """Lower bounds on the scale of the search, (free parameters,)."""
        return np.array([each.to_search(each.low) for each in self.free])

    @property
    def high(self) -> Floats:
        """Upper bounds on the scale of the search, (free parameters,)."""
        return np.array([each.to_search(each.high) for each in self.free])

    def first_points(self, starts: int, seed: int) -> Floats:
        """Return where searches begin, (starts, free parameters): defaults first, then draws."""
        low = np.array([each.to_search(each.first_low) for each in self.free])
        high = np.array([each.to_search(each.first_high) for each in self.free])
        draws = np.random.default_rng(seed).random((starts, len(self.free)))
        points = low + draws * (high - low)
        points[0] = [each.to_search(each.default) for each in self.free]
        return points


def check_names(names: Mapping[str, float], parameters: tuple[Parameter, ...]) -> None:
    """Refuse names that no parameter has, and values outside the bounds.

    Raises
    ------
    UnknownNameError
        If there is one.
    """
    known = {each.name: each for each in parameters}
    for name, value in names.items():
        if name not in known:
            raise UnknownNameError(f"no parameter {name!r}", f"There are {', '.join(known)}.")
        each = known[name]
        if not each.low <= value <= each.high:
            raise UnknownNameError(
                f"{name} is held at {value}", f"It lies between {each.low} and {each.high}."
            )
