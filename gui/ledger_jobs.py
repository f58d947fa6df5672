"""Asks the lab's ledger, and tells it, by commands beside the window; keeps what it last said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from PyQt5.QtCore import QObject, pyqtSignal

from gui.jobs import Done
from gui.latest import Latest
from gui.live_balance import LiveBalance
from gui.widgets.number_field import Source
from gui.workplace import Workplace
from rig.ledger.days import local, zone_of
from rig.ledger.place import has_ledger
from rig.ledger.records import Row

UNSIGNED = "Say who works here, at the lower left."
Came = Callable[[str], None]
"""Called once with what came of an entry: an empty text if it is in the ledger, else why not."""


class Given(msgspec.Struct, frozen=True):
    """What ``rig give --all`` entered: mL by mouse, and the mice whose due nobody can tell."""

    given_ml: dict[str, float]
    not_given: tuple[str, ...]


class LedgerJobs(QObject):
    """What the window knows of weights and water, and the way to enter more.

    Parameters
    ----------
    place
        What all screens share.

    Attributes
    ----------
    changed
        Emitted when something is known anew, or is being asked.
    rows
        The mice by their names, in the order of the water board.
    trouble
        Why they could not be read, in words; empty if they could.
    asking
        Whether an answer is waited for.
    balance
        The lab's balance, whose weights the fields of all screens take.
    read_at
        When they were read, by the lab's clock; None as long as they were not.
    """

    changed = pyqtSignal()

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self._latest = Latest()
        self._busy: set[str] = set()
        self.balance = LiveBalance(place)
        self.rows: Mapping[str, Row] = {}
        self.trouble = ""
        self.asking = False
        self.read_at: datetime | None = None

    @property
    def begun(self) -> bool:
        """Whether the lab has a ledger."""
        return has_ledger(self._place.lab)

    @property
    def now(self) -> datetime:
        """The present moment, by the lab's clock."""
        return local(datetime.now().astimezone(), zone_of(self._place.lab.config))

    def is_busy(self, subject: str) -> bool:
        """Whether something is being entered of a mouse."""
        return subject in self._busy

    def read(self) -> None:
        """Read the water board; what was known stays until the answer is there."""
        if not self.begun:
            self.changed.emit()
            return
        self.asking = True
        self._place.jobs.run(["water"], self._latest.only(self._take))
        self.changed.emit()

    def weigh(
        self, subject: str, grams: float, came: Came, *, confirmed: bool, source: Source
    ) -> None:
        """Enter a weight in g; `confirmed` if a person has typed a doubtful one twice."""
        read = ["--source=balance"] if source == "balance" else []
        self._enter(subject, ["weigh", subject, f"{grams:g}", *read], came, confirmed=confirmed)

    def give(self, subject: str, volume_ml: float, came: Came, *, confirmed: bool) -> None:
        """Enter water beside sessions in mL; `confirmed` as in `weigh`."""
        self._enter(subject, ["give", subject, f"{volume_ml:g}"], came, confirmed=confirmed)

    def give_all(self, subjects: Sequence[str], came: Callable[[str, Given | None], None]) -> None:
        """Enter for every mouse what it is due; `came` gets a trouble, and what was entered."""
        trouble = self._cannot(*subjects)
        if trouble:
            came(trouble, None)
            return
        self._busy |= set(subjects)

        def told(done: Done) -> None:
            self._busy -= set(subjects)
            self.read()
            try:
                given = msgspec.convert(done.value, Given)
            except msgspec.ValidationError:
                came(done.error, None)
            else:
                came("", given)

        self._place.jobs.run(["give", "--all", f"--by={self._place.operator}"], told)
        self.changed.emit()

    def consent(self, subject: str, person: str, words: str, came: Came) -> None:
        """Enter that a person consents to a session today although the mouse is too light."""
        arguments = ["subject", "note", subject, words, f"--person={person}", "--consent"]
        self._run(subject, arguments, lambda done: came(done.error if done.code else ""), came)

    def note(self, subject: str, words: str, came: Came) -> None:
        """Enter how a mouse is; who works here answers for it."""
        person = f"--person={self._place.operator}"
        arguments = ["subject", "note", subject, f" {words}", person]  # " -" begins no option
        self._run(subject, arguments, lambda done: came(done.error if done.code else ""), came)

    def _enter(self, subject: str, arguments: list[str], came: Came, *, confirmed: bool) -> None:
        def told(done: Done) -> None:
            trouble = self._take_row(subject, done)
            if trouble:
                self.read()  # it may have been refused for what is not known here
            came(trouble)

        self._run(subject, [*arguments, *(["--confirm"] if confirmed else [])], told, came)

    def _run(
        self, subject: str, arguments: list[str], told: Callable[[Done], None], came: Came
    ) -> None:
        """Run a command that enters something of a mouse, unless one does already."""
        trouble = self._cannot(subject)
        if trouble:
            came(trouble)
            return
        self._busy.add(subject)

        def answered(done: Done) -> None:
            self._busy.discard(subject)
            told(done)
            self.changed.emit()

        self._place.jobs.run([*arguments, f"--by={self._place.operator}"], answered)
        self.changed.emit()

    def _cannot(self, *subjects: str) -> str:
        """Return why nothing can be entered of these mice now; empty if it can."""
        if not self._place.operator:
            return UNSIGNED
        busy = [subject for subject in subjects if subject in self._busy]
        return f"Something is being entered of {', '.join(busy)}: wait a moment." if busy else ""

    def _take(self, done: Done) -> None:
        """Take in the water board."""
        self.asking = False
        board = done.value.get("board") if isinstance(done.value, dict) else None
        try:
            rows = msgspec.convert(board, list[Row])
        except msgspec.ValidationError:
            self.trouble = f"The ledger could not be read. {done.error}".strip()
        else:
            self.trouble = ""
            self.rows = {row.subject: row for row in rows}
            self.read_at = self.now
        self.changed.emit()

    def _take_row(self, subject: str, done: Done) -> str:
        """Take in what a mouse is due after an entry; return why there was none."""
        try:
            row = msgspec.convert(done.value.get("board") if done.value else None, Row)
        except msgspec.ValidationError:
            return done.error
        self.rows = {**self.rows, subject: row}
        if self.asking:  # what is on its way may be older than the entry
            self.read()
        return ""
