"""pynwb and nwbinspector, by default and for DANDI, have nothing to say about our NWB files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pynwb
import pytest
from helpers import plan_for
from nwb_sessions import (
    DEFINITION,
    ODD,
    changed,
    cut_behind,
    odd_definition,
    odd_events,
    with_orders,
    write_session,
)
from recorded import short_session

from rig.errors import Problem, RecordingError
from rig.events import CommandGiven, Event, Fault, InputChanged, QuestionAsked, TrialStarted
from rig.export.nwb import Form, export_nwb
from rig.export.nwb_check import check
from rig.inbox import Command
from rig.lab import Lab, find_lab
from rig.session import Session
from rig.session_record import SessionRecord, load_session

pytestmark = pytest.mark.usefixtures("schemas_read_once")


def messages(record: SessionRecord, form: Form = Form.CORE) -> list[Problem]:
    return check(export_nwb(record, form=form).path, record.definition)


@pytest.mark.parametrize(
    "protocol",
    [
        "detection",
        "detection_adaptive",
        "go_nogo",
        "go_nogo_noise",
        "habituation",
        "imaging_ramps",
        "optogenetic",
        "set_shifting",
        "visual_discrimination",
    ],
)
def test_a_session_of_every_kind_of_protocol(lab: Lab, protocol: str) -> None:
    assert messages(load_session(short_session(lab, protocol, 6))) == []


@pytest.mark.parametrize("protocol", ["go_nogo", "set_shifting"])
def test_the_structured_form(lab: Lab, protocol: str) -> None:
    assert messages(load_session(short_session(lab, protocol, 8)), Form.STRUCTURED) == []


def test_what_persons_ordered_and_noted(short: Lab) -> None:
    orders = {
        20.0: Command("note", "looks {tired: a bit}\0", "anna"),
        25.0: Command("set", author="anna", key="reward_ul", value=4.0),
        30.0: Command("set", author="ben", key="reward_ul", value={"a": [1, None]}),
        35.0: Command("reward", author="anna", value=3.0),
        40.0: Command("skip_block", author="ben"),
        60.0: Command("set", author="anna", key="reward_ul", value=5.0),
    }
    record = with_orders(short, orders)
    assert {e.accepted for e in record.events if isinstance(e, CommandGiven)} == {True, False}
    assert messages(record) == []


def test_an_aborted_session(short: Lab) -> None:
    with Session(plan_for(short), "virtual") as session:
        session._context.room.agenda.at(30.0, lambda _: session.stop("stop_now", "enough"))
        session.run()
    record = load_session(session.folder)
    assert record.rows[-1].aborted
    assert messages(record) == []


@pytest.mark.parametrize("events", [0, 1, 6, 40])
def test_a_session_that_was_cut_off(lab: Lab, events: int) -> None:
    """Before anything happened, in its first trial, and later."""
    record = cut_behind(load_session(short_session(lab, "go_nogo_head_fixed", 6)), events)
    assert len(record.events) == events
    assert record.ended is None
    done = export_nwb(record)
    assert check(done.path, record.definition) == []
    assert "cut off" in done.problems[0].what


def test_a_damaged_session(lab: Lab) -> None:
    record = load_session(short_session(lab, "go_nogo", 4))
    data = bytearray(record.folder.journal.read_bytes())
    data[-2000] ^= 1
    record.folder.journal.write_bytes(data)
    record = load_session(record.folder)
    assert record.damage
    done = export_nwb(record)
    assert [problem.what for problem in done.problems] == [record.damage]
    assert check(done.path, record.definition) == []


def test_a_session_without_trials(short: Lab) -> None:
    with Session(plan_for(short), "virtual") as session:
        session.stop("stop_now", "too early")
        session.run()
    assert messages(load_session(session.folder)) == []


def test_a_session_of_one_trial(lab: Lab) -> None:
    record = load_session(short_session(lab, "go_nogo_head_fixed", 1))
    assert messages(record) == []
    with pytest.raises(RecordingError, match="too little happened"):
        export_nwb(record, form=Form.STRUCTURED)


def test_names_and_values_that_are_odd(tmp_path: Path) -> None:
    """Columns that a program takes for yes and no, or for empty; names that no file can have."""
    record = write_session(tmp_path, odd_events(), odd_definition())
    assert len(record.rows) == 300
    assert messages(record) == []
    with pynwb.NWBHDF5IO(record.folder.path / "M1-2026-01-31-1.nwb", "r") as io:
        trials = io.read().trials.to_dataframe()
    assert set(trials["outcome"]) == {"Hit", "Miss"}
    assert trials["lick_count"].astype(int).tolist() == [row.lick_count for row in record.rows]
    rewards = [float(text) if text else None for text in trials["reward_ul"]]
    assert rewards == [row.reward_ul for row in record.rows]


def test_one_of_everything_that_is_rare(tmp_path: Path) -> None:
    """A table of one row is told in words, in the log."""
    events: list[Event] = [
        TrialStarted(0, 0.0, 0.0, 1, 1, "go", "A", {}, "", labels={}),
        InputChanged(0, 0.5, 0.5, 1, "lick", False),
        InputChanged(0, 1.0, 1.0, 1, "lick", True),
        CommandGiven(0, 1.5, 1.5, 1, "note", f"a note {ODD}", "anna"),
        QuestionAsked(0, 2.0, 2.0, 1, ODD, ("yes", "no"), "yes", 5.0),
        Fault(0, 3.0, 3.0, 1, "it broke", "here", "Mend it.", "error"),
    ]
    record = write_session(tmp_path, events)
    assert messages(record) == []
    with pynwb.NWBHDF5IO(record.folder.path / "M1-2026-01-31-1.nwb", "r") as io:
        file = io.read()
        assert list(file.events) == ["log"]
        log = file.events["log"].to_dataframe()
        assert file.notes is not None
        assert "a note" in file.notes
    assert log["seq"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert "it broke (here). Mend it." in log["annotation"].iloc[-1]


Edit = Callable[[str, str, str], None]


def test_what_the_lab_did_not_write_down_is_told_with_its_place(lab: Lab, edit: Edit) -> None:
    """And once it is written down, the same session can be exported with it."""
    facts = (
        ("lab.toml", 'experimenters = ["Doe, Jane"]'),
        ("lab.toml", 'institution = "My institute"'),
        ("subjects/SIM01.toml", "date_of_birth = 2026-08-01"),
        ("subjects/SIM01.toml", 'description = "virtual mouse 1"'),
    )
    for file, line in facts:
        edit(file, line, f"# {line}")
    record = load_session(short_session(find_lab(lab.folder), "go_nogo_head_fixed", 2))
    found = messages(record)
    for file, line in facts:
        key = line.partition(" =")[0]
        assert any(f"{key} = " in problem.do and file in problem.do for problem in found), key
    assert len(found) == len(facts)
    for file, line in facts:
        edit(file, f"# {line}", line)
    assert messages(record) == []
    with pynwb.NWBHDF5IO(next(record.folder.path.glob("*.nwb")), "r") as io:
        told = io.read().data_collection
    for file, line in facts:
        assert f"{file}, {line.partition(' =')[0]}" in told


def test_nothing_is_invented(tmp_path: Path) -> None:
    bare = {"species": "Mus musculus", "sex": "U", "date_of_birth": "2026-02-01"}
    definition = changed(DEFINITION, experimenters=(), subject_values=bare, lab_toml="")
    record = write_session(tmp_path, [], definition)
    with pynwb.NWBHDF5IO(export_nwb(record).path, "r") as io:
        file = io.read()
        assert (file.experimenter, file.institution, file.lab) == (None, None, None)
        assert file.subject.date_of_birth is None, "it is said to be after the session"
        assert (file.subject.age, file.subject.weight, file.subject.strain) == (None, None, None)


def test_a_session_of_another_lab_is_not_told_our_facts(lab: Lab, edit: Edit) -> None:
    edit("lab.toml", 'institution = "My institute"', "")
    record = load_session(short_session(find_lab(lab.folder), "go_nogo_head_fixed", 2))
    edit("lab.toml", 'name = "My lab"', 'name = "Their lab"\ninstitution = "Their institute"')
    with pynwb.NWBHDF5IO(export_nwb(record).path, "r") as io:
        assert io.read().institution is None
