"""Sync lines and armed drops: what other recorders see, and what the valve's hardware times."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import plan_for, put_mouse
from hypothesis import given
from hypothesis import strategies as st

from rig.commands.check import check_lab
from rig.errors import CheckFailed
from rig.events import (
    ActionDone,
    CommandGiven,
    DeviceReported,
    Event,
    InputChanged,
    StateEntered,
    SyncSwitched,
    TrialStarted,
)
from rig.export.nwb_events import event_tables
from rig.inbox import Command
from rig.lab import Lab
from rig.replay import replay
from rig.session import Session
from rig.session_record import SessionRecord, load_session
from rig.sync_lines import LONGEST_GAP, PULSE, SHORTEST_GAP, barcode_gaps
from rig.water_orders import VALVE_IS_OPEN

SHIFTING = Path("protocols/set_shifting.toml")
BOX2 = "rigs/box2.toml"
LINES = ("onset", "trial", "bars", "go", "window", "licks")
SYNC = """
[sync]
onset = "onset"
trial = "trial"
barcode = "bars"
states = { response = "window" }
trial_types = { go = "go" }
inputs = { lick = "licks" }
"""


def wire(lab: Lab, sync: str = SYNC) -> None:
    """Give the head-fixed rig a mouse that always licks, and sync lines."""
    put_mouse(lab, policy="always")
    path = lab.folder / BOX2
    outputs = "".join(
        f'\n[devices.{name}]\ndriver = "hardware.digital_output:DigitalOutputTwin"\n'
        f'line = "Dev1/port1/line{number}"\n'
        for number, name in enumerate(LINES, 4)
    )
    path.write_text(path.read_text(encoding="utf-8") + outputs + sync, encoding="utf-8")


def run(
    lab: Lab, *, reward_by: str = "engine", order: Command | None = None, at: float = 0.0
) -> SessionRecord:
    """Record six trials of set-shifting in virtual time, with an order of a person's."""
    path = lab.folder / SHIFTING
    text = path.read_text(encoding="utf-8").partition("\n[")[0]
    path.write_text(
        f'{text}\n[params.trial]\nreward_by = "{reward_by}"\n[session]\nmax_trials = 6\n',
        encoding="utf-8",
    )
    with Session(plan_for(lab, SHIFTING), "virtual") as session:
        if order is not None:
            session._context.room.agenda.at(at, lambda _: session.hand_in(order))
        session.run()
    return load_session(session.folder)


def switched(record: SessionRecord, line: str) -> list[tuple[float, bool]]:
    return [
        (event.hardware_time, event.level)
        for event in record.events
        if isinstance(event, SyncSwitched) and event.device == line
    ]


def times(record: SessionRecord, which: Callable[[Event], bool]) -> list[float]:
    return [event.hardware_time for event in record.events if which(event)]


