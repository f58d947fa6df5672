"""What a person says of a session afterwards, and which sessions still wait for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import filelock
import msgspec
import pytest
from helpers import plan_for, run_virtual
from inside import inside

import rig
from rig.errors import ConfigError, ExitCode, RecordingError
from rig.journal import digest
from rig.lab import Lab
from rig.locks import hold, holder_of
from rig.running import ended_without_wrap_up, running
from rig.session import Session
from rig.session_folder import SessionFolder, hold_running
from rig.wrap_up import WRAP_UP, WrapUp, read_wrap_up, wrap_up

Edit = Callable[[str, str, str], None]


@pytest.fixture
def ended(short: Lab) -> SessionFolder:
    """Return a session that is over."""
    return run_virtual(plan_for(short)).folder


def said(folder: SessionFolder, **words: Any) -> WrapUp:
    at = datetime(2026, 11, 25, 9, 5).astimezone()
    return WrapUp(**{"session": folder.name, "at": at, "by": "Anna", **words})


def test_it_is_written_shown_and_kept_when_it_is_said_anew(
    ended: SessionFolder, short: Lab
) -> None:
    before = digest(ended.journal)
    first = inside(short,
        "wrap-up", "SIM01", "--condition", "good", "--droppings", "3", "--comment", "[calm] é",
        "--by", "Anna", "--json",
    )  # fmt: skip
    assert first.code == ExitCode.OK, first.err
    told = json.loads(first.out)
    assert (told["reason"], told["droppings"], told["usable"]) == ("24 trials", 3, True)
    again = inside(
        short, "wrap-up", "SIM01", "--not-usable", "--reason", "spout fell off", "--by", "Ben"
    )
    assert "wrapped up by Ben, not to be used (said before: 1)" in again.out
    found = read_wrap_up(ended)
    assert found is not None
    assert [(each.by, each.comment) for each in found.earlier] == [("Anna", "[calm] é")]
    assert rig.load(ended.path).meta["wrap_up"] == msgspec.to_builtins(found)
    assert "Ben: spout fell off; NOT TO BE USED" in inside(short, "show", "SIM01").out
    assert json.loads(inside(short, "show", "SIM01", "--json").out)["wrap_up"]["usable"] is False
    assert digest(ended.journal) == before
    third = inside(short, "wrap-up", "SIM01", "--by", "Ben")
    assert "wrapped up by Ben, to be used again (said before: 2)" in third.out


def test_three_times_keeps_all_in_their_order(ended: SessionFolder) -> None:
    for comment in ("one", "two", "three"):
        last = wrap_up(ended, said(ended, comment=comment))
    assert read_wrap_up(ended) == last
    assert [each.comment for each in last.earlier] == ["one", "two"]
    assert all(each.earlier == () for each in last.earlier)


@pytest.mark.parametrize(
    "words", [{"by": "  "}, {"droppings": -1}, {"droppings": 1001}, {"comment": "\ud800"}]
)
def test_nonsense_is_refused_and_nothing_is_written(
    ended: SessionFolder, words: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError):
        wrap_up(ended, said(ended, **words))
    assert read_wrap_up(ended) is None


def test_the_command_refuses_what_is_none(ended: SessionFolder, short: Lab) -> None:
    assert inside(short, "wrap-up", "SIM01/2020-01-01/1").code == ExitCode.RECORDING
    assert inside(short, "wrap-up", "SIM01", "--droppings", "many").code == ExitCode.USAGE
    assert inside(short, "wrap-up", "SIM01", "--droppings", "-1").code == ExitCode.USAGE
    assert "Say who" in inside(short, "wrap-up", "SIM01", "--by", " ").err
    with hold_running(ended, "a test"):
        done = inside(short, "wrap-up", "SIM01")
    assert (done.code, "still runs" in done.err) == (ExitCode.CHECK_FAILED, True)
    assert not (ended.path / WRAP_UP).exists()


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b'{"session": 3}', b"[" * 100_000, b'{"unknown": 1}']
)
def test_a_damaged_one_is_told_and_never_overwritten(ended: SessionFolder, content: bytes) -> None:
    (ended.path / WRAP_UP).write_bytes(content)
    with pytest.raises(RecordingError, match="cannot be read"):
        wrap_up(ended, said(ended))
    assert (ended.path / WRAP_UP).read_bytes() == content
    assert "cannot be read" in rig.load(ended.path).meta["wrap_up"]["problem"]


def test_a_folder_that_cannot_be_written_is_told(
    ended: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rig.wrap_up.os.fsync", fail)
    with pytest.raises(RecordingError, match="No space left on device"):
        wrap_up(ended, said(ended))
    assert read_wrap_up(ended) is None
    assert list(ended.path.glob("*.partial")) == []


def test_a_session_that_cannot_be_read_can_be_wrapped_up(ended: SessionFolder, short: Lab) -> None:
    ended.journal.write_bytes(ended.journal.read_bytes()[:50])
    done = inside(short, "wrap-up", "SIM01", "--not-usable", "--by", "Anna", "--json")
    assert (done.code, json.loads(done.out)["reason"]) == (ExitCode.OK, "unreadable")


def test_sessions_in_virtual_time_need_none(ended: SessionFolder, short: Lab) -> None:
    assert ended_without_wrap_up(short, date.fromisoformat(ended.path.parent.name)) == []


def test_a_session_in_real_time_runs_and_then_waits_for_its_wrap_up(
    live: Session, lab: Lab
) -> None:
    day = date.fromisoformat(live.folder.path.parent.name)
    assert [(each.rig, each.subject) for each in running(lab)] == [("box1", "SIM01")]
    assert running(lab)[0].address.session == live.folder.name
    assert ended_without_wrap_up(lab, day) == []


def test_what_a_killed_session_leaves_is_no_running_one(lab: Lab) -> None:
    lab.locks.mkdir()
    address = b'{"endpoint": "tcp://127.0.0.1:1", "secret": "x", "session": "SIM01/2026-11-25/1"}'
    (lab.locks / "rig-box1.address").write_bytes(address)
    assert running(lab) == []
    with hold(lab.locks, "rig", "box1", "a test"):
        assert [each.subject for each in running(lab)] == ["SIM01"]
        (lab.locks / "rig-box1.address").write_bytes(b"torn")
        assert running(lab) == []


def test_an_ended_session_in_real_time_waits_for_its_wrap_up(lab: Lab) -> None:
    with Session(plan_for(lab), "system") as session:
        session.stop("stop_now", "enough")
        session.run()
    day = date.fromisoformat(session.folder.path.parent.name)
    unreadable = lab.data / "SIM02" / day.isoformat() / "1"
    unreadable.mkdir(parents=True)
    (unreadable / "session.journal").write_bytes(b"nothing")
    (waiting,) = ended_without_wrap_up(lab, day)
    assert (waiting.folder, waiting.rig) == (session.folder, "box1")
    assert waiting.words == f"SIM01's session of {waiting.started_at:%H:%M}"
    wrap_up(session.folder, said(session.folder))
    assert ended_without_wrap_up(lab, day) == []
    assert ended_without_wrap_up(lab, date(2020, 1, 1)) == []


def test_who_only_asks_keeps_nobody_away(lab: Lab) -> None:
    """A lock that is asked about is held for a moment, in which a session may just begin."""
    lab.locks.mkdir()
    asker = filelock.FileLock(lab.locks / "rig-box1.lock", thread_local=False)
    asker.acquire()
    timer = threading.Timer(0.05, asker.release)
    timer.start()
    with hold(lab.locks, "rig", "box1", "a test"):
        assert holder_of(lab.locks, "rig", "box1").startswith("a test (process ")
    assert holder_of(lab.locks, "rig", "box1") == ""
    timer.join()
