"""Hands a session over when it has ended: its report, then its exports, in a process of its own.

Nothing waits for it, and the next session can begin at once: the process has a low priority,
touches nothing but what it writes, and goes on when the terminal is closed. What came of it stands
in ``export.log``, in the session's folder, and `rig show` tells it.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, TextIO

from rig.config import RecordingConfig
from rig.errors import ExitCode, RigError
from rig.lab import Lab, find_lab
from rig.program import RIG_PROGRAM, be_nice, start_apart
from rig.session_folder import SessionFolder

LOG = "export.log"
REPORT = "report"
"""What stands among the formats for the page that `rig report` writes."""
Made = Literal["all", "report"]
_OPTIONS = {"nwb": ("--check",)}
"""What a format is exported with, beside its name."""
_CAME_TO: dict[int, str] = {
    ExitCode.OK: "done",
    ExitCode.CHECK_FAILED: f"done, but something is missing: see {LOG}",
}
_LINE = re.compile(r"^\d{4}-\S+ (?:export to )?(\w+): (.+)$")


def hand_over(folder: SessionFolder, config: RecordingConfig, made: Made) -> None:
    """Begin to make what a lab wants of a session that has ended; return at once.

    Parameters
    ----------
    folder
        The session.
    config
        What the lab wants.
    made
        ``all``, or the ``report`` alone: of a session in virtual time, or told of anew.
    """
    report = (REPORT,) if config.report else ()
    export_in_background(folder, (*report, *(config.export if made == "all" else ())))


def report_again(folder: SessionFolder, near: Path) -> None:
    """Begin to write the report of a session anew, if its lab wants reports; return at once.

    Where its lab is not found it has a report only if `rig report` is asked for it.
    """
    lab = lab_of(folder, near)
    if lab is not None:
        hand_over(folder, lab.config.recording, "report")


def lab_of(folder: SessionFolder, near: Path) -> Lab | None:
    """Return the lab that a session lies in, else that of the folder `near`.

    None if there is none, or its file is wrong.
    """
    for place in (folder.path, near):
        with contextlib.suppress(RigError):
            return find_lab(place)
    return None


def export_in_background(folder: SessionFolder, formats: Sequence[str]) -> None:
    """Begin to export a session to each of the formats; return at once.

    A session is never spoiled by its export: if that cannot be begun, a warning says so.
    """
    if not formats:
        return
    command = [
        sys.executable,
        "-P",
        "-m",
        "rig.export.background",
        str(folder.path.absolute()),
        *formats,
    ]
    try:
        with _open_log(folder) as log:
            for name in formats:
                _tell(log, name, "not begun")
            start_apart(command, log)
    except OSError as error:
        sys.stderr.write(f"warning: the session is not exported, and has no report: {error}\n")


def exports_of(folder: SessionFolder) -> dict[str, str]:
    """Return what came of the exports in the background, by format; empty if there were none."""
    try:
        lines = (folder.path / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    told = {}
    for line in lines:
        found = _LINE.match(line)
        if found:
            told[found[1]] = found[2]
    return told


def export_all(folder: SessionFolder, formats: Iterable[str], log: TextIO) -> None:
    """Export a session to each format, one after the other, and tell what came of it.

    Each is exported by a process of its own, so that none can take the others with it.
    """
    for name in formats:
        _tell(log, name, "begun, not ended")
        arguments = [REPORT, str(folder.path)]
        if name != REPORT:
            arguments = ["export", str(folder.path), "--to", name, *_OPTIONS.get(name, ())]
        done = subprocess.run(
            [*RIG_PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "COLUMNS": "200"},
            check=False,
        )
        code = done.returncode
        _tell(log, name, _CAME_TO.get(code, f"FAILED, exit code {code}: see {LOG}"))


def _tell(log: TextIO, name: str, what: str) -> None:
    """Write a line that `exports_of` reads."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    log.write(f"{now} {'' if name == REPORT else 'export to '}{name}: {what}\n")
    log.flush()


def _open_log(folder: SessionFolder) -> TextIO:
    return (folder.path / LOG).open("a", encoding="utf-8")


def _main(folder: str, *formats: str) -> None:
    """Run as a process of its own."""
    be_nice()
    session = SessionFolder(Path(folder))
    with _open_log(session) as log:
        export_all(session, formats, log)


if __name__ == "__main__":
    _main(*sys.argv[1:])
