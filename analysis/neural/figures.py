"""Figures of what populations tell: decoding over time, its geometry, indices of neurons."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from analysis.decoding.chance import Chance, DriftControl
from analysis.decoding.decoder import Decoded, two_classes
from analysis.neural.groups import MeanOfMice
from analysis.neural.indices import RankCorrelation
from models.errors import floats
from rig.colours import BLACK, BLUE, GREEN, GREY, ORANGE, STIMULUS

NARROWEST = 0.01
"""So much of the time that is shown a bar takes at least."""
DIVERGING, RISING = "PuOr", "cividis"
"""Scales of colours that people who are blind to some colours can read."""


def decoding_over_time(
    found: Decoded | MeanOfMice,
    *,
    ax: Axes,
    label: str,
    colour: str = BLACK,
    chance: Chance | None = None,
) -> Axes:
    """Plot accuracy at each bin with its standard error; return the axes.

    Parameters
    ----------
    found
        What `decode` or `mean_of_mice` returns.
    ax
        Where to plot. Several decoders can be plotted on the same axes.
    label, colour
        Of the curve.
    chance
        What `chance_level` returns: a band from the level to the threshold above which a decoder
        is better than chance. It is drawn below the curves, once.
    """
    if chance is not None:
        ax.axhline(chance.level, color=GREY, lw=0.8, ls=":")
        ax.axhspan(
            chance.level, chance.threshold, color=GREY, alpha=0.2, lw=0,
            label="chance, to its threshold for one bin",
        )  # fmt: skip
    _band(ax, found.mean, found.sem, colour, label)
    ax.set(ylabel="fraction decoded right", ylim=(None, 1.02))
    return _time_axis(ax, found.mean)


def bins_above(
    above: xr.DataArray, *, ax: Axes, width: float, bottom: float, height: float = 0.02
) -> Axes:
    """Plot a bar below each bin that is above chance; return the axes.

    Parameters
    ----------
    above
        Which bins are, (time,).
    ax
        Where to plot.
    width
        Of a bin, in seconds; a bar is so wide that it can be seen, also of one bin by itself.
    bottom, height
        Where the bars stand, and how high, as fractions decoded right.
    """
    time = above["time"].values
    shown = max(width, NARROWEST * (time[-1] - time[0]))
    bars = [(middle - shown / 2, shown) for middle in time[above.values]]
    ax.broken_barh(bars, (bottom, height), color=BLUE, lw=0, label="above chance")
    return ax


def drift_over_time(found: DriftControl, *, ax: Axes) -> Axes:
    """Plot how well a context is told in the middle and at the edges of a session.

    Parameters
    ----------
    found
        What `drift_control` returns.
    ax
        Where to plot.
    """
    ax.axhline(0.5, color=GREY, lw=0.8, ls=":")
    for part, name, colour, line in (
        (found.edges, "at the edges", ORANGE, "--"),
        (found.middle, "in the middle", BLACK, "-"),
    ):
        ax.plot(part["time"], part.mean("fold"), color=colour, ls=line, label=name)
    ax.set(ylabel="fraction decoded right", ylim=(-0.02, 1.02))
    return _time_axis(ax, found.middle)


def separation_over_time(
    apart: xr.DataArray, *, ax: Axes, label: str, colour: str = BLACK, unit: str = "SD"
) -> Axes:
    """Plot how far two classes lie apart along an axis at each bin; return the axes.

    Parameters
    ----------
    apart
        What `analysis.decoding.geometry.separation` returns, (time,); or that of several sessions,
        (session, time), of which mean and standard error are shown.
    ax, label, colour
        Where to plot; of the curve.
    unit
        Of the activity.
    """
    if "session" in apart.dims:
        sem = apart.std("session", ddof=1) / float(np.sqrt(apart.sizes["session"]))
        _band(ax, apart.mean("session"), sem, colour, label)
    else:
        ax.plot(apart["time"], apart.values, color=colour, label=label)
    ax.axhline(0, color=GREY, lw=0.8, ls=":")
    ax.set(ylabel=f"class distance ({unit})")
    return _time_axis(ax, apart)


def plane(
    positions: xr.DataArray, labels: ArrayLike, *, ax: Axes, names: tuple[str, str] = ("go", "nogo")
) -> Axes:
    """Plot trials in the plane of two decision vectors, with the mean of each class.

    Parameters
    ----------
    positions
        What `plane_positions` returns, (trial, axis).
    labels
        Of two classes, (trials,).
    ax
        Where to plot.
    names
        Of the classes: of true labels, and of the others.
    """
    told = two_classes(labels, positions.sizes["trial"])
    x, y = positions.transpose("axis", "trial").values
    looks = zip((told, ~told), names, (GREEN, BLUE), ("o", "s"), strict=True)
    for chosen, name, colour, marker in looks:
        ax.scatter(x[chosen], y[chosen], s=6, color=colour, alpha=0.35, lw=0, marker=marker)
        ax.scatter(
            x[chosen].mean(), y[chosen].mean(), s=60, color=colour, edgecolors=BLACK, lw=1,
            marker=marker, label=f"{name} (n = {chosen.sum()})", zorder=3,
        )  # fmt: skip
    ax.axhline(0, color=GREY, lw=0.6, ls=":")
    ax.axvline(0, color=GREY, lw=0.6, ls=":")
    ax.set(xlabel="along the first vector", ylabel="along the rest of the second", aspect="equal")
    return ax


def angle_table(found: pd.DataFrame, *, ax: Axes) -> Axes:
    """Plot the angles between decision vectors as a table in colours; return the axes.

    Parameters
    ----------
    found
        What `angles` returns, in degrees.
    ax
        Where to plot.
    """
    values, names = found.to_numpy(), [str(name) for name in found.index]
    scale = Normalize(0, 180)
    ax.imshow(values, cmap=DIVERGING, norm=scale)
    for (row, column), angle in np.ndenumerate(values):
        dark = abs(angle - 90) > 60
        ax.text(column, row, f"{angle:.0f}°", ha="center", va="center",
                color="white" if dark else BLACK)  # fmt: skip
    ax.set_xticks(range(len(names)), names, rotation=30, ha="right")
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    return ax


def cross_time(apart: xr.DataArray, *, ax: Axes, unit: str = "SD") -> Axes:
    """Plot distances of classes along the vectors of all times, at all times; return the axes.

    Parameters
    ----------
    apart
        What `cross_time_separation` returns, (vector_time, time).
    ax
        Where to plot; its figure gets a scale of colours.
    unit
        Of the activity.
    """
    largest = float(np.abs(apart.values).max()) or 1.0
    scale = Normalize(-largest, largest)
    ax.pcolormesh(
        apart["time"], apart["vector_time"], apart.values, cmap=DIVERGING, norm=scale,
        rasterized=True,
    )  # fmt: skip
    ax.axhline(0, color=STIMULUS, lw=0.8, ls="--")
    ax.axvline(0, color=STIMULUS, lw=0.8, ls="--")
    ax.set(
        xlabel="time from the stimulus (s)", ylabel="time of the decision vector (s)",
        aspect="equal",
    )  # fmt: skip
    bar = ax.figure.colorbar(ScalarMappable(scale, mpl.colormaps[DIVERGING]), ax=ax)
    bar.set_label(f"class distance ({unit})")
    return ax


def context_by_rank(
    indices: ArrayLike, *, ax: Axes, correlation: RankCorrelation | None = None
) -> Axes:
    """Plot context indices of neurons in the order of their modality index; return the axes.

    Parameters
    ----------
    indices
        What `by_rank` returns, (neurons,).
    ax
        Where to plot.
    correlation
        What `rank_correlation` returns, to be told.
    """
    values = floats("indices", indices, 1)
    ax.axhline(0, color=GREY, lw=0.8, ls=":")
    ax.plot(np.arange(1, values.size + 1), values, "o", ms=3, color=BLACK)
    ax.set(
        xlabel="rank of modality index (visual first)",
        ylabel="context index (visual - auditory)",
    )
    if correlation is not None:
        ax.set_title(
            f"r = {correlation.r:.2f}, n = {correlation.n}, t = {correlation.t:.1f}, "
            f"p = {correlation.p:.2g}"
        )
    return ax


def sound_table(values: xr.DataArray, *, ax: Axes, what: str) -> Axes:
    """Plot a number of each pair of sounds as a table in colours; return the axes.

    Parameters
    ----------
    values
        What `similarity` or `discriminability` returns, (sound, other).
    ax
        Where to plot; its figure gets a scale of colours.
    what
        What the number is, in words.
    """
    names = [str(name) for name in values["sound"].values]
    grid = floats("numbers", values.fillna(0.0).values, 2)
    scale = Normalize(min(0.0, float(grid.min())), max(1.0, float(grid.max())))
    shown = np.isfinite(values.values)
    image = ax.imshow(np.ma.array(grid, mask=~shown), cmap=RISING, norm=scale)
    for (row, column), value in np.ndenumerate(grid):
        if shown[row, column]:
            bright = float(scale(value)) > 0.6
            ax.text(column, row, f"{value:.2f}", ha="center", va="center",
                    color=BLACK if bright else "white")  # fmt: skip
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    ax.figure.colorbar(image, ax=ax).set_label(what)
    return ax


def _band(ax: Axes, mean: xr.DataArray, sem: xr.DataArray, colour: str, label: str) -> None:
    time = mean["time"].values
    ax.plot(time, mean.values, color=colour, label=label)
    ax.fill_between(time, (mean - sem).values, (mean + sem).values, color=colour, alpha=0.25, lw=0)


def _time_axis(ax: Axes, series: xr.DataArray) -> Axes:
    time = series["time"].values
    ax.axvline(0, color=STIMULUS, lw=0.8, ls="--")
    ax.set(xlabel="time from the stimulus (s)", xlim=(time[0], time[-1]))
    return ax
