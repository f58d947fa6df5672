"""What a discrimination presents to the sensory units, and the weights that a mouse begins with."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from models.errors import Floats, ModelError, OutOfBoundsError, ShapeError, check_some, floats
from models.reinforcement import Rule, is_additive

PUBLISHED_STRONG = (2.0, 1.0, 0.01)
"""Initial weights of panels a and c of Fig. 5 of Ceballo et al. 2019: common excitation, common
inhibition, specific."""
PUBLISHED_WEAK = (0.2, 0.1, 0.01)
"""Initial weights of panels b and d of that figure."""
TABLE = Path(__file__).with_name("initial_weights.csv")
TABLE_SEED = 0
COLUMNS = ("common_excitation", "common_inhibition", "specific_weight")


@dataclass(frozen=True)
class Task:
    """The stimuli of a task, as activity of the sensory units.

    Attributes
    ----------
    units
        Activity, (stimuli, units). The first unit is common to all stimuli.
    rewards
        What a response to each stimulus leads to, (stimuli,): 1 is a reward, -1 none.
    shares
        How often each stimulus comes, (stimuli,), adding up to 1. One that comes with a share of
        0 is responded to and teaches nothing in the mean field, as a rare catch trial.
    """

    units: ArrayLike
    rewards: ArrayLike
    shares: ArrayLike = field(default=())

    def __post_init__(self) -> None:
        units, rewards = floats("units", self.units, 2), floats("rewards", self.rewards, 1)
        equal = np.full(len(units), 1 / len(units))
        shares = floats("shares", self.shares, 1) if np.size(self.shares) else equal
        if not len(units) == len(rewards) == len(shares):
            raise ShapeError(
                f"{len(units)} stimuli, {len(rewards)} rewards, {len(shares)} shares",
                "Give each stimulus one of each.",
            )
        if (units < 0).any() or (shares < 0).any() or abs(shares.sum() - 1) > 1e-9:
            raise ModelError(
                "activity and shares must be positive, and shares add up to 1", "Mend the task."
            )
        if (np.abs(rewards) != 1).any():
            raise ModelError("a reward is 1, and none is -1", "Mend the task's rewards.")
        for name, array in (("units", units), ("rewards", rewards), ("shares", shares)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """Return units, rewards and shares."""
        return np.asarray(self.units), np.asarray(self.rewards), np.asarray(self.shares)


def discrimination(s_plus: float = 1.0, s_minus: float = 2.0) -> Task:
    """Return Go/NoGo with the units C, S-, S+, as in the Methods of Ceballo et al. 2019.

    Parameters
    ----------
    s_plus, s_minus
        Activity of the specific unit of each stimulus: their recruitment. The paper doubles
        that of one of them.

    Examples
    --------
    >>> discrimination().units
    array([[1., 0., 1.],
           [1., 2., 0.]])
    """
    return Task([[1.0, 0.0, s_plus], [1.0, s_minus, 0.0]], [1.0, -1.0], [0.5, 0.5])


def starting_weights(
    initial: Sequence[float], units: int = 3, rule: Rule = "multiplicative"
) -> tuple[Floats, Floats]:
    """Return excitation and inhibition of all units, (units,) each.

    Parameters
    ----------
    initial
        Weights of the common unit, excitatory and inhibitory, and the one weight of all others.
    units
        Number of sensory units.
    rule
        How weights change. Where they are only added to, they may be negative.

    Raises
    ------
    ShapeError
        If there are not three weights.
    OutOfBoundsError
        If one is negative that is multiplied.
    """
    weights = floats("initial weights", initial, 1)
    if len(weights) != 3:
        raise ShapeError(
            f"{len(weights)} initial weights",
            "Give common excitation and inhibition, and specific.",
        )
    if (weights < 0).any() and not is_additive(rule):
        raise OutOfBoundsError(f"initial weights {tuple(initial)}", "A weight is never negative.")
    excitation, inhibition, specific = weights
    rest = [specific] * (units - 1)
    return np.array([excitation, *rest]), np.array([inhibition, *rest])


def draw_initial_weights(mice: int, seed: int) -> Floats:
    """Draw initial weights that spread as those of mice may, (mice, 3).

    The 15 fitted triples of Ceballo et al. were not published; the ranges here are ours: common
    excitation log-uniform from 0.1 to 2, common inhibition 0.3 to 1 times that, specific weights
    log-uniform from 0.001 to 0.1.
    """
    check_some(mice=mice)
    draws = np.random.default_rng(seed).random((mice, 3))
    excitation = 0.1 * 20 ** draws[:, 0]
    inhibition = excitation * (0.3 + 0.7 * draws[:, 1])
    return np.column_stack([excitation, inhibition, 1e-3 * 100 ** draws[:, 2]])


def read_initial_weights(path: Path = TABLE) -> Floats:
    """Return a table of initial weights, (mice, 3); the one that is shipped has 15 mice.

    Parameters
    ----------
    path
        A CSV file with the columns ``common_excitation``, ``common_inhibition`` and
        ``specific_weight``. Lines that begin with # are comments.

    Raises
    ------
    ModelError
        If a column is missing, or a weight is not a positive number.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    try:
        table = [[float(row[column]) for column in COLUMNS] for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path.name} is not a table of weights ({error})", HELP) from error
    weights = floats(path.name, table or np.empty((0, 3)), 2)
    if (weights <= 0).any():
        raise ModelError(f"{path.name} has a weight that is not positive", HELP)
    return weights


HELP = f"It needs the columns {', '.join(COLUMNS)}, and positive numbers."
