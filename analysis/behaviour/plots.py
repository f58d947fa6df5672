"""Plots of behaviour: each draws into the axes that it is given, and returns them."""

from __future__ import annotations

import itertools

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from analysis.behaviour.groups import group_means
from analysis.behaviour.learning import CHANCE, middles
from analysis.behaviour.windows import COLUMNS, periods
from analysis.figures import COLOURS
from rig.colours import (
    BLACK,
    BLUE,
    CATCH,
    CONSISTENT,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    STIMULUS,
    outcome_look,
    type_look,
)
from rig.measures import FOUR_TYPES
from rig.psychometric import RESPONDED

GROUP_LOOKS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PURPLE, "D"))
"""Colour and marker of each group of mice, in their order."""
LICKED = tuple(outcome for outcome, licked in RESPONDED.items() if licked)
"""Outcomes whose first lick is a response."""


def plot_learning_curve(
    curve: pd.DataFrame, fitted: pd.DataFrame | None = None, *, ax: Axes
) -> Axes:
    """Plot the fraction correct in bins with 95 % intervals, and a fitted sigmoid with its own.

    Parameters
    ----------
    curve
        As `analysis.behaviour.learning.learning_curve` returns it.
    fitted
        As `analysis.behaviour.learning.sigmoid_curve` returns it; None for no fit.
    ax
        Where to plot.
    """
    colour = COLOURS["correct"]
    ax.axhline(CHANCE, color=GREY, lw=1, ls=":", label="chance")
    if fitted is not None:
        ax.fill_between(
            fitted["trial"], fitted["low"], fitted["high"], color=colour, alpha=0.2, lw=0
        )
        ax.plot(fitted["trial"], fitted["fraction"], color=colour, label="sigmoid, 95 %")
    below, above = curve["fraction"] - curve["low"], curve["high"] - curve["fraction"]
    size = int(curve["trials"].iloc[0])
    ax.errorbar(
        middles(curve), curve["fraction"], yerr=(below, above), color=BLACK, marker="o", ls="",
        lw=0.8, label=f"bins of {size} trials, 95 %",
    )  # fmt: skip
    ax.set(
        xlabel="trial", ylabel="fraction correct", ylim=(-0.02, 1.02),
        xlim=(0, curve["last"].iloc[-1]),
    )  # fmt: skip
    return ax


def plot_group_curves(means: pd.DataFrame, *, ax: Axes) -> Axes:
    """Plot the mean learning curve of each group of mice with its standard error over mice.

    Parameters
    ----------
    means
        As `analysis.behaviour.groups.mean_curves` returns them.
    ax
        Where to plot.
    """
    ax.axhline(CHANCE, color=GREY, lw=1, ls=":", label="chance")
    for (group, own), (colour, marker) in zip(
        means.groupby("group", sort=False), itertools.cycle(GROUP_LOOKS)
    ):
        x, mean, sem = middles(own), own["mean"], own["sem"]
        ax.fill_between(x, mean - sem, mean + sem, color=colour, alpha=0.2, lw=0)
        label = f"{group}, mean and SEM of {own['mice'].iloc[0]} mice"
        ax.plot(x, mean, color=colour, marker=marker, label=label)
    ax.set(
        xlabel="trial", ylabel="fraction correct", ylim=(-0.02, 1.02),
        xlim=(0, means["last"].max()),
    )  # fmt: skip
    return ax


def plot_mice(mice: pd.DataFrame, value: str, group: str = "group", *, ax: Axes) -> Axes:
    """Plot a value of each mouse, groups beside each other, with their means and standard errors.

    Parameters
    ----------
    mice, value, group
        As in `analysis.behaviour.groups.group_means`; a mouse without a value is left out.
    ax
        Where to plot.
    """
    means = group_means(mice, value, group)
    for place, (name, (colour, marker)) in enumerate(
        zip(means.index, itertools.cycle(GROUP_LOOKS))
    ):
        own = mice.loc[mice[group] == name, value].dropna()
        ax.plot([place - 0.15] * len(own), own, color=colour, marker=marker, ls="", alpha=0.6)
        mean, sem, count = means.loc[name]
        if count:
            ax.errorbar(place + 0.15, mean, yerr=sem, color=colour, marker=marker, capsize=3)
    ax.set_xticks(
        range(len(means)),
        [f"{name}\n({count} mice)" for name, count in means["count"].items()],
    )
    ax.set(ylabel=value, xlim=(-0.6, len(means) - 0.4))
    return ax


def plot_moving_averages(averages: pd.DataFrame, *, ax: Axes) -> Axes:
    """Plot the share correct of the four trial types, with consistent periods shaded.

    Parameters
    ----------
    averages
        As `analysis.behaviour.windows.moving_averages` returns them.
    ax
        Where to plot.
    """
    ax.axhline(CHANCE, color=GREY, lw=1, ls=":")
    parts = averages.groupby(["block", "context"], sort=False)
    for number, (_, part) in enumerate(parts):
        for column, group in zip(COLUMNS, FOUR_TYPES, strict=True):
            look = type_look(*group)
            ax.plot(
                part.index, part[column], color=look.colour, ls=look.line,
                label="" if number else look.words,
            )  # fmt: skip
        middle = (part.index[0] + part.index[-1]) / 2
        ax.text(middle, 1.06, part["context"].iloc[0], ha="center", va="bottom")
        if number:
            ax.axvline(part.index[0] - 0.5, color=GREY, lw=0.8)
    found = periods(averages)
    consistent = found[found["state"] == "consistent"]
    for number, (first, last) in enumerate(
        zip(consistent["first"], consistent["last"], strict=True)
    ):
        label = "" if number else "consistent"
        ax.axvspan(first - 0.5, last + 0.5, color=CONSISTENT, alpha=0.15, lw=0, label=label)
    ax.set(xlabel="trial", ylabel="share correct in the window", ylim=(-0.05, 1.05))
    return ax


