"""The picture of a screen's calibration: a curve of each gun with points, interval, residuals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from calibration.gun_curve import WHITE
from calibration.screen import GunFit, ScreenFile
from calibration.screen_fit import known_curve
from calibration.screen_points import GUNS, Gun, of_gun
from rig.colours import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"red": "#d55e00", "green": "#009e73", "blue": "#0072b2"}


def draw_screen(record: ScreenFile, title: str, path: Path) -> None:
    """Draw luminance against level, a column for each gun; below, how far points lie beside it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if record.fit is None:
        return
    figure = Figure(figsize=(10, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 3, sharex=True, height_ratios=(3, 1))
    for column, gun in enumerate(GUNS):
        _draw_gun(axes[0, column], axes[1, column], record, gun, record.fit.gun(gun))
    axes[0, 0].set_ylabel("luminance (cd/m²)")
    axes[1, 0].set_ylabel("beside it\n(% of white)")
    axes[1, 1].set_xlabel("level")
    figure.suptitle(f"{title}\n{record.fit.isoluminance.words}", fontsize=10)
    figure.savefig(path, dpi=120)


def _draw_gun(above: Axes, below: Axes, record: ScreenFile, gun: Gun, fit: GunFit) -> None:
    colour = COLOURS[gun]
    levels, luminances = of_gun(record.points, gun)
    every = np.arange(WHITE + 1)
    curve = fit.curve.luminance_cd_m2(every)
    margin = known_curve(levels, luminances).margin(lambda each: each.luminance_cd_m2(every))
    above.plot(every, curve, color=colour)
    above.fill_between(
        every, curve - margin, curve + margin, color=colour, alpha=0.25, linewidth=0,
        label="95 % interval",
    )  # fmt: skip
    above.plot(levels, luminances, "o", color="black", markersize=4, label="measured")
    low, high = fit.exponent_interval
    above.set_title(f"{gun}: g = {fit.exponent:.3f} ({low:.3f} to {high:.3f})", fontsize=10)
    above.set_ylim(bottom=0)
    above.legend(frameon=False, fontsize=8)
    white = max(luminances)
    below.axhline(0, color=GREY, linewidth=0.8)
    share = 100 * margin / white
    below.fill_between(every, -share, share, color=colour, alpha=0.25, linewidth=0)
    below.plot(levels, 100 * np.array(fit.residuals), "o", color="black", markersize=4)
    below.set_xticks([0, 64, 128, 192, WHITE])
