"""The past of one mouse over its sessions: rates, d', water and stages. Every plot takes `ax`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rig.colours import BLACK, CATCH, CORRECT, GREY, REWARD, VERMILLION

UNREADABLE = "cannot be read"


def stage_timeline(ax: Axes, stages: Sequence[str | None]) -> Axes:
    """Plot in which stage a mouse was in each session; return the axes.

    Parameters
    ----------
    ax
        Where to plot.
    stages
        Stage, or protocol, of each session, (sessions,), in their order. None, for one that cannot
        be read, stands as a cross below all stages.
    """
    names = list(dict.fromkeys(stage for stage in stages if stage is not None))
    known = [(number, names.index(stage)) for number, stage in enumerate(stages, 1) if stage]
    unknown = [number for number, stage in enumerate(stages, 1) if not stage]
    if known:
        numbers, places = zip(*known, strict=True)
        ax.step(numbers, places, where="mid", color=GREY, lw=1)
        ax.plot(numbers, places, color=CORRECT, marker="s", ls="")
    if unknown:
        ax.plot(unknown, [-1] * len(unknown), color=VERMILLION, marker="x", ls="")
    lowest = [UNREADABLE] * bool(unknown)
    ax.set_yticks(range(-len(lowest), len(names)), [*lowest, *names])
    ax.set(xlabel="session", ylim=(-0.6 - len(lowest), max(len(names), 1) - 0.4))
    return _of_sessions(ax, len(stages))


def sensitivity_over_sessions(
    ax: Axes, d_primes: Sequence[float | None], of_detection: Sequence[float | None] = ()
) -> Axes:
    """Plot d' by session; return the axes.

    Parameters
    ----------
    ax
        Where to plot.
    d_primes
        Of S+ against S-, (sessions,); None where there is none.
    of_detection
        Of sounds against silence, where that was the task, (sessions,).
    """
    ax.axhline(0, color=GREY, lw=1, ls=":")
    _line(ax, d_primes, color=BLACK, marker="o")
    _line(ax, of_detection, color=BLACK, marker="D", mfc="white", ls="--")
    ax.set(xlabel="session", ylabel="d'")
    return _of_sessions(ax, len(d_primes))


def detection_over_sessions(
    ax: Axes, to_sounds: Sequence[float | None], in_silence: Sequence[float | None]
) -> Axes:
    """Plot how often a mouse responded to sounds and in silence by session; return the axes.

    Parameters
    ----------
    ax
        Where to plot.
    to_sounds, in_silence
        Shares of trials, (sessions,); None for sessions of another task.
    """
    _line(ax, to_sounds, color=CORRECT, marker="D", ls="--", label="responses to sounds")
    _line(ax, in_silence, color=CATCH, marker="D", ls=":", label="responses in silence")
    return ax


def water_over_sessions(ax: Axes, water_ml: Sequence[float | None]) -> Axes:
    """Plot the water that a mouse could drink, in mL, by session; return the axes."""
    ax.bar(range(1, len(water_ml) + 1), [water or 0.0 for water in water_ml], color=REWARD)
    ax.set(xlabel="session", ylabel="water (mL)")
    return _of_sessions(ax, len(water_ml))


def _line(ax: Axes, values: Sequence[float | None], **look: Any) -> None:
    """Plot what is known by session as a line."""
    shown = [(number, value) for number, value in enumerate(values, 1) if value is not None]
    if shown:
        ax.plot(*zip(*shown, strict=True), **look)


def _of_sessions(ax: Axes, count: int) -> Axes:
    """Let the axis of x hold the numbers of all sessions."""
    ax.set_xlim(0.5, max(count, 1) + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12, min_n_ticks=1))
    return ax
