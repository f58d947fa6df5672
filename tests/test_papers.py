"""The papers' numbers, read from what was recorded and not from the graphs."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers import Played, play

from analysis.timing import state_timing
from protocols.set_shifting import SetShifting
from rig.events import ActionDone, DeviceReported, StateEntered
from rig.lab import Lab
from rig.trials import TrialRow

TICK = 1e-9
GO = ("45 deg", "5 kHz", "S+ and C", "A", "up")

STATES: dict[str, dict[str, float]] = {
    # Ceballo et al. 2019, Methods, "Go/NoGo discrimination behavior".
    "go_nogo": {
        "pips": 2 * (0.05 + 0.375), "sound": 0.07, "delay": 0.58, "response": 1.0,
        "false_alarm": 8.0,
    },
    "go_nogo_ramps": {"sound": 2.0, "response": 1.5, "false_alarm": 8.0},
    "go_nogo_head_fixed": {"sound": 0.07, "response": 1.0, "false_alarm": 7.0},
    "detection": {"sound": 0.07, "silence": 0.07, "delay": 0.58, "response": 1.0},
    "optogenetic": {"flashes": 1.0, "response": 1.0, "false_alarm": 7.0},
    "imaging_sounds": {"pips": 0.85, "sound": 0.07},
    "imaging_ramps": {"sound": 2.0},
    # Hajnal et al. 2024, Methods, "Animal training".
    "visual_discrimination": {
        "stimulus": 2.0, "response": 1.0, "hit": 3.0, "correct_rejection": 3.0,
        "false_alarm": 6.5, "miss": 0.5, "miss_interval": 6.0,
    },
    "auditory_discrimination": {
        "stimulus": 2.0, "response": 1.0, "hit": 3.0, "correct_rejection": 3.0,
        "false_alarm": 9.0, "miss": 0.5, "miss_interval": 8.5,
    },
    "set_shifting": {
        "stimulus": 2.0, "response": 1.0, "hit": 3.0, "correct_rejection": 3.0,
        "false_alarm": 9.0, "miss": 0.5, "miss_interval": 8.5,
    },
}  # fmt: skip


def played(lab: Lab, protocol: str, trials: int = 200, **mouse: object) -> Played:
    return play(lab, Path(f"protocols/{protocol}.toml"), trials, **mouse)


def reports(found: Played, what: str) -> list[DeviceReported]:
    return [e for e in found.events if isinstance(e, DeviceReported) and e.what == what]


@pytest.mark.parametrize("protocol", STATES)
def test_every_state_lasts_as_the_paper_says(lab: Lab, protocol: str) -> None:
    timing = {row.state: row for row in state_timing(played(lab, protocol).events)}
    for state, seconds in STATES[protocol].items():
        assert timing[state].shortest == pytest.approx(seconds, abs=TICK), state
        assert timing[state].longest == pytest.approx(seconds, abs=TICK), state


@pytest.mark.parametrize("protocol", ["visual_discrimination", "auditory_discrimination"])
def test_the_drop_falls_two_seconds_after_the_onset_in_every_go_trial(
    lab: Lab, protocol: str
) -> None:
    found = played(lab, protocol)
    drops = {report.trial: report for report in reports(found, "opening")}
    assert set(drops) == {row.trial for row in found.rows if row.trial_type == "go"}
    for row in found.rows:
        if row.trial in drops:
            assert row.stimulus_time is not None
            onset = drops[row.trial].hardware_time - row.stimulus_time
            assert onset == pytest.approx(2.0, abs=TICK)
            assert drops[row.trial].volume_ul == 2.0


def test_stimuli_last_three_seconds_and_begin_together(lab: Lab) -> None:
    found = played(lab, "set_shifting", policy="perfect", go=GO)
    gratings = {report.trial: report for report in reports(found, "grating")}
    tones = {report.trial: report for report in reports(found, "sound")}
    assert {report.achieved for report in [*gratings.values(), *tones.values()]} == {3.0}
    both = gratings.keys() & tones.keys()
    assert len(both) > 100
    for trial in both:
        assert gratings[trial].hardware_time == tones[trial].hardware_time
    assert {row.trial for row in found.rows if row.labels["phase"] == "bimodal"} == both


@pytest.mark.parametrize(
    ("protocol", "after_an_error"),
    [("visual_discrimination", 6.5), ("auditory_discrimination", 9.0), ("set_shifting", 9.0)],
)
def test_the_interval_is_three_seconds_and_longer_after_an_error(
    lab: Lab, protocol: str, after_an_error: float
) -> None:
    found = played(lab, protocol, trials=80)
    onsets = [row.stimulus_time or 0.0 for row in found.rows]
    for row, (earlier, later) in zip(found.rows, pairwise(onsets), strict=False):
        wrong = row.outcome in {"miss", "false_alarm"}
        expected = after_an_error if wrong else 3.0
        assert later - (earlier + 3.0) == pytest.approx(expected, abs=TICK)
    assert {row.outcome for row in found.rows} > {"miss", "false_alarm"}


def test_only_licks_in_the_last_second_count(lab: Lab) -> None:
    """An impulsive mouse licks at the onset; one that licks at random is judged by its window."""
    rows = played(lab, "visual_discrimination", policy="impulsive").rows
    assert all(row.lick_count >= 2 for row in rows)
    assert {row.outcome for row in rows} == {"miss", "correct_rejection"}
    for row in played(lab, "visual_discrimination", policy="random").rows:
        assert row.licks is not None
        assert (row.outcome in {"hit", "false_alarm"}) == (row.licks >= 1)


def test_a_missed_drop_is_removed_at_the_end_of_the_stimuli(lab: Lab) -> None:
    found = played(lab, "visual_discrimination", policy="never")
    vacuum = {
        event.trial: event.hardware_time
        for event in found.events
        if isinstance(event, ActionDone) and (event.device, event.verb) == ("vacuum", "on")
    }
    for row in found.rows:
        missed = row.outcome == "miss"
        assert (row.trial in vacuum) == missed
        assert row.removed_ul == (2.0 if missed else None)
        if missed:
            since = vacuum[row.trial] - (row.stimulus_time or 0.0)
            assert since == pytest.approx(3.0, abs=TICK)
    assert sum(row.reward_ul or 0.0 for row in found.rows) == 200.0


def test_the_screen_stays_grey_in_auditory_trials(lab: Lab) -> None:
    assert reports(played(lab, "auditory_discrimination"), "grating") == []
    found = played(lab, "set_shifting", policy="perfect", go=GO, trials=300)
    shown = {report.trial for report in reports(found, "grating")}
    alone = [r for r in found.rows if r.labels == {"context": "auditory", "phase": "priming"}]
    assert len(alone) == 30
    assert not shown & {row.trial for row in alone}


def test_catch_trials_come_after_the_criterion_and_are_a_tenth(lab: Lab) -> None:
    found = played(lab, "optogenetic", trials=260, policy="perfect", go=GO)
    catch = [row.trial for row in found.rows if row.trial_type == "catch"]
    assert min(catch) > 60
    for start in range(60, 260, 20):
        assert sum(start < trial <= start + 20 for trial in catch) == 2
    kinds = Counter(row.stimulus for row in found.rows if row.trial_type == "catch")
    assert set(kinds) == {"C", "S+", "S-"}
    assert max(kinds.values()) - min(kinds.values()) <= 1
    drops = {report.trial for report in reports(found, "opening")}
    assert not drops & set(catch)


def test_no_catch_trials_before_the_mouse_has_learned(lab: Lab) -> None:
    rows = played(lab, "optogenetic", trials=400, policy="random").rows
    assert {row.trial_type for row in rows} == {"go", "nogo"}


def test_the_masking_light_is_on_from_the_first_moment(lab: Lab) -> None:
    first = next(e for e in played(lab, "optogenetic").events if isinstance(e, ActionDone))
    assert (first.device, first.verb, first.hardware_time) == ("masking_light", "on", 0.0)


def test_the_head_fixed_interval_is_three_to_seven_seconds_and_three_without_licks(
    lab: Lab,
) -> None:
    found = played(lab, "optogenetic", trials=300, policy="random")
    intervals = [
        event.requested
        for event in found.events
        if isinstance(event, StateEntered) and event.state == "interval"
    ]
    assert 3.0 <= min(intervals) < 3.2  # type: ignore[type-var]
    assert 6.8 < max(intervals) <= 7.0  # type: ignore[type-var]


def context_of(rows: list[TrialRow]) -> list[str]:
    return [row.labels["context"] for row in rows]


def test_a_session_of_set_shifting_is_the_papers(lab: Lab) -> None:
    """30 priming trials, 120 with a distractor, 5 minutes, and the same with the other modality."""
    found = played(lab, "set_shifting", trials=1000, policy="perfect", go=GO)
    assert found.reason == "2 blocks done"
    phases = Counter((row.block, row.labels["phase"]) for row in found.rows)
    assert phases == {(1, "priming"): 30, (1, "bimodal"): 120, (2, "priming"): 30,
                      (2, "bimodal"): 120}  # fmt: skip
    assert len(set(context_of(found.rows[:150]))) == 1
    assert len(set(context_of(found.rows[150:]))) == 1
    assert set(context_of(found.rows)) == {"visual", "auditory"}
    last, first = found.rows[149], found.rows[150]
    assert (first.stimulus_time or 0.0) - last.end_time == pytest.approx(300.0, abs=TICK)


def test_every_eight_bimodal_trials_are_balanced(lab: Lab) -> None:
    found = played(lab, "set_shifting", trials=1000, policy="perfect", go=GO)
    for block in (1, 2):
        rows = [r for r in found.rows if r.block == block and r.labels["phase"] == "bimodal"]
        for start in range(0, 120, 8):
            eight = rows[start : start + 8]
            pairs = Counter((row.trial_type, row.labels["congruency"]) for row in eight)
            assert set(pairs.values()) == {2}
            assert len(pairs) == 4
            assert len({row.stimulus for row in eight}) == 4


def test_the_first_context_is_random_in_equal_shares(lab: Lab) -> None:
    params = SetShifting.Params()
    first = Counter(
        SetShifting(params, np.random.default_rng(seed)).trial(1, []).labels["context"]  # type: ignore[union-attr]
        for seed in range(400)
    )
    assert abs(first["visual"] - 200) < 40


def test_reward_and_order_are_those_of_the_first_paper(lab: Lab) -> None:
    found = played(lab, "go_nogo", trials=240, policy="always")
    assert {report.volume_ul for report in reports(found, "opening")} == {5.0}
    for start in range(0, 240, 8):
        eight = Counter(row.trial_type for row in found.rows[start : start + 8])
        assert eight == {"go": 4, "nogo": 4}


@pytest.mark.parametrize(
    ("protocol", "sounds", "repetitions"),
    [("imaging_sounds", ("A", "B", "C"), 30), ("imaging_ramps", ("up", "down"), 20),
     ("imaging_noise", ("noise_1_hz", "noise_20_hz"), 20)],
)  # fmt: skip
def test_imaging_presents_each_sound_so_many_times_in_random_order(
    lab: Lab, protocol: str, sounds: tuple[str, ...], repetitions: int
) -> None:
    found = played(lab, protocol, trials=1000, policy="never")
    assert Counter(row.stimulus for row in found.rows) == dict.fromkeys(sounds, repetitions)
    assert found.reason == f"{repetitions} presentations of each sound"
    assert reports(found, "opening") == []
    for start in range(0, len(found.rows), len(sounds)):
        assert {row.stimulus for row in found.rows[start : start + len(sounds)]} == set(sounds)
