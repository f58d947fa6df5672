"""What a model has to say of itself to be fitted: its parameters, and what it predicts."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.errors import Floats, ModelError, ShapeError, UnknownNameError

Data = TypeVar("Data")
Predictor = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Parameter:
    """A parameter, where it may lie, and where a search begins.

    Attributes
    ----------
    name
        Its name, as in the documentation.
    default
        The published or usual value; the first search begins here.
    low, high
        Bounds.
    first_low, first_high
        Further searches begin between these.
    scale
        Whether it is searched by its logarithm (then it is positive) or as it is. Standard errors
        are symmetric on this scale.
    shared
        Whether it is common to all mice of a cohort unless one says otherwise.
    """

    name: str
    default: float
    low: float
    high: float
    first_low: float
    first_high: float
    scale: Literal["linear", "log"] = "linear"
    shared: bool = False

    def __post_init__(self) -> None:
        if self.scale == "log" and self.low <= 0:
            raise ModelError(f"{self.name} has the lower bound {self.low}", "Logs are of > 0.")
        inside = self.low <= self.first_low <= self.first_high <= self.high
        if not (inside and self.low <= self.default <= self.high and self.low < self.high):
            raise ModelError(f"{self.name} begins outside its bounds", "Widen them.")

    def to_search(self, value: float) -> float:
        """Return a value on the scale of the search."""
        return math.log(value) if self.scale == "log" else value

    def from_search(self, searched: float) -> float:
        """Return a value from the scale of the search."""
        return math.exp(searched) if self.scale == "log" else searched

    def around(self, searched: float, half: float) -> tuple[float, float]:
        """Return the values this far on either side of a point, held inside the bounds.

        Parameters
        ----------
        searched, half
            Point and distance, on the scale of the search. NaN gives NaN.
        """
        low, high = self.to_search(self.low), self.to_search(self.high)
        ends = (float(np.clip(end, low, high)) for end in (searched - half, searched + half))
        below, above = (self.from_search(end) for end in ends)
        return below, above


def check_kind(model: str, data: object, kind: type) -> None:
    """Refuse data of another kind than a model is fitted to.

    Raises
    ------
    ShapeError
        If they are.
    """
    if not isinstance(data, kind):
        raise ShapeError(
            f"{model}: the data are {type(data).__name__}", f"It needs {kind.__name__}."
        )


def ordered(parameters: Sequence[Parameter], values: Mapping[str, float]) -> Floats:
    """Return values by name in the order of parameters, (parameters,).

    Raises
    ------
    UnknownNameError
        If one is missing.
    """
    missing = [each.name for each in parameters if each.name not in values]
    if missing:
        raise UnknownNameError(f"no value of {', '.join(missing)}", "Give one of each.")
    return np.array([values[each.name] for each in parameters], np.float64)


class Model(ABC, Generic[Data]):
    """A model of responses: for every observation it predicts the probability of a response."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in results."""

    @property
    @abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters, in the order of `predictor`."""

    @abstractmethod
    def check(self, data: Data) -> None:
        """Refuse data from which nothing can be fitted.

        Raises
        ------
        ModelError
            A named kind of it.
        """

    @abstractmethod
    def counts(self, data: Data) -> tuple[Floats, Floats]:
        """Return responses and trials of each observation, (observations,) each."""

    @abstractmethod
    def predictor(self, data: Data, wanted: NDArray[np.bool_]) -> Predictor:
        """Return what predicts the observations.

        Parameters
        ----------
        data
            The data.
        wanted
            By which parameters to differentiate, (parameters,).

        Returns
        -------
        Predictor
            From the values of all parameters, (parameters,), to the probabilities,
            (observations,), and their derivatives, (observations, wanted parameters).
        """


def predict(model: Model[Data], data: Data, values: Mapping[str, float]) -> Floats:
    """Return the probability of a response in each observation, (observations,).

    Parameters
    ----------
    model, data
        A model, and data of its kind: of bins by S+ and S-, two observations each.
    values
        Of all its parameters, by name, such as `FitResult.estimates`.

    Examples
    --------
    >>> from models.psychometric import Levels, PsychometricFunction
    >>> levels = Levels([40, 50, 60], responses=[0, 0, 0], trials=[1, 1, 1])
    >>> values = {"threshold": 50.0, "slope": 0.1, "guess": 0.0, "lapse": 0.1}
    >>> predict(PsychometricFunction(), levels, values).round(3)
    array([0.016, 0.45 , 0.884])
    """
    none = np.zeros(len(model.parameters), np.bool_)
    return model.predictor(data, none)(ordered(model.parameters, values))[0]
