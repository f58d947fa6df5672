"""Reads sessions from their journals: the truth, also of sessions that were cut short."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rig.errors import RecordingError
from rig.events import Definition, Event, Header, Record, SessionEnded
from rig.journal import read_records
from rig.session_folder import SessionFolder, is_running
from rig.trials import TrialRow, TrialTable

CUT_OFF = "cut off"
"""What is said of a session that has no end, and does not run."""


@dataclass(frozen=True)
class SessionRecord:
    """What is known of one session.

    Attributes
    ----------
    folder
        Where it is recorded.
    header, definition
        Wall-clock facts, and what the session was made of.
    rows
        Its trials; aborted ones too.
    water_ul
        Water delivered.
    events
        Everything that happened in it, in order.
    ended
        Its last event; None if it was cut off (a crash, a power failure) or still runs.
    damage
        What is wrong with its journal, in words; empty if nothing is.
    running
        Whether a process runs it now.
    """

    folder: SessionFolder
    header: Header
    definition: Definition
    rows: list[TrialRow]
    water_ul: float
    events: list[Event]
    ended: SessionEnded | None
    damage: str
    running: bool


def why_ended(ended: SessionEnded | None, *, running: bool) -> str:
    """Return why a session has ended, in words.

    Examples
    --------
    >>> why_ended(None, running=True), why_ended(None, running=False)
    ('still runs', 'cut off')
    """
    if ended is not None:
        return ended.reason
    return "still runs" if running else CUT_OFF


def load_session(folder: SessionFolder) -> SessionRecord:
    """Return a session as far as its journal can be read.

    Raises
    ------
    RecordingError
        If not even header and definition can be read.
    """
    return collect(read_records(folder.journal), folder, folder.journal)


def collect(records: Iterable[Record], folder: SessionFolder, file: Path) -> SessionRecord:
    """Return what is known of a session by its records, as far as these can be read.

    Parameters
    ----------
    records
        Header, definition, then the events by their numbers.
    folder, file
        Where the session lies, and the file that the records come from, for errors.

    Raises
    ------
    RecordingError
        If not even header and definition can be read.
    """
    header = definition = ended = None
    table = TrialTable()
    events: list[Event] = []
    damage = ""
    try:
        for record in records:
            match record:
                case Header():
                    header = record
                case Definition():
                    definition = record
                case _:
                    table.add(record)
                    events.append(record)
                    if isinstance(record, SessionEnded):
                        ended = record
    except RecordingError as error:
        damage = error.what
        if definition is None:
            raise
    if header is None or definition is None:
        raise RecordingError(
            "the journal holds no session",
            str(file),
            "The session was cut off before it began; the folder may be removed.",
        )
    return SessionRecord(
        folder,
        header,
        definition,
        table.rows,
        table.water_ul,
        events,
        ended,
        damage,
        is_running(folder),
    )
