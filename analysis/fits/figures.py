"""The figures of a fit, made of what stands in ``fit.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import COLOURS, MM, WIDTH_MM, mark
from analysis.fits.asked import ModelName
from analysis.fits.results import Band, Context, Detected, Fit, Found, Learned, MouseFit, Value
from analysis.fits.tables import chance_words
from models.errors import Floats
from rig.colours import BLACK, CATCH, GREY, SKY_BLUE, YELLOW
from rig.psychometric import wilson

WIDTH = WIDTH_MM * MM
BAR = 0.8
FLOOR = -2.5
"""A bar that goes deeper ends here, with its value beside it, so that the others can be read."""
MOST_MICE = 24
"""So many mice share a figure; more get more figures."""


@dataclass(frozen=True)
class Drawing:
    """A figure of a fit that is still to be made.

    Attributes
    ----------
    name
        Of its file, without an ending.
    mice
        Whom it shows.
    make
        Makes it, within the project's style.
    """

    name: str
    mice: tuple[MouseFit, ...]
    make: Callable[[], Figure]

    @property
    def sessions(self) -> list[str]:
        """The sessions that it is made of."""
        return [session for mouse in self.mice for session in mouse.sessions]


def figures_of(fit: Fit) -> Iterator[Drawing]:
    """Yield the figures of a fit."""
    mice = tuple(fit.mice.values())
    for mouse in mice:
        name, own = mouse.subject, (mouse,)
        if mouse.learned is not None:
            make = partial(learning_figure, mouse, mouse.learned)
            yield Drawing(f"learning-{name}", own, make)
        if mouse.detected is not None:
            make = partial(psychometric_figure, mouse, mouse.detected)
            yield Drawing(f"psychometric-{name}", own, make)
        if mouse.contexts:
            yield Drawing(f"consistent-{name}", own, partial(chance_figure, mouse))
    scored = tuple(mouse for mouse in mice if any(each.scores for each in mouse.contexts))
    yield from _in_groups("choices", scored, choices_figure)
    if fit.model == ModelName.LOGISTIC:
        yield from _in_groups("weights", mice, weights_figure)


def _in_groups(
    name: str, mice: tuple[MouseFit, ...], make: Callable[[Sequence[MouseFit]], Figure]
) -> Iterator[Drawing]:
    """Yield figures of many mice each; more than fit into one are numbered."""
    for number, first in enumerate(range(0, len(mice), MOST_MICE), 1):
        more = f"-{number}" if len(mice) > MOST_MICE else ""
        own = mice[first : first + MOST_MICE]
        yield Drawing(f"{name}{more}", own, partial(make, own))


def learning_figure(mouse: MouseFit, learned: Learned) -> Figure:
    """Return the course of learning: the mouse, simulated mice with its values, both phases."""
    figure = Figure(figsize=(WIDTH, 85 * MM), layout="constrained")
    axes = figure.subplots()
    ends = np.array(learned.ends)
    middles = ends - np.diff(ends, prepend=0) / 2
    _shade_phases(axes, learned, ends[-1])
    for colour, marker, what, rates, band in (
        ("hit", "o", f"{learned.s_plus} (S+)", learned.hit_rate, learned.model_hit_rate),
        ("false_alarm", "x", f"{learned.s_minus} (S-)", learned.false_alarm_rate,
         learned.model_false_alarm_rate),
    ):  # fmt: skip
        _draw_band(axes, middles, band, COLOURS[colour])
        axes.plot(
            middles, _array(rates), color=COLOURS[colour], marker=marker, ls="",
            label=f"mouse, responses to {what}",
        )  # fmt: skip
    axes.plot([], [], color=GREY, label="simulated with the fitted values: mean")
    axes.fill_between([], [], color=GREY, alpha=0.2, lw=0, label="and where 95 % of them lie")
    for end in learned.session_ends[:-1]:
        axes.axvline(end, ymax=0.02, color=GREY, lw=0.8)
    axes.set(
        xlabel="trial (ticks: ends of sessions)", ylabel="share of trials with a response",
        xlim=(0, ends[-1]), ylim=(-0.02, 1.02), title=_title(mouse),
    )  # fmt: skip
    figure.legend(loc="outside lower center", ncols=2)
    return _marked(figure, [mouse])


def psychometric_figure(mouse: MouseFit, detected: Detected) -> Figure:
    """Return responses by level with the fitted curve, its interval and the threshold."""
    figure = Figure(figsize=(120 * MM, 85 * MM), layout="constrained")
    axes = figure.subplots()
    _draw_band(axes, np.array(detected.grid), detected.curve, BLACK, "fitted, with 95 % interval")
    _draw_shares(axes, detected)
    threshold = _value(mouse.found[0], "threshold")
    if threshold is not None:
        axes.axvline(threshold.value, color=COLOURS["correct"], ls="--", lw=1, label="threshold")
        if threshold.low is not None and threshold.high is not None:
            axes.axvspan(threshold.low, threshold.high, color=COLOURS["correct"], alpha=0.12, lw=0)
    axes.set(
        xlabel="level (dB SPL)", ylabel="share of trials with a response", ylim=(-0.03, 1.03),
        title=mouse.subject,
    )  # fmt: skip
    figure.legend(loc="outside lower center", ncols=2)
    return _marked(figure, [mouse])


def chance_figure(mouse: MouseFit) -> Figure:
    """Return how many consistent trials chance gives, and how many there were, by context."""
    count = len(mouse.contexts)
    figure = Figure(figsize=(WIDTH, 70 * MM), layout="constrained")
    for axes, each in zip(figure.subplots(1, count, squeeze=False)[0], mouse.contexts, strict=True):
        _draw_chance(axes, each)
    figure.suptitle(mouse.subject)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return _marked(figure, [mouse])


def choices_figure(mice: Sequence[MouseFit]) -> Figure:
    """Return the mean log-likelihood of each choice model, a group of bars a mouse and context."""
    groups = [(m.subject, each) for m in mice for each in m.contexts if each.scores]
    kinds = [score.kind for score in groups[0][1].scores]
    figure = Figure(figsize=(WIDTH, 80 * MM), layout="constrained")
    axes = figure.subplots()
    colours = (GREY, SKY_BLUE, COLOURS["hit"], COLOURS["miss"], COLOURS["correct_rejection"])
    width = BAR / len(kinds)
    for k, (kind, colour) in enumerate(zip(kinds, colours, strict=True)):
        heights = [each.scores[k].mean_log_likelihood for _, each in groups]
        places = np.arange(len(groups)) - BAR / 2 + (k + 0.5) * width
        axes.bar(places, np.maximum(heights, FLOOR), width, color=colour, label=kind)
        for place, height in zip(places, heights, strict=True):
            if height < FLOOR:
                _annotate_cut(axes, place, height)
    axes.axhline(np.log(0.5), color=GREY, lw=1, ls=":", label="a coin")
    axes.set_xticks(range(len(groups)), [f"{name}\n{each.context}" for name, each in groups])
    axes.set(ylabel="mean log-likelihood\nof a choice")
    figure.legend(loc="outside lower center", ncols=3)
    return _marked(figure, mice)


def _annotate_cut(axes: Axes, place: float, height: float) -> None:
    """Write into a bar that is cut how deep it goes."""
    axes.annotate(
        f"to {height:.1f}", (place, FLOOR), xytext=(0, 4), textcoords="offset points",
        rotation=90, ha="center", va="bottom", color="white",
    )  # fmt: skip


def weights_figure(mice: Sequence[MouseFit]) -> Figure:
    """Return the weights of a logistic regression with 95 % intervals, mice beside each other."""
    names = list(dict.fromkeys(v.name for mouse in mice for v in mouse.found[0].parameters))
    figure = Figure(figsize=(WIDTH, 75 * MM), layout="constrained")
    axes = figure.subplots()
    axes.axhline(0, color=GREY, lw=1, ls=":")
    for k, mouse in enumerate(mice):
        shift = BAR * ((k + 0.5) / len(mice) - 0.5)
        values = mouse.found[0].parameters
        places = [names.index(each.name) + shift for each in values]
        _draw_values(axes, places, values, mouse.subject)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set(ylabel="weight (log odds of a lick)")
    if len(mice) > 1:
        figure.legend(loc="outside lower center", ncols=6)
    else:
        axes.set(title=mice[0].subject)
    return _marked(figure, mice)


def _shade_phases(axes: Axes, learned: Learned, last: int) -> None:
    """Shade delay and learning phase as far as the mouse's trials go."""
    if learned.delay is None or learned.learning is None:
        return
    end = learned.delay + learned.learning
    for first, behind, colour, label in (
        (0.0, learned.delay, SKY_BLUE, f"delay phase, {learned.delay:.0f} trials"),
        (learned.delay, end, YELLOW, f"learning phase, {learned.learning:.0f} trials"),
    ):
        axes.axvspan(
            min(first, last), min(behind, last), color=colour, alpha=0.18, lw=0, label=label
        )


