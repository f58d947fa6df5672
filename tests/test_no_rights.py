"""Sessions whose folder or journal may not be read: they are told, and never passed over."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import Done
from helpers import plan_for, run_virtual

from analysis.commands.ls import read_summaries
from analysis.day_report import day_of_rows
from analysis.fits.sessions import Wanted, folders_of, read_past
from analysis.training import next_day
from rig.errors import ExitCode, RecordingError
from rig.lab import Lab
from rig.running import ended_without_wrap_up
from rig.session_folder import find_session, find_sessions

Forbid = Callable[[Path], None]


@pytest.fixture
def recorded(short: Lab) -> Lab:
    """Return a lab whose mouse has a session on each of three days."""
    for day in (3, 4, 5):
        run_virtual(plan_for(short), datetime(2026, 3, day, 9, tzinfo=UTC))
    return short


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Forbid:
    """Return what lets a folder and all in it be out of reach, also for an administrator."""
    barred: list[Path] = []

    def guard(path: str | Path) -> None:
        if any(Path(path).is_relative_to(each) for each in barred):
            raise PermissionError(13, "Permission denied", str(path))

    listdir, scandir, stat, opened = os.listdir, os.scandir, Path.stat, Path.open
    monkeypatch.setattr(os, "listdir", lambda path: (guard(path), listdir(path))[1])
    monkeypatch.setattr(os, "scandir", lambda path: (guard(path), scandir(path))[1])

    def stat_of(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        guard(path.parent)
        return stat(path, follow_symlinks=follow_symlinks)

    def open_(path: Path, *how: str, **more: str) -> object:
        guard(path.parent)
        return opened(path, *how, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "stat", stat_of)
    monkeypatch.setattr(Path, "open", open_)
    return barred.append


def names(lab: Lab) -> list[str]:
    return [folder.name for folder in find_sessions(lab.data)]


def test_a_day_that_may_not_be_listed_is_unreadable_and_a_hole(
    recorded: Lab, forbid: Forbid
) -> None:
    forbid(recorded.data / "SIM01/2026-03-04")
    assert names(recorded) == ["SIM01/2026-03-03/1", "SIM01/2026-03-04/?", "SIM01/2026-03-05/1"]
    rows = read_summaries(list(find_sessions(recorded.data)))
    assert rows[1]["ended"] == "unreadable: its folder cannot be listed: Permission denied"
    assert [row["qc"] for row in rows] == [["short"], ["unreadable"], ["short"]]
    (mouse,) = day_of_rows(date(2026, 3, 4), rows).mice
    assert mouse.qc == ["unreadable"]
    past = read_past("SIM01", folders_of(recorded, "SIM01"), Wanted())
    assert [each.name for each in past.sessions] == ["SIM01/2026-03-03/1", "SIM01/2026-03-05/1"]
    (hole,) = past.holes()
    assert (hole.session, hole.why) == (
        "SIM01/2026-03-04/?", "its folder cannot be listed: Permission denied",
    )  # fmt: skip


def test_a_session_that_may_not_be_looked_into_is_unreadable(recorded: Lab, forbid: Forbid) -> None:
    forbid(recorded.data / "SIM01/2026-03-04/1")
    rows = read_summaries(list(find_sessions(recorded.data)))
    assert rows[1]["session"] == "SIM01/2026-03-04/1"
    assert rows[1]["ended"] == "unreadable: its journal cannot be read: Permission denied"
    past = read_past("SIM01", folders_of(recorded, "SIM01"), Wanted())
    assert [each.why for each in past.holes()] == [
        "its journal cannot be read: Permission denied"
    ]  # fmt: skip


def test_a_mouse_that_may_not_be_listed_is_told_and_other_folders_are_not(
    recorded: Lab, forbid: Forbid, command: Callable[..., Done]
) -> None:
    (recorded.data / "lost+found").mkdir()
    forbid(recorded.data / "lost+found")
    forbid(recorded.data / "SIM01")
    assert names(recorded) == ["SIM01/?/?"]
    listed = command("ls", "--subject", "SIM01").out
    assert "its folder cannot be listed" in " ".join(listed.split()), "folded in a narrow terminal"
    rows = read_summaries(list(find_sessions(recorded.data)))
    assert [each.qc for each in day_of_rows(date(2026, 3, 9), rows).mice] == [["unreadable"]]
    with pytest.raises(RecordingError, match="its folder cannot be listed"):
        find_session(recorded.data, "SIM01")
    sheet = command("preflight", "--rig", "rigs/box1.toml", "--subject", "SIM01", "--simulate",
                    "--protocol", "protocols/go_nogo.toml")  # fmt: skip
    assert "Its folder cannot be listed" in " ".join(sheet.out.split())
    assert command("report", "--subject", "SIM01").code == ExitCode.OK
    told = command("report", "--day", "2026-03-09")
    assert (told.code, "its folder cannot be listed" in told.out) == (ExitCode.OK, True)


def test_the_next_day_is_that_after_the_last_known_one(recorded: Lab, forbid: Forbid) -> None:
    forbid(recorded.data / "SIM01/2026-03-05")
    assert next_day(recorded, "SIM01") == date(2026, 3, 6)
    forbid(recorded.data)
    assert names(recorded) == ["?/?/?"]


def test_who_arms_is_not_kept_by_sessions_of_today_that_may_not_be_read(
    recorded: Lab, forbid: Forbid
) -> None:
    forbid(recorded.data / "SIM01" / "2026-03-04")
    assert ended_without_wrap_up(recorded, date(2026, 3, 4)) == []
    assert [folder.name for folder in find_sessions(recorded.data, day=date(2026, 3, 4))] == [
        "SIM01/2026-03-04/?"
    ]
