"""The past of one mouse over its sessions: rates, d', water and stages. Every plot takes `ax`."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rig.colours import BLACK, CORRECT, GREY, REWARD


def stage_timeline(ax: Axes, stages: Sequence[str]) -> Axes:
    """Plot in which stage a mouse was in each session; return the axes.

    Parameters
    ----------
    ax
        Where to plot.
    stages
        Stage, or protocol, of each session, (sessions,), in their order.
    """
    names = list(dict.fromkeys(stages))
    places = [names.index(stage) for stage in stages]
    numbers = range(1, len(stages) + 1)
    if stages:
        ax.step(numbers, places, where="mid", color=GREY, lw=1)
    ax.plot(numbers, places, color=CORRECT, marker="s", ls="")
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="session", ylim=(-0.6, max(len(names), 1) - 0.4))
    return _of_sessions(ax, len(stages))


def sensitivity_over_sessions(ax: Axes, d_primes: Sequence[float | None]) -> Axes:
    """Plot d' by session; return the axes. None, where it has too few trials, is left out."""
    shown = [(number, value) for number, value in enumerate(d_primes, 1) if value is not None]
    ax.axhline(0, color=GREY, lw=1, ls=":")
    if shown:
        ax.plot(*zip(*shown, strict=True), color=BLACK, marker="o")
    ax.set(xlabel="session", ylabel="d'")
    return _of_sessions(ax, len(d_primes))


def water_over_sessions(ax: Axes, water_ml: Sequence[float | None]) -> Axes:
    """Plot the water that a mouse could drink, in mL, by session; return the axes."""
    ax.bar(range(1, len(water_ml) + 1), [water or 0.0 for water in water_ml], color=REWARD)
    ax.set(xlabel="session", ylabel="water (mL)")
    return _of_sessions(ax, len(water_ml))


def _of_sessions(ax: Axes, count: int) -> Axes:
    """Let the axis of x hold the numbers of all sessions."""
    ax.set_xlim(0.5, max(count, 1) + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12, min_n_ticks=1))
    return ax
