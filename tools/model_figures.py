"""Draw the figure of ``docs/reference/models.md``: the four cases of Fig. 5 of Ceballo et al.

``python tools/model_figures.py`` writes ``docs/images/models/learning.png``.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import COLOURS, MM, STYLE, WIDTH_MM
from models.mean_field import Course, mean_field
from models.phases import crossings
from models.task import PUBLISHED_STRONG, PUBLISHED_WEAK, discrimination

OUT = Path(__file__).resolve().parent.parent / "docs/images/models/learning.png"
TRIALS, SHOWN = 6000, 2500
UNITS = (("C", "#7a5195"), ("S-", COLOURS["false_alarm"]), ("S+", COLOURS["hit"]))
CASES = (
    ("common 2, 1; S- twice", PUBLISHED_STRONG, discrimination(1, 2)),
    ("common 2, 1; S+ twice", PUBLISHED_STRONG, discrimination(2, 1)),
    ("common 0.2, 0.1; S- twice", PUBLISHED_WEAK, discrimination(1, 2)),
    ("common 0.2, 0.1; S+ twice", PUBLISHED_WEAK, discrimination(2, 1)),
)


def main() -> None:
    """Draw and write the figure."""
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=(WIDTH_MM * MM, 100 * MM), layout="constrained")
        axes = figure.subplots(2, 4, sharex=True, sharey="row")
        for k, (title, initial, task) in enumerate(CASES):
            course = mean_field(task, initial, TRIALS)
            responses(axes[0, k], course, title)
            weights(axes[1, k], course)
        axes[0, 0].set_ylabel("probability of a lick")
        axes[1, 0].set_ylabel("net weight")
        axes[0, 0].legend(loc="center right", fontsize="small")
        axes[1, 0].legend(loc="center right", bbox_to_anchor=(1, 0.72), fontsize="small")
        OUT.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(OUT)
    print(f"wrote {OUT.relative_to(OUT.parent.parent.parent.parent)}")


def responses(ax: Axes, course: Course, title: str) -> None:
    """Plot responses to S+ and S-, and shade delay and learning phase."""
    phases = crossings(course.performance)
    end = phases.delay + phases.learning
    ax.axvspan(0, phases.delay, color=COLOURS["grey"], alpha=0.3, lw=0)
    ax.axvspan(phases.delay, end, color=COLOURS["grey"], alpha=0.12, lw=0)
    for column, (label, name) in enumerate((("S+", "hit"), ("S-", "false_alarm"))):
        ax.plot(course.responses[:SHOWN, column], color=COLOURS[name], label=label)
    ax.set_title(title, fontsize="small")
    ax.set_ylim(0, 1.02)


def weights(ax: Axes, course: Course) -> None:
    """Plot the net weight of each unit."""
    net = course.excitation - course.inhibition
    ax.axhline(0, color=COLOURS["grey"], lw=0.8)
    for column, (label, colour) in enumerate(UNITS):
        ax.plot(net[:SHOWN, column], color=colour, label=label)
    ax.set_xlabel("trial")


if __name__ == "__main__":
    main()
