"""Searches that end on a saddle go on."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import Floats
from models.minimise import minimise
from models.saddles import past_saddles

LOW, HIGH = np.full(2, -5.0), np.full(2, 5.0)


def two_valleys(point: Floats) -> tuple[float, Floats, Floats]:
    """Valleys at x = 1 and x = -1, a saddle at x = 0, and a curvature that is taken as positive."""
    x, y = point
    gradient = np.array([x * (x * x - 1), 2 * y])
    return (x * x - 1) ** 2 / 4 + y * y, gradient, np.diag([2.0, 2.0])


def bends(point: Floats) -> Floats:
    return np.diag([3 * point[0] ** 2 - 1, 2.0])


def test_a_search_that_ends_on_a_saddle_goes_on_into_a_valley() -> None:
    saddle = minimise(two_valleys, np.array([0.0, 1.0]), LOW, HIGH)
    assert saddle.converged
    assert saddle.point == pytest.approx([0.0, 0.0], abs=1e-4)
    found = past_saddles(two_valleys, bends, saddle, LOW, HIGH)
    assert abs(found.point[0]) == pytest.approx(1.0, abs=1e-4)
    assert found.loss == pytest.approx(0.0, abs=1e-8)
    assert past_saddles(two_valleys, bends, found, LOW, HIGH) is found


def test_at_a_bound_there_is_no_saddle() -> None:
    held = minimise(two_valleys, np.array([0.0, 0.0]), np.array([0.0, -5.0]), np.zeros(2))
    assert past_saddles(two_valleys, bends, held, np.array([0.0, -5.0]), np.zeros(2)) is held
