"""Asks ``rig preflight`` about a draft once a person has stopped typing; drops old answers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import msgspec
from PyQt5.QtCore import QObject, QTimer

from gui.arm.draft import Draft
from gui.jobs import Done, Jobs
from rig.preflight import Choices, Preflight

AFTER_MS = 300
GOOD_FOR = 30.0
"""Seconds for which an answer is relied on: a session may have begun elsewhere since."""


class Checker(QObject):
    """Checks drafts, as long as its parent lives.

    Parameters
    ----------
    parent
        The screen.
    jobs
        Runs the command.
    found
        Called with the rig, and what was found or, if nothing was, with a sentence about why.
    """

    def __init__(
        self, parent: QObject, jobs: Jobs, found: Callable[[str, Preflight | str], None]
    ) -> None:
        super().__init__(parent)
        self._jobs, self._found = jobs, found
        self._latest: dict[str, int] = {}
        self._asked_at: dict[str, float] = {}
        self._waiting: tuple[Draft, bool] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AFTER_MS)
        self._timer.timeout.connect(self._ask)

    def check_soon(self, draft: Draft, *, simulated: bool) -> None:
        """Check a draft when nothing more has been asked for a moment; what is asked is void."""
        if self._waiting is not None and self._waiting[0].rig != draft.rig:
            self._ask()
        self._latest[draft.rig] = self._latest.get(draft.rig, 0) + 1
        self._waiting = draft, simulated
        self._timer.start()

    def is_old(self, rig: str) -> bool:
        """Whether the last check of a rig was asked for too long ago to start upon it."""
        return time.monotonic() - self._asked_at.get(rig, -math.inf) > GOOD_FOR

    def forget(self, rig: str) -> None:
        """Drop what is asked about a rig: it will not be so any more."""
        self._latest[rig] = self._latest.get(rig, 0) + 1
        if self._waiting is not None and self._waiting[0].rig == rig:
            self._waiting = None

    def _ask(self) -> None:
        if self._waiting is None:
            return
        (draft, simulated), self._waiting = self._waiting, None
        number = self._latest[draft.rig]
        self._asked_at[draft.rig] = time.monotonic()

        def answer(done: Done) -> None:
            if self._latest[draft.rig] == number:
                self._found(draft.rig, _read(done))

        self._jobs.run(draft.check_arguments(simulated=simulated), answer)


def read_choices(done: Done) -> Choices | str:
    """Return what there is to choose from, or a sentence about why that is not known."""
    try:
        return msgspec.convert(done.value, Choices)
    except msgspec.ValidationError:
        return f"The mice of the lab cannot be listed. {done.error}"


def _read(done: Done) -> Preflight | str:
    try:
        return msgspec.convert(done.value, Preflight)
    except msgspec.ValidationError:
        return f"The check has failed. {done.error}"
