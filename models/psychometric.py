"""Psychometric function of a detection task: threshold, slope, guess and lapse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import (
    Floats,
    ImpossibleOutcomeError,
    NotFiniteError,
    OneClassError,
    OutOfBoundsError,
    UnknownNameError,
    check_same_length,
    floats,
    whole,
)
from models.model import Model, Parameter, Predictor, check_kind
from models.normal import cumulative_normal

Shape = Literal["logistic", "normal"]
CATCH = -math.inf
"""The level of a trial without a stimulus: responses in it are guesses."""


@dataclass(frozen=True)
class Levels:
    """Responses at each level of a stimulus.

    Attributes
    ----------
    levels
        Levels, (levels,), in dB SPL or any other unit; `CATCH` for trials without a stimulus. A
        level may come more than once.
    responses, trials
        (levels,)
    """

    levels: ArrayLike
    responses: ArrayLike
    trials: ArrayLike

    def __post_init__(self) -> None:
        levels = np.array(self.levels, dtype=np.float64)
        if np.isnan(levels).any() or (levels == math.inf).any():
            raise NotFiniteError("a level is missing or infinite", "Leave such trials out.")
        floats("levels", np.where(levels == CATCH, 0.0, levels), 1)
        responses, trials = whole("responses", self.responses, 1), whole("trials", self.trials, 1)
        check_same_length(levels=levels, responses=responses, trials=trials)
        if (responses > trials).any():
            raise ImpossibleOutcomeError("more responses than trials", "Count them anew.")
        for name, array in (("levels", levels), ("responses", responses), ("trials", trials)):
            object.__setattr__(self, name, array)


@dataclass(frozen=True)
class PsychometricFunction(Model[Levels]):
    """p = guess + (1 - guess - lapse) F((level - threshold) / width).

    ``threshold`` is the level at which F is one half, ``slope`` the derivative of F there, per
    unit of level: F rises with slope x 4 (logistic) or slope x sqrt(2 pi) (normal).

    Attributes
    ----------
    low, high
        Range in which the threshold is looked for, in the unit of the levels.
    shape
        F: the logistic function, or the cumulative normal distribution.
    """

    low: float = 0.0
    high: float = 120.0
    shape: Shape = "logistic"

    def __post_init__(self) -> None:
        if self.shape not in {"logistic", "normal"}:
            raise UnknownNameError(f"no shape {self.shape!r}", "There are logistic and normal.")
        if not -math.inf < self.low < self.high < math.inf:
            raise OutOfBoundsError(
                f"thresholds from {self.low} to {self.high}", "Give the range of the levels."
            )

    @property
    def name(self) -> str:
        """What it is called in results."""
        return f"psychometric function, {self.shape}"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Threshold, slope, guess and lapse."""
        span = self.high - self.low
        middle = (self.low + self.high) / 2
        return (
            Parameter(
                "threshold",
                middle,
                self.low,
                self.high,
                self.low + span / 8,
                self.high - span / 8,
            ),
            Parameter("slope", 6 / span, 0.05 / span, 500 / span, 1 / span, 50 / span, "log"),
            Parameter("guess", 0.05, 0.0, 0.45, 0.0, 0.3),
            Parameter("lapse", 0.05, 0.0, 0.45, 0.0, 0.3),
        )

    def check(self, data: Levels) -> None:
        """Refuse data without responses or with nothing else, or of one level only."""
        check_kind(self.name, data, Levels)
        responses, trials = self.counts(data)
        if not 0 < responses.sum() < trials.sum():
            raise OneClassError("responses in none or in all trials", "There is no threshold.")
        levels = np.asarray(data.levels)
        if np.unique(levels[(levels > CATCH) & (trials > 0)]).size < 2:
            raise OneClassError("one level only", "A threshold needs two or more.")

    def counts(self, data: Levels) -> tuple[Floats, Floats]:
        """Return responses and trials at each level."""
        return (
            np.asarray(data.responses).astype(np.float64),
            np.asarray(data.trials).astype(np.float64),
        )

    def predictor(self, data: Levels, wanted: NDArray[np.bool_]) -> Predictor:
        """Return what predicts the probability of a response at each level."""
        levels = np.asarray(data.levels)
        catch = levels == CATCH
        heard = np.where(catch, 0.0, levels)

        def predict(values: Floats) -> tuple[Floats, Floats]:
            threshold, slope, guess, lapse = values
            distance = heard - threshold
            share, density = self._rise(slope * distance)
            share, density = np.where(catch, 0.0, share), np.where(catch, 0.0, density)
            span = 1 - guess - lapse
            slopes = np.column_stack(
                [-span * density * slope, span * density * distance, 1 - share, -share]
            )
            return guess + span * share, slopes[:, wanted]

        return predict

    def _rise(self, along: Floats) -> tuple[Floats, Floats]:
        """Return F and its derivative by `along`, which has a slope of 1 in the middle."""
        if self.shape == "logistic":
            share = 0.5 * (1 + np.tanh(2 * along))
            return share, 4 * share * (1 - share)
        share = cumulative_normal(along * math.sqrt(2 * math.pi))
        return share, np.exp(-math.pi * along**2)
