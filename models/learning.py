"""The learning models as something that can be fitted: mean field and circuit, and their variants.

Named variants, each of the rule (multiplicative or additive) and of the errors (asymmetric or
symmetric, where v = 1): the symmetric ones are nested in the asymmetric ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.circuit import Choices, check_stimuli, followed_course, run_choices
from models.errors import (
    Floats,
    ImpossibleOutcomeError,
    OneClassError,
    ShapeError,
    UnknownNameError,
    Whole,
    check_bins,
    check_numbers,
    check_same_length,
    check_some,
    whole,
)
from models.mean_field import Course, average_course, check_two_stimuli, run_mean_field
from models.model import Model, Parameter, Predictor, check_kind, ordered
from models.reinforcement import PUBLISHED, Core, Rule
from models.task import Task

Variant = Literal[
    "multiplicative asymmetric",
    "multiplicative symmetric",
    "additive asymmetric",
    "additive symmetric",
]
VARIANTS: tuple[Variant, ...] = get_args(Variant)
ALPHA = Parameter("alpha", 0.01, 1e-4, 0.2, 0.003, 0.03, "log", shared=True)
SIGMA = Parameter("sigma", 0.6195, 0.1, 3.0, 0.4, 1.0, "log", shared=True)
ASYMMETRY = Parameter("asymmetry", 6.0, 0.2, 50.0, 2.0, 10.0, "log", shared=True)
WEIGHTS = (
    Parameter("common_excitation", 0.5, 0.01, 10.0, 0.1, 2.0, "log"),
    Parameter("common_inhibition", 0.3, 0.01, 10.0, 0.05, 2.0, "log"),
    Parameter("specific_weight", 0.01, 1e-5, 1.0, 0.001, 0.1, "log"),
)
NET = (Parameter("common_net", 0.0, -5.0, 5.0, -1.0, 2.0),)
"""What the additive rule begins with: only the difference of excitation and inhibition acts."""


@dataclass(frozen=True)
class BinnedChoices:
    """Responses counted in bins of trials, such as hits and false alarms in every 100.

    Attributes
    ----------
    ends
        Number of the last trial of each bin, (bins,), rising; the first bin begins with trial 1.
    responses, trials
        Responses to each stimulus, and its trials, (bins, stimuli). A bin may have fewer trials
        than pass in it, or none.
    """

    ends: ArrayLike
    responses: ArrayLike
    trials: ArrayLike

    def __post_init__(self) -> None:
        ends = whole("ends", self.ends, 1)
        responses, trials = whole("responses", self.responses, 2), whole("trials", self.trials, 2)
        check_same_length(ends=ends, responses=responses, trials=trials)
        check_numbers(ends)
        if responses.shape != trials.shape:
            raise ShapeError(
                f"responses {responses.shape}, trials {trials.shape}", "Give one for the other."
            )
        if (responses > trials).any():
            raise ImpossibleOutcomeError("more responses than trials", "Count them anew.")
        check_bins(ends, trials.sum(axis=1))
        for name, array in (("ends", ends), ("responses", responses), ("trials", trials)):
            object.__setattr__(self, name, array)

    @property
    def arrays(self) -> tuple[Whole, Whole, Whole]:
        """Return ends, responses and trials."""
        return np.asarray(self.ends), np.asarray(self.responses), np.asarray(self.trials)


def binned(choices: Choices, bin_trials: int = 100, stimuli: int = 2) -> BinnedChoices:
    """Count single choices in bins of trials; the last bin may be shorter.

    Parameters
    ----------
    choices
        Choices in order.
    bin_trials
        Trials that pass in a bin.
    stimuli
        How many stimuli the task has.
    """
    check_some(bin_trials=bin_trials, stimuli=stimuli)
    order, numbers = np.asarray(choices.stimuli), np.asarray(choices.numbers)
    check_stimuli(order, stimuli)
    place = (numbers - 1) // bin_trials
    bins = int(place[-1]) + 1
    trials = np.zeros((bins, stimuli), dtype=np.int64)
    responses = np.zeros_like(trials)
    np.add.at(trials, (place, order), 1)
    np.add.at(responses, (place, order), np.asarray(choices.responded).astype(np.int64))
    ends = np.minimum(np.arange(1, bins + 1) * bin_trials, numbers[-1])
    return BinnedChoices(ends, responses, trials)


@dataclass(frozen=True)
class LearningRule:
    """What the two forms of the learning model have in common.

    Attributes
    ----------
    task
        Stimuli, rewards and shares.
    core
        Values at which learning rate, asymptote and asymmetry are held; None if they are fitted.
    variant
        The rule and the errors.
    """

    task: Task
    core: Core | None = PUBLISHED
    variant: Variant = "multiplicative asymmetric"

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise UnknownNameError(f"no variant {self.variant!r}", f"There are {VARIANTS}.")

    @property
    def kind(self) -> Rule:
        """How weights change."""
        return "additive" if self.additive else "multiplicative"

    @property
    def additive(self) -> bool:
        """Whether the size of a weight does not matter for its change."""
        return self.variant.startswith("additive")

    @property
    def symmetric(self) -> bool:
        """Whether all errors count alike."""
        return self.variant.endswith(" symmetric")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that are not held by `core` or by the variant."""
        own = NET if self.additive else WEIGHTS
        if self.core is not None:
            return own
        return (ALPHA, SIGMA, *own) if self.symmetric else (ALPHA, SIGMA, ASYMMETRY, *own)

    def weights(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Return core, (3,), and excitation and inhibition, (units,) each, of some values."""
        held = self.core or PUBLISHED
        core = np.array([held.alpha, held.sigma, 1.0 if self.symmetric else held.asymmetry])
        core[: self._of_core] = values[: self._of_core]
        weights = np.zeros((2, np.shape(self.task.units)[1]))
        if self.additive:
            weights[0, 0] = values[self._of_core]
        else:
            weights[:, 0] = values[self._of_core : self._of_core + 2]
            weights[:, 1:] = values[self._of_core + 2]
        return core, weights[0], weights[1]

    def slopes(self, wanted: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        """Return the derivatives of `weights`, (3, wanted), (units, wanted), (units, wanted)."""
        own, count = self._of_core, len(self.parameters)
        core = np.zeros((3, count))
        core[:own, :own] = np.eye(own)
        weights = np.zeros((2, np.shape(self.task.units)[1], count))
        if self.additive:
            weights[0, 0, own] = 1
        else:
            weights[[0, 1], 0, [own, own + 1]] = 1
            weights[:, 1:, own + 2] = 1
        parts = core, weights[0], weights[1]
        core, excitation, inhibition = (np.ascontiguousarray(part[:, wanted]) for part in parts)
        return core, excitation, inhibition

    @property
    def _of_core(self) -> int:
        """How many of the parameters are of the core."""
        if self.core is not None:
            return 0
        return 2 if self.symmetric else 3


@dataclass(frozen=True)
class MeanField(Model[BinnedChoices]):
    """The average course of learning, fitted to responses in bins (equations 4 to 6).

    Single choices are bins of one trial (`binned(choices, 1)`).

    Attributes
    ----------
    rule
        The task, the core and the variant.
    """

    rule: LearningRule

    @property
    def name(self) -> str:
        """What it is called in results."""
        return f"mean field, {self.rule.variant}"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the rule."""
        return self.rule.parameters

    def check(self, data: BinnedChoices) -> None:
        """Refuse data of another task, or of one stimulus only."""
        check_kind(self.name, data, BinnedChoices)
        _, _, trials = data.arrays
        check_two_stimuli(self.rule.task)
        if trials.shape[1] != 2:
            raise ShapeError(f"{trials.shape[1]} stimuli in the data", "Give S+ and S-.")
        _check_stimuli_differ(trials.sum(axis=0))

    def counts(self, data: BinnedChoices) -> tuple[Floats, Floats]:
        """Return responses and trials by bin and stimulus."""
        _, responses, trials = data.arrays
        return responses.ravel().astype(np.float64), trials.ravel().astype(np.float64)

    def course(self, values: Mapping[str, float], trials: int) -> Course:
        """Return the average course of learning.

        Parameters
        ----------
        values
            Of all parameters, by name, such as `FitResult.estimates`.
        trials
            How many.
        """
        weights = self.rule.weights(ordered(self.parameters, values))
        return average_course(self.rule.task, *weights, trials, self.rule.kind)

    def predictor(self, data: BinnedChoices, wanted: NDArray[np.bool_]) -> Predictor:
        """Return what predicts the mean probability of a response by bin and stimulus."""
        ends, _, trials = data.arrays
        arrays, seeds, additive = (
            self.rule.task.arrays,
            self.rule.slopes(wanted),
            self.rule.additive,
        )
        none = np.zeros((0, 3))
        shape = (*trials.shape, seeds[0].shape[1])

        def predict(values: Floats) -> tuple[Floats, Floats]:
            responses, slopes = np.empty(trials.shape), np.empty(shape)
            weights = self.rule.weights(values)
            run_mean_field(*weights, *seeds, *arrays, additive, ends, responses, slopes, none, none)
            return responses.ravel(), slopes.reshape(responses.size, -1)

        return predict


@dataclass(frozen=True)
class Circuit(Model[Choices]):
    """The stochastic circuit, fitted to single choices, each given those before it (equations 1-3).

    Attributes
    ----------
    rule
        The task, the core and the variant; shares do not matter.
    """

    rule: LearningRule

    @property
    def name(self) -> str:
        """What it is called in results."""
        return f"circuit, {self.rule.variant}"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the rule."""
        return self.rule.parameters

    def check(self, data: Choices) -> None:
        """Refuse stimuli that the task lacks, or one stimulus only."""
        check_kind(self.name, data, Choices)
        order = np.asarray(data.stimuli)
        check_stimuli(order, len(np.asarray(self.rule.task.units)))
        _check_stimuli_differ(np.bincount(order))

    def counts(self, data: Choices) -> tuple[Floats, Floats]:
        """Return the choices, and one trial each."""
        responded = np.asarray(data.responded).astype(np.float64)
        return responded, np.ones_like(responded)

    def course(self, values: Mapping[str, float], choices: Choices) -> Course:
        """Return the course of the weights of a mouse that made some choices.

        Parameters
        ----------
        values
            Of all parameters, by name, such as `FitResult.estimates`.
        choices
            What was presented, and what the mouse did.
        """
        weights = self.rule.weights(ordered(self.parameters, values))
        return followed_course(self.rule.task, *weights, choices, self.rule.kind)

    def predictor(self, data: Choices, wanted: NDArray[np.bool_]) -> Predictor:
        """Return what predicts the probability of a response in each trial."""
        units, rewards, _ = self.rule.task.arrays
        order, responded = np.asarray(data.stimuli), np.asarray(data.responded)
        seeds, additive = self.rule.slopes(wanted), self.rule.additive
        none = np.zeros((0, units.shape[1]))

        def predict(values: Floats) -> tuple[Floats, Floats]:
            responses, slopes = np.empty(order.size), np.empty((order.size, seeds[0].shape[1]))
            core, *weights = self.rule.weights(values)
            copies = [part.copy() for part in (*weights, *seeds[1:])]
            run_choices(
                core,
                copies[0],
                copies[1],
                seeds[0],
                copies[2],
                copies[3],
                units,
                rewards,
                additive,
                order,
                responded,
                responses,
                slopes,
                none,
                none,
            )
            return responses, slopes

        return predict


def _check_stimuli_differ(trials: Whole) -> None:
    if (trials > 0).sum() < 2:
        raise OneClassError(
            "trials of one stimulus only", "Discrimination is learned from two or more."
        )
