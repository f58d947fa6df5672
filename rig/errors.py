"""Errors in three sentences (what happened, where, what to do) and the exit codes they end in."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Literal

import msgspec


class ExitCode(IntEnum):
    """What the command ``rig`` returns to the shell (``docs/reference/exit-codes.md``)."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    CHECK_FAILED = 3
    HARDWARE = 4
    PROTOCOL = 5
    RECORDING = 6
    BUSY = 7
    STOPPED = 130


class RigError(Exception):
    """Something that a person has to mend; always says how.

    Parameters
    ----------
    what
        What happened.
    where
        File and key, or device and line.
    do
        What to do about it.

    Examples
    --------
    >>> print(ConfigError("unknown key 'lin'", "rigs/box1.toml, devices.lick", "Write 'line'."))
    unknown key 'lin' (rigs/box1.toml, devices.lick). Write 'line'.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.UNEXPECTED

    def __init__(self, what: str, where: str, do: str) -> None:
        super().__init__(f"{what} ({where}). {do}")
        self.what = what
        self.where = where
        self.do = do


class OptionError(RigError):
    """An option of a command has a value that cannot be used."""

    exit_code = ExitCode.USAGE


class ConfigError(RigError):
    """A file of the lab's folder is missing or wrong."""

    exit_code = ExitCode.CHECK_FAILED


class DeviceError(RigError):
    """A device cannot be opened, or failed."""

    exit_code = ExitCode.HARDWARE


class ProtocolError(RigError):
    """A protocol raised an exception or returned something that is not a trial."""

    exit_code = ExitCode.PROTOCOL


class RecordingError(RigError):
    """The recording cannot be written, or cannot be read."""

    exit_code = ExitCode.RECORDING


class BusyError(RigError):
    """The rig or the subject is in another running session."""

    exit_code = ExitCode.BUSY


class Problem(msgspec.Struct, frozen=True):
    """One mistake found by a check; checks return lists, so that all are seen at once.

    A `notice` tells what was lost while the session goes on; a check finds none.
    """

    what: str
    where: str
    do: str
    level: Literal["error", "warning", "notice"] = "error"

    def __str__(self) -> str:
        return f"{self.what} ({self.where}). {self.do}"


class CheckFailed(ConfigError):  # noqa: N818 (it reports a result, all of it)
    """A check found mistakes; `problems` holds every one of them."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(first.what, first.where, first.do + more)
        self.problems = problems


class GraphError(ProtocolError):
    """A protocol returned a graph with mistakes; `problems` holds every one of them."""

    def __init__(self, problems: list[Problem], where: str) -> None:
        first = problems[0]
        super().__init__(first.what, f"{where}, {first.where}", first.do)
        self.problems = [Problem(p.what, f"{where}, {p.where}", p.do) for p in problems]


def errors_among(problems: list[Problem]) -> list[Problem]:
    """Return the problems that forbid a session; warnings are left out."""
    return [problem for problem in problems if problem.level == "error"]


def problems_of(error: RigError) -> list[Problem]:
    """Return an error as the list of problems that it stands for."""
    if isinstance(error, CheckFailed | GraphError):
        return error.problems
    return [Problem(error.what, error.where, error.do)]
