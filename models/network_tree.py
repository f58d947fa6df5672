"""Loss of a network over all sequences of five trials, and its exact gradient, by a tree.

What a network has done by the end of a trial depends on the context and on the stimuli so far. So
sequences that begin alike are one node until they part: k trials have 2 x 4 ** k nodes, where
2048 sequences would be run otherwise. That leaves a sixth of the steps. The last trial, which is
most of them, is run forward and back in chunks that stay in the cache. No gradient flows through
decisions and outcomes, which are steps.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled_apart, compiled_freely, compiled_within
from models.network_memory import (
    ENDS,
    READ,
    STIMULI,
    Level,
    Tree,
    Weights,
    clear,
    load,
    store,
)
from models.network_products import (
    HALF,
    ONE,
    ZERO,
    Array,
    add_outer,
    multiply,
    row_sum,
    squash,
)


@compiled_freely
def run_tree(
    vector: Array, units: int, tree: Tree, gradient: Array, right: NDArray[np.float64]
) -> float:
    """Run all sequences forward and back, and return the mean cross entropy.

    Parameters
    ----------
    vector
        Weights of a network in a row, (parameters,), as `Network.vector` has them.
    units
        Of the network.
    tree
        Its memory.
    gradient
        Filled with the derivatives of the cross entropy by the weights, (parameters,).
    right
        Filled with the fractions of congruent and of incongruent last trials that are right, (2,).
    """
    weights, slopes, levels = tree.weights, tree.gradient, tree.levels
    load(vector, units, weights)
    clear(slopes)
    last = len(levels) - 1
    trunk, leaves = levels[last - 1], levels[last]
    for k in range(last):
        prepare(levels[k], weights)
        if k > 0:
            part(levels[k - 1], 0, levels[k])
        run(levels[k], weights)
    prepare(leaves, weights)
    loss = 0.0
    right[:] = 0
    for first in range(0, trunk.nodes, leaves.nodes // STIMULI):
        part(trunk, first, leaves)
        run(leaves, weights)
        loss += decide(tree, leaves, right)
        join(go_back(leaves, weights, slopes), leaves.nodes, trunk.after, first)
    for k in range(last - 1, -1, -1):
        parted = go_back(levels[k], weights, slopes)
        if k > 0:
            join(parted, levels[k].nodes, levels[k - 1].after, 0)
    store(slopes, units, gradient)
    for kind in range(2):
        right[kind] /= STIMULI * trunk.nodes // 2
    return loss / (STIMULI * trunk.nodes)


@compiled_within
def prepare(level: Level, weights: Weights) -> None:
    """Fill in what stimuli and bias add, or the bias alone before the first stimulus."""
    width = level.nodes // STIMULI
    for i in range(level.stimulus.shape[0]):
        if level.first:
            level.stimulus[i] = weights.bias[i]
            level.states[0, i] = weights.start[i]
            continue
        for s in range(STIMULI):
            added = weights.inputs[i, s // 2] + weights.inputs[i, 2 + s % 2]
            level.stimulus[i, s * width : (s + 1) * width] = weights.bias[i] + added


@compiled_within
def part(parent: Level, first: int, level: Level) -> None:
    """Run the step at which stimuli come on, from nodes of the trial before, from `first` on."""
    width = level.nodes // STIMULI
    for i in range(level.stimulus.shape[0]):
        for s in range(STIMULI):
            for n in range(width):
                level.states[0, i, s * width + n] = parent.others[i, first + n]
    squash(level.states[0], level.stimulus)


@compiled_apart
def run(level: Level, weights: Weights) -> None:
    """Run the steps after the first; what the last state adds to the next one goes to `others`."""
    states, steps = level.states, level.states.shape[0]
    added = level.stimulus
    for t in range(1, steps if level.final else steps + 1):
        after = states[t] if t < steps else level.others
        multiply(weights.recurrent, states[t - 1], after)
        if t == READ + 1:
            judge(level, weights)
            added = level.both
        if t == ENDS:
            added = level.outcome
        if t < steps:
            squash(after, added)


@compiled_within
def judge(level: Level, weights: Weights) -> None:
    """Read decisions, and fill in what their outcomes add."""
    right, state, wanted = level.right, level.states[READ], level.wanted
    right[:] = weights.output_bias[0] - weights.output_bias[1]
    for i in range(state.shape[0]):
        weight = weights.outputs[0, i] - weights.outputs[1, i]
        for n in range(right.size):
            right[n] += weight * state[i, n]
    for n in range(right.size):
        right[n] = ONE if (right[n] > ZERO) == (wanted[n] > ZERO) else ZERO
    for i in range(state.shape[0]):
        punished = weights.inputs[i, 5]
        gain = weights.inputs[i, 4] - punished
        bias = weights.bias[i]
        for n in range(right.size):
            added = punished + gain * right[n]
            level.outcome[i, n] = bias + added
            level.both[i, n] = level.stimulus[i, n] + added


@compiled_within
def decide(tree: Tree, level: Level, right: NDArray[np.float64]) -> float:
    """Read last decisions; return the sum of their cross entropies, and fill in first slopes.

    A softmax of two numbers is a sigmoid of their difference. So the outputs end in the margin
    tanh((go - nogo) / 2), and the cross entropy of its second softmax is -log sigmoid(+-margin).
    """
    outputs, margin, certainty = tree.outputs, tree.margin, tree.certainty
    height, steepness, share = tree.bound[0], tree.bound[1], tree.bound[2]
    state, wanted = level.states[READ], level.wanted
    for c in range(2):
        outputs[c] = steepness * tree.weights.output_bias[c]
        for i in range(state.shape[0]):
            weight = steepness * tree.weights.outputs[c, i]
            for n in range(outputs.shape[1]):
                outputs[c, n] += weight * state[i, n]
    squash(outputs, tree.zeros)
    for n in range(margin.shape[1]):
        margin[0, n] = HALF * height * (outputs[0, n] - outputs[1, n])
    squash(margin, tree.zeros)
    for n in range(margin.shape[1]):
        certainty[0, n] = HALF * wanted[n] * margin[0, n]
    squash(certainty, tree.zeros)
    loss = 0.0
    for n in range(margin.shape[1]):
        loss -= math.log(HALF + HALF * certainty[0, n])
        s = n * STIMULI // margin.shape[1]
        kind = 1 if s == 1 or s == 2 else 0
        right[kind] += (margin[0, n] > ZERO) == (wanted[n] > ZERO)
    for n in range(margin.shape[1]):
        m = margin[0, n]
        slope = HALF * (certainty[0, n] - ONE) * wanted[n] * HALF * (ONE - m * m)
        slope *= height * steepness * share
        outputs[0, n] = slope * (ONE - outputs[0, n] * outputs[0, n])
        outputs[1, n] = -slope * (ONE - outputs[1, n] * outputs[1, n])
    for c in range(2):
        tree.gradient.output_bias[c] += row_sum(outputs[c])
    for i in range(state.shape[0]):
        go, nogo = tree.weights.outputs[0, i], tree.weights.outputs[1, i]
        by_go = by_nogo = ZERO
        for n in range(outputs.shape[1]):
            h = state[i, n]
            by_go += outputs[0, n] * h
            by_nogo += outputs[1, n] * h
            level.slopes[i, n] = (go * outputs[0, n] + nogo * outputs[1, n]) * (ONE - h * h)
        tree.gradient.outputs[0, i] += by_go
        tree.gradient.outputs[1, i] += by_nogo
    return loss


@compiled_apart
def go_back(level: Level, weights: Weights, gradient: Weights) -> Array:
    """Go back through a trial, and return the slopes of the step at which nodes part."""
    slopes, before, other = level.after, level.slopes, level.others
    top = level.states.shape[0] - 1
    level.total[:] = ZERO
    if level.final:
        slopes, before, other = level.slopes, level.others, level.slopes
        top = READ - 1
        for i in range(slopes.shape[0]):
            for n in range(slopes.shape[1]):
                level.total[i, n] = slopes[i, n]
    for t in range(top, -1, -1):
        add_outer(slopes, level.states[t], gradient.recurrent)
        multiply(weights.transposed, slopes, before)
        if level.first and t == 0:
            for i in range(before.shape[0]):
                gradient.start[i] += row_sum(before[i])
            add_bias(level.total, gradient)
            break
        bend(before, level.states[t], level.total)
        slopes, before, other = before, other, before
        if level.first:
            continue
        if t == ENDS or t == READ + 1:
            add_outcome(level, gradient)
        if t == READ + 1 or t == 0:
            add_stimulus(level, gradient)
        if t == ENDS or t == READ + 1 or t == 0:
            add_bias(level.total, gradient)
            level.total[:] = ZERO
    return slopes


@compiled_within
def bend(slopes: Array, states: Array, total: Array) -> None:
    """Take slopes by states, (units, nodes), to what went into the tanh; add them to `total`."""
    for i in range(slopes.shape[0]):
        for n in range(slopes.shape[1]):
            h = states[i, n]
            slope = slopes[i, n] * (ONE - h * h)
            slopes[i, n] = slope
            total[i, n] += slope


@compiled_within
def join(slopes: Array, nodes: int, after: Array, first: int) -> None:
    """Add up the slopes of nodes that part from one, into its place from `first` on."""
    width = nodes // STIMULI
    for i in range(after.shape[0]):
        added = after[i, first : first + width]
        added[:] = ZERO
        for s in range(STIMULI):
            row = slopes[i, s * width : (s + 1) * width]
            for n in range(width):
                added[n] += row[n]


@compiled_within
def add_stimulus(level: Level, gradient: Weights) -> None:
    """Add total slopes to those of the input weights of stimuli."""
    width = level.nodes // STIMULI
    for i in range(level.total.shape[0]):
        for s in range(STIMULI):
            added = row_sum(level.total[i, s * width : (s + 1) * width])
            gradient.inputs[i, s // 2] += added
            gradient.inputs[i, 2 + s % 2] += added


@compiled_within
def add_outcome(level: Level, gradient: Weights) -> None:
    """Add total slopes to those of the input weights of reward and punishment."""
    for i in range(level.total.shape[0]):
        rewarded = every = ZERO
        for n in range(level.right.size):
            slope = level.total[i, n]
            every += slope
            rewarded += slope * level.right[n]
        gradient.inputs[i, 4] += rewarded
        gradient.inputs[i, 5] += every - rewarded


@compiled_within
def add_bias(total: Array, gradient: Weights) -> None:
    """Add total slopes to those of the bias."""
    for i in range(total.shape[0]):
        gradient.bias[i] += row_sum(total[i])
