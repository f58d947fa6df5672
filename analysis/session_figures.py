"""The figures of one session: licks, the course of its trials, the psychometric curve."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from analysis.figures import MM, PAGE_MM
from rig.colours import (
    BLACK,
    CATCH,
    CONSISTENT,
    GREY,
    LICK,
    REWARD,
    STIMULUS,
    Line,
    Shape,
    outcome_look,
    type_look,
)
from rig.events import DeviceReported, Event, InputChanged
from rig.measures import Group, Sensitivity, TypePerformance, group_of
from rig.psychometric import Psychometric
from rig.trials import LICK_INPUT, TrialRow

WIDTH = PAGE_MM * MM
SECONDS_BEFORE = 2.0
MOST_SECONDS_AFTER = 12.0
"""Of a trial, so much is shown before the stimulus, and at most so much after it."""
_MARKERS: dict[Shape, str] = {
    "circle": "o", "triangle": "^", "square": "s", "cross": "x", "diamond": "D", "star": "*",
    "bar": "|",
}  # fmt: skip
_LINES: dict[Line, str] = {"solid": "-", "dashed": "--", "dotted": ":"}
Times = npt.NDArray[np.float64]


def lick_times(events: Sequence[Event]) -> Times:
    """Return when the tongue touched a spout, (licks,) in seconds."""
    return np.array(
        [
            event.hardware_time
            for event in events
            if type(event) is InputChanged and event.level and event.device.startswith(LICK_INPUT)
        ]
    )


def drop_times(events: Sequence[Event]) -> Times:
    """Return when drops fell, those that persons gave included, (drops,) in seconds."""
    return np.array(
        [
            event.hardware_time
            for event in events
            if type(event) is DeviceReported and event.volume_ul is not None
        ]
    )


def lick_figure(rows: Sequence[TrialRow], licks: Times, drops: Times) -> Figure:
    """Return the licks around the stimulus, a line a trial, by trial type, first trial on top."""
    groups = _by_group([row for row in rows if row.stimulus_time is not None])
    shown = sum(map(len, groups.values()))
    height = min(70 + 0.35 * shown, 170) * MM
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    after = _seconds_after(itertools.chain(*groups.values()))
    gap, place, ticks = max(1.0, shown * 0.015), 0.0, []
    for group, trials in groups.items():
        _raster(axes, trials, place, licks, drops, after)
        words = type_look(*group).words
        ticks.append((place + len(trials) / 2, f"{words}\n({len(trials)} trials)"))
        place += len(trials) + gap
    axes.axvline(0, color=STIMULUS, lw=1, ls="--")
    axes.set(xlabel="time from the stimulus (s)", xlim=(-SECONDS_BEFORE, after), ylim=(place, -gap))
    axes.set_yticks([tick for tick, _ in ticks], [words for _, words in ticks])
    axes.tick_params(axis="y", length=0)
    axes.plot([], [], color=LICK, marker="|", ls="", label="lick")
    axes.plot([], [], color=REWARD, marker="|", ls="", mew=2.5, label="drop of water")
    axes.plot([], [], color=STIMULUS, ls="--", lw=1, label="onset of the stimulus")
    _legend_of_outcomes(axes, rows)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _by_group(rows: Sequence[TrialRow]) -> dict[Group, list[TrialRow]]:
    """Return the trials by their type, types in the order of their names."""
    found: dict[Group, list[TrialRow]] = {}
    for row in rows:
        found.setdefault(group_of(row), []).append(row)
    return dict(sorted(found.items()))


def _seconds_after(rows: itertools.chain[TrialRow]) -> float:
    """Return how much of the trials is shown behind the stimulus: most of most of them."""
    lengths = [row.end_time - (row.stimulus_time or 0.0) for row in rows]
    longest = float(np.quantile(lengths, 0.9)) if lengths else 1.0
    return min(max(longest, 1.0), MOST_SECONDS_AFTER)


def _raster(
    axes: Axes, rows: Sequence[TrialRow], top: float, licks: Times, drops: Times, after: float
) -> None:
    """Draw the trials of one type under each other, and their outcomes as a band on the left."""
    touched, fallen = [], []
    for number, row in enumerate(rows):
        onset, y = row.stimulus_time or 0.0, top + number
        touched += [(time, y) for time in _around(licks, onset, row.end_time, after)]
        fallen += [(time, y) for time in _around(drops, onset, row.end_time, after)]
    axes.add_collection(LineCollection(_strokes(fallen), colors=REWARD, linewidths=2.5))
    axes.add_collection(LineCollection(_strokes(touched), colors=LICK, linewidths=0.8))
    band = LineCollection(
        _strokes([(0.006, top + number) for number in range(len(rows))]),
        colors=[outcome_look(row.outcome).colour for row in rows], linewidths=4, zorder=3,
        transform=blended_transform_factory(axes.transAxes, axes.transData), capstyle="butt",
    )  # fmt: skip
    axes.add_collection(band, autolim=False)


def _strokes(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Return a stroke as high as a trial at each point."""
    return [[(time, y), (time, y + 1)] for time, y in points]


