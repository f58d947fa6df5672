"""What trained networks do and how: the analyses of Figs. 4 and 5 of Hajnal et al. 2024.

They look at the last of five trials, in all sequences and both contexts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from models.directions import angle_deg
from models.errors import Floats, OneClassError, ShapeError, UnknownNameError, floats
from models.network import Network, play
from models.network_decoding import accuracy, decoder
from models.network_task import CONTEXTS, DECISION, STIMULUS, Flags, congruent, sequences

GOOD = 0.9
"""A network with a greater fraction correct is called good."""
WHOLE_TRIAL = slice(None)
Which = Literal["all", "congruent"]
"""Trials that a context index is about."""
ANGLES = ("visual-auditory", "context-visual", "context-auditory", "context-decision")


@dataclass(frozen=True)
class LastTrials:
    """Last trials of all sequences, first in the visual context, then in the auditory one.

    Attributes
    ----------
    states
        After each step, (trials, 15, units).
    visual_context
        Whether the visual stimulus is relevant, (trials,).
    stimuli
        Go of the visual, and of the auditory stimulus, (trials, 2).
    wanted
        Whether go is right, (trials,).
    went
        Whether the network went, (trials,).
    """

    states: Floats
    visual_context: Flags
    stimuli: Flags
    wanted: Flags
    went: Flags

    @property
    def congruent(self) -> Flags:
        """Whether both stimuli ask for the same, (trials,)."""
        return congruent(self.stimuli)

    @property
    def right(self) -> Flags:
        """Whether the decision was right, (trials,)."""
        return np.asarray(self.went == self.wanted)


def last_trials(network: Network) -> LastTrials:
    """Let a network do all sequences of five trials in both contexts."""
    stimuli = sequences()
    played = [play(network, stimuli, context) for context in CONTEXTS]
    went = np.concatenate([each.go[:, -1] for each in played])
    right = np.concatenate([each.right[:, -1] for each in played])
    return LastTrials(
        np.concatenate([each.states[:, -1] for each in played]),
        np.repeat([True, False], len(stimuli)),
        np.concatenate([stimuli[:, -1]] * 2),
        went == right,
        went,
    )


def performance(trials: LastTrials) -> Floats:
    """Return the fraction correct by context, wanted answer and congruency, (2, 2, 2).

    Visual, go and congruent come first. A network's performance is the mean.
    """
    return np.array(
        [
            [
                [
                    trials.right[
                        (trials.visual_context == visual)
                        & (trials.wanted == go)
                        & (trials.congruent == alike)
                    ].mean()
                    for alike in (True, False)
                ]
                for go in (True, False)
            ]
            for visual in (True, False)
        ]
    )


def context_accuracy(trials: LastTrials, step: int = DECISION) -> float:
    """Return how well the context can be decoded after a step, in trials left out of the fit."""
    return accuracy(trials.states[:, step - 1], trials.visual_context)


def modality_index(network: Network, go: bool) -> Floats:
    """Return input weights of visual less those of auditory go, or of nogo, (units,)."""
    column = 0 if go else 1
    return np.asarray(network.input_weights[:, column] - network.input_weights[:, 2 + column])


def context_index(
    trials: LastTrials, go: bool, steps: slice = WHOLE_TRIAL, which: Which = "all"
) -> Floats:
    """Return mean activity in the visual less that in the auditory context, (units,).

    Parameters
    ----------
    trials
        Of a network.
    go
        Whether to take the trials in which go, or those in which nogo is right.
    steps
        Which steps of the trial, from 0.
    which
        `all` of these trials, as the authors' code has it, or the `congruent`, as their text says.

    Raises
    ------
    UnknownNameError
        If `which` is something else.
    """
    if which not in get_args(Which):
        raise UnknownNameError(
            f"no trials are called {which!r}", f"There are {', '.join(get_args(Which))}."
        )
    activity = trials.states[:, steps].mean(axis=1)
    chosen = trials.wanted == go
    if which == "congruent":
        chosen &= trials.congruent
    visual = activity[chosen & trials.visual_context].mean(axis=0)
    return np.asarray(visual - activity[chosen & ~trials.visual_context].mean(axis=0))


def context_by_rank(
    network: Network, trials: LastTrials, steps: slice = WHOLE_TRIAL, which: Which = "all"
) -> Floats:
    """Return context indices of units by their rank in modality index, (units,): Fig. 5f.

    The unit with the most visual input comes first; go and nogo are averaged.
    """
    ranked = [
        context_index(trials, go, steps, which)[np.argsort(-modality_index(network, go))]
        for go in (True, False)
    ]
    return np.asarray(np.mean(ranked, axis=0))


def sorted_recurrent(network: Network) -> Floats:
    """Return recurrent weights of units in the order of their modality index, (units, units).

    Orders by go and by nogo are averaged: Fig. 5d.
    """
    weights = []
    for go in (True, False):
        order = np.argsort(-modality_index(network, go))
        weights.append(network.recurrent_weights[np.ix_(order, order)])
    return np.asarray(np.mean(weights, axis=0))


def powers(matrix: Floats, count: int = 6) -> Floats:
    """Return the first powers of a matrix, each over its largest absolute value: Fig. 5e.

    Returns
    -------
    ndarray
        (powers, units, units)
    """
    found = [np.linalg.matrix_power(matrix, power) for power in range(1, count + 1)]
    return np.array([each / np.abs(each).max() for each in found])


def block_means(matrix: Floats) -> Floats:
    """Return the means of the four quarters of a matrix, (2, 2): visual units come first."""
    half = len(matrix) // 2
    ends = (slice(None, half), slice(-half, None))
    return np.array([[matrix[rows, columns].mean() for columns in ends] for rows in ends])


def projections(network: Network, trials: LastTrials) -> Floats:
    """Return activity along the input weights of a modality in each step: Fig. 4g.

    It is the mean over go (nogo) inputs in trials where go (nogo) is right.

    Returns
    -------
    ndarray
        (2, 2, 15): visual or auditory input, in the context where it is relevant or the other.
    """
    found = np.zeros((2, 2, trials.states.shape[1]))
    for modality in range(2):
        for go in (True, False):
            column = network.input_weights[:, 2 * modality + (not go)]
            along = trials.states @ (column / np.sqrt(column @ column))
            for k, visual in enumerate((modality == 0, modality == 1)):
                chosen = (trials.wanted == go) & (trials.visual_context == visual)
                found[modality, k] += along[chosen].mean(axis=0) / 2
    return found


def selectivity(network: Network, trials: LastTrials, count: int = 5) -> Floats:
    """Return how much output units prefer relevant to irrelevant stimuli, (2,): Fig. 4h and i.

    Of the units with the largest weights to go (nogo) it is the greatest difference, at the
    decision in incongruent trials, of activity where go (nogo) is the relevant stimulus and
    where it is the other one.
    """
    found = []
    state = trials.states[:, DECISION - 1]
    for k, go in enumerate((True, False)):
        relevant = state[~trials.congruent & (trials.wanted == go)].mean(axis=0)
        other = state[~trials.congruent & (trials.wanted != go)].mean(axis=0)
        units = np.argsort(-network.output_weights[k])[:count]
        found.append((relevant - other)[units].max())
    return np.array(found)


def angles(trials: LastTrials) -> Floats:
    """Return angles between decoders, in degrees, (4,), in the order of `ANGLES`: Fig. 4e and f.

    Units are standardised over trials and steps. Stimuli and context are decoded in the first
    step with stimuli, and context and decision in the step of the decision.
    """
    flat = trials.states.reshape(-1, trials.states.shape[2])
    activity = (trials.states - flat.mean(axis=0)) / flat.std(axis=0)
    early, late = activity[:, STIMULUS.start - 1], activity[:, DECISION - 1]
    visual, auditory = (decoder(early, trials.stimuli[:, k]).weights for k in range(2))
    context = decoder(early, trials.visual_context).weights
    late_context = decoder(late, trials.visual_context).weights
    decision = decoder(late, trials.went).weights
    return np.array(
        [
            angle_deg(visual, auditory),
            angle_deg(context, visual),
            angle_deg(context, auditory),
            angle_deg(late_context, decision),
        ]
    )


@dataclass(frozen=True)
class Correlation:
    """Pearson's correlation.

    Attributes
    ----------
    r
        Between -1 and 1.
    t
        Student's, with `freedom` degrees of freedom; infinite if the pairs lie on a line.
    freedom
        Pairs less two.
    """

    r: float
    t: float
    freedom: int


def correlation(first: ArrayLike, second: ArrayLike) -> Correlation:
    """Return the correlation of pairs.

    Raises
    ------
    ShapeError
        If there are fewer than three, or not as many of either.
    OneClassError
        If all numbers of either are the same.
    """
    x, y = floats("first", first, 1), floats("second", second, 1)
    if len(x) != len(y) or len(x) < 3:
        raise ShapeError(f"{len(x)} and {len(y)} numbers", "Give three pairs or more.")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise OneClassError("all numbers are the same", "There is nothing to correlate.")
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
    freedom = len(x) - 2
    t = math.copysign(math.inf, r) if abs(r) == 1 else r * math.sqrt(freedom / (1 - r * r))
    return Correlation(r, t, freedom)
