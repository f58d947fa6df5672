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

from models.compiled import compiled_within
from models.network_memory import ENDS, READ, STIMULI, Level, Tree, Weights
from models.network_products import (
    HALF,
    ONE,
    ZERO,
    Array,
    add_outer,
    advance,
    multiply,
    retreat,
    row_sum,
    squash,
)


@compiled_within
def run_tree(tree: Tree, right: NDArray[np.float64]) -> float:
    """Run all sequences forward and back, and return the mean cross entropy.

    Parameters
    ----------
    tree
        With weights in it; its gradient is filled in.
    right
        Filled with the fractions of congruent and of incongruent last trials that are right, (2,).
    """
    weights, gradient, levels = tree.weights, tree.gradient, tree.levels
    for array in (gradient.inputs, gradient.recurrent, gradient.outputs):
        array[:] = ZERO
    for row in (gradient.bias, gradient.start, gradient.output_bias):
        row[:] = ZERO
    last = len(levels) - 1
    trunk, leaves = levels[last - 1], levels[last]
    begin(levels[0], weights)
    for k in range(1, last):
        drive(levels[k], weights)
        part(levels[k - 1], 0, levels[k])
        go_on(levels[k], weights)
    drive(leaves, weights)
    loss = 0.0
    right[:] = 0
    for first in range(0, trunk.nodes, leaves.nodes // STIMULI):
        part(trunk, first, leaves)
        for t in range(1, READ + 1):
            advance(weights.recurrent, leaves.states[t - 1], leaves.stimulus, leaves.states[t])
        loss += decide(tree, leaves, right)
        join(return_leaves(leaves, weights, gradient), leaves.nodes, trunk.after, first)
    for k in range(last - 1, 0, -1):
        slopes = return_level(levels[k], weights, gradient)
        join(slopes, levels[k].nodes, levels[k - 1].after, 0)
    end(levels[0], weights, gradient)
    for kind in range(2):
        right[kind] /= STIMULI * trunk.nodes // 2
    return loss / (STIMULI * trunk.nodes)


@compiled_within
def begin(level: Level, weights: Weights) -> None:
    """Run the steps before the first stimulus; nothing drives them but the bias."""
    for i in range(level.outcome.shape[0]):
        level.states[0, i] = weights.start[i]
        level.outcome[i] = weights.bias[i]
    for t in range(1, level.states.shape[0]):
        advance(weights.recurrent, level.states[t - 1], level.outcome, level.states[t])
    multiply(weights.recurrent, level.states[-1], level.others)


@compiled_within
def drive(level: Level, weights: Weights) -> None:
    """Fill in what stimuli and bias add."""
    width = level.nodes // STIMULI
    for i in range(level.stimulus.shape[0]):
        inputs = weights.inputs[i]
        for s in range(STIMULI):
            added = weights.bias[i] + inputs[s // 2] + inputs[2 + s % 2]
            level.stimulus[i, s * width : (s + 1) * width] = added


@compiled_within
def part(parent: Level, first: int, level: Level) -> None:
    """Run the step at which stimuli come on, from nodes of the trial before, from `first` on."""
    width = level.nodes // STIMULI
    for i in range(level.stimulus.shape[0]):
        handed = parent.others[i, first : first + width]
        for s in range(STIMULI):
            added = level.stimulus[i, s * width : (s + 1) * width]
            state = level.states[0, i, s * width : (s + 1) * width]
            for n in range(width):
                state[n] = handed[n] + added[n]
    squash(level.states[0])


@compiled_within
def go_on(level: Level, weights: Weights) -> None:
    """Run a trial from its second step with stimuli to the third step of the next trial."""
    states = level.states
    for t in range(1, READ + 1):
        advance(weights.recurrent, states[t - 1], level.stimulus, states[t])
    judge(level, weights)
    for t in range(READ + 1, ENDS):
        advance(weights.recurrent, states[t - 1], level.both, states[t])
    for t in range(ENDS, states.shape[0]):
        advance(weights.recurrent, states[t - 1], level.outcome, states[t])
    multiply(weights.recurrent, states[-1], level.others)


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
    squash(outputs)
    for n in range(margin.shape[1]):
        margin[0, n] = HALF * height * (outputs[0, n] - outputs[1, n])
    squash(margin)
    for n in range(margin.shape[1]):
        certainty[0, n] = HALF * wanted[n] * margin[0, n]
    squash(certainty)
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


@compiled_within
def return_leaves(level: Level, weights: Weights, gradient: Weights) -> Array:
    """Go back from last decisions, and return the slopes of the step at which nodes part."""
    slopes, before = level.slopes, level.others
    level.total[:] = slopes
    for t in range(READ - 1, -1, -1):
        add_outer(slopes, level.states[t], gradient.recurrent)
        retreat(weights.transposed, slopes, level.states[t], before, level.total)
        slopes, before = before, slopes
    add_stimulus(level, gradient)
    add_bias(level.total, gradient)
    return slopes


@compiled_within
def return_level(level: Level, weights: Weights, gradient: Weights) -> Array:
    """Go back through a trial, and return the slopes of the step at which nodes part."""
    slopes, before, other = level.after, level.slopes, level.others
    level.total[:] = ZERO
    for t in range(level.states.shape[0] - 1, -1, -1):
        add_outer(slopes, level.states[t], gradient.recurrent)
        retreat(weights.transposed, slopes, level.states[t], before, level.total)
        slopes, before, other = before, other, before
        if t == ENDS or t == READ + 1:
            add_outcome(level, gradient)
        if t == READ + 1 or t == 0:
            add_stimulus(level, gradient)
        if t == ENDS or t == READ + 1 or t == 0:
            add_bias(level.total, gradient)
            level.total[:] = ZERO
    return slopes


@compiled_within
def end(level: Level, weights: Weights, gradient: Weights) -> None:
    """Go back to the start."""
    slopes, before, other = level.after, level.slopes, level.others
    level.total[:] = ZERO
    for t in range(level.states.shape[0] - 1, 0, -1):
        add_outer(slopes, level.states[t], gradient.recurrent)
        retreat(weights.transposed, slopes, level.states[t], before, level.total)
        slopes, before, other = before, other, before
    add_bias(level.total, gradient)
    add_outer(slopes, level.states[0], gradient.recurrent)
    multiply(weights.transposed, slopes, before)
    for i in range(before.shape[0]):
        gradient.start[i] += row_sum(before[i])


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