def stretches(record: SessionRecord, line: str) -> list[tuple[float, float]]:
    """Return begin and end of each time that a line was on."""
    edges = switched(record, line)
    assert [level for _, level in edges] == [True, False] * (len(edges) // 2)
    return [(on, off) for (on, _), (off, _) in zip(edges[::2], edges[1::2], strict=True)]


def test_each_line_shows_what_the_rig_file_says(lab: Lab) -> None:
    wire(lab)
    record = run(lab)
    onsets = times(record, lambda e: isinstance(e, StateEntered) and e.state == "stimulus")
    assert len(onsets) >= 5
    assert stretches(record, "onset") == [(at, pytest.approx(at + PULSE)) for at in onsets]
    begins = [e for e in record.events if isinstance(e, TrialStarted)]
    assert [on for on, _ in stretches(record, "trial")] == [e.hardware_time for e in begins]
    go = [e.hardware_time for e in begins if e.trial_type == "go"]
    assert [on for on, _ in stretches(record, "go")] == go
    windows = times(record, lambda e: isinstance(e, StateEntered) and e.state == "response")
    assert stretches(record, "window") == [(at, pytest.approx(at + 1.0)) for at in windows]
    licks = [
        (e.hardware_time, e.level)
        for e in record.events
        if isinstance(e, InputChanged) and e.device == "lick"
    ]
    assert switched(record, "licks") == licks
    assert len(licks) > 20


def test_an_export_tells_when_each_line_was_on(lab: Lab) -> None:
    wire(lab)
    record = run(lab)
    (table,) = (each for each in event_tables(record.events) if each.name == "sync_lines")
    for line in LINES:
        rows = [row for row in table.rows if row["device"] == line]
        assert [row["timestamp"] for row in rows] == [on for on, _ in stretches(record, line)]
        assert [row["duration"] for row in rows] == [
            pytest.approx(off - on) for on, off in stretches(record, line)
        ]


def test_the_barcode_runs_throughout_and_tells_every_part_of_the_session(lab: Lab) -> None:
    wire(lab)
    bars = [on for on, _ in stretches(run(lab), "bars")]
    assert len(bars) > 20
    gaps = [later - bar for bar, later in itertools.pairwise(bars)]
    assert all(SHORTEST_GAP <= gap <= LONGEST_GAP for gap in gaps)
    assert len({round(gap, 4) for gap in gaps}) == len(gaps)


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_each_seed_has_a_barcode_of_its_own(one: int, other: int) -> None:
    first, again, second = barcode_gaps((one, 0)), barcode_gaps((one, 0)), barcode_gaps((other, 0))
    mine = [next(first) for _ in range(5)]
    assert mine == [next(again) for _ in range(5)]
    assert (mine == [next(second) for _ in range(5)]) == (one == other)


def test_a_session_with_sync_lines_is_played_again(lab: Lab) -> None:
    wire(lab)
    record = run(lab)
    assert replay(record).differences == []


@pytest.mark.parametrize(
    ("sync", "told"),
    [
        ('onset = "lick"', "the rig has no digital output 'lick'"),
        ('onset = "bars"\nbarcode = "bars"', "two signals share the sync line 'bars'"),
        ('inputs = { tongue = "licks" }', "the rig has no digital input 'tongue'"),
        ('onsets = "onset"', "unknown key 'onsets'"),
    ],
)
def test_mistakes_in_the_table_are_told(lab: Lab, sync: str, told: str) -> None:
    wire(lab, f"\n[sync]\n{sync}\n")
    with pytest.raises(CheckFailed) as caught:
        plan_for(lab, SHIFTING)
    assert told in str(caught.value)


def test_check_tells_of_states_and_trial_types_that_no_protocol_has(lab: Lab) -> None:
    wire(lab, SYNC.replace("response =", "answer =").replace("go = ", "gp = "))
    told, _ = check_lab(lab, [lab.folder / BOX2], lab.files("protocols"), simulate=False)
    states, trial_types = [each for each in told if "no protocol" in each.what]
    assert "no protocol that runs on this rig has a state 'answer'" in str(states)
    assert "response" in states.do
    assert "has a trial type 'gp'" in str(trial_types)
    one, _ = check_lab(lab, [lab.folder / BOX2], [lab.folder / SHIFTING], simulate=False)
    assert not [each for each in one if "no protocol" in each.what], "another one may have them"


SPEAKER = """
[devices.beeper]
driver = "hardware.ni_speaker:NiSpeaker"
line = "Dev1/ao0"
rate_hz = 96000
full_scale_v = 1.0
trigger = "/Dev1/PFI0"
calibration = "calibration/speaker.toml"
"""
PROJECTOR = """
[devices.lamp]
driver = "hardware.lightcrafter:LightCrafter"
line = "cable"
calibration = "calibration/projector.toml"
led_current = 120
frame_hz = 1000
field_width_um = 4000
field_height_um = 2600
trigger = "Dev1/port1/line9"
"""


@pytest.mark.parametrize(
    ("device", "sync", "told"),
    [
        (SPEAKER, 'barcode = "bars"', "'beeper' waits for an edge at '/Dev1/PFI0', and no output"),
        (SPEAKER, 'onset = "onset"', ""),
        (PROJECTOR, 'barcode = "bars"', "'lamp' waits for an edge at 'Dev1/port1/line9'"),
        (PROJECTOR, 'onset = "onset"', "the onset comes on 'Dev1/port1/line4'"),
        (PROJECTOR.replace("line9", "line4"), 'onset = "onset"', ""),
    ],
    ids=["no onset", "onset", "projector without onset", "another line", "the line of onset"],
)
def test_a_device_does_not_wait_for_an_edge_that_never_comes(
    lab: Lab, device: str, sync: str, told: str
) -> None:
    wire(lab, f"{device}\n[sync]\n{sync}\n")
    edges = []
    try:
        plan_for(lab, SHIFTING)
    except CheckFailed as error:  # the speaker's calibration is missing, too
        edges = [each.what for each in error.problems if "waits for an edge" in each.what]
    assert len(edges) == bool(told)
    assert all(told in each for each in edges)


def test_a_protocol_cannot_use_a_sync_line(lab: Lab) -> None:
    wire(lab, '\n[sync]\ntrial = "vacuum"\n')
    with pytest.raises(Exception, match=r"names it in \[sync\]"):
        run(lab)


def test_an_armed_drop_falls_where_the_engine_would_have_let_it(lab: Lab) -> None:
    wire(lab)
    record = run(lab, reward_by="hardware")
    armed = [e for e in record.events if isinstance(e, ActionDone) and e.verb == "deliver"]
    drops = [e for e in record.events if isinstance(e, DeviceReported) and e.what == "opening"]
    assert len(drops) >= 2
    assert [(e.detail, e.value) for e in armed] == [("after 2 s", 2.0)] * len(armed)
    assert [e.hardware_time for e in drops] == [
        pytest.approx(e.hardware_time + 2.0) for e in armed[: len(drops)]
    ]
    assert [e.trial for e in drops] == [e.trial for e in armed[: len(drops)]]
    assert replay(record).differences == []


def test_a_persons_drop_does_not_keep_an_armed_one_from_its_time(lab: Lab) -> None:
    """The valve is open when it should be armed: the loop gives the drop, when it is due."""
    wire(lab)
    first = run(lab, reward_by="hardware")
    armed = next(e for e in first.events if isinstance(e, ActionDone) and e.verb == "deliver")
    at = armed.hardware_time - 0.005
    record = run(lab, reward_by="hardware", order=Command("reward", author="anna"), at=at)
    openings = [
        e.hardware_time
        for e in record.events
        if isinstance(e, DeviceReported) and e.what == "opening"
    ]
    assert openings[:2] == [pytest.approx(at), pytest.approx(armed.hardware_time + 2.0)]


def test_an_armed_valve_is_not_opened_for_a_person(lab: Lab) -> None:
    wire(lab)
    first = run(lab, reward_by="hardware")
    armed = next(e for e in first.events if isinstance(e, ActionDone) and e.verb == "deliver")
    at = armed.hardware_time + 1.0
    record = run(lab, reward_by="hardware", order=Command("reward", author="anna"), at=at)
    command = next(e for e in record.events if isinstance(e, CommandGiven))
    assert (command.accepted, command.reply) == (False, VALVE_IS_OPEN.text)
    assert sum(isinstance(e, DeviceReported) and e.what == "opening" for e in record.events) == sum(
        row.trial_type == "go" for row in record.rows
    )
