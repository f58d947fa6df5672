"""Logistic regression of choices on stimuli, context and history.

The weights say by how much the log odds of a lick rise. Nothing is penalised: where the columns
separate licks from the rest, weights grow to their bound, and the fit says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import (
    Floats,
    ImpossibleOutcomeError,
    OneClassError,
    ShapeError,
    UnknownNameError,
    check_same_length,
    flags,
    floats,
)
from models.model import Model, Parameter, Predictor, check_kind

INTERCEPT = "intercept"
BOUND = 20.0
"""Of a weight, either way."""


@dataclass(frozen=True)
class Design:
    """Choices and what may explain them.

    Attributes
    ----------
    columns
        Columns by name, (trials,) each; an intercept comes by itself.
    licked
        Whether the mouse licked, (trials,).
    """

    columns: Mapping[str, ArrayLike]
    licked: ArrayLike

    def __post_init__(self) -> None:
        licked = flags("licked", self.licked)
        columns = {name: floats(name, column, 1) for name, column in self.columns.items()}
        check_same_length(licked=licked, **columns)
        object.__setattr__(self, "licked", licked)
        object.__setattr__(self, "columns", columns)

    @property
    def matrix(self) -> Floats:
        """Intercept and columns, (trials, 1 + columns)."""
        columns = [np.asarray(column) for column in self.columns.values()]
        return np.column_stack([np.ones(len(np.asarray(self.licked))), *columns])


@dataclass(frozen=True)
class LogisticRegression(Model[Design]):
    """Log odds of a lick are the intercept and the weighted sum of the columns.

    Attributes
    ----------
    columns
        Names of the columns, in the order of the design.
    """

    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        if INTERCEPT in self.columns:
            raise UnknownNameError(f"a column {INTERCEPT!r}", "It comes by itself; leave it out.")

    @property
    def name(self) -> str:
        """What it is called in results."""
        return "logistic regression"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Intercept and weights."""
        names = (INTERCEPT, *self.columns)
        return tuple(Parameter(name, 0.0, -BOUND, BOUND, -1.0, 1.0) for name in names)

    def check(self, data: Design) -> None:
        """Refuse choices that are all alike, and columns of other names."""
        check_kind(self.name, data, Design)
        if tuple(data.columns) != self.columns:
            raise ShapeError(
                f"the design has {tuple(data.columns)}, the model {self.columns}", "Mend one."
            )
        licked = np.asarray(data.licked)
        if licked.min() == licked.max():
            raise OneClassError("licks in all trials, or in none", "There is nothing to explain.")

    def counts(self, data: Design) -> tuple[Floats, Floats]:
        """Return the licks, and one trial each."""
        licked = np.asarray(data.licked).astype(np.float64)
        return licked, np.ones_like(licked)

    def predictor(self, data: Design, wanted: NDArray[np.bool_]) -> Predictor:
        """Return what predicts the probability of a lick in each trial."""
        matrix = data.matrix
        chosen = matrix[:, wanted]

        def predict(values: Floats) -> tuple[Floats, Floats]:
            p = 0.5 * (1 + np.tanh(0.5 * (matrix @ values)))
            return p, chosen * (p * (1 - p))[:, None]

        return predict


def choice_columns(
    relevant_go: ArrayLike,
    other_go: ArrayLike,
    licked: ArrayLike,
    rewarded: ArrayLike,
    visual_context: ArrayLike,
    lags: int = 1,
    session_starts: Sequence[int] = (0,),
) -> dict[str, Floats]:
    """Return columns of stimuli, context and history, (trials,) each; yes is 1/2 and no -1/2.

    Parameters
    ----------
    relevant_go, other_go
        Whether the stimulus of the relevant modality, and of the other, is go, (trials,).
    licked, rewarded
        What the mouse did, and whether it was rewarded, (trials,).
    visual_context
        Whether the context is visual, (trials,).
    lags
        How many trials back history goes.
    session_starts
        Indices of first trials. History does not cross them: there its columns are 0.

    Returns
    -------
    dict
        ``relevant``, ``other``, ``context``, and ``lick_1``, ``reward_1`` to ``lick_N``,
        ``reward_N``. Leave out of a `Design` what is the same in all of its trials.
    """
    given = {
        "relevant": flags("relevant_go", relevant_go),
        "other": flags("other_go", other_go),
        "context": flags("visual_context", visual_context),
    }
    past = {"lick": flags("licked", licked), "reward": flags("rewarded", rewarded)}
    check_same_length(**given, **past)
    trials = len(given["relevant"])
    if not all(0 <= start < trials for start in session_starts):
        raise ImpossibleOutcomeError("a session starts outside the trials", "Mend the starts.")
    columns: dict[str, Floats] = {
        name: column.astype(np.float64) - 0.5 for name, column in given.items()
    }
    places = np.arange(trials)
    starts = np.sort(np.array([0, *session_starts]))
    since = places - starts[np.searchsorted(starts, places, side="right") - 1]
    for lag in range(1, lags + 1):
        for name, column in past.items():
            shifted = np.roll(column.astype(np.float64) - 0.5, lag)
            columns[f"{name}_{lag}"] = np.where(since >= lag, shifted, 0.0)
    return columns
