"""The picture of a projector's registration: the dots, and how far each lies beside the fit."""

from __future__ import annotations

from pathlib import Path

from calibration.projector import ProjectorFile


def draw_projector(record: ProjectorFile, title: str, path: Path) -> None:
    """Draw the dots as the camera saw them, with enlarged arrows to where the fit puts them."""
    from calibration.camera_registration import camera_of
    from calibration.cortex_figures import dots_figure  # it loads Matplotlib

    view = record.camera
    if view is None:
        return
    figure = dots_figure(camera_of(record, view), view.um_per_px)
    scale = f"{view.um_per_px:.4f} um/px (95 % {view.um_per_px_low:.4f} to "
    axes = figure.axes[0]
    said = f"{title}\n{scale}{view.um_per_px_high:.4f})\n{axes.get_title(loc='left')}"
    axes.set_title(said, fontsize=8, loc="left")
    figure.savefig(path)
