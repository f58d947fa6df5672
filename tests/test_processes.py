"""Real time over real processes: engine, logger, signals, sudden death."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import RIG_COMMAND
from helpers import plan_for

import rig.logger_link
from rig.errors import ExitCode
from rig.hdf5_file import is_sealed
from rig.hdf5_reading import read_trials
from rig.inbox import Command
from rig.journal import digest, read_records
from rig.lab import Lab
from rig.progress import ProgressLine
from rig.session import Session
from rig.session_folder import SessionFolder, find_sessions
from rig.session_record import SessionRecord, load_session
from rig.trials import TrialRow
from rig.watcher import Nobody

Edit = Callable[[str, str, str], None]
ARGUMENTS = (
    "run", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml",
    "--subject", "SIM01", "--simulate", "--seed", "3",
)  # fmt: skip


@dataclass(frozen=True)
class Running:
    """A session that runs in a process of its own."""

    process: subprocess.Popen[str]
    lab: Lab

    def folder(self) -> SessionFolder:
        return next(iter(find_sessions(self.lab.data)))

    def wait_for(self, words: str) -> None:
        """Wait until the journal tells of it."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(self.process.communicate())
            if any(words in str(record) for record in self._records()):
                return
            time.sleep(0.05)
        raise AssertionError(f"the journal never told of '{words}'")

    def _records(self) -> list[object]:
        records: list[object] = []
        try:
            for record in read_records(self.folder().journal):
                records.append(record)  # noqa: PERF402 (the last frame may be half written)
        except Exception:
            return records
        return records

    def end(self) -> SessionRecord:
        """Wait for the end of the process; return what it recorded."""
        self.process.wait(timeout=60)
        return load_session(self.folder())


