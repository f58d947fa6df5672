"""The figure of an alignment: residuals over the session, and which pulses belong to none."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.clocks.alignment import Alignment
from analysis.figures import MM, WIDTH_MM, mark
from models.errors import Floats
from rig.colours import BLACK, BLUE, GREY, ORANGE, VERMILLION

LEAST = 1e-6
"""Seconds that the axis of residuals reaches from 0 at least: else rounding looks like jitter."""
BINS = 41
SMALL = 2000
"""With more pulses the marks are smaller."""


def alignment_figure(alignment: Alignment, title: str, simulated: str = "") -> Figure:
    """Return the figure of an alignment.

    On top the residuals over time, with how far off the map may be; beside them how often each
    size occurs; below, when pulses are missing and when there are extra ones. Across it stands what
    was `simulated`, as `analysis.report.simulated_words` tells it.
    """
    figure = Figure(figsize=(WIDTH_MM * MM, 95 * MM), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(5, 1), height_ratios=(4, 1))
    top = figure.add_subplot(grid[0, 0])
    side = figure.add_subplot(grid[0, 1], sharey=top)
    bottom = figure.add_subplot(grid[1, 0], sharex=top)
    scale, unit = _unit(alignment)
    residuals_over_time(top, alignment, scale, unit)
    bins = np.linspace(*top.get_ylim(), BINS + 1).tolist()
    side.hist(np.array(alignment.residuals) * scale, bins, orientation="horizontal", color=BLUE)
    side.set(xlabel="pulses")
    side.tick_params(labelleft=False)
    lone_pulses(bottom, alignment)
    top.tick_params(labelbottom=False)
    bottom.set(xlabel="time of the session (s)")
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle(title)
    mark(figure, simulated)
    return figure


def residuals_over_time(ax: Axes, alignment: Alignment, scale: float, unit: str) -> Axes:
    """Plot the residuals over the session, with the SD and how far off the map may be."""
    times, residuals = np.array(alignment.matched), np.array(alignment.residuals)
    ends = np.array(alignment.mapping.session)
    along = np.unique(np.concatenate([np.linspace(times[0], times[-1], 200), ends]))
    off = alignment.uncertainty(alignment.to_other(along)) * scale
    size = 1.5 if len(times) > SMALL else 3
    ax.plot(times, residuals * scale, ".", ms=size, color=BLUE, label="residual of a pulse")
    ax.axhspan(
        -alignment.residual_sd * scale, alignment.residual_sd * scale, color=GREY, alpha=0.15, lw=0,
        label="SD of the residuals",
    )  # fmt: skip
    ax.plot(along, off, color=BLACK, lw=0.8, label="uncertainty of the map")
    ax.plot(along, -off, color=BLACK, lw=0.8)
    for end in ends[1:-1]:
        ax.axvline(end, color=GREY, lw=0.5, ls=":")
    ax.set(ylabel=f"residual ({unit})")
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, -LEAST * scale), max(high, LEAST * scale))
    return ax


def lone_pulses(ax: Axes, alignment: Alignment) -> Axes:
    """Plot when pulses are missing, and when there are extra ones."""
    extra: Floats = alignment.to_session(alignment.extra)
    rows = ((1, np.array(alignment.missing), VERMILLION), (0, extra, ORANGE))
    for row, times, colour in rows:
        ax.plot(times, np.full(len(times), row), "|", ms=8, color=colour)
    ax.set_yticks(
        [1, 0], [f"missing ({len(alignment.missing)})", f"extra ({len(alignment.extra)})"]
    )
    ax.set(ylim=(-0.6, 1.6))
    return ax


def _unit(alignment: Alignment) -> tuple[float, str]:
    """Return by what seconds are multiplied, and the unit that they have then."""
    return (1e3, "ms") if alignment.worst > 5e-4 else (1e6, "µs")
