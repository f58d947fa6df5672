"""The picture of an acceptance test: a histogram of each quantity that was measured repeatedly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hardware.acceptance.results import Result, Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 30
FENCE = 4.0
"""Interquartile ranges beyond the quartiles at which the axis ends, if no limit lies further."""


def draw(results: Sequence[Result], path: Path) -> None:
    """Draw a histogram of each series; without any, nothing."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = [(each, name) for each in results for name in each.series if len(each.series[name])]
    if not drawn:
        return
    figure = Figure(figsize=(6, 2.9 * len(drawn)), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(drawn), squeeze=False)[:, 0]
    for axes, (result, name) in zip(rows, drawn, strict=True):
        _draw_series(axes, result, name)
    figure.savefig(path, dpi=120)


def values_of(result: Result, name: str) -> list[Value]:
    """Return the values that a series led to: they are called after it, as in "median lag"."""
    quantity = name.partition(" (")[0]
    return [value for value in result.values if quantity in value.what]


def limits_of(values: Sequence[Value], name: str) -> list[float]:
    """Return where the limits of values lie on the axis of their series.

    A limit at 0 only says that the quantity is a length; that of an error holds to both sides.
    """
    highest = [value.highest for value in values if value.highest is not None]
    lowest = [value.lowest for value in values if value.lowest]
    if name.startswith("error"):
        lowest += [-limit for limit in highest]
    return sorted({*lowest, *highest})


def shown(numbers: NDArray[np.float64], limits: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the axis: single numbers far off are left out, near limits are in."""
    first, third = np.percentile(numbers, (25, 75))
    low, high = float(numbers.min()), float(numbers.max())
    if third > first:
        low = max(low, float(first - FENCE * (third - first)))
        high = min(high, float(third + FENCE * (third - first)))
    if limits:
        middle = float(np.median(numbers))
        nearest = min(abs(limit - middle) for limit in limits)
        near = [limit for limit in limits if abs(limit - middle) <= 2 * nearest]
        low, high = min(low, *near), max(high, *near)
    return low, high


def _draw_series(axes: Axes, result: Result, name: str) -> None:
    numbers = np.asarray(result.series[name], dtype=np.float64)
    values = values_of(result, name)
    limits = limits_of(values, name)
    low, high = shown(numbers, limits)
    is_shown = (numbers >= low) & (numbers <= high)
    axes.hist(numbers[is_shown], bins=BINS, color="0.4")
    margin = 0.03 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    for limit in limits:
        if low <= limit <= high:
            axes.axvline(limit, color="tab:red", linestyle="--")
    axes.set_xlabel(name + _beyond(numbers[~is_shown]))
    axes.set_ylabel("count")
    title = [f"{result.check}, {result.device}: n = {len(numbers)}"]
    told = values if len(result.series) > 1 else result.values
    axes.set_title("\n".join(title + [_in_words(value) for value in told]), fontsize=9)


def _beyond(numbers: NDArray[np.float64]) -> str:
    """Return how many numbers are left out, and the farthest of them."""
    if not len(numbers):
        return ""
    far = numbers[np.argmax(np.abs(numbers))]
    return f"; {len(numbers)} beyond the axis, as far as {far:.3g}"


def _in_words(value: Value) -> str:
    """Return a value with its unit, its limit, and whether it keeps to that."""
    unit = f" {value.unit}" if value.unit else ""
    measured = "not measured" if value.measured is None else f"{value.measured:.3g}{unit}"
    verdict = "pass" if value.is_kept() else "fail"
    return f"{value.what} {measured} ({value.limit()}{unit}): {verdict}"
