"""Enters the water of a session into the ledger, from its journal.

The journal is the queue. A row has the key (session, number of the event), and a row that is there
already is left as it is: writing again does nothing, whoever writes, and however often. So the
database may be away, and any program may die at any moment; the journal is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from rig.errors import RecordingError
from rig.events import (
    ActionDone,
    Definition,
    DeviceReported,
    Event,
    Header,
    Record,
    SessionEnded,
    decode,
)
from rig.frames import split
from rig.journal import MAGIC, read_records
from rig.ledger.store import Ledger
from rig.ledger.tables import drops, session_ends, sessions
from rig.session_folder import SessionFolder, is_running
from rig.session_record import why_ended
from rig.tail import Tail
from rig.trials import TrialTable

_SESSIONS = UUID("6f0d8f0e-2f5b-4d6b-9d0c-5a1c2a6f7b31")
_DIGITS = 6
"""Of a volume in uL: sums of drops are kept without the noise of their last bits."""
_AT_A_TIME = 500


@dataclass(frozen=True)
class Posted:
    """What a session has in the ledger now.

    Attributes
    ----------
    session
        Its name.
    water_ul
        All its water.
    complete
        Whether the whole journal is in, and the session has ended.
    problem
        Why it is not complete, in words; empty if it is, or the session still runs.
    """

    session: str
    water_ul: float
    complete: bool
    problem: str = ""


def session_id(header: Header) -> str:
    """Return the UUID of a session, which its journal tells wherever it lies."""
    told = (header.session, header.started_at, header.computer, header.lab_folder)
    return str(uuid5(_SESSIONS, "\n".join(told)))


class Posting:
    """Takes in the records of one journal, and enters what they tell of water.

    Attributes
    ----------
    water_ul
        The session's water so far: the sum of its rows.
    """

    def __init__(self) -> None:
        self.water_ul = 0.0
        self._table = TrialTable()
        self._header: Header | None = None
        self._session: dict[str, Any] = {}
        self._waiting: list[dict[str, Any]] = []
        self._events = 0
        self._time = 0.0
        self._ended: SessionEnded | None = None
        self._entered = False

    def take(self, record: Record) -> None:
        """Take in the next record of the journal."""
        match record:
            case Header():
                self._header = record
            case Definition():
                self._session = _session_row(self._header, record)
            case _:
                self._take_event(record)

    def write(self, ledger: Ledger, now: datetime) -> None:
        """Enter what was taken in and is not in yet; does nothing if nothing is."""
        if not self._session or (self._entered and not self._waiting):
            return
        with ledger.writing() as connection:
            self._write_rows(connection, now)
        self._entered = True
        self._waiting = []

    def write_end(self, ledger: Ledger, now: datetime, journal_bytes: int) -> None:
        """Enter all that is left, and that a journal of so many bytes is in."""
        if not self._session:
            return
        end = {
            "session": self._session["id"],
            "journal_bytes": journal_bytes,
            "events": self._events,
            "trials": sum(not row.aborted for row in self._table.rows),
            "water_ul": self.water_ul,
            "reason": why_ended(self._ended, running=False),
            "ended_at": self._at(self._time),
            "entered_at": now,
        }
        with ledger.writing() as connection:
            self._write_rows(connection, now)
            insert_new(connection, session_ends, [end])
        self._entered = True
        self._waiting = []

    def _take_event(self, event: Event) -> None:
        """Take in an event, and what it changed of the water."""
        before = self._table.water_ul
        self._table.add(event)
        self._events, self._time = event.seq, event.hardware_time
        if isinstance(event, SessionEnded):
            self._ended = event
        change = round(self._table.water_ul - before, _DIGITS)
        if not change or not isinstance(event, DeviceReported | ActionDone):
            return
        self.water_ul = round(self.water_ul + change, _DIGITS)
        self._waiting.append(
            {
                "session": self._session["id"],
                "seq": event.seq,
                "at": self._at(event.hardware_time),
                "device": event.device,
                "author": event.author,
                "volume_ul": change,
            }
        )

    def _write_rows(self, connection: sa.Connection, now: datetime) -> None:
        if not self._entered:
            insert_new(connection, sessions, [self._session | {"entered_at": now}])
        insert_new(connection, drops, self._waiting)

    def _at(self, seconds: float) -> datetime:
        started: datetime = self._session["started_at"]
        return started + timedelta(seconds=seconds)


class TailPosting:
    """Follows the journal of a running session.

    Parameters
    ----------
    folder
        The session.
    """

    def __init__(self, folder: SessionFolder) -> None:
        self._tail = Tail(folder.journal, MAGIC)
        self._posting = Posting()

    def enter_new(self, ledger: Ledger, now: datetime) -> None:
        """Enter what is new in the journal; raise `RecordingError` if it, or the ledger, fails.

        What was read and could not be entered is kept for the next time.
        """
        for piece in self._tail.read():
            for payload in split(piece):
                self._posting.take(decode(payload))
        self._posting.write(ledger, now)


def post(ledger: Ledger, folder: SessionFolder) -> Posted:
    """Enter all the water of a session that its journal tells, and its end if it has ended.

    A damaged journal is entered up to the damage, and is not complete.

    Raises
    ------
    RecordingError
        If the ledger cannot be reached.
    """
    running = is_running(folder)
    size, posting, problem = _size(folder.journal), Posting(), ""
    try:
        for record in read_records(folder.journal):
            posting.take(record)
    except (RecordingError, OSError) as error:
        problem = error.what if isinstance(error, RecordingError) else str(error)
    now = datetime.now(UTC)
    if running or problem:
        posting.write(ledger, now)
        return Posted(folder.name, posting.water_ul, False, "" if running else problem)
    posting.write_end(ledger, now, size)
    return Posted(folder.name, posting.water_ul, True)


def not_entered(ledger: Ledger, folders: Iterable[SessionFolder]) -> list[SessionFolder]:
    """Return the sessions whose journals are not in the ledger as they are now.

    A session is told by the header of its journal: one that was deleted and made again has the
    name, and may have the length, of the one before.

    Raises
    ------
    RecordingError
        If the ledger cannot be reached.
    """
    ends = sa.select(session_ends.c.session, session_ends.c.journal_bytes)
    with ledger.reading() as connection:
        complete = {(session, size) for session, size in connection.execute(ends)}
    return [each for each in folders if (_id_of(each), _size(each.journal)) not in complete]


def _id_of(folder: SessionFolder) -> str:
    """Return the UUID of a session; empty if its header cannot be read."""
    try:
        first = next(read_records(folder.journal), None)
    except (RecordingError, OSError):
        return ""
    return session_id(first) if isinstance(first, Header) else ""


def _session_row(header: Header | None, definition: Definition) -> dict[str, Any]:
    if header is None:
        return {}
    return {
        "id": session_id(header),
        "name": header.session,
        "mouse": definition.subject,
        "rig": definition.rig,
        "protocol": definition.protocol,
        "stage": definition.stage,
        "operator": definition.operator,
        "clock": definition.clock,
        "simulated": definition.mouse is not None,
        "started_at": datetime.fromisoformat(header.started_at).astimezone(UTC),
    }


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that are not there yet; those that are stay as they are."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    for begin in range(0, len(rows), _AT_A_TIME):
        connection.execute(make(table).on_conflict_do_nothing(), rows[begin : begin + _AT_A_TIME])


def _size(journal: Path) -> int:
    """Return how long a journal is; 0 if it is not there."""
    try:
        return journal.stat().st_size
    except OSError:
        return 0
