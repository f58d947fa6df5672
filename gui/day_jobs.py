"""Asks for the mice of the day by a command beside the window; keeps what it last said."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec
from PyQt5.QtCore import QObject, pyqtSignal

from gui.jobs import Done
from gui.latest import Latest
from gui.ledger_jobs import UNSIGNED, Came
from gui.workplace import Workplace
from rig.day_plan import DayBoard, DayMouse


class DayJobs(QObject):
    """What the window knows of the day: who runs where, in which order, and how far each is.

    Parameters
    ----------
    place
        What all screens share.

    Attributes
    ----------
    changed
        Emitted when something is known anew, or is being asked.
    board
        The mice of the day; None as long as they were not read.
    trouble
        Why they could not be read, in words; empty if they could.
    asking
        Whether an answer is waited for.
    """

    changed = pyqtSignal()

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self._latest = Latest()
        self._wanted: dict[str, str] = {}
        self._seen = self._boxes()
        self.board: DayBoard | None = None
        self.trouble = ""
        self.asking = False

    @property
    def mice(self) -> tuple[DayMouse, ...]:
        """The mice of the day in their order; none as long as they were not read."""
        return self.board.mice if self.board is not None else ()

    @property
    def is_old(self) -> bool:
        """Whether a session has begun, ended or been wrapped up since they were read."""
        return self._seen != self._boxes()

    def read(self) -> None:
        """Read the mice of the day; what was known stays until the answer is there."""
        self._seen = self._boxes()
        self._run(["today"], lambda trouble: None)

    def skip(self, subject: str, why: str, came: Came) -> None:
        """Enter that a mouse is left out today; `came` is called with what came of it."""
        if not self._place.operator:
            came(UNSIGNED)
            return
        by = f"--by={self._place.operator}"
        self._run(["today", f"--skip={subject}", f"--reason={why}", by], came)

    def want(self, subject: str, rig: str) -> None:
        """Let a mouse be the next one on a rig, whatever the order says."""
        self._wanted[rig] = subject

    def next_on(self, rig: str, elsewhere: Collection[str] = ()) -> DayMouse | None:
        """Return the mouse that is to run next on a rig; None if there is none.

        `elsewhere` are the mice that stand on the Arm sheets of other rigs.
        """
        waiting = [each for each in self.mice if self.waits(each) and each.subject not in elsewhere]
        wanted = [each for each in waiting if each.subject == self._wanted.get(rig)]
        return next(iter([*wanted, *(each for each in waiting if each.rig == rig)]), None)

    def protocol_of(self, subject: str) -> str:
        """Return the protocol file that is planned for a mouse; empty if its stage chooses."""
        return next((each.protocol for each in self.mice if each.subject == subject), "")

    def rig_of(self, subject: str) -> str:
        """Return the rig on which a mouse still is to run; empty if there is none."""
        waiting = (each for each in self.mice if each.subject == subject and self.waits(each))
        return next((each.rig for each in waiting), "")

    def waits(self, mouse: DayMouse) -> bool:
        """Whether a mouse still waits for its session, as far as the boxes tell, too."""
        boxes = self._place.boxes.by_rig.values()
        return mouse.state == "planned" and all(box.subject != mouse.subject for box in boxes)

    def _boxes(self) -> tuple[tuple[str, bool, bool], ...]:
        """Return who is in the boxes, and how far."""
        boxes = self._place.boxes.by_rig.values()
        return tuple((box.subject, box.is_running, box.wrapped_up) for box in boxes)

    def _run(self, arguments: list[str], came: Callable[[str], None]) -> None:
        """Run the command; it prints the mice of the day whatever else it does."""
        self.asking = True
        take = self._latest.only(self._take)

        def told(done: Done) -> None:
            take(done)
            came(done.error if done.code else "")

        self._place.jobs.run(arguments, told)
        self.changed.emit()

    def _take(self, done: Done) -> None:
        self.asking = False
        try:
            self.board = msgspec.convert(done.value, DayBoard)
        except msgspec.ValidationError:
            self.trouble = f"The day could not be read. {done.error}".strip()
        else:
            self.trouble = ""
        self.changed.emit()
