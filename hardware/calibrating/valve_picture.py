"""The picture of a valve: points, line, interval and valid range."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calibration.valve import ValveFile
from calibration.valve_fit import line_of
from rig.colours import BLUE, GREY, VERMILLION


def draw_valve(record: ValveFile, title: str, path: Path, before: ValveFile | None = None) -> None:
    """Draw volume against opening time: points, line, 95 % interval; residuals below.

    `before` is what was in force until now; None if nothing was.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    times = np.array([point.open_ms for point in record.points])
    volumes = np.array([point.volume_ul for point in record.points])
    line = line_of(record.points)
    grid = np.linspace(0, 1.1 * times.max(), 200)
    inside = (grid >= times.min()) & (grid <= times.max())
    figure = Figure(figsize=(6, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    volume, margin = line.volume_ul(grid), line.margin_ul(grid)
    above.plot(grid, volume, color=GREY, linestyle=":", label="not measured: refused")
    above.plot(grid[inside], volume[inside], color=BLUE, label="in force")
    above.fill_between(
        grid[inside], (volume - margin)[inside], (volume + margin)[inside], color=BLUE, alpha=0.25,
        linewidth=0, label="95 % interval",
    )  # fmt: skip
    if before is not None:
        rows = sorted((point.open_ms, point.volume_ul) for point in before.points)
        above.plot(*zip(*rows, strict=True), "--", color=GREY, label=f"of {before.measured_on}")
    above.plot(times, volumes, "o", color=VERMILLION, label="weighed")
    above.set_ylabel("volume of a drop (uL)")
    above.set_ylim(bottom=0)
    above.set_title(title)
    above.legend(frameon=False)
    share = 100 * (volumes / line.volume_ul(times) - 1)
    below.axhline(0, color=GREY, linewidth=0.8)
    below.fill_between(
        grid[inside], (-100 * margin / volume)[inside], (100 * margin / volume)[inside],
        color=BLUE, alpha=0.25, linewidth=0,
    )  # fmt: skip
    below.plot(times, share, "o", color=VERMILLION)
    below.set_ylabel("beside the line (%)")
    below.set_xlabel("opening time (ms)")
    below.set_xlim(0, grid[-1])
    figure.savefig(path, dpi=120)
