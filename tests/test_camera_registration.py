"""A camera registered to a projector's mirrors by dots, and its scale by a stage micrometer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.camera_registration import (
    CameraRegistration,
    camera_of,
    check_camera,
    register_camera,
)
from calibration.dot_grid import DotGrid, mirror_places
from calibration.homography import fitted, mapped
from calibration.lens import Lens
from calibration.projector import ProjectorCalibration, ProjectorFile
from calibration.stage_micrometer import Scale, measure_scale
from hardware.emulators.cortex.projected_dots import PlantedCamera, planted_camera
from rig.errors import ConfigError

GRID = DotGrid(across=7, down=6)
SHAPE = (300, 400)
SMALL = (180, 240)
SCALE = Scale(8.0, 7.99, 8.01, 20, 0.0, np.zeros(20))
CORNERS = DotGrid(across=2, down=2)


@pytest.fixture(scope="module")
def camera() -> PlantedCamera:
    return planted_camera(SHAPE)


@pytest.fixture(scope="module")
def registered(camera: PlantedCamera) -> CameraRegistration:
    return register_camera(camera.picture(GRID, np.random.default_rng(1)), GRID)


def far(registration: CameraRegistration, camera: PlantedCamera, grid: DotGrid) -> np.ndarray:
    """Return how far from the truth the registration expects each dot, in pixels."""
    return np.linalg.norm(registration.expected_px(grid.mirrors()) - camera.seen(grid), axis=1)


def test_a_bent_and_noisy_picture_of_dots_tells_where_every_mirror_is_seen(
    camera: PlantedCamera, registered: CameraRegistration
) -> None:
    assert camera.lens.k1 == -0.02
    assert camera.blur_px == 3
    assert camera.noise == 12
    assert len(registered.seen_px) == len(GRID.steps())
    assert registered.mean_px < 0.2
    assert far(registered, camera, DotGrid()).max() < 0.25
    assert registered.lens.k1 == pytest.approx(-0.02, abs=0.004)


@pytest.mark.parametrize(("turn", "flip"), [(1.7, 1), (3.1, 1), (0.2, -1)])
def test_dots_are_told_apart_however_the_camera_is_turned_or_mirrored(
    camera: PlantedCamera, turn: float, flip: int
) -> None:
    turned = planted_camera(SHAPE, turn)
    mirror = np.diag([flip, 1.0, 1.0])
    mirror[0, 2] = SHAPE[1] - 1 if flip < 0 else 0
    x, y = turned.lens.centre_px
    centre = (SHAPE[1] - 1 - x, y) if flip < 0 else (x, y)
    seen = replace(
        turned,
        matrix=mirror @ turned.matrix,
        lens=replace(turned.lens, centre_px=centre),
        noise=5.0,
    )
    found = register_camera(seen.picture(GRID, np.random.default_rng(2)), GRID)
    assert far(found, seen, GRID).max() < 0.3


def test_a_lens_without_distortion_gets_none(camera: PlantedCamera) -> None:
    straight = replace(camera, lens=replace(camera.lens, k1=0.0))
    found = register_camera(straight.picture(GRID, np.random.default_rng(3)), GRID)
    assert found.lens.k1 == pytest.approx(0, abs=0.004)
    assert far(found, straight, DotGrid()).max() < 0.25


def test_the_file_leads_from_micrometres_to_the_mirrors_that_are_seen_there(
    tmp_path: Path, camera: PlantedCamera, registered: CameraRegistration
) -> None:
    file = registered.to_file("eye", 100.0, SCALE, date(2026, 11, 2), "test")
    lines = [
        "measured_on = 2026-11-02",
        'measured_by = "test"',
        f"matrix = {[list(row) for row in file.matrix]}",
        "points = ["
        + ", ".join(
            f"{{ x_um = {p.x_um}, y_um = {p.y_um}, column = {p.column}, row = {p.row} }}"
            for p in file.points
        )
        + "]",
    ]
    (tmp_path / "projector.toml").write_text("\n".join(lines), encoding="utf-8")
    calibration = ProjectorCalibration(tmp_path, "projector.toml")
    assert calibration.residuals.max() < 1
    column, row = 200, 333
    seen = camera.lens.undistorted(
        camera.lens.distorted(mapped(camera.matrix, np.array([[column + 0.5, row]])))
    )
    truth = (seen[0] - [(SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2]) * 8.0
    assert calibration.places()[row, column] == pytest.approx(truth, abs=4)


def test_the_daily_check_tells_how_far_the_dots_have_moved(
    camera: PlantedCamera, registered: CameraRegistration
) -> None:
    rng = np.random.default_rng(4)
    assert check_camera(camera.picture(CORNERS, rng), CORNERS, registered).rms_px < 0.4
    push = np.eye(3)
    push[0, 2] = 1.6
    moved = replace(camera, matrix=push @ camera.matrix)
    check = check_camera(moved.picture(CORNERS, rng), CORNERS, registered)
    assert check.rms_px == pytest.approx(1.6, abs=0.2)
    assert check.away_px == pytest.approx([1.6] * 4, abs=0.4)
    covered = camera.picture(CORNERS, rng)
    covered[:150, :200] = 20
    with pytest.raises(ConfigError, match="3 of 4 dots"):
        check_camera(covered, CORNERS, registered)


def test_a_projectors_file_holds_what_the_daily_check_needs(
    camera: PlantedCamera, registered: CameraRegistration
) -> None:
    written = registered.to_file("eye", 100.0, SCALE, date(2026, 11, 2), "test").model_dump_json()
    file = ProjectorFile.model_validate_json(written)
    view = file.camera
    assert view is not None
    assert (view.width_px, view.height_px, view.um_per_px) == (400, 300, 8.0)
    again = camera_of(file, view)
    assert again.lens.k1 == pytest.approx(registered.lens.k1, abs=1e-6)
    corners = CORNERS.mirrors()
    assert again.expected_px(corners) == pytest.approx(registered.expected_px(corners), abs=1e-3)


def test_blank_saturated_and_cropped_pictures_of_dots_are_refused(camera: PlantedCamera) -> None:
    rng = np.random.default_rng(5)
    blank = np.clip(rng.normal(20, 12, SHAPE), 0, 255).astype(np.uint8)
    picture = camera.picture(GRID, rng)
    with pytest.raises(ConfigError, match="no dots are to be seen"):
        register_camera(blank, GRID)
    with pytest.raises(ConfigError, match="no dots are to be seen"):
        register_camera(np.full(SHAPE, 255, np.uint8), GRID)
    with pytest.raises(ConfigError, match=r"at the camera's full scale, 255.*less light"):
        register_camera(np.clip(picture.astype(int) * 3, 0, 255).astype(np.uint8), GRID)
    with pytest.raises(ConfigError, match=r"dots are found and 20 are needed"):
        register_camera(np.where(np.arange(400) < 190, picture, 20), GRID)
    column, row = np.rint(camera.seen(GRID)[GRID.marks()[0]]).astype(int)
    picture[row - 14 : row + 15, column - 14 : column + 15] = 20
    with pytest.raises(ConfigError, match="the three large dots cannot be told"):
        register_camera(picture, GRID)


@pytest.mark.parametrize("turn", [0.03, 1.4])
def test_a_stage_micrometer_tells_the_scale_and_how_sure_it_is(turn: float) -> None:
    sharp = replace(planted_camera(SMALL), blur_px=1.5)
    inside, wrong = 0, []
    for seed in range(6):
        picture = sharp.micrometer(11.5, turn, 0.05, np.random.default_rng(seed))
        scale = measure_scale(picture, 100.0, sharp.lens)
        inside += scale.low <= 100 / 11.5 <= scale.high
        wrong.append(scale.um_per_px / (100 / 11.5) - 1)
        assert scale.high - scale.low < 0.02
    assert inside >= 4
    assert np.abs(wrong).max() < 1e-3
    assert measure_scale(picture, 100.0).um_per_px > (100 / 11.5) * 1.004


def test_lines_as_blurred_as_dots_are_not_taken_for_their_gaps() -> None:
    camera = planted_camera(SMALL)
    for seed in range(4):
        picture = camera.micrometer(15.0, 0.1, 0.05, np.random.default_rng(seed))
        scale = measure_scale(picture, 100.0, camera.lens)
        assert scale.um_per_px == pytest.approx(100 / 15, rel=1.5e-3)
        assert np.std(scale.residuals_um) < 0.8


def test_thin_lines_are_told_from_their_wide_gaps() -> None:
    camera = replace(planted_camera(SMALL), blur_px=1.2)
    picture = camera.micrometer(20.0, 0.1, 0.0, np.random.default_rng(1), line=0.15)
    scale = measure_scale(picture, 100.0, camera.lens)
    assert scale.um_per_px == pytest.approx(100 / 20, rel=5e-4)
    assert np.std(scale.residuals_um) < 0.25


def test_what_is_not_known_of_the_lens_widens_the_interval(
    camera: PlantedCamera, registered: CameraRegistration
) -> None:
    sharp = replace(camera, blur_px=1.5)
    picture = sharp.micrometer(15.0, 0.1, 0.05, np.random.default_rng(1))
    known = measure_scale(picture, 100.0, registered.lens)
    fitted_lens = measure_scale(picture, 100.0, registered.lens, registered.lens_covariance)
    assert fitted_lens.um_per_px == known.um_per_px
    assert fitted_lens.high - fitted_lens.low > 1.5 * (known.high - known.low)
    assert fitted_lens.low < 100 / 15 < fitted_lens.high
    spread = np.sqrt(registered.lens_covariance[0, 0])
    assert 1e-4 < spread < 4e-3
    assert abs(registered.lens.k1 + 0.02) < 3 * spread


def test_bright_lines_under_uneven_light_are_as_good() -> None:
    sharp = replace(planted_camera(SMALL), blur_px=1.5, noise=4.0)
    dark = sharp.micrometer(11.5, 0.2, 0.0, np.random.default_rng(1)).astype(float)
    lit = (200 - dark) * np.linspace(0.6, 1.4, SMALL[1])
    scale = measure_scale(lit, 50.0, sharp.lens)
    assert scale.um_per_px == pytest.approx(50 / 11.5, rel=4e-4)
    assert "um/px (95 % 4.3" in scale.words


def test_pictures_without_even_lines_are_refused(camera: PlantedCamera) -> None:
    rng = np.random.default_rng(6)
    with pytest.raises(ConfigError, match="no lines are to be seen"):
        measure_scale(rng.normal(100, 12, SHAPE), 100.0)
    wild = replace(camera, blur_px=1.5, noise=4.0).micrometer(30.0, 0.1, 4.5, rng)
    with pytest.raises(ConfigError, match=r"lines are|not evenly spaced"):
        measure_scale(wild, 100.0, camera.lens)


@settings(max_examples=50)
@given(
    st.floats(-0.1, 0.1),
    st.floats(0, 400),
    st.floats(0, 300),
)
def test_taking_distortion_out_undoes_it(k1: float, x: float, y: float) -> None:
    lens = Lens(k1, (190.0, 160.0), 250.0)
    place = np.array([[x, y]])
    assert lens.distorted(lens.undistorted(place)) == pytest.approx(place, abs=1e-3)


def test_a_straightened_picture_has_straight_lines(camera: PlantedCamera) -> None:
    lens = Lens(-0.1, (199.5, 149.5), 250.0)
    columns = np.indices(SHAPE)[1]
    seen = lens.undistorted(np.stack([columns, np.indices(SHAPE)[0]], axis=-1).astype(float))
    bent = np.cos(seen[..., 0] / 5)
    straight = lens.straightened(bent)
    assert np.abs(straight - np.cos(columns / 5))[20:-20, 20:-20].max() < 0.05
    assert np.abs(bent - np.cos(columns / 5)).max() > 1


def test_mirrors_of_odd_rows_stand_half_a_column_aside() -> None:
    mirrors = np.array([[3, 4], [3, 5]])
    assert mirror_places(mirrors, 0.5).tolist() == [[3, 4], [3.5, 5]]
    assert mirror_places(mirrors, -0.5).tolist() == [[3, 4], [2.5, 5]]


def test_a_projective_map_is_recovered_from_its_points() -> None:
    matrix = np.array([[1.1, 0.2, 30], [-0.1, 0.9, 12], [1e-4, -2e-4, 1]])
    places = np.random.default_rng(7).uniform(0, 500, (12, 2))
    assert fitted(places, mapped(matrix, places)) == pytest.approx(matrix, rel=1e-6)
