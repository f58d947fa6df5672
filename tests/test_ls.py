"""The list of sessions: what it tells of each, and of those that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
import typer
from conftest import Done
from helpers import plan_for, run_virtual
from inside import inside
from recorded import old_session, short_session

from analysis.commands.ls import day_of
from analysis.outline import outline_of, read_outline
from analysis.summary import read_summary
from rig.errors import ExitCode
from rig.frames import pack
from rig.journal import read_frames
from rig.lab import Lab
from rig.session import Session
from rig.session_folder import SessionFolder, hold_running
from rig.session_record import load_session
from rig.wrap_up import WRAP_UP, WrapUp

Command = Callable[..., Done]


def test_a_session_is_listed_with_its_day_length_and_stage(short: Lab) -> None:
    started_at = datetime(2026, 3, 4, 9, tzinfo=UTC)
    result = run_virtual(plan_for(short), started_at)
    listed = read_summary(result.folder)
    assert (listed["subject"], listed["day"], listed["number"]) == ("SIM01", "2026-03-04", 1)
    assert datetime.fromisoformat(listed["started_at"]) == started_at
    assert listed["duration"] == pytest.approx(result.duration)
    assert listed["stage"] is None
    assert (listed["running"], listed["damage"]) == (False, None)
    assert (listed["wrapped_up"], listed["usable"]) == (False, None)


@pytest.mark.parametrize("subject", ["/etc", "", "..", "SIM01/2026-03-04", "SIM0"])
def test_a_subject_that_is_none_is_refused(short: Lab, subject: str) -> None:
    run_virtual(plan_for(short), datetime(2026, 3, 4, 9, tzinfo=UTC))
    done = inside(short, "ls", "--subject", subject)
    assert done.code == ExitCode.RECORDING
    assert f"there is no mouse '{subject}'" in done.err


def test_a_subject_without_a_session_has_none(short: Lab) -> None:
    run_virtual(plan_for(short), datetime(2026, 3, 4, 9, tzinfo=UTC))
    done = inside(short, "ls", "--subject", "SIM02")
    assert (done.code, done.out) == (ExitCode.OK, "There are no sessions.\n")


def test_the_list_tells_what_a_person_said_of_a_session(short: Lab) -> None:
    folder = run_virtual(plan_for(short)).folder
    said = WrapUp(session=folder.name, at=datetime(2026, 1, 2, tzinfo=UTC), by="anna", usable=False)
    (folder.path / WRAP_UP).write_bytes(msgspec.json.encode(said))
    listed = read_summary(folder)
    assert (listed["wrapped_up"], listed["usable"]) == (True, False)
    (folder.path / WRAP_UP).write_bytes(b"{")
    listed = read_summary(folder)
    assert (listed["wrapped_up"], listed["usable"]) == (True, None)


def test_the_list_tells_which_session_runs(short: Lab) -> None:
    folder = run_virtual(plan_for(short)).folder
    with hold_running(folder, "test"):
        assert read_summary(folder)["running"]
    whole = folder.journal.read_bytes()
    folder.journal.write_bytes(whole[:30])
    with hold_running(folder, "test"):
        begins = read_summary(folder)
    assert (begins["ended"], begins["damage"]) == ("begins", None)
    unreadable = read_summary(folder)
    assert unreadable["ended"].startswith("unreadable: ")
    assert unreadable["damage"]


def _aborted(lab: Lab) -> SessionFolder:
    with Session(plan_for(lab), "virtual") as session:
        session._context.room.agenda.at(30.0, lambda _: session.stop("stop_now", "enough"))
        return session.run().folder


def _cut_off(lab: Lab) -> SessionFolder:
    folder = short_session(lab, "go_nogo", 24)
    folder.journal.write_bytes(folder.journal.read_bytes()[:-3])
    return folder


def _damaged(lab: Lab) -> SessionFolder:
    folder = short_session(lab, "go_nogo", 24)
    data = bytearray(folder.journal.read_bytes())
    data[-2000] ^= 1
    folder.journal.write_bytes(data)
    return folder


def _with_a_gap(lab: Lab) -> SessionFolder:
    folder = short_session(lab, "go_nogo", 24)
    lost = pack(list(read_frames(folder.journal))[100])
    folder.journal.write_bytes(folder.journal.read_bytes().replace(lost, b""))
    return folder


@pytest.mark.parametrize(
    "make",
    [
        lambda lab: short_session(lab, "go_nogo", 24),
        lambda lab: short_session(lab, "set_shifting", 24),
        lambda lab: short_session(lab, "optogenetic", 12),
        lambda lab: old_session("layout-1", lab.folder),
        lambda lab: old_session("layout-2", lab.folder),
        _aborted,
        _cut_off,
        _damaged,
        _with_a_gap,
    ],
    ids=[
        "go_nogo",
        "vacuum",
        "light",
        "layout-1",
        "layout-2",
        "aborted",
        "cut off",
        "damaged",
        "gap",
    ],
)
def test_the_quick_look_tells_what_the_whole_session_tells(
    lab: Lab, make: Callable[[Lab], SessionFolder]
) -> None:
    folder = make(lab)
    assert read_outline(folder) == outline_of(load_session(folder))


def test_sessions_are_listed_from_a_day_on(short: Lab, command: Command) -> None:
    for day in (2, 3, 4):
        run_virtual(plan_for(short), datetime(2026, 3, day, 9, tzinfo=UTC))
    listed = json.loads(command("ls", "--since", "2026-03-03", "--json").out)
    assert [session["day"] for session in listed] == ["2026-03-03", "2026-03-04"]
    assert "There are none since" in command("ls", "--since", "2999-01-01").out


def test_a_day_is_named_as_people_name_it() -> None:
    today = date(2026, 3, 1)
    assert day_of("today", today) == today
    assert day_of("yesterday", today) == date(2026, 2, 28)
    assert day_of("2026-01-31", today) == date(2026, 1, 31)
    with pytest.raises(typer.BadParameter, match="write a date such as 2026-03-01"):
        day_of("last week", today)


def test_a_day_that_is_none_is_refused(command: Command) -> None:
    done = command("ls", "--since", "31.12.2026")
    assert done.code == ExitCode.USAGE
    assert "is no day" in done.err


def test_a_folder_by_any_name_is_summed_up(short: Lab, tmp_path: Path) -> None:
    folder = run_virtual(plan_for(short)).folder.path.rename(tmp_path / "mailed")
    listed = read_summary(SessionFolder(folder))
    assert listed["number"] is None
    assert listed["trials"] == 24


def test_a_word_that_is_none_is_told_in_a_sentence(short: Lab) -> None:
    done = inside(short, "ls", "--qc", "foo")
    assert done.code == ExitCode.USAGE
    assert "'--qc': 'foo' is not one of 'good'" in done.err
