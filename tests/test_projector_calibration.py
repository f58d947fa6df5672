"""Disks through a projector's registration: where their light falls on the cortex."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from light_bench import MATRIX, registration

from calibration.projector import ProjectorCalibration
from rig.errors import ConfigError
from rig.picture import Disk

PERSPECTIVE = MATRIX + np.array([[0, 0, 0], [0, 0, 0], [2e-5, -1e-5, 0]])
OFFSET = np.array([[0, 0, 304.0], [0, 0, 342.0], [0, 0, 0]])
UM = 8.0
"""Micrometres from one column to the next."""


def calibration(folder: Path, text: str) -> ProjectorCalibration:
    (folder / "projector.toml").write_text(text, encoding="utf-8")
    return ProjectorCalibration(folder, "projector.toml")


@pytest.mark.parametrize(
    ("matrix", "shift", "disk"),
    [
        (MATRIX, 0.5, Disk(0, 600, 360)),
        (MATRIX, -0.5, Disk(-700, -300, 360)),
        (PERSPECTIVE, 0.5, Disk(700.5, -301.5, 720)),
        (PERSPECTIVE, 0.0, Disk(0, 600, 360)),
    ],
)
def test_a_disk_lies_where_it_is_asked_for(
    tmp_path: Path, matrix: np.ndarray, shift: float, disk: Disk
) -> None:
    made = calibration(tmp_path, registration(matrix, shift))
    assert made.refuse(disk) is None
    picture = made.render([disk])
    lit = made.places()[picture]
    assert np.hypot(*(lit.mean(axis=0) - (disk.x_um, disk.y_um))) < UM / 2
    radii = np.hypot(lit[:, 0] - disk.x_um, lit[:, 1] - disk.y_um)
    assert radii.max() <= disk.diameter_um / 2
    assert radii.max() > disk.diameter_um / 2 - UM / 2
    across = np.gradient(made.places(), axis=1)
    down = np.gradient(made.places()[::2], axis=0) / 2
    each = across[::2, :, 0] * down[..., 1] - across[::2, :, 1] * down[..., 0]
    area = np.repeat(np.abs(each), 2, axis=0)[picture].sum()
    assert area == pytest.approx(np.pi * disk.diameter_um**2 / 4, rel=0.01)


def test_a_row_that_stands_shifted_is_lit_shifted(tmp_path: Path) -> None:
    straight, shifted = (
        calibration(tmp_path, registration(np.diag([1 / UM, 2 / UM, 1.0]) + OFFSET, shift))
        for shift in (0.0, 0.5)
    )
    assert np.array_equal(shifted.places()[::2], straight.places()[::2])
    assert shifted.places()[1, 0, 0] - straight.places()[1, 0, 0] == pytest.approx(UM / 2)


def test_disks_beside_the_mirrors_are_refused(tmp_path: Path) -> None:
    made = calibration(tmp_path, registration())
    assert "beyond the mirrors" in str(made.refuse(Disk(0, 1300, 360)))
    assert "beyond the mirrors" in str(made.refuse(Disk(-2300, 0, 720)))


def test_residuals_are_told_and_points_far_from_the_matrix_are_refused(tmp_path: Path) -> None:
    made = calibration(tmp_path, registration(off=0.4))
    assert made.residuals == pytest.approx([0.4] * 5)
    with pytest.raises(ConfigError, match=r"5\.0 mirrors from where the matrix puts it"):
        calibration(tmp_path, registration(off=5.0))


def test_a_matrix_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    text = registration().splitlines()
    text[3] = "matrix = [[1, 0, 0], [2, 0, 0], [0, 0, 1]]"
    with pytest.raises(ConfigError, match="cannot be inverted"):
        calibration(tmp_path, "\n".join(text))
