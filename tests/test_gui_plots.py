"""The plots of the window: what they say of a session, and that a long one costs no more."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from gui_helpers import Script
from PyQt5.QtCore import QSize
from PyQt5.QtGui import QFontMetrics, QImage
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from analysis.timing import StateTiming
from gui import theme
from gui.palette import PALETTES, Palette, contrast, letters_on, outcome_colour, type_colour
from gui.performance_data import PerformanceData
from gui.plots.base import head_font
from gui.plots.camera_view import CameraView
from gui.plots.outcome_strip import OutcomeStrip
from gui.plots.performance_plot import PerformancePlot
from gui.plots.psychometric_plot import PsychometricPlot
from gui.plots.raster import ROWS, RasterPlot
from gui.plots.sensitivity import SensitivityView
from gui.plots.timing_view import TimingView
from gui.session_view import SessionView
from rig.colours import OUTCOMES, TYPES
from rig.events import StateEntered, TrialEnded, TrialStarted
from rig.measures import Sensitivity, sensitivity
from rig.psychometric import Psychometric
from rig.trials import TrialRow

EVERY_PALETTE = pytest.mark.parametrize("palette", PALETTES.values(), ids=list(PALETTES))
CONGRUENCIES = "congruent", "incongruent"


@pytest.fixture
def seconds() -> list[float]:
    """Return the seconds that widgets are told, in a list that a test may change."""
    return [0.0]


def a_session(*outcomes: str | None) -> SessionView:
    script = Script()
    for outcome in outcomes:
        script.trial(outcome)
    return script.view()


def a_row(trial: int, outcome: str, block: int = 0, **labels: str) -> TrialRow:
    kind = "go" if outcome in {"hit", "miss"} else "nogo"
    times = 10.0 * trial, 10.0 * trial + 5, None, None
    nothing = None, None, None, None
    return TrialRow(trial, kind, "A", outcome, False, *times, 0, *nothing, block, labels)


def picture(widget: QWidget, qtbot: QtBot, size: QSize) -> QImage:
    """Return what a widget looks like."""
    qtbot.addWidget(widget)
    widget.resize(size)
    return widget.grab().toImage()


def trials_pointed_at(strip: OutcomeStrip) -> set[int]:
    """Return the numbers of the trials that the mouse can point at."""
    pointed = (strip.cells.row_at(x) for x in range(strip.cells.width()))
    return {row.trial for row in pointed if row is not None}


def pixels(image: QImage) -> set[str]:
    """Return all colours of a picture."""
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }


@EVERY_PALETTE
def test_outcomes_and_types_are_legible_on_every_palette(palette: Palette) -> None:
    for outcome in (*OUTCOMES, None, "too_early"):
        colour = outcome_colour(palette, outcome)
        assert contrast(colour, palette.panel) >= 3
        assert contrast(letters_on(colour), colour) >= 4.5
    for kind in TYPES:
        assert contrast(type_colour(palette, *kind), palette.panel) >= 3
    assert contrast(palette.quiet, palette.panel) >= 3


@EVERY_PALETTE
def test_the_four_outcomes_have_colours_of_their_own(palette: Palette) -> None:
    four = ("hit", "miss", "false_alarm", "correct_rejection")
    assert len({outcome_colour(palette, outcome) for outcome in four}) == 4


def test_the_raster_has_a_panel_for_each_type_and_counts_the_trials_that_ended(
    qtbot: QtBot,
) -> None:
    plot = RasterPlot()
    qtbot.addWidget(plot)
    script = Script().trial("correct_rejection").trial("hit").trial("miss").begin("go")
    plot.show_raster(script.view().raster)
    assert [panel.title for panel in plot.panels.values()] == ["go, 2 trials", "nogo, 1 trial"]


@pytest.mark.parametrize("width", [700, 460, 320])
def test_titles_of_the_raster_fit_into_their_panels(qtbot: QtBot, width: int) -> None:
    plot = RasterPlot()
    qtbot.addWidget(plot)
    plot.resize(width, 300)
    plot.show()
    script = Script()
    for _ in range(103):
        script.trial("hit", kind="sound")
    for _ in range(14):
        script.trial("correct_rejection", kind="silent")
    plot.show_raster(script.view().raster)
    panels = list(plot.panels.values())
    for panel, name in zip(panels, ("sound, 103", "silent"), strict=True):
        shown = panel.plot.titleLabel.text
        assert shown.startswith(name)
        room = panel.plot.getViewBox().width()
        assert QFontMetrics(head_font()).horizontalAdvance(shown) <= room
    assert panels[1].title == "silent (catch), 14 trials"
    assert panels[1].plot.geometry().right() <= plot.width()


def test_the_response_window_is_found_from_the_onset_of_the_stimulus() -> None:
    view = Script().begin("go").view()
    assert view.raster.window is None
    view.take(StateEntered(9, 0.6, 0.6, 1, "response", 1.5, "timeout"))
    assert view.raster.window == pytest.approx((0.6, 2.1))


def test_the_raster_shows_every_lick_and_the_newest_trials(qtbot: QtBot) -> None:
    plot = RasterPlot()
    qtbot.addWidget(plot)
    plot.show_raster(a_session(*["hit"] * 5).raster)
    assert plot.panels["go"].ticks == 10
    plot.show_raster(a_session(*["hit"] * (ROWS + 40)).raster)
    assert plot.panels["go"].rows == (40, ROWS + 40)
    assert plot.panels["go"].ticks == 2 * ROWS


def test_the_bar_of_the_raster_leads_to_earlier_trials_and_stays_there(qtbot: QtBot) -> None:
    plot = RasterPlot()
    qtbot.addWidget(plot)
    plot.show_raster(a_session(*["hit"] * (ROWS + 40)).raster)
    plot.earlier.setValue(0)
    assert plot.panels["go"].rows == (0, ROWS)
    plot.show_raster(a_session(*["hit"] * (ROWS + 41)).raster)
    assert plot.panels["go"].rows == (0, ROWS)
    plot.earlier.setValue(plot.earlier.maximum())
    assert plot.panels["go"].rows == (41, ROWS + 41)


def test_licks_of_the_running_trial_are_drawn_a_few_times_a_second(
    qtbot: QtBot, seconds: list[float]
) -> None:
    plot = RasterPlot(now=lambda: seconds[0])
    qtbot.addWidget(plot)
    script = Script().trial("hit", licks=0).begin("go")
    view = script.view()
    plot.show_raster(view.raster)
    for record in script.lick(0.2).records[-2:]:
        view.take(record)
    plot.show_raster(view.raster)
    assert plot.panels["go"].ticks == 0
    seconds[0] += 0.15
    plot.show_raster(view.raster)
    assert plot.panels["go"].ticks == 1


def test_the_strip_says_the_last_trial_and_any_that_is_pointed_at(qtbot: QtBot) -> None:
    strip = OutcomeStrip()
    qtbot.addWidget(strip)
    assert strip.last.text() == "no trial yet"
    strip.resize(1000, 120)
    strip.show()
    outcomes = ["hit", "miss", "false_alarm", "correct_rejection", None, "hit"]
    strip.show_rows(a_session(*outcomes).rows)
    assert f"{strip.number.text()} {strip.last.text()}" == "trial 6: hit"
    assert trials_pointed_at(strip) == {1, 2, 3, 4, 5, 6}


def test_the_strip_shows_fewer_trials_where_there_is_less_room(qtbot: QtBot) -> None:
    strip = OutcomeStrip()
    qtbot.addWidget(strip)
    strip.show_rows(a_session(*["hit"] * 60).rows)
    strip.cells.resize(1000, 50)
    assert trials_pointed_at(strip) == set(range(11, 61))
    strip.cells.resize(400, 50)
    assert trials_pointed_at(strip) == set(range(37, 61))


@EVERY_PALETTE
def test_the_strip_takes_on_the_colours_of_a_palette(qtbot: QtBot, palette: Palette) -> None:
    strip = OutcomeStrip()
    strip.show_rows(a_session("hit", "correct_rejection").rows)
    strip.restyle(palette)
    seen = pixels(picture(strip, qtbot, QSize(500, 120)))
    assert {outcome_colour(palette, each).lower() for each in ("hit", "correct_rejection")} <= seen


def test_performance_names_the_curves_with_their_last_share(qtbot: QtBot) -> None:
    plot = PerformancePlot()
    qtbot.addWidget(plot)
    data = PerformanceData()
    data.take(a_session("hit", "hit", "hit", "miss", "correct_rejection").rows)
    plot.show_performance(data)
    assert plot.accessibleDescription() == "go 0.75, nogo 1.00"


def test_performance_names_consistent_periods_and_blocks(qtbot: QtBot) -> None:
    outcomes = [(o, c) for o in ("hit", "correct_rejection") for c in CONGRUENCIES] * 6
    rows = [
        a_row(number, outcome, 1, congruency=congruency, context="visual")
        for number, (outcome, congruency) in enumerate(outcomes, start=1)
    ]
    plot = PerformancePlot()
    qtbot.addWidget(plot)
    data = PerformanceData()
    data.take(rows)
    plot.show_performance(data)
    told = plot.accessibleDescription()
    assert "nogo incongruent 1.00" in told
    assert told.endswith("consistent (provisional), block 1, visual")
    data.take([*rows, a_row(25, "hit", 2, congruency="congruent", context="auditory")])
    plot.show_performance(data)
    assert plot.accessibleDescription().endswith("block 2, auditory")
    assert "consistent" not in plot.accessibleDescription()


def test_only_types_of_the_running_phase_are_named(qtbot: QtBot) -> None:
    plot = PerformancePlot()
    qtbot.addWidget(plot)
    data = PerformanceData()
    primed = [a_row(number, "hit", 1, phase="priming") for number in (1, 2)]
    mixed = a_row(3, "hit", 1, phase="bimodal", congruency="congruent")
    data.take([*primed, mixed])
    plot.show_performance(data)
    assert plot.accessibleDescription() == "go congruent 1.00, block 1, bimodal"


def test_performance_of_another_session_leaves_nothing_of_the_last_one(qtbot: QtBot) -> None:
    plot = PerformancePlot()
    qtbot.addWidget(plot)
    for outcomes in (("hit", "correct_rejection"), ("hit",)):
        data = PerformanceData()
        data.take(a_session(*outcomes).rows)
        plot.show_performance(data)
    assert plot.accessibleDescription() == "go 1.00"


def test_each_trial_is_taken_in_once() -> None:
    rows = a_session(*["hit", "correct_rejection"] * 15).rows
    step_by_step, at_once = PerformanceData(), PerformanceData()
    for count in (0, 1, 1, 7, 30):
        step_by_step.take(rows[:count])
    at_once.take(rows)
    assert step_by_step.taken == 30
    assert not at_once.take(rows)
    ours, theirs = step_by_step.sensitivity, at_once.sensitivity
    assert np.array_equal(ours.d_prime, theirs.d_prime, equal_nan=True)


def test_sensitivity_is_hidden_while_n_is_too_small(qtbot: QtBot) -> None:
    view = SensitivityView()
    qtbot.addWidget(view)
    view.show_sensitivity(sensitivity(a_session(*["hit", "correct_rejection"] * 9).rows))
    assert view.d_prime.text() == "d' -"
    assert "n 9 go, 9 nogo" in view.counts.text()
    assert view.criterion.text() == "n too small"
    outcomes = ["hit", "correct_rejection", "hit", "false_alarm"] * 10
    view.show_sensitivity(sensitivity(a_session(*outcomes).rows))
    assert view.d_prime.text() == "d' 2.3"
    assert view.criterion.text() == "criterion -1.2"
    assert view.counts.text() == "n 20 go, 20 nogo, last 50 trials"
    view.show_sensitivity(Sensitivity())
    assert view.d_prime.text() == "d' -"


def test_responses_are_shown_by_level_and_catch_trials_apart(qtbot: QtBot) -> None:
    plot = PsychometricPlot()
    qtbot.addWidget(plot)
    counted = Psychometric()
    for kind, level, outcome in (
        ("sound", 40.0, "hit"),
        ("sound", 40.0, "miss"),
        ("sound", 60.0, "hit"),
        ("silent", 0.0, "correct_rejection"),
    ):
        draws = {"level_db_spl": level} if kind == "sound" else {}
        counted.add(TrialStarted(1, 0, 0, 1, 1, kind, "silence", draws, "sound"))
        counted.add(TrialEnded(2, 1, 1, 1, "timeout", outcome, False, {}))
    plot.show_points(counted)
    told = "catch: 0 of 1; 40 dB SPL: 1 of 2; 60 dB SPL: 1 of 1"
    assert plot.accessibleDescription() == told


def test_a_picture_is_read_when_it_was_written_and_not_too_often(
    qtbot: QtBot, tmp_path: Path, seconds: list[float]
) -> None:
    view = CameraView(now=lambda: seconds[0])
    qtbot.addWidget(view)
    file = tmp_path / "thumbnail-eye.jpg"
    view.show_file(file, "eye: the left eye")
    assert view.words.text() == "eye: the left eye\nno picture"
    _write(file, 250, 1)
    view.show_file(file, "eye: the left eye")
    assert view.words.text().endswith("no picture")
    seconds[0] += 0.2
    view.show_file(file, "eye: the left eye")
    assert view.words.text() == "eye: the left eye\npicture less than 1 s old"
    assert "#fafafa" in pixels(picture(view, qtbot, QSize(200, 200)))
    seconds[0] += 1.4
    view.show_file(file)
    assert view.words.text() == "picture 1 s old"
    seconds[0] += 1.6
    view.show_file(file)
    assert view.words.text() == "no new picture for 3 s"
    assert view.words.property("level") == "warn"
    _write(file, 10, 2)
    seconds[0] += 0.2
    view.show_file(file)
    assert view.words.text() == "picture less than 1 s old"
    assert "#0a0a0a" in pixels(picture(view, qtbot, QSize(200, 200)))


def _write(file: Path, grey: int, written: int) -> None:
    cv2.imwrite(str(file), np.full((60, 80), grey, np.uint8))
    os.utime(file, (written, written))


def test_half_a_picture_does_no_harm(qtbot: QtBot, tmp_path: Path, seconds: list[float]) -> None:
    view = CameraView(now=lambda: seconds[0])
    qtbot.addWidget(view)
    file = tmp_path / "thumbnail-eye.jpg"
    file.write_bytes(b"\xff\xd8\xff")
    view.show_file(file)
    assert view.words.text() == "no picture"


@pytest.mark.parametrize(
    ("errors", "words", "level"),
    [
        ({}, "no state with a duration has ended yet", ""),
        ({"sound": 0.4, "reward": 0.02}, "all durations kept to within 0.4 ms", "good"),
        ({"sound": 0.4, "reward": 4.0}, "reward: 4.0 ms off at worst", "warn"),
        ({"sound": 0.4, "reward": 12.3}, "reward: 12 ms off at worst", "bad"),
    ],
)
def test_the_worst_state_is_named(
    qtbot: QtBot, errors: dict[str, float], words: str, level: str
) -> None:
    view = TimingView()
    qtbot.addWidget(view)
    waits = StateTiming("waiting", 3, None, 1.0, 2.0, None, 0.1)
    timed = [StateTiming(name, 9, 1.0, 1.0, 1.0, off, 0.1) for name, off in errors.items()]
    view.show_timing([waits, *timed])
    assert view.worst.text() == words
    assert view.worst.property("level") == level


@EVERY_PALETTE
def test_every_plot_takes_on_the_ground_of_a_palette(qtbot: QtBot, palette: Palette) -> None:
    plots = RasterPlot(), PerformancePlot(), PsychometricPlot(), TimingView()
    for plot in plots:
        theme.apply(theme.the_app(), palette)
        plot.restyle(palette)
        assert palette.panel in pixels(picture(plot, qtbot, QSize(300, 200)))
