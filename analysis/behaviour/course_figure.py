"""The figure of ``rig curve``: a row for each mouse."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.behaviour.course import Course, SessionRates
from analysis.behaviour.learning import middles
from analysis.behaviour.plots import plot_learning_curve
from analysis.figures import MM, WIDTH_MM, learning_curve, mark
from rig.colours import BLACK, GREY

ROW_MM = 55


def courses_figure(courses: Sequence[Course]) -> Figure:
    """Return fraction correct by trial, rates and d' by session; mice under each other."""
    height = (ROW_MM * len(courses) + 15) * MM
    figure = Figure(figsize=(WIDTH_MM * MM, height), layout="constrained")
    grid = figure.subplots(len(courses), 3, squeeze=False, width_ratios=(2, 1.2, 1.2))
    for (left, middle, right), course in zip(grid, courses, strict=True):
        plot_course(course, ax=left)
        numbers = range(1, len(course.sessions) + 1)
        learning_curve(
            middle,
            numbers,
            [each.hit_rate for each in course.sessions],
            [each.false_alarm_rate for each in course.sessions],
        )
        middle.set(xlabel="session")
        plot_d_primes(course.sessions, ax=right)
    seen = {
        label: handle
        for axes in grid.ravel()
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(seen.values(), seen.keys(), loc="outside lower center", ncols=3)
    if any(course.simulated for course in courses):
        mark(figure, "SIMULATED")
    return figure


def plot_d_primes(sessions: Sequence[SessionRates], *, ax: Axes) -> Axes:
    """Plot d' and criterion by session; sessions with too few trials are left out.

    Parameters
    ----------
    sessions
        Of one mouse.
    ax
        Where to plot.
    """
    ax.axhline(0, color=GREY, lw=1, ls=":")
    for rates, colour, marker, words in (
        ([each.d_prime for each in sessions], BLACK, "o", "d'"),
        ([each.criterion for each in sessions], GREY, "s", "criterion"),
    ):
        shown = [(number, rate) for number, rate in enumerate(rates, 1) if rate is not None]
        if shown:
            ax.plot(*zip(*shown, strict=True), color=colour, marker=marker, label=words)
    ax.set(xlabel="session", ylabel="d', criterion", xlim=(0.5, len(sessions) + 0.5))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10, min_n_ticks=1))
    return ax


def plot_course(course: Course, *, ax: Axes) -> Axes:
    """Plot the curve of a mouse in bins, its fit where the trials tell one, and ends of sessions.

    Parameters
    ----------
    course
        As `analysis.behaviour.course.courses_in` returns it among others.
    ax
        Where to plot.
    """
    ax.set(title=course.subject, xlabel="trial", ylabel="fraction correct", ylim=(-0.02, 1.02))
    if not course.bins:
        ax.text(0.5, 0.5, course.statement, ha="center", va="center", transform=ax.transAxes)
        return ax
    table = course.bin_table()
    fitted = None
    if course.sigmoid and not any(each.doubt for each in course.sigmoid):
        fitted = pd.DataFrame(
            {
                "trial": middles(table),
                "fraction": table["sigmoid"],
                "low": table["sigmoid_low"],
                "high": table["sigmoid_high"],
            }
        )
    plot_learning_curve(table, fitted, ax=ax)
    for session in course.sessions[:-1]:
        ax.axvline(session.last, ymax=0.03, color=GREY, lw=0.8)
    return ax
