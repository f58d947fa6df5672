"""Small products over thousands of nodes: what the gradient of a network spends its time on.

Arrays are (units, nodes), so that nodes fill the width of the processor, and the number of units
is a multiple of `TILE`. Tiles of the products are written out: their sums stay in registers. Each
loop works in single and in double precision.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled_apart, compiled_within

Array = NDArray[Any]
"""Of single or of double precision."""

TILE = 15
ROWS, COLUMNS = 5, 3
"""Of a tile in a product of weights and states."""
MOST_UNITS = 3000
"""Of a network. A bound tells the compiler that no index overflows: loops are a tenth faster."""
ZERO, HALF, ONE, NINE = np.float32(0), np.float32(0.5), np.float32(1), np.float32(9)
"""Typed: a bare number would make single precision double."""
# tanh(x) = x P(x^2) / Q(x^2) up to |x| = 9, where it is 1: the least greatest relative error of
# this form is 2e-8, and rounding adds 4e-7.
P1, P2 = np.float32(0.133810237), np.float32(3.49558657e-3)
P3, P4 = np.float32(2.06090572e-5), np.float32(1.33546303e-8)
Q1, Q2 = np.float32(0.467143387), np.float32(2.58769765e-2)
Q3, Q4 = np.float32(3.28563241e-4), np.float32(7.77654520e-7)


@compiled_within
def squash(values: Array, added: Array) -> None:
    """Replace values, (rows, nodes), by the hyperbolic tangent of them and what is added.

    In single precision by a quotient of polynomials, in double by the system's function.
    """
    for i in range(values.shape[0]):
        if values.itemsize == 4:
            for n in range(values.shape[1]):
                x = min(max(values[i, n] + added[i, n], -NINE), NINE)
                t = x * x
                p = (((P4 * t + P3) * t + P2) * t + P1) * t + ONE
                q = (((Q4 * t + Q3) * t + Q2) * t + Q1) * t + ONE
                values[i, n] = min(max(x * p / q, -ONE), ONE)
        else:
            for n in range(values.shape[1]):
                values[i, n] = math.tanh(values[i, n] + added[i, n])


@compiled_apart
def multiply(weights: Array, source: Array, target: Array) -> None:
    """Let `target` be weights @ source: (units, units) and (units, nodes).

    Five units receive from three at a time.
    """
    units = min(weights.shape[0], MOST_UNITS)
    for i in range(0, units, ROWS):
        for j in range(0, units, COLUMNS):
            a0, a1, a2 = weights[i, j], weights[i, j + 1], weights[i, j + 2]
            b0, b1, b2 = weights[i + 1, j], weights[i + 1, j + 1], weights[i + 1, j + 2]
            c0, c1, c2 = weights[i + 2, j], weights[i + 2, j + 1], weights[i + 2, j + 2]
            d0, d1, d2 = weights[i + 3, j], weights[i + 3, j + 1], weights[i + 3, j + 2]
            e0, e1, e2 = weights[i + 4, j], weights[i + 4, j + 1], weights[i + 4, j + 2]
            if j == 0:
                for n in range(target.shape[1]):
                    x0, x1, x2 = source[j, n], source[j + 1, n], source[j + 2, n]
                    target[i, n] = a0 * x0 + a1 * x1 + a2 * x2
                    target[i + 1, n] = b0 * x0 + b1 * x1 + b2 * x2
                    target[i + 2, n] = c0 * x0 + c1 * x1 + c2 * x2
                    target[i + 3, n] = d0 * x0 + d1 * x1 + d2 * x2
                    target[i + 4, n] = e0 * x0 + e1 * x1 + e2 * x2
            else:
                for n in range(target.shape[1]):
                    x0, x1, x2 = source[j, n], source[j + 1, n], source[j + 2, n]
                    target[i, n] += a0 * x0 + a1 * x1 + a2 * x2
                    target[i + 1, n] += b0 * x0 + b1 * x1 + b2 * x2
                    target[i + 2, n] += c0 * x0 + c1 * x1 + c2 * x2
                    target[i + 3, n] += d0 * x0 + d1 * x1 + d2 * x2
                    target[i + 4, n] += e0 * x0 + e1 * x1 + e2 * x2


@compiled_apart
def add_outer(slopes: Array, states: Array, total: Array) -> None:
    """Add slopes @ states.T, (units, units), to `total`; both are (units, nodes)."""
    units = min(slopes.shape[0], MOST_UNITS)
    for i in range(0, units, ROWS):
        for j in range(0, units, COLUMNS):
            a0 = a1 = a2 = ZERO
            b0 = b1 = b2 = ZERO
            c0 = c1 = c2 = ZERO
            d0 = d1 = d2 = ZERO
            e0 = e1 = e2 = ZERO
            for n in range(slopes.shape[1]):
                x0, x1, x2 = states[j, n], states[j + 1, n], states[j + 2, n]
                y = slopes[i, n]
                a0 += y * x0
                a1 += y * x1
                a2 += y * x2
                y = slopes[i + 1, n]
                b0 += y * x0
                b1 += y * x1
                b2 += y * x2
                y = slopes[i + 2, n]
                c0 += y * x0
                c1 += y * x1
                c2 += y * x2
                y = slopes[i + 3, n]
                d0 += y * x0
                d1 += y * x1
                d2 += y * x2
                y = slopes[i + 4, n]
                e0 += y * x0
                e1 += y * x1
                e2 += y * x2
            total[i, j] += a0
            total[i, j + 1] += a1
            total[i, j + 2] += a2
            total[i + 1, j] += b0
            total[i + 1, j + 1] += b1
            total[i + 1, j + 2] += b2
            total[i + 2, j] += c0
            total[i + 2, j + 1] += c1
            total[i + 2, j + 2] += c2
            total[i + 3, j] += d0
            total[i + 3, j + 1] += d1
            total[i + 3, j + 2] += d2
            total[i + 4, j] += e0
            total[i + 4, j + 1] += e1
            total[i + 4, j + 2] += e2


@compiled_within
def row_sum(row: Array) -> np.floating[Any]:
    """Return the sum of a row."""
    total = ZERO
    for n in range(row.size):
        total += row[n]
    return total
