"""A session that has ended has its report, without a further command; nothing can take it away."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Done
from recorded import short_session

from analysis.commands.report import REPORT
from rig.errors import ExitCode
from rig.export.background import LOG, export_all, exports_of, report_again
from rig.lab import Lab, find_lab
from rig.session_folder import SessionFolder, find_sessions

Edit = Callable[[str, str, str], None]
Process = subprocess.Popen[bytes]
RUN = ("run", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml", "--subject",
       "SIM01", "--virtual")  # fmt: skip
WITHIN = 10.0
"""Seconds in which a session that has ended has its report."""
PATIENCE = 6 * WITHIN
"""A busy computer gets more where nothing else is asked."""


@pytest.fixture
def reporting(lab: Lab, edit: Edit) -> Lab:
    """Return a lab that wants reports."""
    edit("lab.toml", "report = false", "report = true")
    return find_lab(lab.folder)


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """Return the processes that sessions are handed over to, as they begin."""
    begun: list[Process] = []
    real = subprocess.Popen

    def begin(command: Sequence[str], **options: Any) -> Process:
        process = real(command, **options)
        if export_all.__module__ in command:
            begun.append(process)
        return process

    monkeypatch.setattr(subprocess, "Popen", begin)
    return begun


def came_to(folder: SessionFolder, handed_over: list[Process]) -> dict[str, str]:
    """Return what has come of all that was to be made of a session, when that has ended."""
    (making,) = handed_over
    assert making.wait(PATIENCE) == 0
    return exports_of(folder)


def seconds_until_report(folder: SessionFolder) -> float:
    """Return how long after the record was sealed the report was there."""
    return (folder.path / REPORT).stat().st_mtime - folder.hdf5.stat().st_mtime


def text_of(folder: SessionFolder) -> str:
    return (folder.path / REPORT).read_text(encoding="utf-8")


def test_a_session_that_ends_has_its_report(
    reporting: Lab, edit: Edit, command: Callable[..., Done], handed_over: list[Process]
) -> None:
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 4")
    done = command(*RUN)
    assert done.code == ExitCode.OK, done.err
    (folder,) = find_sessions(reporting.data)
    assert came_to(folder, handed_over) == {"report": "done"}
    assert "Quality: short" in text_of(folder)


@pytest.mark.realtime
def test_a_session_in_real_time_has_its_report_in_ten_seconds_without_a_further_command(
    reporting: Lab, edit: Edit, command: Callable[..., Done], handed_over: list[Process]
) -> None:
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 2")
    done = command(*RUN[:-1], "--simulate", "--speed", "50")
    assert done.code == ExitCode.OK, done.err
    (making,) = handed_over
    assert making.wait(WITHIN) == 0
    (folder,) = find_sessions(reporting.data)
    assert exports_of(folder) == {"report": "done"}
    assert seconds_until_report(folder) <= WITHIN
    assert "Quality: short" in text_of(folder)


def test_a_lab_that_wants_none_has_none(lab: Lab, edit: Edit, command: Callable[..., Done]) -> None:
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 4")
    assert command(*RUN).code == ExitCode.OK
    (folder,) = find_sessions(lab.data)
    assert not (folder.path / LOG).exists()


def test_a_session_that_is_recovered_has_a_report_that_says_it_was_cut_off(
    reporting: Lab, command: Callable[..., Done], handed_over: list[Process]
) -> None:
    folder = short_session(reporting, "go_nogo", 4)
    folder.hdf5.unlink()
    folder.journal.write_bytes(folder.journal.read_bytes()[:-3])
    assert command("recover", "SIM01").code == ExitCode.OK
    assert came_to(folder, handed_over) == {"report": "done"}
    assert "The session was cut off: its record has no end." in text_of(folder)


def test_a_session_that_is_not_sealed_says_so_when_it_is_asked(
    lab: Lab, command: Callable[..., Done]
) -> None:
    folder = short_session(lab, "go_nogo", 4)
    assert command("report", "SIM01").code == ExitCode.OK
    assert "Not sealed" not in text_of(folder)
    folder.hdf5.unlink()
    assert command("report", "SIM01").code == ExitCode.OK
    assert "Not sealed: session.h5 does not hold the whole session." in text_of(folder)


def test_the_report_tells_the_wrap_up_when_there_is_one(
    reporting: Lab, command: Callable[..., Done], handed_over: list[Process]
) -> None:
    folder = short_session(reporting, "go_nogo", 4)
    assert command("wrap-up", "SIM01", "--comment", "limps").code == ExitCode.OK
    assert came_to(folder, handed_over) == {"report": "done"}
    assert "limps" in text_of(folder)


def test_a_report_that_fails_is_told_in_a_sentence(
    reporting: Lab, command: Callable[..., Done], handed_over: list[Process]
) -> None:
    folder = short_session(reporting, "go_nogo", 2)
    (folder.path / REPORT).mkdir()
    assert command("recover", "SIM01").code == ExitCode.OK
    assert came_to(folder, handed_over) == {
        "report": f"FAILED, exit code {ExitCode.RECORDING.value}: see {LOG}"
    }
    assert "report FAILED, exit code 6" in command("show", "SIM01", "--trials", "0").out
    assert "the file cannot be written" in (folder.path / LOG).read_text(encoding="utf-8")


def test_a_report_in_no_lab_is_not_begun(tmp_path: Path) -> None:
    report_again(SessionFolder(tmp_path), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_is_killed_loses_nothing(lab: Lab, command: Callable[..., Done]) -> None:
    folder = short_session(lab, "go_nogo", 4)
    before = digests(folder)
    for after in (0.1, 0.6, 1.2):
        making = subprocess.Popen(
            [sys.executable, "-P", "-m", "rig.export.background", str(folder.path), "report"],
            start_new_session=True,
        )
        time.sleep(after)
        kill(making)
        page = folder.path / REPORT
        assert not page.exists() or page.read_text(encoding="utf-8").endswith("</html>\n")
        assert {name: digests(folder)[name] for name in before} == before
    assert command("verify", "SIM01").code == ExitCode.OK
    assert command("report", "SIM01").code == ExitCode.OK
    assert "Quality: short" in text_of(folder)


WRITES = """
import sys
from pathlib import Path
from rig.export.whole_file import whole_file
with whole_file(Path(sys.argv[1])) as partial:
    partial.write_text("half a page")
    print(partial, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_report_has_half_written_goes_with_the_next_one(
    lab: Lab, command: Callable[..., Done]
) -> None:
    folder = short_session(lab, "go_nogo", 2)
    begin = [sys.executable, "-P", "-c", WRITES, str(folder.path / REPORT)]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(begin, stdin=pipe, stdout=pipe, text=True) as killed,
        subprocess.Popen(begin, stdin=pipe, stdout=pipe, text=True) as writing,
    ):
        assert killed.stdout is not None
        assert writing.stdout is not None
        gone, kept = (Path(each.stdout.readline().strip()) for each in (killed, writing))
        killed.kill()
        killed.wait()
        assert gone.is_file()
        assert command("report", "SIM01").code == ExitCode.OK
        assert kept.is_file(), "a process writes it"
        hidden = [each.name for each in folder.path.iterdir() if ".partial" in each.name]
        assert {name.removesuffix(".lock") for name in hidden} == {kept.name}
        writing.communicate()
    assert text_of(folder) == "half a page"
    assert not [each for each in folder.path.iterdir() if ".partial" in each.name]


def digests(folder: SessionFolder) -> dict[str, str]:
    """Return the digests of all files of a session."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.path.iterdir()
        if path.is_file()
    }


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, and where that can be done those that it has started; wait for it."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
