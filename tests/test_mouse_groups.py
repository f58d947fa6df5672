"""Groups of mice: known mice, their curves and phases, means over mice, and how they are drawn."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from behaviour_tables import trials_table
from fit_sessions import session, trial
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from analysis.behaviour.course import course_of, courses_in, phase_table
from analysis.behaviour.course_figure import plot_course
from analysis.behaviour.groups import mean_curves
from analysis.behaviour.learning import curve_table, fit_phases
from analysis.behaviour.licks import lick_raster
from analysis.behaviour.outcomes import reaction_times
from analysis.behaviour.plots import (
    plot_group_curves,
    plot_lick_raster,
    plot_mice,
    plot_reaction_times,
)
from analysis.cohort import GROUPS, add_cohort, train_cohort
from analysis.commands.curve import _fit_in_words
from analysis.fits.sessions import Past
from models.errors import ModelError
from models.phases import BinnedPerformance
from rig.lab import Lab
from rig.session_record import load_session


def curve(*correct: int, size: int = 100) -> pd.DataFrame:
    ends = np.arange(1, len(correct) + 1) * size
    return curve_table(BinnedPerformance(ends, correct, [size] * len(correct)))


CURVES = {"M1": curve(50, 60, 90), "M2": curve(52, 70), "M3": curve(40, 80, 95)}
OF_MICE = pd.Series({"M1": "weak", "M2": "weak", "M3": "strong", "M9": "strong"})


@pytest.fixture
def ax() -> Axes:
    return Figure().subplots()


def test_the_mean_of_a_group_is_over_mice_and_of_the_bins_that_all_have() -> None:
    means = mean_curves(CURVES, OF_MICE)
    weak, strong = (means[means["group"] == name] for name in ("weak", "strong"))
    assert weak["last"].tolist() == [100, 200]
    assert weak["mean"].tolist() == pytest.approx([0.51, 0.65])
    assert weak["sem"].tolist() == pytest.approx([stats.sem([0.5, 0.52]), stats.sem([0.6, 0.7])])
    assert (weak["mice"].tolist(), strong["mice"].tolist()) == ([2, 2], [1, 1, 1])
    assert strong["sem"].isna().all()


@pytest.mark.parametrize(
    ("curves", "groups", "words"),
    [
        ({}, OF_MICE, "no learning curve"),
        (CURVES, OF_MICE[1:], "mouse M1 has no group"),
        (CURVES, pd.concat([OF_MICE, OF_MICE[:1]]), "M1 has two rows"),
        (CURVES | {"M3": curve(5, 8, size=10)}, OF_MICE, "bins are not of one size"),
    ],
)
def test_groups_that_cannot_be_are_refused(
    curves: dict[str, pd.DataFrame], groups: pd.Series[str], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        mean_curves(curves, groups)


def test_the_means_are_drawn_with_their_mice(ax: Axes) -> None:
    means = mean_curves(CURVES, OF_MICE)
    assert plot_group_curves(means, ax=ax) is ax
    labels = [line.get_label() for line in ax.lines]
    assert labels == ["chance", "weak, mean and SEM of 2 mice", "strong, mean and SEM of 1 mice"]
    assert list(ax.lines[1].get_xdata()) == [50, 150]
    band = ax.collections[0].get_datalim(ax.transData)
    assert band.y1 == pytest.approx((means["mean"] + means["sem"]).max())


def test_every_mouse_is_drawn_beside_the_mean_of_its_group(ax: Axes) -> None:
    delays = [100.0, 300.0, 50.0, math.nan]
    mice = pd.DataFrame({"group": ["a", "a", "b", "b"], "delay": delays}, list("1234"))
    assert plot_mice(mice, "delay", ax=ax) is ax
    drawn = [list(line.get_ydata()) for line in ax.lines if line.get_linestyle() == "None"]
    assert drawn[0] == [100, 300]
    assert [50] in drawn
    assert 200 in [y for line in ax.lines for y in line.get_ydata()]
    assert [each.get_text() for each in ax.get_xticklabels()] == ["a\n(2 mice)", "b\n(1 mice)"]


LICKS = pd.DataFrame({"time": [10.3, 10.5, 20.4, 39.9]})
TRIALS = trials_table(
    ["hit", "false_alarm", "correct_rejection", "hit", None],
    stimulus_time=[10.0, 20.0, 30.0, 40.0, 50.0], end_time=[18.0, 28.0, 38.0, 48.0, 51.0],
    first_lick_time=[10.3, 20.4, math.nan, math.nan, math.nan],
)  # fmt: skip


def test_a_raster_has_a_line_for_each_trial_of_each_outcome(ax: Axes) -> None:
    raster = lick_raster(TRIALS, LICKS, before=1, after=4)
    assert plot_lick_raster(raster, TRIALS, ax=ax) is ax
    words = [each.get_text() for each in ax.get_yticklabels()]
    assert words == ["correct rejection\n(1 trials)", "false alarm\n(1 trials)", "hit\n(2 trials)"]
    strokes = [path.vertices for drawn in ax.collections for path in drawn.get_paths()]
    places = sorted((round(x, 3), top) for (x, top), _ in (each[:2] for each in strokes))
    assert places == [(-0.1, 3), (0.3, 2), (0.4, 1), (0.5, 2)]
    assert ax.get_ylim() == (4, 0)
    assert ax.get_xlabel() == "time from the stimulus (s)"


def test_reaction_times_are_drawn_of_responses_alone(ax: Axes) -> None:
    assert plot_reaction_times(reaction_times(TRIALS), TRIALS, ax=ax) is ax
    assert [line.get_label() for line in ax.lines] == ["hit (1)", "false alarm (1)"]


def test_a_delay_is_in_doubt_where_the_phase_behind_it_is() -> None:
    """This mouse rises at once, and then crawls: its middle is told, but no length."""
    correct = [46, 58, 74, 68, 72, 70, 66, 76, 78, 80]
    crawls = fit_phases(BinnedPerformance(np.arange(1, 11) * 100, correct, [100] * 10))
    assert [doubt.name for doubt in crawls.doubts] == ["delay", "learning"]
    assert crawls.doubts[0].why == "the learning phase behind it is not told"
    slow = fit_phases(
        BinnedPerformance(np.arange(1, 9) * 100, [51, 52, 58, 70, 83, 91, 92, 93], [100] * 8)
    )
    assert slow.doubts == ()


def test_a_delay_that_ends_before_the_first_trial_is_in_doubt() -> None:
    correct = [780, 850, 890, 900, 905, 900, 900, 900]
    found = fit_phases(BinnedPerformance(np.arange(1, 9) * 1000, correct, [1000] * 8))
    assert [(each.name, each.why) for each in found.doubts] == [
        ("delay", "it ends before the first trial")
    ]


def test_the_command_and_the_table_tell_no_delay_that_is_in_doubt() -> None:
    rows = [trial("nogo", "B", "false_alarm"), trial("go", "A", "hit")] * 200
    rows += [trial("nogo", "B", "correct_rejection"), trial("go", "A", "hit")] * 180
    rows += [trial("go", "A", "miss")] * 40
    course = course_of(Past("M1", (session(rows, "M1/2026-01-01/1", stage=""),), ()), (), 100)
    words = _fit_in_words(course)
    assert "delay: these trials do not tell; learning: these trials do not tell; lapse 0." in words
    (row,) = phase_table([course]).to_dict("records")
    assert math.isnan(row["delay"])
    assert math.isnan(row["learning_high"])
    assert 0 < row["lapse_low"] < row["lapse"] < row["lapse_high"]


def test_a_cohort_is_trained_in_its_groups_and_its_curves_are_read(lab: Lab, ax: Axes) -> None:
    cohort = add_cohort(lab, 2, seed=1)
    assert cohort["group"].tolist() == list(GROUPS)
    pd.testing.assert_frame_equal(cohort, add_cohort(lab, 2, seed=1))
    days = list(train_cohort(lab, cohort, days=1, seed=1, first_day=date(2026, 11, 2)))
    assert [day.day.session for day in days] == ["VM01/2026-11-02/1", "VM02/2026-11-02/1"]
    for day, (sound, excitation) in zip(
        days, zip("AB", cohort["common_excitation"], strict=True), strict=True
    ):
        definition = load_session(day.result.folder).definition
        assert (day.stage, definition.params["go_sound"]) == ("go_nogo", sound)
        assert definition.mouse_settings["common_excitation"] == excitation
    found = courses_in(lab, cohort.index, bin_trials=50)
    assert [course.subject for course in found.mice] == ["VM01", "VM02"]
    assert [each.trials for each in found.mice[0].bins] == [50] * 5
    assert plot_course(found.mice[0], ax=ax) is ax
    assert ax.get_title() == "VM01"
