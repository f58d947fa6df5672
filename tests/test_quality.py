"""The words that say how far a session can be used, each by what makes it and by its limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from conftest import Done
from recorded import short_session

from analysis.quality import DRY_DROPS, ODD_DROPS, SHORT, STUCK, Finding, Signs, quality, words_of
from analysis.summary import summary_of
from rig.events import (
    ClockRead,
    Definition,
    DeviceReported,
    Event,
    Fault,
    InputChanged,
    SessionEnded,
    SyncSwitched,
    TrialEnded,
)
from rig.lab import Lab
from rig.session_record import load_session

ROW = {
    "trials": 250, "ended": "250 trials", "how": "limit", "running": False, "damage": None,
    "outcomes": {"hit": 110}, "water_ml": 0.55, "usable": None,
}  # fmt: skip


@pytest.fixture
def definition(lab: Lab) -> Definition:
    """Return what a session in real time with a barcode was made of."""
    made = load_session(short_session(lab, "go_nogo", 2)).definition
    toml = f'{made.rig_toml}\n[sync]\nbarcode = "bars"\n'
    return msgspec.structs.replace(made, clock="system", rig_toml=toml)


def found(definition: Definition, events: Sequence[Event]) -> list[str]:
    """Return the words that the events of a session give it."""
    signs = Signs(definition)
    for event in events:
        signs.take(event)
    return words_of(signs.findings())


def lick(time: float, *, level: bool = True) -> InputChanged:
    return InputChanged(1, time, time, 1, "lick", level)


def drop(time: float, achieved: float = 0.05) -> DeviceReported:
    return DeviceReported(1, time, time, 1, "valve", "opening", "", 0.05, achieved, 5.0)


def fault(device: str) -> Fault:
    return Fault(1, 5.0, 5.0, 1, "it lost 3 rows", f"device '{device}'", "Look at it.", "notice")


def bar(time: float, line: str = "bars") -> SyncSwitched:
    return SyncSwitched(1, time, time, 1, line, level=True, uncertainty=0.0)


def clock(time: float, reading: float) -> ClockRead:
    return ClockRead(1, time, time, 1, "utc", reading, 0.001)


def trial_end(time: float) -> TrialEnded:
    return TrialEnded(1, time, time, 1, "timeout", "hit", False, {})


LICKS = [lick(1.0), lick(1.1, level=False)]
BARS = [bar(float(second)) for second in range(1, 10)]
WHOLE = [*LICKS, *BARS, trial_end(9.5)]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ["good"]),
        ({"trials": SHORT}, ["good"]),
        ({"trials": SHORT - 1}, ["short"]),
        ({"trials": 0, "outcomes": {}}, ["no trials"]),
        ({"water_ml": 0.0}, ["check water"]),
        ({"usable": False}, ["not usable"]),
        ({"damage": "x", "usable": False}, ["damaged", "not usable"]),
        ({"how": None, "ended": "cut off", "trials": 12}, ["cut off", "short"]),
        ({"how": "failed", "ended": "error: no card"}, ["failed"]),
        ({"how": ""}, ["good"]),
        ({"running": True, "trials": 0}, ["runs"]),
        ({"trials": None, "damage": "this is no journal"}, ["unreadable"]),
    ],
)
def test_what_is_known_of_a_session_gives_it_its_words(
    facts: dict[str, Any], words: list[str]
) -> None:
    assert words_of(quality({**ROW, **facts}, ())) == words


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (WHOLE, ["good"]),
        ([*WHOLE, *(drop(10.0 + n) for n in range(DRY_DROPS - 1))], ["good"]),
        ([*WHOLE, *(drop(10.0 + n) for n in range(DRY_DROPS))], ["check water"]),
        ([*WHOLE, *(drop(9.0, 0.056) for _ in range(ODD_DROPS))], ["check water"]),
        ([*WHOLE, *(drop(9.0, 0.054) for _ in range(ODD_DROPS))], ["good"]),
        ([*WHOLE, *(drop(9.0, 0.056) for _ in range(ODD_DROPS - 1))], ["good"]),
        ([*WHOLE, fault("valve")], ["check water"]),
        ([*WHOLE, fault("lick")], ["sensor"]),
        ([*WHOLE, fault("speaker")], ["good"]),
        ([*WHOLE, fault("bars")], ["sync gap"]),
        ([*LICKS, *BARS[:4], *BARS[5:], trial_end(9.5)], ["sync gap"]),
        ([*LICKS, *BARS[:4], trial_end(9.5)], ["sync gap"]),
        ([*LICKS, *BARS, bar(9.1, "onset"), trial_end(10.7)], ["good"]),
        ([*WHOLE, clock(0.0, 100.0), clock(60.0, 160.03)], ["good"]),
        ([*WHOLE, clock(0.0, 100.0), clock(60.0, 160.05)], ["sync gap"]),
        ([*BARS, lick(1.0), lick(1.0 + STUCK, level=False)], ["sensor"]),
        ([*BARS, lick(1.0), lick(0.9 + STUCK, level=False)], ["good"]),
        ([*BARS, lick(1.0), SessionEnded(9, 20.0, 20.0, 1, "", 1, 0.0, {})], ["sensor"]),
        ([*BARS, *(drop(1.0 + n) for n in range(DRY_DROPS))], ["check water", "sensor"]),
    ],
)  # fmt: skip
def test_what_happened_in_a_session_gives_it_its_words(
    definition: Definition, events: list[Event], words: list[str]
) -> None:
    assert found(definition, events) == words


def test_a_clock_that_jumps_says_nothing_where_time_is_virtual(definition: Definition) -> None:
    virtual = msgspec.structs.replace(definition, clock="virtual")
    assert found(virtual, [*WHOLE, clock(0.0, 100.0), clock(60.0, 900.0)]) == ["good"]


def test_each_word_is_told_once_and_each_reason_in_a_sentence(definition: Definition) -> None:
    signs = Signs(definition)
    for event in (*WHOLE, fault("lick"), fault("lick"), fault("port")):
        signs.take(event)
    assert words_of(signs.findings()) == ["sensor"]
    assert [each.why for each in signs.findings()] == [
        "lick: it lost 3 rows.",
        "port: it lost 3 rows.",
    ]
    assert all(isinstance(each, Finding) for each in signs.findings())


def test_a_simulated_session_that_runs_to_its_end_is_good(lab: Lab) -> None:
    summary = summary_of(load_session(short_session(lab, "go_nogo", SHORT)))
    assert (summary["qc"], summary["qc_why"]) == (["good"], [])


def test_sessions_are_listed_by_a_word(lab: Lab, command: Callable[..., Done]) -> None:
    short_session(lab, "go_nogo", SHORT)
    short_session(lab, "go_nogo", 2)
    assert command("ls", "--qc", "good").out.count("SIM01/") == 1
    listed = command("ls", "--qc", "short").out
    assert listed.count("SIM01/") == 1
    assert " short " in listed
    assert "said: sync gap." in command("ls", "--qc", "sync gap", "--since", "2026-01-01").out
