"""Starts sessions as programs of their own, and sees whether they begin."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, QTimer

from gui.jobs import start_detached
from gui.problems import problems_in
from gui.workplace import Workplace

WITHIN = 20.0
"""Seconds within which a session should begin."""
LOOK_EVERY_MS = 200
_LAST_LINES = 12

Launch = Callable[[Sequence[str], Path, Path], str]


def start(
    place: Workplace,
    rig: str,
    arguments: Sequence[str],
    came: Callable[[str], None] | None = None,
    launch: Launch = start_detached,
) -> None:
    """Start a session with ``rig run``; the box says that it is starting meanwhile.

    Parameters
    ----------
    place
        What all screens share.
    rig
        Where it runs.
    arguments
        What follows ``run`` on the command line, the subject among it.
    came
        Called once: with an empty text when the session has begun, else with what happened. By
        default what happened is told as an alert.
    launch
        Starts the program; another one in tests.
    """
    if place.boxes.by_rig[rig].starting:  # asked for twice, it is started once
        return
    subject = arguments[arguments.index("--subject") + 1]
    output = place.lab.locks / f"rig-{rig}.{os.getpid()}.out"  # another window has its own
    came = came or partial(_tell, place, rig, subject)
    try:
        output.parent.mkdir(exist_ok=True)
        _remove(output)
    except OSError as error:
        came(f"{output.parent} cannot be written: {error.strerror}. Check the rights on it.")
        return
    place.boxes.by_rig[rig].starting = subject
    trouble = launch(["run", *arguments, "--json"], place.lab.folder, output)
    if trouble:
        place.boxes.by_rig[rig].starting = ""
        came(trouble)
        return
    _Watch(place, rig, subject, output, came)


def resume(
    place: Workplace,
    rig: str,
    came: Callable[[str], None] | None = None,
    launch: Launch = start_detached,
) -> None:
    """Go on with the session that was cut off on a rig, as its next part; `came` as in `start`."""
    view = place.boxes.by_rig[rig].view
    if view is None or view.definition is None:
        trouble = "Nothing is known of the session that was cut off. Arm the mouse anew."
        (came or partial(_tell, place, rig, "The mouse"))(trouble)
        return
    arguments = ["--resume", "--rig", f"rigs/{rig}.toml"]
    arguments += ["--subject", view.definition.subject]
    arguments += ["--simulate"] if view.simulated else []
    arguments += ["--speed", f"{view.speed:g}"] if view.definition.clock == "paced" else []
    arguments += ["--by", place.operator] if place.operator else []
    start(place, rig, arguments, came, launch)


def _tell(place: Workplace, rig: str, subject: str, trouble: str) -> None:
    """Tell as an alert why a session has not begun."""
    if trouble:
        place.tell("bad", f"{subject} was not started on {rig}. {trouble}")


def errors_of(output: Path) -> Path:
    """Return the file for what a program prints to its standard error."""
    return output.with_name(f"{output.name}.err")


def what_it_said(output: Path) -> str:
    """Return in words what a program printed that ended before its session began."""
    said = problems_in(_read(output))
    if said:
        return "\n".join(said)
    lines = _read(errors_of(output)).decode(errors="replace").strip().splitlines()
    return "\n".join(lines[-_LAST_LINES:]) or "It has said nothing."


def _remove(output: Path) -> None:
    """Remove what a program has printed."""
    for file in (output, errors_of(output)):
        file.unlink(missing_ok=True)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


class _Watch(QObject):
    """Looks whether a session has begun, until it has or its program has ended."""

    def __init__(
        self,
        place: Workplace,
        rig: str,
        subject: str,
        output: Path,
        came: Callable[[str], None],
    ) -> None:
        super().__init__(place.jobs)
        self._place, self._rig, self._subject = place, rig, subject
        self._output, self._came = output, came
        self._before = place.boxes.by_rig[rig].view
        self._left = round(WITHIN * 1000 / LOOK_EVERY_MS)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK_EVERY_MS)
        place.jobs.closed.connect(self._give_up)

    def _look(self) -> None:
        if self._place.closed:  # nobody is there who waits for it
            self._give_up()
            return
        self._left -= 1
        if self._has_begun():
            self._end("")
        elif _read(self._output).strip():
            said = what_it_said(self._output)
            self._end(f"The session did not begin. {said}")
        elif self._left <= 0:
            said = what_it_said(self._output)
            self._end(f"The session has not begun within {WITHIN:.0f} s. {said}")

    def _has_begun(self) -> bool:
        """Whether the session is there: that of another mouse comes from another window."""
        view = self._place.boxes.by_rig[self._rig].view
        told = view.definition if view is not None and view is not self._before else None
        return told is not None and told.subject == self._subject

    def _give_up(self) -> None:
        """Wait no more; nobody reads what the program prints."""
        self._timer.stop()
        with contextlib.suppress(OSError):  # what cannot be removed is overwritten the next time
            _remove(self._output)
        self.deleteLater()

    def _end(self, what_came: str) -> None:
        self._give_up()
        self._place.boxes.by_rig[self._rig].starting = ""
        self._came(what_came)
