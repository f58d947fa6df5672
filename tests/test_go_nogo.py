"""Auditory Go/NoGo as in Ceballo et al. 2019, read from the recording of whole sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from helpers import GO_NOGO, plan_for, put_mouse, run_virtual

from analysis.timing import StateTiming, state_timing
from rig.events import DeviceReported, Event, InputChanged, StateEntered
from rig.journal import read_records
from rig.lab import Lab
from rig.session_record import load_session
from rig.session_result import Result

HEAD_FIXED = Path("protocols/go_nogo_head_fixed.toml")
PRETRAINING = Path("protocols/pretraining.toml")
Edit = Callable[[str, str, str], None]


def events(result: Result) -> list[Event]:
    return [record for record in read_records(result.folder.journal) if hasattr(record, "seq")]


def timing(result: Result) -> dict[str, StateTiming]:
    return {row.state: row for row in state_timing(load_session(result.folder).events)}


def test_a_mouse_that_always_licks(short: Lab, edit: Edit) -> None:
    put_mouse(short, policy="always")
    result = run_virtual(plan_for(short))
    assert Counter(row.outcome for row in result.rows) == {"hit": 12, "false_alarm": 12}
    assert result.water_ul == 12 * 5.0


def test_a_mouse_that_never_licks(short: Lab, edit: Edit) -> None:
    put_mouse(short, policy="never")
    result = run_virtual(plan_for(short))
    assert Counter(row.outcome for row in result.rows) == {"miss": 12, "correct_rejection": 12}
    assert result.water_ul == 0


def test_timing_is_the_papers(short: Lab, edit: Edit) -> None:
    put_mouse(short, policy="random")
    found = timing(run_virtual(plan_for(short)))
    paper = {"pips": 0.85, "sound": 0.07, "delay": 0.58, "response": 1.0, "false_alarm": 8.0}
    for state, duration in paper.items():
        assert found[state].shortest == pytest.approx(duration, abs=1e-9), state
        assert found[state].longest == pytest.approx(duration, abs=1e-9), state
        assert found[state].requested == pytest.approx(duration, abs=1e-9), state


def test_every_eight_trials_hold_four_of_each(short: Lab) -> None:
    rows = run_virtual(plan_for(short)).rows
    for start in range(0, 24, 8):
        types = Counter(row.trial_type for row in rows[start : start + 8])
        assert types == {"go": 4, "nogo": 4}


def test_the_port_visit_starts_the_trial(short: Lab) -> None:
    found = events(run_virtual(plan_for(short)))
    for earlier, later in pairwise(found):
        if isinstance(later, StateEntered) and later.state == "pips":
            assert isinstance(earlier, InputChanged)
            assert (earlier.device, earlier.level) == ("port", True)
            assert earlier.hardware_time == later.hardware_time


def test_the_sound_is_one_buffer_that_starts_with_the_pips(short: Lab) -> None:
    found = events(run_virtual(plan_for(short)))
    onsets = [e.hardware_time for e in found if isinstance(e, StateEntered) and e.state == "pips"]
    sounds = [e for e in found if isinstance(e, DeviceReported) and e.what == "sound"]
    assert [sound.hardware_time for sound in sounds] == onsets
    assert {sound.achieved for sound in sounds} == {0.92}


def test_response_is_three_quarters_of_the_window(short: Lab, edit: Edit) -> None:
    put_mouse(short, policy="random")
    for row in run_virtual(plan_for(short)).rows:
        assert row.dwell is not None
        responded = row.outcome in {"hit", "false_alarm"}
        assert responded == (row.dwell >= 0.75)
        assert row.licks is None


def test_dwell_in_the_table_is_the_beam_in_the_recording(short: Lab, edit: Edit) -> None:
    put_mouse(short, policy="random")
    result = run_virtual(plan_for(short))
    measured: dict[int, float] = {}
    level, since, opened = False, 0.0, None
    for event in events(result):
        if isinstance(event, InputChanged) and event.device == "lick":
            if level and opened is not None:
                total = measured.get(event.trial, 0.0)
                measured[event.trial] = total + event.hardware_time - max(since, opened)
            level, since = event.level, event.hardware_time
        elif isinstance(event, StateEntered):
            if event.state == "response":
                opened = event.hardware_time
                measured[event.trial] = 0.0
            elif opened is not None:
                if level:
                    measured[event.trial] += event.hardware_time - max(since, opened)
                opened = None
    assert [row.dwell for row in result.rows] == pytest.approx(list(measured.values()))


def test_head_fixed_waits_and_then_asks_for_three_quiet_seconds(lab: Lab, edit: Edit) -> None:
    edit("protocols/go_nogo_head_fixed.toml", "max_trials = 250", "max_trials = 80")
    result = run_virtual(plan_for(lab, HEAD_FIXED))
    found = events(result)
    intervals = [
        e.requested for e in found if isinstance(e, StateEntered) and e.state == "interval"
    ]
    assert min(intervals) >= 3
    assert max(intervals) <= 7
    assert max(intervals) - min(intervals) > 3
    licks = [e.hardware_time for e in found if isinstance(e, InputChanged) and e.device == "lick"]
    quiet_since = 0.0
    for event in found:
        if isinstance(event, StateEntered) and event.state == "quiet":
            quiet_since = event.hardware_time
        if isinstance(event, StateEntered) and event.state == "pips":
            last = max([quiet_since, *(t for t in licks if t < event.hardware_time)])
            assert event.hardware_time - last == pytest.approx(3.0, abs=1e-9)
    assert any(quiet.longest > 3.1 for quiet in [timing(result)["quiet"]]), "no lick restarted it"


def test_head_fixed_counts_licks(lab: Lab, edit: Edit) -> None:
    put_mouse(lab, policy="random")
    edit("protocols/go_nogo_head_fixed.toml", "max_trials = 250", "max_trials = 40")
    result = run_virtual(plan_for(lab, HEAD_FIXED))
    for row in result.rows:
        assert row.licks is not None
        assert (row.outcome in {"hit", "false_alarm"}) == (row.licks >= 3)
    assert {row.outcome for row in result.rows} > {"hit", "false_alarm"}


def test_pretraining_presents_the_go_sound_alone_until_80_percent(lab: Lab, edit: Edit) -> None:
    put_mouse(lab, policy="always")
    result = run_virtual(plan_for(lab, PRETRAINING))
    assert {(row.trial_type, row.stimulus) for row in result.rows} == {("go", "A")}
    assert len(result.rows) == 50
    assert result.reason == "80% of rewards collected"


def test_pretraining_goes_on_below_80_percent(lab: Lab, edit: Edit) -> None:
    put_mouse(lab, policy="random")
    assert run_virtual(plan_for(lab, PRETRAINING)).reason == "100 trials"


def test_limits_end_the_session(lab: Lab, edit: Edit) -> None:
    put_mouse(lab, policy="always")
    edit("protocols/go_nogo.toml", "max_water_ul = 1200", "max_water_ul = 20")
    result = run_virtual(plan_for(lab, GO_NOGO))
    assert result.reason == "20 uL of water"
    assert result.water_ul == 20.0


def test_a_session_ends_in_time_even_if_the_mouse_stays_away(lab: Lab, edit: Edit) -> None:
    put_mouse(lab, policy="always")
    edit(
        "rigs/box1.toml", 'policy = "always"', 'policy = "always"\nbody = { visit_interval = 1e9 }'
    )
    edit("protocols/go_nogo.toml", "max_duration = 3600", "max_duration = 100")
    result = run_virtual(plan_for(lab, GO_NOGO))
    assert (result.reason, result.duration) == ("100 s", 100.0)
    assert [row.aborted for row in result.rows] == [True]
