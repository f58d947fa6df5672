"""Runs ``rig`` commands beside the window, so that no protocol and no driver is loaded into it.

A command that fails, hangs or prints nonsense is an answer like any other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from PyQt5.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, pyqtSignal

from gui.problems import problem_words
from gui.talk import Talk
from rig.dialog import Message
from rig.program import RIG_PROGRAM

LONGEST = 120.0
"""Seconds after which a command is ended."""
GRACE_MS = 2000
"""How long a command that is ended has to leave all in order: devices off, files whole."""


@dataclass(frozen=True)
class Done:
    """What a command came to.

    Attributes
    ----------
    code
        Its exit code; -1 if it could not be run or was ended.
    value
        What it printed as JSON; None if that was none, or told of problems alone.
    error
        What is wrong, in words; empty if nothing is.
    """

    code: int
    value: Any
    error: str


class Jobs(QObject):
    """Runs commands in the lab's folder; each calls back once, in the window's thread.

    Parameters
    ----------
    folder
        The lab's folder.

    Attributes
    ----------
    closed
        Emitted when the window ends: who waits for something waits no more.
    """

    closed = pyqtSignal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._running: set[QProcess] = set()

    def run(
        self, arguments: Sequence[str], done: Callable[[Done], None], longest: float = LONGEST
    ) -> None:
        """Run ``rig ARGUMENTS --json``, and call `done` with what it came to."""
        process = self._process()
        alarm = QTimer(process)
        alarm.setSingleShot(True)
        alarm.timeout.connect(lambda: _end(process))

        def read() -> Done:
            late = "" if alarm.isActive() else f"it took longer than {longest:g} s"
            return _read(process, bytes(process.readAllStandardOutput()), late)

        alarm.start(round(longest * 1000))
        self._start(process, arguments, read, done)

    def talk(
        self,
        arguments: Sequence[str],
        heard: Callable[[Message], None],
        done: Callable[[Done], None],
    ) -> Talk:
        """Run ``rig ARGUMENTS --dialog --json``, which may take as long as a person takes.

        `heard` is called with each message, and `done` with what the command came to.
        """
        process = self._process()
        talk = Talk(process, heard)
        self._start(
            process, [*arguments, "--dialog"], lambda: _read(process, talk.printed(), ""), done
        )
        return talk

    def _process(self) -> QProcess:
        process = QProcess(self)
        process.setWorkingDirectory(str(self._folder))
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("COLUMNS", "200")
        process.setProcessEnvironment(environment)
        return process

    def _start(
        self,
        process: QProcess,
        arguments: Sequence[str],
        read: Callable[[], Done],
        done: Callable[[Done], None],
    ) -> None:
        def answer(came_to: Done) -> None:
            if process in self._running:
                self._running.discard(process)
                process.deleteLater()
                done(came_to)

        def fail(error: QProcess.ProcessError) -> None:
            if error == QProcess.FailedToStart:
                why = process.errorString()
                answer(Done(-1, None, f"the command could not be started: {why}"))

        process.finished.connect(lambda: answer(read()))
        process.errorOccurred.connect(fail)
        self._running.add(process)
        process.start(RIG_PROGRAM[0], [*RIG_PROGRAM[1:], *arguments, "--json"])

    @property
    def busy(self) -> int:
        """How many commands run."""
        return len(self._running)

    def close(self) -> None:
        """End all commands that still run; they are not answered."""
        running, self._running = self._running, set()
        for process in running:
            process.closeWriteChannel()  # on Windows nothing else asks a command that talks to end
            process.terminate()
        for process in running:
            if not process.waitForFinished(GRACE_MS):
                process.kill()
                process.waitForFinished(GRACE_MS)
        self.closed.emit()


def _end(process: QProcess) -> None:
    """Ask a command to end, and end it if it does not."""
    process.terminate()
    patience = QTimer(process)
    patience.setSingleShot(True)
    patience.timeout.connect(process.kill)
    patience.start(GRACE_MS)


def _read(process: QProcess, out: bytes, late: str) -> Done:
    """Return what a command that has ended came to; `late` says that it took too long."""
    said = bytes(process.readAllStandardError()).decode(errors="replace").strip()
    if late or process.exitStatus() == QProcess.CrashExit:
        return Done(-1, None, f"the command was ended: {late or 'it crashed'}. {said}".strip())
    try:
        value = msgspec.json.decode(out)
    except msgspec.DecodeError:
        said = said or out.decode(errors="replace").strip() or "it said nothing"
        return Done(process.exitCode(), None, said)
    if problems := problem_words(value):
        return Done(process.exitCode(), None, " ".join(problems))
    return Done(process.exitCode(), value, said if process.exitCode() else "")


def start_detached(arguments: Sequence[str], folder: Path, output: Path) -> str:
    """Start ``rig ARGUMENTS`` as a program that outlives this window; return why it could not.

    Parameters
    ----------
    folder
        Where it runs.
    output
        File for all that it prints.
    """
    process = QProcess()
    process.setProgram(RIG_PROGRAM[0])
    process.setArguments([*RIG_PROGRAM[1:], *arguments])
    process.setWorkingDirectory(str(folder))
    process.setStandardInputFile(os.devnull)
    process.setStandardOutputFile(str(output))
    process.setStandardErrorFile(f"{output}.err")
    started, _ = process.startDetached()
    return "" if started else f"the program could not be started: {process.errorString()}"
