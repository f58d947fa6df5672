"""Reads of a journal what models are fitted to: what came, and whether the mouse responded.

Of all events only the beginnings and ends of trials are looked into, which is several times as
fast as to read a session as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from rig.errors import RecordingError
from rig.events import UNREADABLE, Definition, Header, Record, TrialEnded, TrialStarted, decode
from rig.journal import read_frames
from rig.psychometric import RESPONDED, Psychometric
from rig.session_folder import SessionFolder

_NEEDED = (b"\xa4type\xadtrial_started", b"\xa4type\xabtrial_ended")
"""How the events that are needed begin, behind the byte that tells how many fields they have."""


class Trial(msgspec.Struct, frozen=True):
    """A completed trial in which the mouse could respond.

    Attributes
    ----------
    trial_type, stimulus
        Type (``go``, ``nogo``, ...) and what was presented.
    outcome
        One of `rig.psychometric.RESPONDED`.
    block, labels
        Where it stands in the experiment, as in `rig.trials.TrialRow`.
    """

    trial_type: str
    stimulus: str
    outcome: str
    block: int = 0
    labels: dict[str, str] = {}

    @property
    def responded(self) -> bool:
        """Whether the mouse responded."""
        return RESPONDED[self.outcome]


@dataclass(frozen=True)
class SessionTrials:
    """What was read of a session.

    Attributes
    ----------
    definition
        What the session was made of.
    trials, levels
        The trials, and the responses by level.
    damage
        What is wrong with the journal; empty if nothing is.
    whole
        Number of the last trial that was read to its end, used or not; 0 if none was.
    """

    definition: Definition
    trials: tuple[Trial, ...]
    levels: Psychometric
    damage: str
    whole: int


def read_trials(folder: SessionFolder) -> SessionTrials:
    """Return the trials of a session, as far as its journal can be read.

    Raises
    ------
    RecordingError
        If not even header and definition can be read.
    """
    records: list[Record] = []
    damage = ""
    try:
        for number, payload in enumerate(read_frames(folder.journal)):
            if number < 2 or payload.startswith(_NEEDED, 1):
                records.append(decode(payload))
    except RecordingError as error:
        damage = error.what
    except UNREADABLE as error:
        damage = f"the journal is damaged: {error}"
    match records[:2]:
        case [Header(), Definition() as definition]:
            trials, levels = _trials(records[2:])
            ended = [record.trial for record in records if isinstance(record, TrialEnded)]
            return SessionTrials(definition, trials, levels, damage, ended[-1] if ended else 0)
        case _:
            raise RecordingError(
                damage or "the journal holds no session",
                str(folder.journal),
                "Leave the session out, or mend it with `rig recover`.",
            )


def _trials(records: Sequence[Record]) -> tuple[tuple[Trial, ...], Psychometric]:
    """Return the trials among some records, and the responses by level."""
    found: list[Trial] = []
    levels = Psychometric()
    started: TrialStarted | None = None
    for record in records:
        levels.add(record)
        if isinstance(record, TrialStarted):
            started = record
        elif isinstance(record, TrialEnded) and started is not None:
            if not record.aborted and record.outcome in RESPONDED:
                found.append(_trial(started, record.outcome))
            started = None
    return tuple(found), levels


def _trial(started: TrialStarted, outcome: str) -> Trial:
    return Trial(started.trial_type, started.stimulus, outcome, started.block, started.labels)
