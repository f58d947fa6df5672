"""Goes on with a session that was cut off or stopped, as if it had never been.

The protocol is made anew from the same seed and led through the recorded trials, so that its
chance, its blocks and its criteria stand where they stood. The trial that was cut short is begun
again.
"""

from __future__ import annotations

from dataclasses import dataclass

from rig.changes import Change, changed
from rig.config import resolved
from rig.errors import ConfigError
from rig.events import (
    CommandGiven,
    Definition,
    Event,
    ParameterChanged,
    QuestionAsked,
    TrialStarted,
)
from rig.graph import TrialGraph
from rig.lab import Lab
from rig.plan import ProtocolPlan
from rig.plugins import source_sha256
from rig.protocol import Finished, Question, TrialProtocol
from rig.session_folder import find_session
from rig.session_record import SessionRecord, load_session
from rig.trials import TrialRow


@dataclass(frozen=True)
class Resumption:
    """The sessions that another one goes on with.

    Attributes
    ----------
    session
        Name of the last of them.
    definition
        What they were made of.
    events
        What happened in them, in order; the beginnings of trials that were cut short are left
        out.
    rows
        Their completed trials.
    water_ul
        Their water.
    """

    session: str
    definition: Definition
    events: tuple[Event, ...]
    rows: tuple[TrialRow, ...]
    water_ul: float

    @property
    def trial(self) -> int:
        """Number of the last completed trial; 0 if there is none."""
        return self.rows[-1].trial if self.rows else 0


def find_resumption(lab: Lab, subject: str) -> Resumption:
    """Return what a new session of a subject would go on with: its last session.

    Raises
    ------
    RecordingError
        If the subject has no session, or its journal cannot be read.
    ConfigError
        If that session was complete.
    """
    chain = _chain(lab, subject)
    last = chain[-1]
    if last.ended is not None and last.ended.how in {"finished", "limit"}:
        raise ConfigError(
            f"the session was complete: it ended with '{last.ended.reason}'",
            last.folder.name,
            "Leave out --resume to begin another session.",
        )
    return Resumption(
        session=last.folder.name,
        definition=last.definition,
        events=tuple(event for record in chain for event in _without_cut_trials(record)),
        rows=tuple(row for record in chain for row in record.rows if not row.aborted),
        water_ul=sum(record.water_ul for record in chain),
    )


def _chain(lab: Lab, subject: str) -> list[SessionRecord]:
    """Return the last session of a subject, behind those that it went on with itself."""
    chain = [load_session(find_session(lab.data, subject))]
    while chain[0].definition.resumes:
        chain.insert(0, load_session(find_session(lab.data, chain[0].definition.resumes)))
    return chain


def _without_cut_trials(record: SessionRecord) -> list[Event]:
    """Return the events of a session without the beginnings of trials that were cut short."""
    completed = {row.trial for row in record.rows if not row.aborted}
    return [
        event
        for event in record.events
        if not isinstance(event, TrialStarted) or event.trial in completed
    ]


def check_same(resumption: Resumption, protocol: ProtocolPlan) -> None:
    """Raise `ConfigError` if a protocol is not the one that the sessions ran."""
    was = resumption.definition
    differences = {
        f"the protocol file was '{was.protocol}'": was.protocol != protocol.path.stem,
        "the code of the protocol was another": was.protocol_sha256
        != source_sha256(protocol.protocol),
        "the parameters were others": was.params != resolved(protocol.params),
    }
    found = [difference for difference, there in differences.items() if there]
    if found:
        raise ConfigError(
            f"the session cannot be resumed: {'; '.join(found)}",
            resumption.session,
            "Take the files that it was made of (copies lie in its folder), or begin another.",
        )


def fast_forward(protocol: TrialProtocol, resumption: Resumption) -> tuple[Change, ...]:
    """Lead a new protocol through the recorded trials; return the changes that hold at their end.

    Raises
    ------
    ConfigError
        If it does not return the trials that were recorded.
    """
    completed = {row.trial: row for row in resumption.rows}
    rows: list[TrialRow] = []
    changes: dict[str, Change] = {}
    for event in resumption.events:
        match event:
            case TrialStarted(trial=number):
                _repeat(protocol.trial(number, rows), event, resumption.session)
                rows.append(completed[number])
            case ParameterChanged(key=key, after=after, author=author):
                protocol.params, change = changed(protocol.params, key, after, author)
                changes[key] = change
            case QuestionAsked():
                _repeat(protocol.trial(len(rows) + 1, rows), event, resumption.session)
            case CommandGiven(verb="skip_block", accepted=True):
                protocol.skip_block()
            case CommandGiven(verb="answer", accepted=True, reason=choice):
                protocol.answer(choice)
            case _:
                pass
    return tuple(changes.values())


def _repeat(
    answer: TrialGraph | Finished | Question, event: TrialStarted | QuestionAsked, session: str
) -> None:
    """Raise `ConfigError` if the protocol did not answer what was recorded."""
    if isinstance(event, QuestionAsked):
        same = isinstance(answer, Question)
    else:
        recorded = (event.trial_type, event.stimulus, event.draws)
        same = isinstance(answer, TrialGraph) and recorded == (
            answer.trial_type,
            answer.stimulus,
            dict(answer.draws),
        )
    if not same:
        raise ConfigError(
            f"the session cannot be resumed: the protocol does not repeat trial {event.trial}",
            session,
            "Let the protocol take chance only from its generator; begin another session.",
        )
