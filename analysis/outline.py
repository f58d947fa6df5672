"""The outline of a session: what a list of sessions shows of it, read as fast as may be.

The journal of a session that has ended tells in its last event how much water there was; then
only beginnings and ends of trials are needed beside it, and what tells of its quality. All other
sessions are read as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.quality import Finding, Signs
from rig.events import (
    UNREADABLE,
    Definition,
    Header,
    InputChanged,
    Record,
    SessionEnded,
    TrialEnded,
    TrialStarted,
    decode_all,
)
from rig.journal import sound_payloads
from rig.session_folder import SessionFolder, is_running
from rig.session_record import SessionRecord, load_session

_NEEDED = tuple(
    b"\xa4type" + bytes([0xA0 + len(kind)]) + kind
    for kind in (
        b"input", b"trial_started", b"trial_ended", b"session_ended", b"report", b"fault", b"sync",
        b"clock", b"stream_ended",
    )
)  # fmt: skip
"""How the events that are needed begin, behind the byte that tells how many fields they have."""


@dataclass(frozen=True)
class Outline:
    """What a list shows of a session.

    Attributes
    ----------
    folder, header, definition, running, damage
        As in `rig.session_record.SessionRecord`.
    outcomes
        How many completed trials had each outcome.
    aborted
        How many trials were cut short.
    trial_types
        Which types of trials there were.
    water_ul
        Water that the mouse could drink.
    duration
        Time of the last event, in seconds.
    found
        What its events tell of water, sync and sensors.
    ended
        The last event; None if the session was cut off or still runs.
    """

    folder: SessionFolder
    header: Header
    definition: Definition
    outcomes: Counter[str]
    aborted: int
    trial_types: frozenset[str]
    water_ul: float
    duration: float
    found: tuple[Finding, ...]
    ended: SessionEnded | None
    damage: str
    running: bool


def read_outline(folder: SessionFolder) -> Outline:
    """Return the outline of a session as far as its journal can be read.

    Raises
    ------
    RecordingError
        If not even header and definition can be read.
    """
    found = _read_ended(folder)
    return outline_of(load_session(folder)) if found is None else found


def outline_of(record: SessionRecord) -> Outline:
    """Return the outline of a session that was read as a whole."""
    return Outline(
        folder=record.folder,
        header=record.header,
        definition=record.definition,
        outcomes=Counter(row.outcome or "" for row in record.rows if not row.aborted),
        aborted=sum(row.aborted for row in record.rows),
        trial_types=_types(record.events),
        water_ul=record.water_ul,
        duration=record.events[-1].engine_time if record.events else 0.0,
        found=_found(record.definition, record.events),
        ended=record.ended,
        damage=record.damage,
        running=record.running,
    )


def _read_ended(folder: SessionFolder) -> Outline | None:
    """Return the outline of a session that has ended; None if it must be read as a whole."""
    payloads = sound_payloads(folder.journal)
    try:
        first = decode_all(payloads[:2])
        needed = decode_all([each for each in payloads[2:] if each.startswith(_NEEDED, 1)])
    except UNREADABLE:
        return None
    match first, needed:
        case [Header() as header, Definition() as definition], [*_, SessionEnded() as ended]:
            whole = ended.seq == len(payloads) - 2
            return _outline(folder, header, definition, needed, ended) if whole else None
        case _:
            return None


def _outline(
    folder: SessionFolder,
    header: Header,
    definition: Definition,
    needed: Sequence[Record],
    ended: SessionEnded,
) -> Outline:
    others = [event for event in needed if not isinstance(event, InputChanged)]  # some of many
    trials = [event for event in others if isinstance(event, TrialEnded)]
    return Outline(
        folder=folder,
        header=header,
        definition=definition,
        outcomes=Counter(trial.outcome or "" for trial in trials if not trial.aborted),
        aborted=sum(trial.aborted for trial in trials),
        trial_types=_types(others),
        water_ul=ended.water_ul,
        duration=ended.engine_time,
        found=_found(definition, needed),
        ended=ended,
        damage="",
        running=is_running(folder),
    )


def _types(events: Iterable[Record]) -> frozenset[str]:
    return frozenset(event.trial_type for event in events if isinstance(event, TrialStarted))


def _found(definition: Definition, events: Iterable[Record]) -> tuple[Finding, ...]:
    signs = Signs(definition)
    for event in events:
        signs.take(event)
    return signs.findings()
