"""Memory of a tree of sequences: its nodes, and the weights of a network beside their slopes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from models.compiled import compiled_within
from models.network import Output, known_output
from models.network_products import TILE, ZERO, Array
from models.network_task import DECISION, INPUTS, OUTCOME_BEFORE, STEPS, STIMULUS, TRIALS

STIMULI = 4
CHUNK = 64
"""Nodes of the last trial but one whose last trials are run at once."""
ALIGNED = 4096
"""Bytes. What is loaded at once lies in one line of the cache then."""
LANES = 16
"""Fewest nodes of an array, so that the few nodes of the first trials fill a processor's width."""
FIRST = STIMULUS.start
"""Step at which nodes part: a node's states are counted from here."""
READ = DECISION - FIRST
"""Where the state of the decision stands."""
ENDS = STIMULUS.stop - FIRST
"""Where stimuli are off."""


class Weights(NamedTuple):
    """Weights of a network, or derivatives by them; units are padded to a multiple of a tile."""

    inputs: Array
    recurrent: Array
    transposed: Array
    bias: Array
    start: Array
    outputs: Array
    output_bias: Array


class Level(NamedTuple):
    """Nodes of one trial, from `FIRST` to the step before `FIRST` of the next trial.

    Attributes
    ----------
    first, final
        Whether it comes before all trials, or is the last trial: that ends with the decision.
    nodes
        How many. Arrays have at least `LANES`, and the rest stays without effect.
    states
        After each step, (steps, units, nodes). Nodes go stimulus by stimulus, and under each
        stimulus as in the trial before.
    stimulus, both, outcome
        What inputs and bias add, (units, nodes): while the stimulus is on, with the outcome too,
        and with the outcome alone.
    wanted
        1 where go is right, else -1, (nodes,).
    right
        1 where the decision is right, else 0, (nodes,).
    after
        Slopes of the step that follows the last state, (units, nodes).
    slopes, others, total
        Slopes of one step, of the next one, and of several, (units, nodes). Slopes are
        derivatives of the loss by what goes into the tanh.
    """

    first: bool
    final: bool
    nodes: int
    states: Array
    stimulus: Array
    both: Array
    outcome: Array
    wanted: Array
    right: Array
    after: Array
    slopes: Array
    others: Array
    total: Array


class Tree(NamedTuple):
    """Memory for one network; the same is used at every epoch.

    Attributes
    ----------
    levels
        Before the first stimulus, each trial, and a chunk of the last.
    weights, gradient
        Of the network.
    outputs, margin, certainty, zeros
        Of the last decisions of a chunk, (2, nodes), (1, nodes), (1, nodes), and (2, nodes).
    bound
        Height and steepness of the tanh that bounds outputs, and the share of a sequence in the
        loss, (3,).
    """

    levels: tuple[Level, ...]
    weights: Weights
    gradient: Weights
    outputs: Array
    margin: Array
    certainty: Array
    zeros: Array
    bound: Array


def grow(
    units: int, output: Output = "sigmoid", dtype: type[np.floating[Any]] = np.float32
) -> Tree:
    """Return memory for networks of so many units, in single or double precision."""
    padded = -(-units // TILE) * TILE
    counts = [2 * STIMULI**k for k in range(TRIALS)]
    steps = [1 + len(OUTCOME_BEFORE), *[STEPS] * (TRIALS - 1), READ + 1]
    levels = [
        _level(k, padded, nodes, steps[k], dtype)
        for k, nodes in enumerate([*counts, STIMULI * CHUNK])
    ]
    # A sigmoid is half of 1 + tanh(u / 2), and a softmax ignores what is added to both outputs.
    height, steepness = (0.5, 0.5) if known_output(output) == "sigmoid" else (1.0, 1.0)
    outputs, margin, certainty, zeros = (
        _room((rows, STIMULI * CHUNK), dtype) for rows in (2, 1, 1, 2)
    )
    weights, gradient = _weights(padded, dtype), _weights(padded, dtype)
    bound = np.array([height, steepness, 1 / (2 * STIMULI**TRIALS)], dtype)
    return Tree(tuple(levels), weights, gradient, outputs, margin, certainty, zeros, bound)


def _level(trial: int, units: int, nodes: int, steps: int, dtype: type[np.floating[Any]]) -> Level:
    lanes = max(nodes, LANES)
    node = np.arange(nodes)
    stimulus, context = node * STIMULI // nodes, node % 2
    go = np.where(context == 0, stimulus // 2 == 0, stimulus % 2 == 0)
    wanted, right = _room((lanes,), dtype), _room((lanes,), dtype)
    wanted[:nodes] = np.where(go, 1, -1)
    stimuli, both, outcome = (_room((units, lanes), dtype) for _ in range(3))
    after, slopes, others, total = (_room((units, lanes), dtype) for _ in range(4))
    return Level(
        trial == 0,
        trial == TRIALS,
        nodes,
        _room((steps, units, lanes), dtype),
        stimuli,
        both,
        outcome,
        wanted,
        right,
        after,
        slopes,
        others,
        total,
    )


def _weights(units: int, dtype: type[np.floating[Any]]) -> Weights:
    square = (units, units)
    wanted = [(units, len(INPUTS)), square, square, (units,), (units,), (2, units), (2,)]
    return Weights(*(_room(shape, dtype) for shape in wanted))


def _room(shape: tuple[int, ...], dtype: type[np.floating[Any]]) -> Array:
    """Return zeros that begin at a border of what a processor loads at once."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.zeros(size + ALIGNED, np.uint8)
    begin = -raw.ctypes.data % ALIGNED
    return raw[begin : begin + size].view(dtype).reshape(shape)


@compiled_within
def clear(weights: Weights) -> None:
    """Set all weights to zero."""
    weights.inputs[:] = ZERO
    weights.recurrent[:] = ZERO
    weights.bias[:] = ZERO
    weights.start[:] = ZERO
    weights.outputs[:] = ZERO
    weights.output_bias[:] = ZERO


@compiled_within
def load(vector: Array, units: int, weights: Weights) -> None:
    """Fill in the weights of a network in a row, (parameters,), as `Network.vector` has them."""
    k = 0
    for i in range(units):
        for j in range(weights.inputs.shape[1]):
            weights.inputs[i, j] = vector[k]
            k += 1
    for i in range(units):
        for j in range(units):
            weights.recurrent[i, j] = vector[k]
            weights.transposed[j, i] = vector[k]
            k += 1
    for i in range(units):
        weights.bias[i] = vector[k + i]
        weights.start[i] = vector[k + units + i]
        weights.outputs[0, i] = vector[k + 2 * units + i]
        weights.outputs[1, i] = vector[k + 3 * units + i]
    weights.output_bias[0] = vector[k + 4 * units]
    weights.output_bias[1] = vector[k + 4 * units + 1]


@compiled_within
def store(weights: Weights, units: int, vector: Array) -> None:
    """Put derivatives by the weights in a row, (parameters,), in the order of `load`."""
    k = 0
    for i in range(units):
        for j in range(weights.inputs.shape[1]):
            vector[k] = weights.inputs[i, j]
            k += 1
    for i in range(units):
        for j in range(units):
            vector[k] = weights.recurrent[i, j]
            k += 1
    for i in range(units):
        vector[k + i] = weights.bias[i]
        vector[k + units + i] = weights.start[i]
        vector[k + 2 * units + i] = weights.outputs[0, i]
        vector[k + 3 * units + i] = weights.outputs[1, i]
    vector[k + 4 * units] = weights.output_bias[0]
    vector[k + 4 * units + 1] = weights.output_bias[1]
