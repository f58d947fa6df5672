"""Figures of the page on recurrent networks."""

from __future__ import annotations

from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import COLOURS, MM, STYLE, WIDTH_MM
from benchmarks.network_results import Results
from models.network_analysis import GOOD
from models.network_task import ceilings

LEARNING, MECHANISM = "network_learning.png", "network_mechanism.png"
SHOWN_POWERS = (1, 2, 6)


def draw(found: Results, folder: Path) -> None:
    """Draw both figures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=(WIDTH_MM * MM, 62 * MM), layout="constrained")
        courses, histogram, context = figure.subplots(1, 3)
        _courses(courses, found)
        _histogram(histogram, found)
        _context(context, found)
        figure.savefig(folder / LEARNING)
        figure = Figure(figsize=(WIDTH_MM * MM, 110 * MM), layout="constrained")
        axes = figure.subplots(2, 3)
        for ax, power in zip(axes[0], SHOWN_POWERS, strict=True):
            _power(ax, found, power)
        _ranks(axes[1, 0], found)
        _projections(axes[1, 1], found)
        _cells(axes[1, 2], found)
        figure.savefig(folder / MECHANISM)


def _courses(ax: Axes, found: Results) -> None:
    shown = np.unique(np.geomspace(1, found.congruent.shape[1] - 1, 60).astype(int))
    right = ((found.congruent + found.incongruent) / 2)[:, shown]
    low, middle, high = np.quantile(right, (0.1, 0.5, 0.9), axis=0)
    ax.fill_between(shown, low, high, color=COLOURS["grey"], alpha=0.3, lw=0, label="10 to 90 %")
    ax.plot(shown, middle, color="black", label="median")
    ax.axhline(ceilings()[-1], color=COLOURS["hit"], lw=0.8, ls="--", label="ceiling")
    ax.set_xscale("log")
    ax.set_xlabel("epoch")
    ax.set_ylabel("fraction correct")
    ax.legend(loc="lower right", fontsize="x-small")
    ax.set_title(f"{len(right)} networks", fontsize="small")


def _histogram(ax: Axes, found: Results) -> None:
    ax.hist(found.performance, bins=_bins(found), color=COLOURS["grey"])
    ax.axvline(GOOD, color="black", lw=0.8, ls=":")
    ax.axvline(ceilings()[-1], color=COLOURS["hit"], lw=0.8, ls="--")
    ax.set_xlabel("in the end")
    ax.set_ylabel("networks")
    ax.set_title(f"{found.good} above {GOOD}", fontsize="small")


def _bins(found: Results) -> list[float]:
    least = np.floor(100 * found.performance.min()) / 100
    return [float(edge) for edge in np.arange(least, 1.0, 0.01)]


def _context(ax: Axes, found: Results) -> None:
    lines = (
        ("congruent", found.decoded_congruent, COLOURS["hit"]),
        ("incongruent", found.decoded_incongruent, COLOURS["false_alarm"]),
        ("context decoded", found.decoded, "black"),
    )
    for label, values, colour in lines:
        mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))
        ax.plot(found.epochs, mean, color=colour, label=label)
        ax.fill_between(found.epochs, mean - error, mean + error, color=colour, alpha=0.2, lw=0)
    ax.set_xscale("log")
    ax.set_ylim(0.4, 1.35)
    ax.set_xlabel("epoch")
    ax.set_ylabel("fraction, accuracy")
    ax.legend(loc="upper left", fontsize="x-small")
    ax.set_title(f"Fig. 4b: {len(found.decoded)} networks", fontsize="small")


def _power(ax: Axes, found: Results, power: int) -> None:
    ax.imshow(found.powers[power - 1], cmap="RdBu_r", vmin=-1, vmax=1)
    ax.set_title(f"recurrent weights, power {power}", fontsize="small")
    ax.set_xlabel("from: visual to auditory")
    ax.set_ylabel("to: auditory to visual")
    ax.set_xticks([])
    ax.set_yticks([])


def _ranks(ax: Axes, found: Results) -> None:
    mean = found.by_rank.mean(axis=0)
    error = found.by_rank.std(axis=0, ddof=1) / np.sqrt(len(found.by_rank))
    ax.errorbar(np.arange(1, len(mean) + 1), mean, error, color="black", fmt="o", ms=2, lw=0.8)
    ax.axhline(0, color=COLOURS["grey"], lw=0.6)
    ax.set_xlabel("rank: visual to auditory")
    ax.set_ylabel("context index")
    ax.set_title(f"Fig. 5f: r = {found.rank_correlation.r:.3f}", fontsize="small")


def _projections(ax: Axes, found: Results) -> None:
    steps = np.arange(1, found.projections.shape[2] + 1)
    for modality, colour in enumerate((COLOURS["hit"], COLOURS["false_alarm"])):
        name = ("visual", "auditory")[modality]
        ax.plot(steps, found.projections[modality, 0], color=colour, label=f"{name}, relevant")
        ax.plot(
            steps,
            found.projections[modality, 1],
            color=colour,
            ls="--",
            label=f"{name}, irrelevant",
        )
    ax.axvspan(4, 12, color=COLOURS["grey"], alpha=0.15, lw=0)
    ax.set_xlabel("step")
    ax.set_ylabel("along the input weights")
    ax.set_ylim(-0.25, 1.95)
    ax.legend(loc="upper left", fontsize="x-small")
    ax.set_title("Fig. 4g", fontsize="small")


def _cells(ax: Axes, found: Results) -> None:
    for k, (label, colour) in enumerate((("go", COLOURS["hit"]), ("nogo", "#7a5195"))):
        ax.plot(found.worst[k::2], found.selectivity[k::2], "o", ms=2, color=colour, label=label)
    ax.set_xlabel("worst incongruent case")
    ax.set_ylabel("relevant minus irrelevant")
    ax.legend(loc="upper left", fontsize="x-small")
    ax.set_title(f"Fig. 4i: r = {found.cell_correlation.r:.2f}", fontsize="small")
