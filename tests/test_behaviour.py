"""Behaviour from trials tables: by hand, by other libraries, and with planted truth."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from behaviour_tables import shifting, trials_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from analysis.behaviour.bins import binned_correct, correct_in_bins
from analysis.behaviour.groups import compare_conditions, compare_groups, group_means
from analysis.behaviour.learning import fit_sigmoid, learning_curve, sigmoid_curve
from analysis.behaviour.levels import fit_levels, level_curve, responses_by_level
from analysis.behaviour.licks import lick_psth, lick_raster, mean_psth, state_entries
from analysis.behaviour.outcomes import outcome_rates, reaction_times, sensitivity
from analysis.behaviour.plots import (
    plot_learning_curve,
    plot_lick_psth,
    plot_moving_averages,
    plot_psychometric,
)
from analysis.behaviour.windows import consistency_test, moving_averages, periods
from models.errors import ModelError
from models.phases import crossings

TEN = (
    ["hit", "hit", "miss", "false_alarm", None, "hit"] + ["correct_rejection"] * 3 + ["catch_lick"]
)


def outcomes(hits: int, misses: int, false_alarms: int, rejections: int) -> pd.DataFrame:
    return trials_table(
        ["hit"] * hits
        + ["miss"] * misses
        + ["false_alarm"] * false_alarms
        + ["correct_rejection"] * rejections
    )


def test_rates_of_ten_trials() -> None:
    (row,) = outcome_rates(trials_table(TEN)).to_dict("records")
    assert (row["hits"], row["misses"], row["false_alarms"], row["correct_rejections"]) == (
        3, 1, 1, 3,
    )  # fmt: skip
    assert (row["go"], row["nogo"]) == (4, 4)
    assert (row["hit_rate"], row["false_alarm_rate"], row["correct"]) == (0.75, 0.25, 0.75)
    wilson = stats.binomtest(3, 4).proportion_ci(method="wilson")
    assert (row["hit_rate_low"], row["hit_rate_high"]) == pytest.approx(tuple(wilson))


def test_rates_by_context_and_without_trials_of_a_type() -> None:
    table = trials_table(["hit", "miss", "correct_rejection"], label_context=["a", "a", "b"])
    rates = outcome_rates(table, ["label_context"])
    assert rates.loc["a", "hit_rate"] == 0.5
    assert math.isnan(rates.loc["b", "hit_rate"])
    assert math.isnan(rates.loc["b", "hit_rate_low"])
    assert rates.loc["b", "false_alarm_rate"] == 0


def test_d_prime_and_its_corrections() -> None:
    z = stats.norm.ppf
    table = outcomes(20, 0, 5, 15)
    clipped, narrow, log_linear = (
        sensitivity(table, correction=each).iloc[0]
        for each in ("clip 0.01", "clip 0.001", "log-linear")
    )
    assert (clipped["go"], clipped["nogo"]) == (20, 20)
    assert clipped["d_prime"] == pytest.approx(z(0.99) - z(0.25))
    assert clipped["criterion"] == pytest.approx(-(z(0.99) + z(0.25)) / 2)
    assert narrow["d_prime"] == pytest.approx(z(0.999) - z(0.25))
    assert log_linear["d_prime"] == pytest.approx(z(20.5 / 21) - z(5.5 / 21))
    assert log_linear["criterion"] == pytest.approx(-(z(20.5 / 21) + z(5.5 / 21)) / 2)


def test_the_log_linear_correction_is_not_clipped() -> None:
    found = sensitivity(outcomes(400, 0, 0, 400), correction="log-linear")["d_prime"].item()
    assert found == pytest.approx(2 * stats.norm.ppf(400.5 / 401))


def test_d_prime_is_missing_below_ten_trials_of_a_type() -> None:
    row = sensitivity(outcomes(9, 0, 0, 50)).iloc[0]
    assert math.isnan(row["d_prime"])
    assert math.isnan(row["criterion"])
    assert (row["go"], row["nogo"]) == (9, 50)


def test_reaction_times_begin_with_the_stimulus() -> None:
    table = trials_table(
        ["hit", "miss", None, "hit"],
        stimulus_time=[1.0, 5.0, 9.0, 13.0],
        first_lick_time=[1.4, math.nan, 9.1, 13.25],
    )
    found = reaction_times(table)
    assert found.index.tolist() == [1, 2, 4]
    assert found.tolist() == pytest.approx([0.4, math.nan, 0.25], nan_ok=True)


LICKS = pd.DataFrame({"time": [0.05, 0.95, 1.0, 1.12, 1.13, 2.6, 4.02, 4.98]})
TWO = trials_table(
    ["hit", "false_alarm", None],
    stimulus_time=[1.0, 4.0, 6.0],
    end_time=[3.0, 5.0, 7.0],
)


def test_licks_around_the_stimulus_by_hand() -> None:
    raster = lick_raster(TWO, LICKS, before=0.5, after=1.0)
    assert raster["trial"].tolist() == [1, 1, 1, 1, 2, 2]
    assert raster["time"].tolist() == pytest.approx([-0.05, 0, 0.12, 0.13, 0.02, 0.98])
    assert raster["outcome"].tolist() == ["hit"] * 4 + ["false_alarm"] * 2
    psth = lick_psth(TWO, LICKS, before=0.5, after=1.0, width=0.1)
    assert (psth.dims, psth.shape) == (("trial", "time"), (2, 15))
    assert psth["time"].values == pytest.approx(np.arange(-0.45, 1, 0.1))
    assert psth.sel(trial=1).values[4:7] == pytest.approx([10, 10, 20])
    for trial in (1, 2):  # as many licks as numpy counts
        own = LICKS["time"] - TWO.loc[trial, "stimulus_time"]
        counts, _ = np.histogram(own + 1e-12, np.arange(-5, 11) * 0.1)
        assert psth.sel(trial=trial).values * 0.1 == pytest.approx(counts)


def test_what_was_not_recorded_is_missing_from_a_psth() -> None:
    psth = lick_psth(TWO[:2], LICKS, before=2.0, after=2.0, width=0.5)
    assert np.isnan(psth.sel(trial=1)).values.tolist() == [True] * 2 + [False] * 6
    assert np.isnan(psth.sel(trial=2)).values.tolist() == [False] * 6 + [True] * 2


def test_mean_psth_by_outcome() -> None:
    rng = np.random.default_rng(0)
    onsets = np.arange(1, 41) * 5.0
    table = trials_table(
        ["hit", "correct_rejection"] * 20, stimulus_time=onsets, end_time=onsets + 4
    )
    licks = pd.DataFrame({"time": np.sort(rng.uniform(0, 200, 900))})
    psth = lick_psth(table, licks, width=0.25)
    means = mean_psth(psth)
    own = psth.values[::2]
    assert means["mean"].sel(outcome="hit").values == pytest.approx(own.mean(axis=0))
    assert means["sem"].sel(outcome="hit").values == pytest.approx(stats.sem(own))
    assert (means["trials"] == 20).all()


def test_licks_are_aligned_on_a_state() -> None:
    states = pd.DataFrame(
        {"trial": [1, 1, 1, 2], "state": ["reward", "wait", "reward", "wait"],
         "enter_time": [2.5, 2.0, 2.8, 4.0]}
    )  # fmt: skip
    entries = state_entries(states, "reward")
    raster = lick_raster(TWO, LICKS, entries, before=0.2, after=0.2)
    assert (raster["trial"].tolist(), raster["time"].tolist()) == ([1], pytest.approx([0.1]))


def learned(delay: float, learning: float, trials: int, seed: int) -> pd.DataFrame:
    """Return the trials of a mouse whose performance follows a sigmoid from 0.5 to 0.95."""
    width = learning / (2 * math.log(4))
    passed = np.arange(trials)
    p = 0.5 + 0.45 / (1 + np.exp(-(passed - delay - learning / 2) / width))
    go, right = np.random.default_rng(seed).random((2, trials))
    names = np.where(right < p, np.where(go < 0.5, "hit", "correct_rejection"),
                     np.where(go < 0.5, "miss", "false_alarm"))  # fmt: skip
    return trials_table(names.tolist())


def test_a_learning_curve_goes_on_over_sessions_and_finds_its_phases() -> None:
    table = learned(300, 400, 2050, seed=4)
    curve = learning_curve([table.iloc[:730], table.iloc[730:]])
    assert (len(curve), curve["last"].iloc[-1]) == (20, 2000)
    right = table["outcome"].isin(["hit", "correct_rejection"]).to_numpy()
    assert curve["fraction"].to_numpy() == pytest.approx(right[:2000].reshape(20, 100).mean(axis=1))
    found = fit_sigmoid(curve)
    for name, truth in (("delay", 300), ("learning", 400)):
        low, high = found.interval(name)
        assert low < truth < high
        assert found.value(name) == pytest.approx(truth, abs=130)
    fitted = sigmoid_curve(curve, found)
    assert ((fitted["low"] <= fitted["fraction"]) & (fitted["fraction"] <= fitted["high"])).all()
    every = np.interp(np.arange(2000), fitted["trial"], fitted["fraction"])
    assert crossings(every).learning == pytest.approx(found.value("learning"), rel=0.3)


def test_bins_of_rows_leave_out_what_is_not_full() -> None:
    assert correct_in_bins([1, 1, 0, 1, 0], 2).ends.tolist() == [2, 4]  # type: ignore[union-attr]
    assert binned_correct([]) == []


def test_responses_by_level_with_chance_from_silent_trials() -> None:
    rng = np.random.default_rng(2)
    levels = np.tile([20.0, 30, 40, 50, 60, 70], 60)
    silent = np.arange(360) % 6 == 0
    p = np.where(silent, 0.1, 0.1 + 0.85 / (1 + np.exp(-(levels - 45) / 4)))
    responded = rng.random(360) < p
    table = trials_table(
        np.where(
            silent,
            np.where(responded, "false_alarm", "correct_rejection"),
            np.where(responded, "hit", "miss"),
        ).tolist(),
        draw_level_db_spl=np.where(silent, math.nan, levels),
        stimulus=np.where(silent, "silence", np.where(levels > 50, "A", "B")),
    )
    table["trial_type"] = np.where(silent, "silent", "sound")
    found = responses_by_level(table)
    assert found["level_db_spl"].tolist() == pytest.approx(
        [math.nan, 30, 40, 50, 60, 70], nan_ok=True
    )
    assert found["trials"].tolist() == [60] * 6
    assert found.loc[0, "share"] == responded[silent].mean()
    assert found.loc[3, "share"] == responded[levels == 50].mean()
    assert len(responses_by_level(table, ["stimulus"])) == 6
    fit = fit_levels(found)
    low, high = fit.interval("threshold")
    assert low < 45 < high
    assert fit.value("guess") == pytest.approx(0.1, abs=0.08)
    curve = level_curve(found, fit)
    at_threshold = np.interp(fit.value("threshold"), curve["level_db_spl"], curve["share"])
    middle = (fit.value("guess") + 1 - fit.value("lapse")) / 2
    assert at_threshold == pytest.approx(middle, abs=0.01)
    _look(plot_psychometric, found, curve)


MICE = pd.DataFrame(
    {"group": ["weak"] * 5 + ["strong"] * 5,
     "learning": [900, 1100, 1300, 700, 1500, 300, 310, 290, 305, 280],
     "before": np.arange(10) / 10, "after": np.arange(10) / 10 + 0.1},
    index=[f"M{number}" for number in range(10)],
)  # fmt: skip


def test_groups_of_mice_are_compared_by_mouse() -> None:
    found = compare_groups(MICE, "learning")
    assert (found.n, found.p) == ((5, 5), pytest.approx(2 / 252))
    assert compare_groups(MICE, "learning", test="Kolmogorov-Smirnov").statistic == 1
    means = group_means(MICE, "learning")
    assert means.loc["strong"].tolist() == pytest.approx(
        [297, stats.sem([300, 310, 290, 305, 280]), 5]
    )
    assert compare_conditions(MICE, "before", "after").p == pytest.approx(2 / 2**10)
    sessions = pd.concat([MICE, MICE.iloc[:1]])
    with pytest.raises(ModelError, match="M0 has two rows"):
        compare_groups(sessions, "learning")


def _look(plot: Callable[..., object], *tables: object) -> Axes:
    """Return the axes into which a plot has drawn; it returns those that it was given."""
    axes = Figure().subplots()
    assert plot(*tables, ax=axes) is axes
    assert axes.lines
    axes.figure.canvas.draw()
    return axes


def test_plots_return_the_axes_that_they_draw_into() -> None:
    curve = learning_curve([learned(300, 400, 1000, seed=4)])
    _look(plot_learning_curve, curve)
    _look(plot_learning_curve, curve, sigmoid_curve(curve, fit_sigmoid(curve)))
    averages = moving_averages(shifting(3))
    shaded = _look(plot_moving_averages, averages).patches
    wanted = periods(averages).query("state == 'consistent'")
    assert [each.get_x() + 0.5 for each in shaded] == wanted["first"].tolist()
    _look(plot_lick_psth, mean_psth(lick_psth(TWO, LICKS, before=0.5, after=1.0)))


EMPTY = trials_table(TEN)[:0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: outcome_rates(EMPTY), "no completed trial"),
        (lambda: outcome_rates(trials_table([None, None])), "no completed trial"),
        (lambda: outcome_rates(trials_table(TEN), ["label_context"]), "no column label_context"),
        (lambda: sensitivity(trials_table(TEN), correction="none"), "no correction"),  # type: ignore[arg-type]
        (lambda: reaction_times(trials_table(TEN)), "no column first_lick_time"),
        (lambda: moving_averages(trials_table(TEN)), "no column block"),
        (lambda: moving_averages(pd.concat([shifting(1), shifting(2)])), "does not rise"),
        (lambda: consistency_test(shifting(1), 0, "trial"), "no trials 'trial'"),  # type: ignore[arg-type]
        (lambda: learning_curve([trials_table(TEN)]), "do not fill a bin"),
        (lambda: fit_sigmoid(learning_curve([outcomes(200, 0, 0, 200)])), "all trials are correct"),
        (lambda: fit_sigmoid(learning_curve([outcomes(100, 0, 0, 200)])), "too few for a sigmoid"),
        (lambda: responses_by_level(trials_table(TEN)), "no column draw_level"),
        (lambda: lick_psth(TWO, LICKS, width=0), "bins of 0 s"),
        (lambda: lick_psth(TWO, LICKS, width=9.0), "no bin of 9 s"),
        (lambda: lick_raster(TWO, LICKS, before=-1), "a window of -1 s"),
        (lambda: lick_raster(TWO, pd.DataFrame({"time": [math.nan]})), "missing or infinite"),
        (lambda: lick_raster(TWO, LICKS, "reward_time"), "no column reward_time"),
        (lambda: lick_raster(TWO, LICKS, pd.Series([1.0], index=[9])), "no trial has the event"),
        (lambda: compare_groups(MICE, "speed"), "no column speed"),
        (lambda: compare_groups(MICE[:5], "learning"), "1 groups"),
        (lambda: compare_groups(MICE.assign(learning=math.nan), "learning"), "M0 has no learning"),
        (lambda: compare_groups(MICE, "learning", test="t"), "no test 't'"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_computed_is_refused_in_words(
    call: Callable[[], object], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        call()


def test_a_session_without_licks_has_an_empty_raster() -> None:
    nothing = LICKS[:0]
    assert lick_raster(TWO, nothing).empty
    assert (lick_psth(TWO, nothing, before=0.5, after=1).values == 0).all()
