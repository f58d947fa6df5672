"""Delay and learning phase of a learning curve (Ceballo et al. 2019).

The delay phase lasts until 20 % of the maximal performance, the learning phase from 20 to 80 %,
both counted from the performance at the start. Two ways to find them, which disagree where a curve
rises steeply at first and slowly later (methods: `crossings` on a model's curve is then right, and
a sigmoid gives too short a delay).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import (
    Floats,
    ImpossibleOutcomeError,
    OneClassError,
    check_bins,
    check_numbers,
    check_same_length,
    floats,
    whole,
)
from models.model import Model, Parameter, Predictor, check_kind

LOW, HIGH = 0.2, 0.8
LOG_4 = math.log(4)
"""A logistic function passes 20 % this many widths before its middle, and 80 % as many behind."""


@dataclass(frozen=True)
class Phases:
    """Duration of both phases, in trials; NaN if the curve does not rise."""

    delay: float
    learning: float


def crossings(performance: ArrayLike) -> Phases:
    """Return the phases of a smooth curve: where it passes the thresholds first.

    The maximum is the largest value reached, so the learning phase grows by some per cent with
    the length of a curve that still creeps upwards.

    Parameters
    ----------
    performance
        Fraction correct in each trial, (trials,), from the first one on.

    Examples
    --------
    >>> crossings([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    Phases(delay=1.0, learning=3.0)
    """
    curve = floats("performance", performance, 1)
    rise = curve.max() - curve[0]
    if rise <= 0:
        return Phases(math.nan, math.nan)
    early = first_crossing(curve, curve[0] + LOW * rise)
    return Phases(early, first_crossing(curve, curve[0] + HIGH * rise) - early)


def first_crossing(curve: Floats, level: float) -> float:
    """Return where a curve, (trials,), first reaches a level above its start, in trials."""
    after = int(np.argmax(curve >= level))
    before = curve[after - 1]
    return after - 1 + float((level - before) / (curve[after] - before))


@dataclass(frozen=True)
class BinnedPerformance:
    """Correct trials in bins, such as every 100 trials.

    Attributes
    ----------
    ends
        Number of the last trial of each bin, (bins,), rising; the first bin begins with trial 1.
    correct, trials
        (bins,)
    """

    ends: ArrayLike
    correct: ArrayLike
    trials: ArrayLike

    def __post_init__(self) -> None:
        ends, correct = whole("ends", self.ends, 1), whole("correct", self.correct, 1)
        trials = whole("trials", self.trials, 1)
        check_same_length(ends=ends, correct=correct, trials=trials)
        check_numbers(ends)
        if (correct > trials).any():
            raise ImpossibleOutcomeError("more correct trials than trials", "Count them anew.")
        check_bins(ends, trials)
        for name, array in (("ends", ends), ("correct", correct), ("trials", trials)):
            object.__setattr__(self, name, array)


@dataclass(frozen=True)
class Sigmoid(Model[BinnedPerformance]):
    """start + (1 - start - lapse) / (1 + exp(-(trial - middle) / width)), by bins' middles.

    As in `crossings`, ``trial`` is the number of trials that have passed before. The curve is
    fitted by the durations themselves, so that their intervals come out: middle = delay + learning
    / 2, width = learning / (2 ln 4). Hold ``start`` at 0.5 where mice begin at chance.

    Attributes
    ----------
    longest
        The longest duration that is looked for, in trials.
    """

    longest: float = 10_000.0

    @property
    def name(self) -> str:
        """What it is called in results."""
        return "sigmoid"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Delay and learning phase in trials, start and lapse as fractions of trials."""
        most = self.longest
        return (
            Parameter("delay", 300.0, -most, most, 0.0, most / 5),
            Parameter("learning", 300.0, 5.0, most, 50.0, most / 5, "log"),
            Parameter("start", 0.5, 0.0, 0.9, 0.4, 0.6),
            Parameter("lapse", 0.05, 0.0, 0.5, 0.01, 0.2),
        )

    def check(self, data: BinnedPerformance) -> None:
        """Refuse data without errors or without anything else."""
        check_kind(self.name, data, BinnedPerformance)
        correct, trials = self.counts(data)
        if not 0 < correct.sum() < trials.sum():
            raise OneClassError("all trials are correct, or none is", "Nothing was learned.")

    def counts(self, data: BinnedPerformance) -> tuple[Floats, Floats]:
        """Return correct trials and trials of each bin."""
        return (
            np.asarray(data.correct).astype(np.float64),
            np.asarray(data.trials).astype(np.float64),
        )

    def predictor(self, data: BinnedPerformance, wanted: NDArray[np.bool_]) -> Predictor:
        """Return what predicts the fraction correct in each bin."""
        ends = np.asarray(data.ends).astype(np.float64)
        middles = ends - (np.diff(ends, prepend=0.0) + 1) / 2  # in trials that passed before

        def predict(values: Floats) -> tuple[Floats, Floats]:
            delay, learning, start, lapse = values
            slope = 2 * LOG_4 / learning
            distance = middles - delay - learning / 2
            share = 0.5 * (1 + np.tanh(0.5 * slope * distance))
            span = 1 - start - lapse
            steep = span * share * (1 - share)
            by_learning = -slope / 2 - slope * distance / learning
            slopes = np.column_stack([-steep * slope, steep * by_learning, 1 - share, -share])
            return start + span * share, slopes[:, wanted]

        return predict