def plot_lick_raster(
    raster: pd.DataFrame, trials: pd.DataFrame, *, ax: Axes, event: str = "stimulus"
) -> Axes:
    """Plot the licks around the event, a line for each trial, first on top, by outcome.

    Parameters
    ----------
    raster
        As `analysis.behaviour.licks.lick_raster` returns it.
    trials
        The trials that it was made of; those without a lick have an empty line.
    ax
        Where to plot.
    event
        What it is aligned on, for the label of the axis.
    """
    kept = trials[~trials["aborted"].astype(bool) & trials["outcome"].notna()]
    top, ticks = 0, []
    for outcome, own in kept.groupby("outcome"):
        look = outcome_look(str(outcome))
        places = pd.Series(range(top, top + len(own)), index=own.index)
        licks = raster[raster["trial"].isin(own.index)]
        at = licks["trial"].map(places)
        ax.vlines(licks["time"], at, at + 1, color=look.colour, lw=0.8)
        ticks.append((top + len(own) / 2, f"{look.words}\n({len(own)} trials)"))
        top += len(own)
        ax.axhline(top, color=GREY, lw=0.5)
    ax.axvline(0, color=STIMULUS, lw=1, ls="--")
    ax.set(xlabel=f"time from the {event} (s)", ylim=(top, 0))
    ax.set_yticks([place for place, _ in ticks], [words for _, words in ticks])
    ax.tick_params(axis="y", length=0)
    return ax


def plot_reaction_times(times: pd.Series[float], trials: pd.DataFrame, *, ax: Axes) -> Axes:
    """Plot the share of reaction times up to each second, for each outcome with a response.

    Parameters
    ----------
    times
        As `analysis.behaviour.outcomes.reaction_times` returns them.
    trials
        The trials that they are of.
    ax
        Where to plot.
    """
    outcomes = trials["outcome"].reindex(times.index)
    for outcome in LICKED:
        own, look = times[outcomes == outcome].dropna(), outcome_look(outcome)
        if len(own):
            label = f"{look.words} ({len(own)})"
            ax.ecdf(own, color=look.colour, label=label)
    ax.set(xlabel="reaction time (s)", ylabel="share of trials", ylim=(0, 1.02))
    ax.set_xlim(left=0)
    return ax


def plot_lick_psth(means: xr.Dataset, *, ax: Axes, event: str = "stimulus") -> Axes:
    """Plot mean lick rates around the event by outcome, with their standard errors.

    Parameters
    ----------
    means
        As `analysis.behaviour.licks.mean_psth` returns them, by ``outcome``.
    ax
        Where to plot.
    event
        What they are aligned on, for the label of the axis.
    """
    time = means["time"].to_numpy()
    for outcome in means["outcome"].to_numpy().tolist():
        own, look = means.sel(outcome=outcome), outcome_look(outcome)
        mean, sem = own["mean"].to_numpy(), own["sem"].to_numpy()
        label = f"{look.words} ({int(own['trials'].max())})"
        ax.fill_between(time, mean - sem, mean + sem, color=look.colour, alpha=0.2, lw=0)
        ax.plot(time, mean, color=look.colour, label=label)
    ax.axvline(0, color=STIMULUS, lw=1, ls="--")
    ax.set(xlabel=f"time from the {event} (s)", ylabel="licks per second")
    ax.set_xlim(time[0], time[-1])
    ax.set_ylim(bottom=0)
    return ax


def plot_psychometric(table: pd.DataFrame, fitted: pd.DataFrame | None = None, *, ax: Axes) -> Axes:
    """Plot the share of responses by level with 95 % intervals; chance by silent trials.

    Parameters
    ----------
    table
        As `analysis.behaviour.levels.responses_by_level` returns it.
    fitted
        As `analysis.behaviour.levels.level_curve` returns it; None for no fit.
    ax
        Where to plot.
    """
    silent = table["level_db_spl"].isna()
    if fitted is not None:
        ax.fill_between(
            fitted["level_db_spl"], fitted["low"], fitted["high"], color=BLACK, alpha=0.15, lw=0
        )
        ax.plot(fitted["level_db_spl"], fitted["share"], color=BLACK, label="fitted, 95 %")
    for row in table[silent].to_dict("records"):
        ax.axhline(row["share"], color=CATCH, ls=":", label=f"silent trials ({row['trials']})")
        ax.axhspan(row["low"], row["high"], color=CATCH, alpha=0.15, lw=0)
    heard = table[~silent]
    below, above = heard["share"] - heard["low"], heard["high"] - heard["share"]
    ax.errorbar(
        heard["level_db_spl"], heard["share"], yerr=(below, above), color=BLACK, marker="o",
        ls="", capsize=2, label="responses, 95 %",
    )  # fmt: skip
    ax.set(xlabel="level (dB SPL)", ylabel="share of trials with a response", ylim=(-0.03, 1.03))
    return ax
