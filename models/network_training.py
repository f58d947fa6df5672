"""Training of a recurrent network on the set-shifting task: all sequences, one update an epoch.

The loss is the cross entropy at the last decision, and a weight penalty. Training is chaotic:
differences of rounding, as between processors, give another network after some hundred epochs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled_freely
from models.errors import Floats, ModelError, NotFiniteError, OutOfBoundsError, UnknownNameError
from models.network import UNITS, Network, Output, known_output, split
from models.network_memory import grow
from models.network_products import MOST_UNITS, Array
from models.network_tree import run_tree

Precision = Literal["float32", "float64"]
PRECISIONS: dict[str, type[np.floating[Any]]] = {"float32": np.float32, "float64": np.float64}
SNAPSHOTS = (2, 5, 10, 50, 100, 200, 500, 1000, 5000)
"""Epochs after which Hajnal et al. kept the weights."""
PENALTY = 1e-4
"""Times the mean square of input, recurrent and output weights and of the output bias."""
PENALISED = ("input_weights", "recurrent_weights", "output_weights", "output_bias")
SLICE = 25
"""Epochs between two reports."""
Report = Callable[[int], None]
"""Is told how many epochs are done. What it raises stops the training."""


@dataclass(frozen=True)
class Adam:
    """Steps of Adam, with its correction of the first means.

    A new Adam at each epoch, as in the authors' code, knows one gradient, which is the same as
    decays of 0: so each weight moves by nearly the rate, up or down.

    Attributes
    ----------
    rate
        Of learning.
    decay, square_decay
        How much of the mean of gradients, and of that of their squares, is left after an epoch.
    epsilon
        Added to the root of the mean square.

    Raises
    ------
    OutOfBoundsError
        If rate or epsilon is not above 0, or a decay not from 0 on and below 1.
    """

    rate: float
    decay: float = 0.9
    square_decay: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        if not (0 < self.rate < math.inf and 0 < self.epsilon < math.inf):
            raise OutOfBoundsError(f"{self} has no step", "Give a rate and an epsilon above 0.")
        if not (0 <= self.decay < 1 and 0 <= self.square_decay < 1):
            raise OutOfBoundsError(f"{self} forgets nothing", "Give decays below 1, 0 or more.")


OPTIMISERS: Mapping[str, Adam] = {
    "released": Adam(5e-4, decay=0.0, square_decay=0.0),
    "text": Adam(1e-4),
}
"""`released` is that of the authors' code, which gives the published number of good networks;
`text` is that of their text."""


def optimiser(name: str) -> Adam:
    """Return an optimiser by its name.

    Raises
    ------
    UnknownNameError
        If none has it.

    Examples
    --------
    >>> optimiser("text").rate
    0.0001
    """
    if name not in OPTIMISERS:
        raise UnknownNameError(
            f"no optimiser is called {name!r}", f"There are {', '.join(OPTIMISERS)}."
        )
    return OPTIMISERS[name]


@dataclass(frozen=True)
class Training:
    """How a network is trained.

    Attributes
    ----------
    epochs
        Updates of the weights.
    optimiser
        How gradients become steps.
    output
        What bounds the outputs.
    units
        Of the network.
    penalty
        Of large weights.
    snapshots
        After which epochs weights are kept, beside the last.
    precision
        Of all numbers.

    Raises
    ------
    ModelError
        If there is no such training.
    """

    epochs: int = 5000
    optimiser: Adam = OPTIMISERS["released"]
    output: Output = "sigmoid"
    units: int = UNITS
    penalty: float = PENALTY
    snapshots: tuple[int, ...] = SNAPSHOTS
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        known_output(self.output)
        if not isinstance(self.optimiser, Adam):
            raise ModelError(f"{self.optimiser!r} is no optimiser", "Give `optimiser(name)`.")
        if self.precision not in PRECISIONS:
            raise UnknownNameError(
                f"no precision is called {self.precision!r}", f"There are {', '.join(PRECISIONS)}."
            )
        if self.epochs < 1 or not 1 <= self.units <= MOST_UNITS:
            what = f"{self.epochs} epochs, {self.units} units"
            raise OutOfBoundsError(what, f"Give at least one, and at most {MOST_UNITS} units.")
        if min(self.snapshots, default=1) < 1:
            raise OutOfBoundsError(f"snapshots {self.snapshots}", "Epochs count from 1.")
        if not 0 <= self.penalty < math.inf:
            raise OutOfBoundsError(f"a penalty of {self.penalty}", "Give 0 or more.")


PUBLISHED = Training()
"""What gives the published number of good networks."""


@dataclass(frozen=True)
class Course:
    """How a network did, (epochs + 1,): before the first update, and after each.

    Attributes
    ----------
    loss
        Cross entropy and penalty.
    congruent, incongruent
        Fraction of last trials of either kind that are right.
    """

    loss: Floats
    congruent: Floats
    incongruent: Floats

    @property
    def right(self) -> Floats:
        """Fraction of all last trials that are right, (epochs + 1,)."""
        return (self.congruent + self.incongruent) / 2


@dataclass(frozen=True)
class Trained:
    """What a training made.

    Attributes
    ----------
    network
        After the last epoch.
    snapshots
        After some epochs before.
    course
        How it did.
    seconds
        Processor time that it took.
    """

    network: Network
    snapshots: Mapping[int, Network]
    course: Course
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """Loss of a network, and its derivatives.

    Attributes
    ----------
    loss
        Cross entropy and penalty.
    gradient
        By each of `Network.arrays`.
    congruent, incongruent
        Fraction of last trials of either kind that are right.
    """

    loss: float
    gradient: Mapping[str, NDArray[Any]]
    congruent: float
    incongruent: float


def evaluate(
    network: Network, penalty: float = PENALTY, precision: Precision = "float32"
) -> Evaluation:
    """Return loss and exact gradient of a network over all sequences of five trials."""
    units = len(network.bias)
    options = Training(1, output=network.output, units=units, penalty=penalty, precision=precision)
    trainer = Trainer(network, options)
    trainer.run(1)
    loss, congruent, incongruent = (float(value) for value in trainer.course[0])
    return Evaluation(loss, split(trainer.gradient, units), congruent, incongruent)


def train(seed: int, options: Training = PUBLISHED, report: Report | None = None) -> Trained:
    """Train one network.

    Parameters
    ----------
    seed
        Of its initial weights.
    options
        How.
    report
        Is told how far it is.

    Raises
    ------
    NotFiniteError
        If the loss is no number any more.
    """
    trainer = Trainer(Network.initial(seed, options.units, options.output), options)
    while trainer.epoch < options.epochs:
        trainer.run(SLICE)
        if report is not None:
            report(trainer.epoch)
    return trainer.result()


class Trainer:
    """A network in training. What it holds says how it goes on: `models.network_ensemble` saves it.

    Parameters
    ----------
    network
        Where it begins.
    options
        How it is trained.

    Attributes
    ----------
    epoch
        How many are done.
    weights, mean, square
        Of the network, and the means of Adam, (parameters,).
    gradient
        Before the last update, (parameters,).
    course
        Loss and fractions of congruent and incongruent last trials that are right, before each
        update and after the last, (epochs + 1, 3).
    kept
        Weights after the epochs of snapshots, (snapshots, parameters).
    seconds
        Processor time of its thread so far.
    """

    def __init__(self, network: Network, options: Training) -> None:
        dtype = PRECISIONS[options.precision]
        self.options = options
        self.epoch, self.seconds = 0, 0.0
        self.weights = network.vector.astype(dtype)
        self.mean, self.square = np.zeros_like(self.weights), np.zeros_like(self.weights)
        self.gradient = np.zeros_like(self.weights)
        self.course = np.zeros((options.epochs + 1, 3))
        self.kept = np.zeros((len(options.snapshots), self.weights.size), dtype)
        self._tree = grow(options.units, options.output, dtype)
        self._pull = np.zeros_like(self.weights)
        parts = split(self._pull, options.units)
        count = sum(parts[name].size for name in PENALISED)
        for name in PENALISED:
            parts[name][...] = 2 * options.penalty / count

    @property
    def finite(self) -> bool:
        """Whether all weights are numbers."""
        return bool(np.isfinite(self.weights).all())

    def run(self, epochs: int) -> None:
        """Train for so many epochs more, but not past the last.

        Raises
        ------
        NotFiniteError
            If the loss is no number any more.
        """
        began = time.thread_time()
        last = min(self.epoch + epochs, self.options.epochs)
        while self.epoch < last:
            stops = [stop for stop in self.options.snapshots if self.epoch < stop < last]
            self._run(min([last, *stops]))
            for k, stop in enumerate(self.options.snapshots):
                if stop == self.epoch:
                    self.kept[k] = self.weights
        if self.epoch == self.options.epochs:
            copies = self.weights.copy(), self.mean.copy(), self.square.copy()
            self._update(*copies, np.zeros_like(self.gradient), self.course[self.epoch :])
        self.seconds += time.thread_time() - began

    def result(self) -> Trained:
        """Return the network as it is, and how it came to be so."""
        units, output = self.options.units, self.options.output
        snapshots = {
            stop: Network.from_vector(self.kept[k], units, output)
            for k, stop in enumerate(self.options.snapshots)
            if stop <= self.epoch
        }
        loss, congruent, incongruent = self.course[: self.epoch + 1].T.copy()
        course = Course(loss, congruent, incongruent)
        network = Network.from_vector(self.weights, units, output)
        return Trained(network, snapshots, course, self.seconds)

    def _run(self, stop: int) -> None:
        rows = self.course[self.epoch : stop]
        self._update(self.weights, self.mean, self.square, self.gradient, rows)
        wrong = ~np.isfinite(rows[:, 0])
        if wrong.any() or not self.finite:
            raise NotFiniteError(
                f"loss or weights are no numbers in epoch {self.epoch + int(wrong.argmax()) + 1}",
                "Lower the rate of the optimiser.",
            )
        self.epoch = stop

    def _update(
        self, weights: Array, mean: Array, square: Array, gradient: Array, course: Floats
    ) -> None:
        adam = self.options.optimiser
        settings = np.array([adam.rate, adam.decay, adam.square_decay, adam.epsilon])
        for k, row in enumerate(course):
            entropy = run_tree(weights, self.options.units, self._tree, gradient, row[1:])
            penalty = update(weights, mean, square, gradient, self._pull, settings, self.epoch + k)
            row[0] = entropy + penalty


@compiled_freely
def update(
    weights: Array,
    mean: Array,
    square: Array,
    gradient: Array,
    pull: Array,
    adam: Floats,
    epoch: int,
) -> float:
    """Do a step of Adam, and return the penalty of the weights before it.

    Parameters
    ----------
    weights, mean, square
        Of the network, and means of gradients and of their squares, (parameters,).
    gradient
        Of the cross entropy; of the loss in the end, (parameters,).
    pull
        How strongly weights are drawn to zero, (parameters,).
    adam
        Rate, decays and epsilon, (4,).
    epoch
        How many are done.
    """
    rate, decay, square_decay, epsilon = adam[0], adam[1], adam[2], adam[3]
    correction = 1 / (1 - decay ** (epoch + 1))
    square_correction = 1 / (1 - square_decay ** (epoch + 1))
    penalty = 0.0
    for k in range(weights.size):
        w = weights[k]
        g = gradient[k] + pull[k] * w
        penalty += 0.5 * pull[k] * w * w
        gradient[k] = g
        mean[k] = decay * mean[k] + (1 - decay) * g
        square[k] = square_decay * square[k] + (1 - square_decay) * g * g
        root = math.sqrt(square_correction * square[k])
        weights[k] = w - rate * correction * mean[k] / (root + epsilon)
    return penalty
