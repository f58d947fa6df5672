"""Figures of dots, vessels, tones and light: what an operator decides by is in them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from calibration.camera_registration import register_camera
from calibration.cortex_figures import dots_figure, overlay_figure, power_figure, tones_figure
from calibration.dot_grid import DotGrid
from calibration.intrinsic import ToneMap
from calibration.light_power import PowerCalibration, PowerFile
from calibration.vessel_registration import VesselRegistration
from hardware.emulators.cortex.projected_dots import planted_camera
from rig.picture import Disk

SHAPE = (120, 160)


def drawn(figure: Figure) -> list[str]:
    """Return all words of a figure, drawn once."""
    figure.canvas.draw()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    return [*titles, *(text.get_text() for text in figure.texts)]


def circles(figure: Figure, axis: int) -> list[tuple[float, float, float]]:
    found = [each for each in figure.axes[axis].patches if isinstance(each, Circle)]
    return [(*each.center, each.radius) for each in found]


def test_dots_show_their_residuals_in_micrometres() -> None:
    grid = DotGrid(across=7, down=6)
    found = register_camera(
        planted_camera((240, 320)).picture(grid, np.random.default_rng(1)), grid
    )
    (title,) = drawn(dots_figure(found, 10.0))
    assert f"mean {found.mean_px:.2f} px ({10 * found.mean_px:.1f} um)" in title
    assert "k1 = -0.0" in title


def test_an_overlay_is_red_where_only_the_reference_has_a_vessel() -> None:
    reference, session = np.full(SHAPE, 100.0), np.full(SHAPE, 100.0)
    reference[60:63, 20:140] = session[50:53, 25:145] = 40  # moved by 5, -10
    reference[20:23, 20:140] = 40
    session[90:93, 25:145] = 40
    moved = np.array([[1.0, 0, 5], [0, 1, -10]])
    found = VesselRegistration(moved, moved, SHAPE, inliers=99, likeness=0.9)
    figure = overlay_figure(reference, session, found, [Disk(0, 0, 200)], 10.0)
    words = drawn(figure)
    assert "red: reference only" in words[0]
    assert "moved by 5.0, -10.0 px" in words[-1]
    picture = np.asarray(figure.axes[0].images[0].get_array())
    both, only_reference, only_session = (picture[row, 80] for row in (61, 21, 101))
    assert both.max() < 0.3
    assert only_reference[0] > 0.7 > 0.3 > only_reference[1]
    assert only_session[0] < 0.3 < 0.7 < only_session[1]
    assert circles(figure, 0) == [(79.5, 59.5, 10.0)]
    assert circles(figure, 1) == [(84.5, 49.5, 10.0)]


def test_an_overlay_turns_the_session_back() -> None:
    reference, session = np.full((120, 120), 100.0), np.full((120, 120), 100.0)
    reference[60:63, 20:50] = session[20:50, 57:60] = 40
    turned = np.array([[0.0, -1, 119], [1, 0, 0]])
    found = VesselRegistration(turned, turned, (120, 120), inliers=99, likeness=0.9)
    figure = overlay_figure(reference, session, found, [], 10.0)
    assert np.asarray(figure.axes[0].images[0].get_array())[61, 35].max() < 0.3


def test_tones_show_a_disk_on_a_response_and_none_without() -> None:
    ratio = np.ones((36, 48))
    ratio[10, 20] = 0.999
    one = ToneMap(4000.0, ratio, 10, 0.001, 60.0, (-210.0, -450.0), 20.0)
    none = ToneMap(8000.0, ratio, 10, 0.4, 60.0, None, None)
    figure = tones_figure([one, none], 360.0)
    words = drawn(figure)
    assert words[0] == "4 kHz: -210, -450 um, SD 20 um"
    assert words[1] == "8 kHz: no response"
    assert circles(figure, 0) == [(-210.0, -450.0, 180.0)]
    assert circles(figure, 1) == []
    assert figure.axes[0].images[0].get_extent() == [-1440.0, 1440.0, 1080.0, -1080.0]


def test_light_shows_readings_line_and_interval() -> None:
    points = [{"level": each, "power_mw": 0.02 * each} for each in (0, 50, 100, 150)]
    table = {"measured_on": "2026-11-02", "measured_by": "test", "meter": "PM100", "area_mm2": 2}
    file = PowerFile.model_validate_json(json.dumps({**table, "points": points}))
    figure = power_figure(PowerCalibration(file, "light.toml"))
    figure.canvas.draw()
    line, readings = figure.axes[0].lines
    assert line.get_ydata()[-1] == pytest.approx(1.5)
    assert readings.get_ydata() == pytest.approx([0, 0.5, 1, 1.5])
    assert figure.axes[0].get_ylabel() == "light (mW/mm2)"
