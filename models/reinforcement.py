"""Multiplicative asymmetric reinforcement learning (Ceballo et al. 2019, equations 1 to 3).

Sensory units excite and inhibit a decision unit; weights change in proportion to themselves,
and positive expectation errors count more than negative ones. Arrays in, arrays out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from models.errors import OutOfBoundsError, UnknownNameError

Weights = NDArray[np.float64]
Rule = Literal["multiplicative", "additive"]
"""Whether weights change in proportion to themselves (the paper's rule), or by the same step
whatever their size and sign (Rescorla and Wagner's rule)."""
RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True)
class Core:
    """The parameters that the paper keeps common to all mice (Fig. 5, caption).

    Attributes
    ----------
    alpha
        Learning rate, per trial.
    sigma
        Sets the asymptote: the hit rate goes to Phi(1 / sigma).
    asymmetry
        How much more positive errors count than negative ones (the paper's v).

    Raises
    ------
    OutOfBoundsError
        If one is negative, missing or infinite.
    """

    alpha: float = 0.01
    sigma: float = 0.6195
    asymmetry: float = 6.0

    def __post_init__(self) -> None:
        values = {"alpha": self.alpha, "sigma": self.sigma, "asymmetry": self.asymmetry}
        for name, value in values.items():
            if not 0 <= value < math.inf:
                raise OutOfBoundsError(f"{name} is {value}", "Give a number of at least 0.")


PUBLISHED = Core()
"""The published values."""


def is_additive(rule: Rule) -> bool:
    """Return whether a rule is the additive one.

    Raises
    ------
    UnknownNameError
        If there is no such rule.
    """
    if rule not in RULES:
        raise UnknownNameError(f"no rule {rule!r}", f"There are {RULES}.")
    return rule == "additive"


def response_probability(excitation: Weights, inhibition: Weights, units: Weights) -> float:
    """Return the probability of licking: equation 1, averaged over its unit Gaussian noise.

    Parameters
    ----------
    excitation, inhibition
        Weights of the sensory units, shape (units,).
    units
        Activity of the sensory units, shape (units,).

    Examples
    --------
    >>> common_only = np.array([1.0, 0.0, 0.0])
    >>> weights = np.array([2.0, 0.01, 0.01]), np.array([1.0, 0.01, 0.01])
    >>> round(response_probability(*weights, common_only), 4)
    0.8413
    """
    drive = _drive(excitation, inhibition, units)
    return 0.5 * (1 + math.erf(drive / math.sqrt(2)))


def learn(
    excitation: Weights, inhibition: Weights, units: Weights, reward: float, core: Core
) -> tuple[Weights, Weights]:
    """Return the weights after a response: equations 2 and 3 with y = 1.

    Without a response (y = 0) nothing is learned, so this is not to be called.

    Parameters
    ----------
    excitation, inhibition, units
        As in `response_probability`, shape (units,).
    reward
        +1 for a reward, -1 for none.
    core
        Learning rate, asymptote and asymmetry.

    Returns
    -------
    excitation, inhibition
        New arrays, shape (units,), never negative.
    """
    error = reward - core.sigma * _drive(excitation, inhibition, units)
    weighted = core.asymmetry * error if error > 0 else error
    change = core.alpha * weighted * units
    return np.maximum(excitation * (1 + change), 0), np.maximum(inhibition * (1 - change), 0)


def _drive(excitation: Weights, inhibition: Weights, units: Weights) -> float:
    """Return the sum of all inputs to the decision unit, the same on every processor."""
    return math.fsum(((excitation - inhibition) * units).tolist())
