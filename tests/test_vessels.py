"""A session's blood vessels registered to those of the reference, and others refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.homography import mapped
from calibration.lens import middle
from calibration.projector import ProjectorFile, RegistrationPoint
from calibration.vessel_registration import Limits, VesselRegistration
from hardware.emulators.cortex.vessels import Cortex, View, grown_cortex
from hardware.imaging.registration import register_vessels
from rig.errors import ConfigError
from rig.picture import Disk

SHAPE = (300, 400)
UM = 8.0
MOVED = View(shift_px=(17.0, -9.0), turn=0.05)
PICTURES = {
    "usual": (MOVED, 0.0),
    "blurred": (replace(MOVED, blur_px=2.5), 0.0),
    "noisy": (replace(MOVED, noise=15.0, frames=2), 0.0),
    "one side dark": (replace(MOVED, gradient=0.7), 0.0),
    "some vessels are others": (MOVED, 0.2),
}


def taken(animal: int, view: View, seed: int, changed: float = 0.0) -> NDArray[np.uint8]:
    return grown(animal, changed).frames(view, np.random.default_rng(seed))


@cache
def grown(animal: int, changed: float) -> Cortex:
    return grown_cortex(SHAPE, animal, changed)


@pytest.fixture(scope="module")
def reference() -> NDArray[np.uint8]:
    return taken(1, View(), 0)


def rigid(view: View, scale: float = 1.0, stretch: float = 1.0) -> VesselRegistration:
    """Return a registration that found exactly a view, whose features stretch."""
    matrix = view.matrix(SHAPE)
    loose = matrix.copy()
    loose[:, :2] = matrix[:, :2] @ np.diag([scale * stretch, scale / stretch])
    return VesselRegistration(matrix, loose, SHAPE, inliers=100, likeness=0.9)


@pytest.mark.parametrize("name", PICTURES)
def test_the_movement_of_the_same_window_is_found(reference: NDArray[np.uint8], name: str) -> None:
    view, changed = PICTURES[name]
    found = register_vessels(reference, taken(1, view, 1, changed))
    rows, columns = np.mgrid[40:260:20, 40:360:20]
    places = np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)])
    away = np.linalg.norm((found.matrix - view.matrix(SHAPE)) @ places, axis=0)
    assert away.max() < 0.12, found.words
    assert found.shift_px == pytest.approx(view.shift_px, abs=0.2)
    assert found.turn_deg == pytest.approx(np.degrees(view.turn), abs=0.1)
    assert found.likeness > 0.5


@pytest.mark.parametrize("animal", [2, 3])
def test_the_window_of_another_animal_is_refused(reference: NDArray[np.uint8], animal: int) -> None:
    with pytest.raises(ConfigError, match=r"not those of the reference.*the right animal"):
        register_vessels(reference, taken(animal, View(), 1))


def test_blank_and_blurred_pictures_and_other_sizes_are_refused(
    reference: NDArray[np.uint8],
) -> None:
    for view in (replace(MOVED, contrast=0.0), replace(MOVED, blur_px=12.0)):
        with pytest.raises(ConfigError, match="features agree and 30 are needed"):
            register_vessels(reference, taken(1, view, 1))
    with pytest.raises(ConfigError, match="features agree and 30 are needed"):
        register_vessels(reference, np.full(SHAPE, 90, np.uint8))
    with pytest.raises(ConfigError, match="another size"):
        register_vessels(reference, np.full((200, 400), 90, np.uint8))


def test_a_movement_beyond_its_limits_is_refused(reference: NDArray[np.uint8]) -> None:
    limits = Limits()
    assert rigid(MOVED).refuse(limits) is None
    assert "1.030 times as large" in str(rigid(MOVED, scale=1.03).refuse(limits))
    assert "sheared by 0.040" in str(rigid(MOVED, stretch=1.02).refuse(limits))
    assert "turned by 40 deg" in str(rigid(replace(MOVED, turn=0.7)).refuse(limits))
    far = rigid(replace(MOVED, shift_px=(250.0, 0.0)))
    assert "less than half" in str(far.refuse(limits))
    assert "alike to 0.30" in str(replace(rigid(MOVED), likeness=0.3).refuse(limits))
    assert "29 features" in str(replace(rigid(MOVED), inliers=29).refuse(limits))
    with pytest.raises(ConfigError, match=r"1\.0[23]. times as large"):
        register_vessels(reference, taken(1, replace(MOVED, scale=1.03), 1))


def test_disks_are_carried_to_where_their_vessels_are_seen() -> None:
    found, disk = rigid(MOVED), Disk(-300.0, 200.0, 360.0)
    (carried,) = found.carried([disk], UM)
    centre = np.array(middle(SHAPE))
    seen = MOVED.matrix(SHAPE) @ [*(centre + np.array([-300, 200]) / UM), 1]
    assert (carried.x_um, carried.y_um) == pytest.approx(tuple((seen - centre) * UM))
    assert carried.diameter_um == 360


def test_a_file_for_the_session_lights_the_mirrors_that_carried_disks_need() -> None:
    matrix = ((0.12, 0.01, 304.0), (-0.02, 0.25, 342.0), (1e-5, 0.0, 1.0))
    corners = [(x, y) for x in (-900.0, 900.0) for y in (-500.0, 500.0)]
    lit = np.rint(mapped(np.array(matrix), np.array(corners)))
    points = tuple(
        RegistrationPoint(x_um=x, y_um=y, column=int(column), row=int(row))
        for (x, y), (column, row) in zip(corners, lit, strict=True)
    )
    file = ProjectorFile(
        measured_on=date(2026, 11, 2), measured_by="test", matrix=matrix, points=points
    )
    found, disk = rigid(MOVED), Disk(-300.0, 200.0, 360.0)
    moved = found.moved(file, UM)
    (carried,) = found.carried([disk], UM)
    needed = mapped(np.array(file.matrix), np.array([[carried.x_um, carried.y_um]]))
    assert mapped(np.array(moved.matrix), np.array([[disk.x_um, disk.y_um]])) == pytest.approx(
        needed
    )
    for before, after in zip(file.points, moved.points, strict=True):
        places = [np.array([[each.x_um, each.y_um]]) for each in (before, after)]
        assert mapped(np.array(moved.matrix), places[1]) == pytest.approx(
            mapped(np.array(file.matrix), places[0])
        )
