"""Recoveries: one at a time, of what has ended, and nothing is left of one that fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Done
from killed import EVENTS, assert_valid, contents, written
from machine import remount, small_disk

from rig.errors import BusyError, ExitCode, RecordingError
from rig.recovery import recover
from rig.session_folder import SessionFolder, hold_running


def test_two_recoveries_at_once_do_not_disturb_each_other(killed: SessionFolder) -> None:
    built, busy, together = [], [], threading.Barrier(4)

    def run() -> None:
        together.wait()
        try:
            built.append(recover(killed).built)
        except BusyError as error:
            busy.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) + len(busy) == 4
    assert built.count(True) == 1
    assert_valid(killed)


def test_a_running_session_is_not_recovered(
    killed: SessionFolder, command: Callable[..., Done]
) -> None:
    before = contents(killed)
    with hold_running(killed, "a session"):
        done = command("recover", str(killed.path))
    assert done.code == ExitCode.BUSY
    assert "the session still runs" in done.err
    assert contents(killed) == before


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[SessionFolder]:
    """Return a killed session on a disk that cannot be written."""
    with small_disk(tmp_path / "disk", "4m") as disk:
        session = written(disk, EVENTS)
        (session.path / "session-running.lock").touch()
        remount(disk, "ro")
        yield session
        remount(disk, "rw")
        recover(session)
        assert_valid(session)


def test_a_folder_that_cannot_be_written_is_refused_in_words(
    read_only: SessionFolder, command: Callable[..., Done]
) -> None:
    done = command("recover", str(read_only.path))
    assert done.code == ExitCode.RECORDING
    assert "Read-only file system" in done.err
    assert "Traceback" not in done.err


def test_a_logger_that_comes_too_late_does_not_harm_a_recovered_session(
    killed: SessionFolder,
) -> None:
    """Its engine was killed while it started, and the session was recovered meanwhile."""
    recover(killed)
    before = contents(killed)
    nowhere = f"ipc://{killed.path}/nobody"
    done = subprocess.run(
        [sys.executable, "-m", "rig.logger", nowhere, nowhere, nowhere, str(killed.path)],
        stdin=subprocess.DEVNULL, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert contents(killed) == before


def test_nothing_is_left_of_a_recovery_that_cannot_be_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "200k") as disk:
        session = written(disk, EVENTS)
        session.journal.write_bytes(session.journal.read_bytes()[:-1])
        with (
            (disk / "filler").open("wb", buffering=0) as filler,
            pytest.raises(OSError, match="28"),
        ):
            while True:
                filler.write(os.urandom(4096))
        before = contents(session)
        with pytest.raises(RecordingError, match="No space left on device"):
            recover(session)
        assert {name: data for name, (data, _) in contents(session).items()} == {
            name: data for name, (data, _) in before.items()
        }
        remount(disk, "size=4m")
        assert recover(session).events == 5
        assert_valid(session)
