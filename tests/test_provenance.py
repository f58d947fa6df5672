"""A record tells where it comes from: program, packages, protocol, persons, parts and clocks."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from conftest import Done
from helpers import plan_for, run_virtual

from rig.clock import Reading, VirtualClock
from rig.errors import ExitCode
from rig.event_log import EventLog
from rig.events import ClockRead, Event, SessionEnded
from rig.inbox import Command, Inbox
from rig.lab import Lab
from rig.recorder import MemoryRecorder
from rig.session import Session
from rig.session_folder import find_session
from rig.session_record import load_session

ROOT = Path(__file__).resolve().parent.parent
Edit = Callable[[str, str, str], None]
RUN = (
    "run", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml",
    "--subject", "SIM01", "--virtual",
)  # fmt: skip


def test_the_record_tells_program_packages_and_protocol(short: Lab) -> None:
    record = load_session(run_virtual(plan_for(short)).folder)
    header, definition = record.header, record.definition
    lock = (ROOT / "requirements.lock").read_bytes()
    assert header.lock_sha256 == hashlib.sha256(lock).hexdigest()
    assert header.packages["h5py"] == version("h5py")
    assert len(header.code_sha256) == 64
    source = (ROOT / "protocols/go_nogo.py").read_bytes()
    assert definition.protocol_source.encode() == source
    assert definition.protocol_sha256 == hashlib.sha256(source).hexdigest()
    assert "Go/NoGo" in definition.description


def test_another_line_of_code_is_another_digest(
    short: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import rig.provenance

    (tmp_path / "rig").mkdir()
    (tmp_path / "rig/engine.py").write_text("a = 1\n")
    monkeypatch.setattr(rig.provenance, "_REPOSITORY", tmp_path)
    digests = set()
    for line in ("a = 1\n", "a = 2\n", "a = 1\n"):
        (tmp_path / "rig/engine.py").write_text(line)
        digests.add(rig.provenance._code_sha256.__wrapped__())
    assert len(digests) == 2


def test_persons_are_those_of_the_lab_or_of_the_command_line(
    short: Lab, command: Callable[..., Done]
) -> None:
    assert command(*RUN).code == 0
    record = load_session(find_session(short.data, "SIM01"))
    assert record.definition.experimenters == ("Doe, Jane",)
    assert command(*RUN, "--experimenter", "Curie, Marie").code == 0
    record = load_session(find_session(short.data, "SIM01"))
    assert record.definition.experimenters == ("Curie, Marie",)
    refused = command(*RUN, "--experimenter", "Marie Curie")
    assert refused.code == ExitCode.CHECK_FAILED
    assert "'Marie Curie' is no person: write 'Last, First'" in refused.err


def test_the_part_that_stands_in_the_rig_is_recorded(short: Lab, edit: Edit) -> None:
    edit("rigs/box1.toml", "max_open_ms = 150", 'max_open_ms = 150\nmodel = "LHDA1231115H"')
    record = load_session(run_virtual(plan_for(short)).folder)
    valve = next(device for device in record.definition.devices if device.name == "valve")
    assert valve.settings["model"] == "LHDA1231115H"


def test_in_real_time_the_wall_clock_is_read_at_both_ends(short: Lab, edit: Edit) -> None:
    before = time.time()
    with Session(plan_for(short), "system") as session:
        session.hand_in(Command("stop_now", "enough"))
        folder = session.run().folder
    after = time.time()
    record = load_session(folder)
    first, last = (event for event in record.events if isinstance(event, ClockRead))
    for read in (first, last):
        assert read.clock == "utc"
        assert before <= read.reading <= after
        assert 0 <= read.uncertainty < 0.1
    assert last.reading - first.reading == pytest.approx(
        last.hardware_time - first.hardware_time, abs=0.05
    )
    began = datetime.fromisoformat(record.header.started_at).timestamp()
    assert abs(first.reading - first.hardware_time - began) < 60
    assert isinstance(record.events[-1], SessionEnded)


class Dated(VirtualClock):
    """A clock that never waits, and knows a wall clock beside it."""

    def utc(self) -> Reading:
        return Reading(self.now(), 1e9 + self.now(), 0.0)


def test_the_wall_clock_is_read_about_every_minute_however_short_the_trials_are() -> None:
    clock, events = Dated(), list[Event]()
    log = EventLog(clock, MemoryRecorder(events.extend))
    for trial_ends in range(0, 180, 7):
        clock.receive(Inbox(), trial_ends)
        log.read_clocks(clock.now())
    log.keep()
    assert [event.hardware_time for event in events] == [0, 63, 126]


def test_virtual_time_knows_no_wall_clock(short: Lab) -> None:
    record = load_session(run_virtual(plan_for(short)).folder)
    assert not [event for event in record.events if isinstance(event, ClockRead)]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("sync_every = 0.1", "sync_every = 0", "greater than or equal to 0.01"),
        ("export = []", 'export = ["xls"]', "'nwb', 'csv' or 'alf'"),
        ('["Doe, Jane"]', '["Jane Doe"]', "'Jane Doe' is no person: write 'Last, First'"),
        ("sync_each_trial", "sync_every_trial", "Did you mean 'sync_each_trial'?"),
    ],
)
def test_mistakes_in_the_policy_are_named(
    lab: Lab, edit: Edit, command: Callable[..., Done], old: str, new: str, what: str
) -> None:
    edit("lab.toml", old, new)
    done = command("check", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml")
    assert done.code == ExitCode.CHECK_FAILED
    assert what in done.out + done.err
