"""The figure of ``rig decode``: accuracy over time, and angles between decision vectors."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import MM, WIDTH_MM, mark
from analysis.neural.figures import angle_table, bins_above, decoding_over_time
from analysis.session_decoding.results import Result
from analysis.session_decoding.run import Course
from rig.colours import GREY

ROW_MM, LEGEND_MM = 58, 14
LOWEST = 0.3
"""Where the axis of accuracies begins, unless a curve goes deeper."""


def decoding_figure(found: Result, courses: Sequence[Course]) -> Figure:
    """Return a panel for each variable, and one of the angles if there are several."""
    panels = len(courses) + bool(found.angles)
    across = 2 if panels == 4 else min(3, panels)
    rows = -(-panels // across)
    figure = Figure(figsize=(WIDTH_MM * MM, (ROW_MM * rows + LEGEND_MM) * MM), layout="constrained")
    grid = list(figure.subplots(rows, across, squeeze=False).ravel())
    for axes, course in zip(grid, courses, strict=False):
        _draw(axes, course, found.bin)
    if found.angles:
        last = grid[len(courses)]
        angle_table(_square(found), ax=last)
        last.set_title(f"angles, {found.angle[0]:g} to {found.angle[1]:g} s", size="medium")
    for axes in grid[panels:]:
        axes.set_visible(False)
    for place, axes in enumerate(grid[: len(courses)]):
        if place % across:
            axes.set_ylabel("")
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2)
    figure.suptitle(f"{found.session}: C = {found.strength:g}, {len(found.units)} units")
    mark(figure, found.simulated)
    return figure


def _draw(axes: Axes, course: Course, width: float) -> None:
    """Draw a variable; bins above chance, `width` s wide, have a bar beneath."""
    variable, mean = course.variable, course.decoded.mean
    decoding_over_time(
        course.decoded, ax=axes, label="accuracy, with SEM over folds", chance=course.chance
    )
    axes.axhline(
        variable.threshold, color=GREY, lw=0.8, ls="--", label="5 % of shuffles exceed it somewhere"
    )
    low = min(LOWEST, float((mean - course.decoded.sem).min()) - 0.05)
    bins_above(course.above, ax=axes, width=width, bottom=low + 0.02)
    (one, other), (first, second) = variable.classes, variable.trials
    axes.set_ylim(low, 1.02)
    axes.set_title(f"{variable.of}: {one} {first}, {other} {second}", size="medium")


def _square(found: Result) -> pd.DataFrame:
    """Return the angles as `analysis.neural.projections.angles` does."""
    names = [each.of for each in found.variables]
    table = pd.DataFrame(0.0, index=names, columns=names)
    for each in found.angles:
        table.loc[each.one, each.other] = table.loc[each.other, each.one] = each.degrees
    return table