def _around(times: Times, onset: float, end: float, after: float) -> list[float]:
    """Return the times of a trial from its stimulus, in seconds."""
    first, behind = np.searchsorted(times, [onset - SECONDS_BEFORE, min(end, onset + after)])
    return [float(time) - onset for time in times[first:behind]]


def _legend_of_outcomes(axes: Axes, rows: Sequence[TrialRow]) -> None:
    for outcome in sorted({row.outcome or "" for row in rows if row.stimulus_time is not None}):
        look = outcome_look(outcome)
        axes.plot([], [], color=look.colour, lw=4, label=look.words)


def course_figure(
    rows: Sequence[TrialRow], types: TypePerformance, sensitivity: Sensitivity
) -> Figure:
    """Return the course of a session: outcomes, share correct by type, d' and criterion."""
    panels = [3.0] * bool(len(types.numbers)) + [3.0] * bool(np.isfinite(sensitivity.d_prime).any())
    names = len({row.outcome for row in rows})
    heights = [0.5 + 0.4 * names, *panels]
    figure = Figure(figsize=(WIDTH, (16 * sum(heights) + 8) * MM), layout="constrained")
    axes = list(
        figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    )
    _outcomes(axes[0], rows)
    if len(types.numbers):
        _shares(axes[1], types)
    if np.isfinite(sensitivity.d_prime).any():
        _sensitivity(axes[-1], sensitivity)
    axes[-1].set(xlabel="trial", xlim=(rows[0].trial - 1, rows[-1].trial + 1))
    return figure


def _outcomes(axes: Axes, rows: Sequence[TrialRow]) -> None:
    """Draw a line for each outcome with a mark at each of its trials."""
    names = sorted({row.outcome or "" for row in rows}, reverse=True)
    for place, name in enumerate(names):
        look = outcome_look(name)
        trials = [row.trial for row in rows if (row.outcome or "") == name]
        axes.plot(
            trials, [place] * len(trials), color=look.colour, marker=_MARKERS[look.shape], ls="",
            ms=3,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), [outcome_look(name).words for name in names])
    axes.set_ylim(-0.6, len(names) - 0.4)


def _shares(axes: Axes, types: TypePerformance) -> None:
    """Draw the share of correct trials of each type, and shade consistent periods."""
    axes.axhline(0.5, color=GREY, lw=1, ls=":")
    words: dict[tuple[str, Line], list[str]] = {}
    for group in sorted(types.groups):
        look = type_look(*group)
        words.setdefault((look.colour, look.line), []).append(look.words)
        axes.plot(types.numbers, types.shares(group), color=look.colour, ls=_LINES[look.line])
    for (colour, line), names in words.items():
        axes.plot([], [], color=colour, ls=_LINES[line], label=" and ".join(names))
    for number, (first, last) in enumerate(types.periods()):
        label = "" if number else "provisionally consistent"
        axes.axvspan(first - 0.5, last + 0.5, color=CONSISTENT, alpha=0.15, lw=0, label=label)
    axes.set(ylabel="share correct,\nlast 21 trials", ylim=(-0.05, 1.05))
    _legend_above(axes)


def _legend_above(axes: Axes) -> None:
    axes.legend(
        loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize="small", borderaxespad=0.2,
        handlelength=1.6, columnspacing=1,
    )  # fmt: skip


def _sensitivity(axes: Axes, sensitivity: Sensitivity) -> None:
    axes.axhline(0, color=GREY, lw=1, ls=":")
    axes.plot(sensitivity.numbers, sensitivity.d_prime, color=BLACK, label="d'")
    axes.plot(sensitivity.numbers, sensitivity.criterion, color=GREY, ls="--", label="criterion")
    axes.set(ylabel="d' and criterion,\nlast 50 trials")
    _legend_above(axes)


def psychometric_figure(found: Psychometric) -> Figure:
    """Return the share of responses by level, with 95 % intervals, and that in catch trials."""
    figure = Figure(figsize=(WIDTH, 85 * MM), layout="constrained")
    axes = figure.subplots()
    points = found.points()
    levels = [point.level_db_spl or 0.0 for point in points]
    shares = [point.share for point in points]
    below = [point.share - point.low for point in points]
    above = [point.high - point.share for point in points]
    axes.errorbar(
        levels, shares, yerr=(below, above), color=BLACK, marker="o", capsize=2, label="all sounds"
    )
    if len(found.sounds) > 1:
        for sound, marker in zip(found.sounds, itertools.cycle("sD^v<>")):
            own = found.points(sound)
            axes.plot(
                [point.level_db_spl or 0.0 for point in own], [point.share for point in own],
                color=GREY, marker=marker, ms=3, lw=0.7, label=sound,
            )  # fmt: skip
    for point in found.catch():
        axes.axhline(point.share, color=CATCH, ls=":", label=f"catch: {point.what}")
        axes.axhspan(point.low, point.high, color=CATCH, alpha=0.15, lw=0)
    axes.set(xlabel="level (dB SPL)", ylabel="share of trials with a response", ylim=(-0.03, 1.03))
    figure.legend(loc="outside lower center", ncols=2, fontsize="small")
    return figure
