"""Models of single choices between two modalities (Hajnal et al. 2024, Fig. 1g and h).

Each says how probable a lick is given both stimuli. The data are the choices of one mouse in the
consistent and incongruent trials of one context. `score` is the paper's; `models.fitting.fit` fits
the same models by maximum likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.binomial import log_likelihood
from models.errors import Floats, OneClassError, UnknownNameError, check_same_length, flags
from models.model import Model, Parameter, Predictor, check_kind

Kind = Literal["opposite", "unaware", "aware", "aware with bias", "aware with lapse"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CLIP = 0.001
"""Probabilities are held this far from 0 and 1."""
BIASES = np.arange(-499, 500) * 0.002
"""The paper's grid: -0.998 to 0.998 in steps of 0.002 (its end of 0.999 is not on it)."""
LAPSES = np.arange(1, 1000) * 0.001
"""The paper's grid: 0.001 to 0.999 in steps of 0.001."""
NAMES: dict[str, str] = {
    "unaware": "lick_rate",
    "aware with bias": "bias",
    "aware with lapse": "lapse",
}


@dataclass(frozen=True)
class BimodalChoices:
    """Choices in trials with stimuli of two modalities.

    Attributes
    ----------
    relevant_go, other_go
        Whether the stimulus of the relevant modality, and of the other, is go, (trials,).
    licked
        Whether the mouse licked, (trials,).
    """

    relevant_go: ArrayLike
    other_go: ArrayLike
    licked: ArrayLike

    def __post_init__(self) -> None:
        relevant, other = flags("relevant_go", self.relevant_go), flags("other_go", self.other_go)
        licked = flags("licked", self.licked)
        check_same_length(relevant_go=relevant, other_go=other, licked=licked)
        for name, array in (("relevant_go", relevant), ("other_go", other), ("licked", licked)):
            object.__setattr__(self, name, array)


@dataclass(frozen=True)
class ChoiceModel(Model[BimodalChoices]):
    """How probable a lick is, given both stimuli.

    Attributes
    ----------
    kind
        ``opposite``: it licks to go of the other modality. ``unaware``: at random, with a rate.
        ``aware``: to go of the relevant modality. ``aware with bias``: with probability 1 + bias
        to go and bias to nogo, each clipped. ``aware with lapse``: with 1 - lapse to go and lapse
        to nogo.
    """

    kind: Kind

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError(f"no choice model {self.kind!r}", f"There are {KINDS}.")

    @property
    def name(self) -> str:
        """Its kind."""
        return self.kind

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """None, or the one in `NAMES`."""
        if self.kind not in NAMES:
            return ()
        low = -1 + 2 * CLIP if self.kind == "aware with bias" else CLIP
        return (Parameter(NAMES[self.kind], 0.3, low, 1 - CLIP, max(low, -0.6), 0.6),)

    def check(self, data: BimodalChoices) -> None:
        """Refuse data that tell nothing of the model's parameter."""
        check_kind(self.name, data, BimodalChoices)
        licked = np.asarray(data.licked)
        if self.kind == "unaware" and licked.min() == licked.max():
            raise OneClassError("licks in all trials, or in none", "Use `score` for these.")

    def counts(self, data: BimodalChoices) -> tuple[Floats, Floats]:
        """Return the licks, and one trial each."""
        licked = np.asarray(data.licked).astype(np.float64)
        return licked, np.ones_like(licked)

    def predictor(self, data: BimodalChoices, wanted: NDArray[np.bool_]) -> Predictor:
        """Return what predicts the probability of a lick in each trial."""
        base, slope = self.line(data)

        def predict(values: Floats) -> tuple[Floats, Floats]:
            raw = base + slope * values[0] if len(values) else base
            p = np.clip(raw, CLIP, 1 - CLIP)
            slopes = np.where(p == raw, slope, 0.0)[:, None]
            return p, slopes[:, : len(values)][:, wanted]

        return predict

    def line(self, data: BimodalChoices) -> tuple[Floats, Floats]:
        """Return intercept and slope of the probability by the parameter, (trials,) each."""
        go = np.asarray(data.relevant_go).astype(np.float64)
        if self.kind == "opposite":
            go = np.asarray(data.other_go).astype(np.float64)
        if self.kind == "unaware":
            return np.zeros_like(go), np.ones_like(go)
        if self.kind == "aware with bias":
            return go, np.ones_like(go)
        if self.kind == "aware with lapse":
            return go, 1 - 2 * go
        return go, np.zeros_like(go)


@dataclass(frozen=True)
class Score:
    """How well a model predicts choices, in the sample itself.

    Attributes
    ----------
    kind
        The model.
    mean_log_likelihood
        Of a choice, in natural logarithms; 0 is certainty, -0.693 a coin.
    parameter
        The best one; None if the model has none.
    """

    kind: Kind
    mean_log_likelihood: float
    parameter: float | None


def score(kind: Kind, data: BimodalChoices) -> Score:
    """Return how well a model predicts choices, as the paper does.

    A bias or lapse is the best one on the paper's grid (`BIASES`, `LAPSES`), a lick rate is that of
    the data; there is no penalty for them.

    Examples
    --------
    >>> go, other = [1, 1, 0, 0] * 5, [0, 0, 1, 1] * 5
    >>> licked = [1, 1, 0, 0] * 4 + [1, 1, 0, 1]
    >>> data = BimodalChoices(go, other, licked)
    >>> for kind in KINDS:
    ...     print(kind, round(score(kind, data).mean_log_likelihood, 2))
    opposite -6.56
    unaware -0.69
    aware -0.35
    aware with bias -0.16
    aware with lapse -0.2
    """
    model = ChoiceModel(kind)
    responses, trials = model.counts(data)
    base, slope = model.line(data)
    grids = {"aware with bias": BIASES, "aware with lapse": LAPSES}
    grid = grids.get(kind, responses.mean(keepdims=True))
    likelihoods = [
        log_likelihood(responses, trials, np.clip(base + slope * each, CLIP, 1 - CLIP))
        for each in grid
    ]
    best = int(np.argmax(likelihoods))
    parameter = float(grid[best]) if kind in NAMES else None
    return Score(kind, likelihoods[best] / len(responses), parameter)


def score_all(data: BimodalChoices) -> dict[Kind, Score]:
    """Return the scores of all five models."""
    return {kind: score(kind, data) for kind in KINDS}