@pytest.fixture
def running(eager: Lab) -> Iterator[Running]:
    """Start a session in real time."""
    process = subprocess.Popen(
        [*RIG_COMMAND, *ARGUMENTS],
        cwd=eager.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield Running(process, eager)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def logger_of(process: subprocess.Popen[str]) -> int:
    """Return the process id of the logger that an engine has started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        if b"rig.logger" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError("the engine has no logger")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_a_sealed_session(running: Running, number: signal.Signals) -> None:
    running.wait_for("stimulus='B'")
    running.wait_for("state='response'")
    os.killpg(running.process.pid, number)  # as Ctrl-C does: to engine and logger
    record = running.end()
    assert running.process.returncode == ExitCode.STOPPED
    assert record.ended is not None
    assert record.ended.reason == f"stopped by {number.name}"
    assert record.rows[-1].aborted
    assert is_sealed(record.folder.hdf5, digest(record.folder.journal))
    assert read_trials(record.folder.hdf5) == record.rows


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15, 0.4])
def test_a_signal_during_start_up_leaves_a_whole_session(running: Running, delay: float) -> None:
    end = time.monotonic() + 60
    while not list(find_sessions(running.lab.data)) and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(delay)
    os.killpg(running.process.pid, signal.SIGINT)
    record = running.end()
    assert running.process.returncode == ExitCode.STOPPED, running.process.communicate()
    assert record.ended is not None
    assert is_sealed(record.folder.hdf5, digest(record.folder.journal))


def test_impatient_signals_change_nothing(running: Running) -> None:
    """Ctrl-C again and again until the program has ended."""
    running.wait_for("state='response'")
    while running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    record = running.end()
    assert running.process.returncode == ExitCode.STOPPED
    assert is_sealed(record.folder.hdf5, digest(record.folder.journal))


def test_a_stop_before_anything_is_begun_shows_no_traceback(eager: Lab) -> None:
    for delay in (0.1, 0.3, 0.6):
        process = subprocess.Popen(
            [*RIG_COMMAND, *ARGUMENTS], cwd=eager.folder, stderr=subprocess.PIPE, text=True
        )
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode in {ExitCode.STOPPED, -signal.SIGINT}
        assert "rig/" not in err, "no traceback of ours"


def test_ctrl_c_is_not_lost_in_an_import_that_swallows_it() -> None:
    script = (
        "import os, signal\n"
        "from rig.signals import leave_on_ctrl_c\n"
        "with leave_on_ctrl_c():\n"
        "    try: os.kill(os.getpid(), signal.SIGINT)\n"
        "    except BaseException: pass\n"
        "print('lost')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (ExitCode.STOPPED, "")
    assert done.stderr == "Stopped before anything was begun.\n"


def test_a_killed_logger_is_told_of(running: Running) -> None:
    running.wait_for("state='response'")
    os.kill(logger_of(running.process), signal.SIGKILL)
    running.wait_for("the logger has ended")
    running.process.send_signal(signal.SIGINT)
    out, _ = running.process.communicate(timeout=60)
    assert "warning: the logger has ended" in out


class Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_that_stands_still_does_not_hold_the_session_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after Ctrl-S: the line cannot be written, and nobody waits for it."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 65536)
    os.set_blocking(writer, True)
    with Terminal(io.FileIO(writer, "w"), encoding="utf-8") as full:
        monkeypatch.setattr("sys.stderr", full)
        line = ProgressLine()
        began = time.monotonic()
        for trial in range(1, 5):
            line.entered(trial, "response")
            time.sleep(0.1)
        assert time.monotonic() - began < 2
        line.close()
        assert time.monotonic() - began < 4
        monkeypatch.undo()
        os.set_blocking(reader, False)
        os.read(reader, 1 << 20)


def test_a_long_temporary_folder_is_no_trouble(
    eager: Lab, edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths of ipc sockets are short; where the folder's is too long, tcp is used."""
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 1")
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with Session(plan_for(eager), "system") as session:
        result = session.run()
    assert result.warnings == []
    assert is_sealed(result.folder.hdf5, digest(result.folder.journal))
    assert list(long.iterdir()) == []


def test_a_killed_logger_costs_nothing(running: Running) -> None:
    running.wait_for("state='response'")
    os.kill(logger_of(running.process), signal.SIGKILL)
    trial = len(load_session(running.folder()).rows)
    running.wait_for(f"trial={trial + 3},")
    running.process.send_signal(signal.SIGINT)
    record = running.end()
    assert running.process.returncode == ExitCode.STOPPED
    assert len(record.rows) > trial
    assert is_sealed(record.folder.hdf5, digest(record.folder.journal))
    assert read_trials(record.folder.hdf5) == record.rows


def test_a_killed_engine_leaves_its_journal_and_frees_rig_and_logger(running: Running) -> None:
    running.wait_for("state='response'")
    logger = logger_of(running.process)
    running.process.kill()
    record = running.end()
    assert record.ended is None
    assert record.definition.subject == "SIM01"
    assert record.events, "what happened before the kill is in the journal"
    end = time.monotonic() + 20
    while Path(f"/proc/{logger}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{logger}").exists(), "the logger outlived its engine"
    assert not is_sealed(record.folder.hdf5, digest(record.folder.journal))
    with Session(plan_for(running.lab, seed=4), "virtual"):
        pass


def test_the_same_session_in_real_time_has_the_same_trials(eager: Lab, edit: Edit) -> None:
    """Real time and virtual time differ in lateness only."""
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 3")
    plan = plan_for(eager, seed=5)
    results = []
    for clock in ("virtual", "system"):
        with Session(plan, clock) as session:
            results.append(session.run())
    virtual, real = (result.rows for result in results)
    assert [row.outcome for row in real] == [row.outcome for row in virtual]
    for row, expected in zip(real, virtual, strict=True):
        assert row.start_time >= expected.start_time
    assert is_sealed(results[1].folder.hdf5, digest(results[1].folder.journal))


def test_a_logger_that_hangs_never_stops_the_session(
    eager: Lab, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up at the end, and the file is built from the journal."""
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 2")
    monkeypatch.setattr(rig.logger_link, "SILENT_FOR", 0.5)

    class Hanging(Nobody):
        """Makes the logger hang in the first trial."""

        def entered(self, trial: int, state: str) -> None:
            live = session._recorder._live
            if live is not None and state == "pips" and trial == 1:
                os.kill(live.link._process.pid or 0, signal.SIGSTOP)

    session = Session(plan_for(eager), "system", watcher=Hanging())
    with session:
        result = session.run()
    assert len(result.rows) == 2
    assert read_trials(result.folder.hdf5) == result.rows


def test_a_logger_that_misses_messages_takes_them_from_the_journal(eager: Lab, edit: Edit) -> None:
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 3")
    sealed: list[bool] = []

    class Losing(Nobody):
        """Keeps the messages of the second trial, and those of the end, from the logger."""

        def finished(self, row: TrialRow, water_ul: float) -> None:
            live = session._recorder._live
            assert live is not None
            seal, publish = live.link.seal, live.bus.publish
            if row.trial == 2:
                live.bus.publish = publish
            else:
                live.bus.publish = lambda place, frames: None
            live.link.seal = lambda *whole: sealed.append(seal(*whole)) or sealed[-1]

    session = Session(plan_for(eager), "system", watcher=Losing())
    with session:
        result = session.run()
    assert sealed[0] is True
    assert is_sealed(result.folder.hdf5, digest(result.folder.journal))
    assert read_trials(result.folder.hdf5) == result.rows


def test_a_stop_from_another_thread_wakes_the_loop(eager: Lab, edit: Edit) -> None:
    edit("rigs/box1.toml", "visit_interval = 0.2", "visit_interval = 1e6")

    class AtOnce(Nobody):
        """Stops the session at its first state."""

        def entered(self, trial: int, state: str) -> None:
            session._inbox.put(Command("stop_now", "from outside"))

    session = Session(plan_for(eager), "system", watcher=AtOnce())
    with session:
        result = session.run()
    assert result.reason == "from outside"
    assert result.duration < 5


def test_without_a_terminal_the_progress_is_written_as_lines(running: Running) -> None:
    running.wait_for("trial=2,")
    running.process.send_signal(signal.SIGINT)
    out, err = running.process.communicate(timeout=60)
    assert "SIM01 on box1 (SIMULATED)" in out
    assert "Ended: stopped by SIGINT" in out
    assert "trial    " in err
    assert "water 0.0" in err
    assert "\r" not in err
