"""Figures of populations are drawn on the axes that they are given, and the page's program runs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.decoding.chance import chance_level, drift_control
from analysis.decoding.decoder import Decoder, decode
from analysis.decoding.geometry import separation
from analysis.neural import figures
from analysis.neural.indices import rank_correlation
from analysis.neural.planted import Plan, plant
from analysis.neural.projections import angles, cross_time_separation, plane_positions
from analysis.neural.sounds import similarity
from models.errors import OneClassError

PAGE = Path(__file__).parent.parent / "docs/reference/neural.md"
DECODER = Decoder(0.05, 5, 0)
SESSION = plant(Plan(visual=3.0, auditory=2.0, paired=40), seed=1)
ACTIVITY = SESSION.activity[
    {"trial": SESSION.facts["phase"].to_numpy() == "bimodal", "time": slice(0, 40, 2)}
]
GO = ACTIVITY["visual"].values == "go"


@pytest.fixture
def ax() -> Axes:
    return Figure(layout="constrained").subplots()


def texts(ax: Axes) -> list[str]:
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.texts]


def test_decoding_is_drawn_with_its_error_and_chance(ax: Axes) -> None:
    found = decode(ACTIVITY, GO, DECODER)
    chance = chance_level(ACTIVITY, GO, 1, 5, decoder=DECODER)
    assert figures.decoding_over_time(found, ax=ax, label="visual", chance=chance) is ax
    (curve,) = [line for line in ax.lines if line.get_label() == "visual"]
    np.testing.assert_array_equal(curve.get_ydata(), found.mean)
    bands = [patch.get_bbox() for patch in ax.patches]
    assert [(band.y0, band.y1) for band in bands] == [(chance.level, chance.threshold)]
    (shade,) = ax.collections
    assert shade.get_datalim(ax.transData).y1 == pytest.approx(
        float((found.mean + found.sem).max())
    )
    assert "s)" in ax.get_xlabel()


def test_a_single_bin_above_chance_is_seen(ax: Axes) -> None:
    times = np.arange(-1.5, 4.5, 0.01)
    above = xr.DataArray(np.abs(times - 2) < 0.005, {"time": times}, ("time",))
    assert figures.bins_above(above, ax=ax, width=0.01, bottom=0.3) is ax
    (bars,) = ax.collections
    (bar,) = [path.get_extents() for path in bars.get_paths()]
    assert (bar.x0 + bar.x1) / 2 == pytest.approx(2)
    assert bar.width > 0.05, "a hundredth of what is shown"
    assert bar.height > 0


def test_a_context_is_drawn_in_the_middle_and_at_the_edges(ax: Axes) -> None:
    found = drift_control(ACTIVITY, ACTIVITY["context"].values == "visual", decoder=DECODER)
    assert figures.drift_over_time(found, ax=ax) is ax
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_array_equal(drawn["in the middle"], found.middle.mean("fold"))
    np.testing.assert_array_equal(drawn["at the edges"], found.edges.mean("fold"))


def test_separations_of_sessions_are_drawn_as_their_mean(ax: Axes) -> None:
    one = separation(ACTIVITY, GO, SESSION.axes["visual"])
    both = xr.concat([one, one + 1], "session")
    assert figures.separation_over_time(both, ax=ax, label="two") is ax
    np.testing.assert_allclose(ax.lines[0].get_ydata(), one + 0.5)
    figures.separation_over_time(one, ax=ax, label="one")
    assert {"one", "two"} <= set(ax.get_legend_handles_labels()[1])


def test_the_plane_shows_means_and_numbers_of_trials(ax: Axes) -> None:
    positions = plane_positions(ACTIVITY, SESSION.axes["visual"], SESSION.axes["auditory"])
    assert figures.plane(positions, GO, ax=ax) is ax
    assert ax.get_legend_handles_labels()[1] == ["go (n = 40)", "nogo (n = 40)"]
    x, _ = ax.collections[1].get_offsets()[0]
    assert x == pytest.approx(float(positions[GO, 0].mean()))
    with pytest.raises(OneClassError):
        figures.plane(positions, GO | True, ax=ax)


def test_angles_and_sounds_stand_in_their_tables(ax: Axes) -> None:
    table = angles({"visual": [1.0, 0.0], "auditory": [1.0, 1.0]})
    assert figures.angle_table(table, ax=ax) is ax
    assert texts(ax) == ["0°", "45°", "45°", "0°"]
    rng = np.random.default_rng(1)
    heard = xr.DataArray(rng.normal(size=(6, 5)), dims=("trial", "neuron"))
    alike = similarity(heard, ["A", "B"] * 3)
    other = Figure(layout="constrained").subplots()
    assert figures.sound_table(alike, ax=other, what="correlation") is other
    assert texts(other) == [f"{value:.2f}" for value in alike.values.ravel()]


def test_distances_at_all_times_have_a_scale_around_zero(ax: Axes) -> None:
    assert figures.cross_time(cross_time_separation(ACTIVITY, GO, DECODER), ax=ax) is ax
    low, high = ax.collections[0].get_clim()
    assert low == -high < 0
    ax.figure.canvas.draw()
    assert len(ax.figure.axes) == 2


def test_indices_are_drawn_by_rank_with_their_correlation(ax: Axes) -> None:
    values = np.exp(-np.arange(9.0))
    found = rank_correlation([values])
    assert figures.context_by_rank(values, ax=ax, correlation=found) is ax
    assert f"r = {found.r:.2f}, n = 9" in ax.get_title()
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), values)


def test_the_program_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    exec(compile(program[1], str(PAGE), "exec"), {})
    before, during, strength = re.findall(r"[\d.]+", capsys.readouterr().out)
    assert [float(before), float(during)] == pytest.approx([0.5, 0.9], abs=0.11)
    assert strength == "0.05"
