"""What an ensemble of networks showed, written into ``docs/reference/network.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.network_figures import LEARNING, MECHANISM, draw
from benchmarks.network_results import Band, Results, bands
from models.network_analysis import ANGLES, GOOD

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, IMAGES = DOCS / "reference/network.md", DOCS / "images/models"
MARK = "<!-- What follows is written by `make networks`. -->\n"
"""What stands before it is written by hand."""
EPOCHS = (50, 100, 200, 500, 1000, 2000, 3000, 5000)
SHOWN_STEPS = (4, 10)
SORTED = """\
Units are sorted by how much more visual than auditory input they get. Quarters of the powers of \
their mean recurrent matrix, each power over its largest entry, show how the halves act on each \
other over one to six steps:"""


def write(found: Results, cost: str) -> None:
    """Write page and figures.

    Parameters
    ----------
    found
        What the ensemble showed.
    cost
        What training took, in words.
    """
    draw(found, IMAGES)
    kept = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    parts = [kept + MARK, cost, "", *_acceptance(bands(found)), *_course(found)]
    parts += [*_recurrence(found), *_activity(found)]
    PAGE.write_text("\n".join(parts) + "\n", encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, and an empty one."""
    lines = [head, ["---"] * len(head), *rows]
    return [*("| " + " | ".join(line) + " |" for line in lines), ""]


def _acceptance(found: Sequence[Band]) -> list[str]:
    rows = [
        (band.what, band.published, band.wanted, band.found + ("" if band.met else ": **missed**"))
        for band in found
    ]
    return table(("figure of the paper", "published", "wanted here", "found"), rows)


def _course(found: Results) -> list[str]:
    right = (found.congruent + found.incongruent) / 2
    rows = []
    for epoch in EPOCHS:
        incongruent = found.incongruent[:, epoch]
        error = incongruent.std(ddof=1) / np.sqrt(len(incongruent))
        rows.append(
            (
                f"{epoch}",
                f"{found.congruent[:, epoch].mean():.3f}",
                f"{incongruent.mean():.3f} ({error:.3f})",
                f"{right[:, epoch].mean():.3f}",
                f"{int((right[:, epoch] > GOOD).sum())}",
            )
        )
    quartiles = ", ".join(f"{value:.3f}" for value in np.quantile(right[:, -1], (0.25, 0.5, 0.75)))
    return [
        f"![Courses of training](../images/models/{LEARNING})",
        "",
        "Fraction of last trials that are right: left, median of all networks, and 10 to 90 % of "
        f"them. In the end: least {right[:, -1].min():.3f}, quartiles {quartiles}, "
        f"most {right[:, -1].max():.6f}; the ceiling is 0.984375. "
        "In the table, means of all networks:",
        "",
        *table(("epoch", "congruent", "incongruent (s.e.m.)", "all", f"above {GOOD}"), rows),
    ]


def _recurrence(found: Results) -> list[str]:
    head = ("visual to visual", "auditory to visual", "visual to auditory", "auditory to auditory")
    rows = [
        (f"{power}", *(f"{value:+.3f}" for value in blocks.ravel()))
        for power, blocks in enumerate(found.blocks, start=1)
    ]
    return [
        f"## How the {found.good} good networks do it",
        "",
        f"![Recurrent weights, context index, projections](../images/models/{MECHANISM})",
        "",
        SORTED,
        "",
        *table(("power", *head), rows),
    ]


def _activity(found: Results) -> list[str]:
    along, cells = found.projections, found.cell_correlation
    rows = [
        (f"{step}", *(f"{along[k, 0, step - 1]:.2f}, {along[k, 1, step - 1]:.2f}" for k in (0, 1)))
        for step in SHOWN_STEPS
    ]
    means, deviations = found.angles.mean(axis=0), found.angles.std(axis=0, ddof=1)
    angles = [
        (name, f"{mean:.1f}", f"{deviation:.1f}")
        for name, mean, deviation in zip(ANGLES, means, deviations, strict=True)
    ]
    return [
        "Activity along the input weights of a modality, where it is relevant and where it is not "
        "(Fig. 4g):",
        "",
        *table(("step", "visual: relevant, not", "auditory: relevant, not"), rows),
        "How much output cells prefer the relevant stimulus goes with how good their network is in "
        f"its worst incongruent case (Fig. 4i; published r = 0.46 of 200): r = {cells.r:.2f}, "
        f"t({cells.freedom}) = {cells.t:.1f}.",
        "",
        "Angles between decoders, in degrees (Fig. 4e, f; the paper found none different from 90). "
        "Those of stimuli and context are in step 4, that with the decision in step 10:",
        "",
        *table(("decoders", "mean", "SD over networks"), angles)[:-1],
    ]
