"""Figures: colours and sizes shared by all, and the learning curve."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import matplotlib.style
import msgspec
import plotext
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.behaviour.bins import BIN_TRIALS
from rig.colours import CORRECT, GREY, OUTCOMES
from rig.export.whole_file import whole_file

COLOURS = {name: look.colour for name, look in OUTCOMES.items()} | {
    "correct": CORRECT,
    "grey": GREY,
}
"""What the figures here show in colours, by meaning."""
STYLE = Path(__file__).with_name("mouserig.mplstyle")
WIDTH_MM = 174
PAGE_MM = 97
"""Width of a figure in an HTML page: that of a phone, where its text is as large as it is drawn."""
LARGEST_MARK = 44
MOST_MARKERS = 40
MM = 1 / 25.4
PACKAGES = ("mouserig", "matplotlib", "numpy", "pandas", "scipy")
"""Packages whose versions stand beside a figure."""


def learning_curve(
    ax: Axes,
    days: Sequence[int],
    hit_rates: Sequence[float | None],
    false_alarm_rates: Sequence[float | None],
    without: str = "pretraining",
) -> Axes:
    """Plot hit and false-alarm rate by day; return the axes.

    Parameters
    ----------
    ax
        Where to plot.
    days
        Day numbers.
    hit_rates, false_alarm_rates
        One rate a day; None is left out (false alarms in pretraining, both of a day of which
        nothing is known).
    without
        What days with S+ alone are called.
    """
    for name, label, rates in (
        ("hit", "licks to S+ (hits)", hit_rates),
        ("false_alarm", "licks to S- (false alarms)", false_alarm_rates),
    ):
        shown = [(day, rate) for day, rate in zip(days, rates, strict=True) if rate is not None]
        if shown:
            ax.plot(
                *zip(*shown, strict=True), color=COLOURS[name], marker=_marker(shown), label=label
            )
    ax.set(
        xlabel="day",
        ylabel="fraction of trials",
        ylim=(-0.02, 1.02),
        xlim=(min(days, default=1) - 0.5, max(days, default=1) + 0.5),
    )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10, min_n_ticks=1))
    for first, last in _without_s_minus(days, hit_rates, false_alarm_rates):
        wide_enough = last - first + 1 >= 0.06 * len(days)
        ax.axvspan(first - 0.5, last + 0.5, color=COLOURS["grey"], alpha=0.12, lw=0)
        untrained = first == days[0]  # hits are rare then, and later on frequent
        ax.text(
            first - 0.4,
            0.98 if untrained else 0.02,
            without if wide_enough else "",
            rotation=90,
            va="top" if untrained else "bottom",
            size="small",
            color=COLOURS["grey"],
        )
    return ax


def _without_s_minus(
    days: Sequence[int],
    hit_rates: Sequence[float | None],
    false_alarm_rates: Sequence[float | None],
) -> list[tuple[int, int]]:
    """Return first and last day of each run of days with S+ alone."""
    alone = [
        hits is not None and false_alarms is None
        for hits, false_alarms in zip(hit_rates, false_alarm_rates, strict=True)
    ]
    runs = groupby(zip(days, alone, strict=True), key=itemgetter(1))
    spans = [[day for day, _ in run] for is_alone, run in runs if is_alone]
    return [(span[0], span[-1]) for span in spans]


def performance_curve(ax: Axes, bins: Sequence[tuple[float, float]]) -> Axes:
    """Plot the fraction correct over trials, with chance; return the axes.

    Parameters
    ----------
    ax
        Where to plot.
    bins
        As `analysis.behaviour.bins.binned_correct` returns them.
    """
    ax.axhline(0.5, color=COLOURS["grey"], lw=1, ls=":", label="chance")
    if bins:
        ax.plot(
            *zip(*bins, strict=True),
            color=COLOURS["correct"],
            marker=_marker(bins),
            label="correct, bins of 100 trials",
        )
    ax.set(xlabel="Go/NoGo trial", ylabel="fraction correct", ylim=(0.4, 1.02))
    return ax


def mark(figure: Figure, words: str) -> None:
    """Write across a figure what a reader must not overlook, such as SIMULATED.

    Parameters
    ----------
    figure
        The figure.
    words
        Of these, what stands before a colon: as `analysis.report.simulated_words` returns them.
        Nothing is written if they are empty.
    """
    short = words.partition(":")[0]
    if not short:
        return
    size = min(LARGEST_MARK, 58 * figure.get_figwidth() / len(short))  # as long as it is wide
    figure.text(
        0.5, 0.5, short, color="#000000", alpha=0.08, size=size, rotation=20, ha="center",
        va="center", weight="bold",
    )  # fmt: skip


def _marker(points: Sequence[object]) -> str:
    """Return the marker of a curve: none where markers would run into each other."""
    return "o" if len(points) <= MOST_MARKERS else ""


def save_learning_figure(
    path: Path,
    title: str,
    days: Sequence[int],
    hit_rates: Sequence[float | None],
    false_alarm_rates: Sequence[float | None],
    bins: Sequence[tuple[float, float]],
    sessions: Sequence[str],
) -> None:
    """Save the learning curve by day and by trial; the ending of `path` gives the format."""
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=(WIDTH_MM * MM, 75 * MM), layout="constrained")
        left, right = figure.subplots(1, 2)
        learning_curve(left, days, hit_rates, false_alarm_rates)
        performance_curve(right, bins)
        handles = [*left.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
        figure.suptitle(title)
        save_figure(figure, path, sessions, {"bin_trials": BIN_TRIALS})


def about_figure(path: Path) -> Path:
    """Return the file beside a figure that tells what it was made of: ``NAME.json``."""
    return path.with_name(f"{path.name}.json")


def draw_and_save(
    make: Callable[[], Figure],
    path: Path,
    sessions: Sequence[str],
    parameters: Mapping[str, object],
) -> None:
    """Make a figure in the project's style and save it; the others as for `save_figure`."""
    with matplotlib.style.context(STYLE):
        save_figure(make(), path, sessions, parameters)


def save_figure(
    figure: Figure, path: Path, sessions: Sequence[str], parameters: Mapping[str, object]
) -> None:
    """Save a figure, and beside it, in `about_figure`, what it was made of.

    Parameters
    ----------
    figure
        The figure; its text stays text in PDF and SVG within the project's style.
    path
        Where; the ending gives the format.
    sessions, parameters
        What is told of it, beside the versions of the programs that made it.

    Raises
    ------
    RecordingError
        If it cannot be written.
    """
    told = {
        "figure": path.name,
        "made_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "sessions": list(sessions),
        "parameters": dict(parameters),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in PACKAGES},
    }
    with whole_file(path) as partial:
        figure.savefig(partial)
    with whole_file(about_figure(path)) as partial:
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


def terminal_curve(
    days: Sequence[int],
    hit_rates: Sequence[float | None],
    false_alarm_rates: Sequence[float | None],
    width: int = 72,
) -> str:
    """Return the learning curve as text for a terminal, in colours."""
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width, 16)
    for colour, marker, label, rates in (
        ("green", "+", "licks to S+ (hits)", hit_rates),
        ("orange", "x", "licks to S- (false alarms)", false_alarm_rates),
    ):
        shown = [(day, rate) for day, rate in zip(days, rates, strict=True) if rate is not None]
        if shown:
            x, y = zip(*shown, strict=True)
            plotext.plot(x, y, label=label, color=colour, marker=marker)
    plotext.ylim(0, 1)
    plotext.xticks(list(days)[:: 1 + len(days) // 12])
    plotext.yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    plotext.xlabel("day")
    text: str = plotext.build()
    return text
