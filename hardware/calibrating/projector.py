"""The steps of a projector's registration and of its daily check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from calibration.camera_registration import (
    DailyCheck,
    camera_of,
    check_camera,
    register_camera,
)
from calibration.camera_view import CameraView
from calibration.dot_grid import DotGrid
from calibration.projector import ProjectorFile
from calibration.stage_micrometer import Scale, measure_scale
from hardware.calibrating.chosen import Meant
from hardware.calibrating.holding import SETTLED, ChosenProjector, held, projector_of
from hardware.calibrating.kept import Calibrated, Result, finish, head
from hardware.calibrating.projector_picture import draw_projector
from hardware.calibrating.sight import Sight
from hardware.calibrating.simulated_sight import SEEN_BY, UM_PER_PX, seen_dots, seen_micrometer
from hardware.imaging.pictures import mean_of
from hardware.projector import HoldingProjector
from rig.calibration_checks import DOT_CHECKS, DotCheck
from rig.calibration_record import read_calibration, sealed
from rig.errors import ConfigError, RigError
from rig.lab import Lab

USUAL_SHIFT = 0.5
"""By how many columns odd rows are shifted, where no file says it."""


@dataclass(frozen=True)
class Dotted:
    """How the dots are looked at.

    Attributes
    ----------
    by, note
        Who does it, and what else should be known.
    camera
        Name of the camera in the rig file; empty for the only one.
    dots, micrometer
        Files of the camera's pictures; None if they are taken now.
    pitch_um
        From line to line of the stage micrometer.
    odd_rows_shift
        By how many columns odd rows of mirrors are shifted; None is as in the file in force.
    """

    by: str
    note: str
    camera: str
    dots: Path | None
    micrometer: Path | None
    pitch_um: float
    odd_rows_shift: float | None


def calibrate_projector(meant: Meant, dotted: Dotted) -> Calibrated[ProjectorFile]:
    """Register camera and projector by dots, and put what they tell in force.

    Raises
    ------
    RigError
        If the rig file, the devices or the pictures are wrong. What was in force stays so.
    """
    which = projector_of(meant)
    file = which.target(meant, ProjectorFile)
    sight = Sight(meant, dotted.camera)
    grid, picture = _dots(meant, which, sight, dotted, _shift(meant, file, dotted))
    found = register_camera(picture, grid)
    lines: NDArray[Any]
    if meant.simulate:
        lines, name = seen_micrometer(dotted.pitch_um), SEEN_BY
    else:
        do = "Lay the stage micrometer into the focal plane, light it, leave the focus as it is."
        lines = mean_of(sight.prepared(dotted.micrometer, do, "--micrometer"))
        name = sight.name(dotted.dots)
    scale = measure_scale(lines, dotted.pitch_um, found.lens, found.lens_covariance)
    said = head(ProjectorFile.kind, meant.rig, which.name, which.hardware, dotted.by, dotted.note)
    record = sealed(found.to_file(name, dotted.pitch_um, scale, **said))
    result = Result(record, _says(record, scale), draw_projector)
    return finish(meant, file, result)


def check_dots(meant: Meant, by: str, camera: str, dots: Path | None) -> DotCheck:
    """See how far four dots lie from where the registration puts them, and keep what came of it.

    Raises
    ------
    RigError
        If the rig file or the devices are wrong, or a dot is not to be seen.
    """
    which = projector_of(meant)
    limit_um = meant.lab.config.limits.dots_um
    if meant.simulate:
        check, um_per_px, id_ = _simulated_check(), UM_PER_PX, ""
    else:
        file, view = read_view(meant.lab, which.file(meant))
        corners = DotGrid.over(file.columns, file.rows, file.odd_rows_shift).corners()
        sight = Sight(meant, camera)
        _, picture = _shown(meant, which, sight, lambda _: corners, dots)
        check = check_camera(picture, corners, camera_of(file, view))
        um_per_px, id_ = view.um_per_px, file.record.id if file.record else ""
    found = DotCheck(
        at=datetime.now().astimezone(),
        rig=meant.rig.resolve().stem,
        device=which.name,
        by=by,
        registration=id_,
        away_um=tuple(round(float(each) * um_per_px, 2) for each in check.away_px),
        limit_um=limit_um,
    )
    if not meant.simulate:
        DOT_CHECKS.append(meant.lab, found)
    return found


def read_view(lab: Lab, file: str) -> tuple[ProjectorFile, CameraView]:
    """Return a projector's file in force, and how the camera saw the mirrors.

    Raises
    ------
    ConfigError
        If it is missing or wrong, or says nothing of a camera.
    """
    found = read_calibration(lab.folder, file, ProjectorFile)
    if found.camera is None:
        raise ConfigError(
            "it does not say how a camera sees the mirrors",
            str(lab.folder / file),
            "Register camera and projector by `rig calibrate projector`.",
        )
    return found, found.camera


def _says(record: ProjectorFile, scale: Scale) -> str:
    """Return how well the dots fit, and how large a pixel is."""
    view = record.camera
    if view is None:
        return ""
    um = view.um_per_px
    return (
        f"{len(view.dots)} dots lie {view.mean_px * um:.1f} um beside the fit on average, the "
        f"worst {view.worst_px * um:.1f} um. {scale.words}."
    )


def _shift(meant: Meant, file: str, dotted: Dotted) -> float:
    """Return by how many columns odd rows are shifted."""
    if dotted.odd_rows_shift is not None:
        return dotted.odd_rows_shift
    try:
        return read_calibration(meant.lab.folder, file, ProjectorFile).odd_rows_shift
    except RigError:
        return USUAL_SHIFT


def _dots(
    meant: Meant, which: ChosenProjector, sight: Sight, dotted: Dotted, shift: float
) -> tuple[DotGrid, NDArray[Any]]:
    """Return the grid of dots, and the camera's picture of it."""
    if meant.simulate:
        return DotGrid(), seen_dots(DotGrid())
    return _shown(
        meant,
        which,
        sight,
        lambda projector: DotGrid.over(*projector.mirrors(), shift),
        dotted.dots,
    )


def _shown(
    meant: Meant,
    which: ChosenProjector,
    sight: Sight,
    grid_of: Callable[[HoldingProjector], DotGrid],
    file: Path | None,
) -> tuple[DotGrid, NDArray[Any]]:
    """Return a grid that the projector shows, and the camera's picture of it."""
    with held(meant, which) as (projector, bench):
        grid = grid_of(projector)
        projector.hold(grid.picture())
        bench.wait(lambda: False, SETTLED)
        return grid, mean_of(sight.shown(file, "the dots"))


def _simulated_check() -> DailyCheck:
    grid = DotGrid()
    registration = register_camera(seen_dots(grid), grid)
    return check_camera(seen_dots(grid.corners(), seed=2), grid.corners(), registration)
