"""The picture of a projector's light: readings, line, interval and valid range."""

from __future__ import annotations

from pathlib import Path

from calibration.light_power import PowerCalibration, PowerFile


def draw_light(record: PowerFile, title: str, path: Path) -> None:
    """Draw power per area against level: readings, line and its 95 % interval."""
    from calibration.cortex_figures import power_figure  # it loads Matplotlib

    figure = power_figure(PowerCalibration(record, title))
    figure.axes[0].set_title(title, fontsize=8, loc="left")
    figure.savefig(path)