def _draw_band(
    axes: Axes, places: Floats, band: Band, colour: str, label: str | None = None
) -> None:
    axes.plot(places, _array(band.middle), color=colour, label=label)
    axes.fill_between(places, _array(band.low), _array(band.high), color=colour, alpha=0.2, lw=0)


def _draw_shares(axes: Axes, detected: Detected) -> None:
    """Draw the share of responses at each level, and in silent trials, with 95 % intervals."""
    for level, responses, trials in zip(
        detected.levels, detected.responses, detected.trials, strict=True
    ):
        low, high = wilson(responses, trials)
        share = responses / trials
        if level is None:
            axes.axhline(share, color=CATCH, ls=":", label="silent trials")
            axes.axhspan(low, high, color=CATCH, alpha=0.15, lw=0)
            continue
        axes.errorbar(
            level, share, yerr=([share - low], [high - share]), color=BLACK, marker="o", capsize=2
        )


def _draw_chance(axes: Axes, each: Context) -> None:
    chance = np.array(each.chance)
    floor = 0.5 / each.simulations
    axes.bar(np.arange(len(chance)), np.maximum(chance, floor), 1.0, color=GREY, alpha=0.6,
             label="licks at random")  # fmt: skip
    axes.axvline(each.consistent, color=COLOURS["false_alarm"], label="the mouse")
    axes.set(
        xlabel="consistent trials", ylabel="probability", yscale="log", ylim=(floor, 1),
        title=f"{each.context}: {each.consistent} of {each.trials}\n"
        f"P(at least so many) {_is(chance_words(each, each.at_least))}",
    )  # fmt: skip


def _is(words: str) -> str:
    return words if words.startswith("<") else f"= {words}"


def _draw_values(axes: Axes, places: Sequence[float], values: Sequence[Value], label: str) -> None:
    """Draw values with their intervals; one that has none is a hollow mark."""
    (line,) = axes.plot([], [], marker="o", ls="", label=label)
    for place, each in zip(places, values, strict=True):
        if each.low is None or each.high is None:
            axes.plot(place, each.value, marker="o", ls="", mfc="none", color=line.get_color())
            continue
        reach = ([each.value - each.low], [each.high - each.value])
        axes.errorbar(place, each.value, yerr=reach, marker="o", capsize=2, color=line.get_color())


def _value(found: Found, name: str) -> Value | None:
    """Return a fitted parameter by its name; None if it was held."""
    return next((each for each in found.parameters if each.name == name), None)


def _array(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values])


def _title(mouse: MouseFit) -> str:
    return f"{mouse.subject}: {mouse.found[0].model}"


def _marked(figure: Figure, mice: Sequence[MouseFit]) -> Figure:
    if any(mouse.simulated for mouse in mice):
        mark(figure, "SIMULATED")
    return figure
