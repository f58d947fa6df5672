"""Goes on with a session that was cut off or stopped, as if it had never been.

The protocol is made anew from the same seed and led through the recorded trials, so that its
chance, its blocks and its criteria stand where they stood. The trial that was cut short is begun
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rig.changes import Change, changed
from rig.config import resolved
from rig.errors import ConfigError, RecordingError
from rig.events import (
    CommandGiven,
    Definition,
    Event,
    ParameterChanged,
    QuestionAsked,
    TrialStarted,
)
from rig.graph import TrialGraph
from rig.inbox import Command
from rig.journal import has_lost_frames
from rig.lab import Lab
from rig.plan import ProtocolPlan
from rig.plugins import source_sha256
from rig.protocol import Finished, Question, TrialProtocol
from rig.session_folder import find_session
from rig.session_record import SessionRecord, load_session
from rig.trial_source import TrialSource
from rig.trials import TrialRow


@dataclass(frozen=True)
class Part:
    """One of the sessions that another one goes on with.

    Attributes
    ----------
    events
        What happened in it, in order; the beginning of a trial that was cut short is left out.
    cut
        Number of that trial; 0 if there is none.
    """

    events: tuple[Event, ...]
    cut: int


@dataclass(frozen=True)
class Resumption:
    """The sessions that another one goes on with.

    Attributes
    ----------
    session
        Name of the last of them.
    definition
        What they were made of.
    chain
        The sessions, in order.
    rows
        Their completed trials.
    water_ul
        Their water.
    """

    session: str
    definition: Definition
    chain: tuple[Part, ...]
    rows: tuple[TrialRow, ...]
    water_ul: float

    @property
    def trial(self) -> int:
        """Number of the last completed trial; 0 if there is none."""
        return self.rows[-1].trial if self.rows else 0

    @property
    def parts(self) -> int:
        """How many sessions they are."""
        return len(self.chain)


@dataclass(frozen=True)
class Forwarded:
    """What is left to be done when a protocol stands where its last session was cut off.

    Attributes
    ----------
    rows
        The completed trials.
    changes
        The changes of parameters that hold; the protocol knows them already.
    orders
        What was ordered in the trial that was cut short: it acts when that has begun again.
    """

    rows: tuple[TrialRow, ...]
    changes: tuple[Change, ...]
    orders: tuple[CommandGiven, ...]

    def hand_to(self, source: TrialSource) -> None:
        """Let a source of trials go on from there."""
        orders = [
            Command("set" if o.verb == "set" else "skip_block", "", o.author, o.key, o.value)
            for o in self.orders
        ]
        source.go_on(self.rows, self.changes, orders)


def find_resumption(lab: Lab, subject: str) -> Resumption:
    """Return what a new session of a subject would go on with: its last session.

    Raises
    ------
    RecordingError
        If the subject has no session, or a journal cannot be read or is damaged.
    ConfigError
        If that session was complete.
    """
    chain = _chain(lab.data, subject)
    last = chain[-1]
    if last.ended is not None and last.ended.how in {"finished", "limit"}:
        raise ConfigError(
            f"the session was complete: it ended with '{last.ended.reason}'",
            last.folder.name,
            "Leave out --resume to begin another session.",
        )
    return _resumption(chain)


def resumption_of(record: SessionRecord) -> Resumption | None:
    """Return what a recorded session went on with; None if it was one of its own.

    Raises
    ------
    RecordingError
        If one of the earlier sessions does not lie beside it, cannot be read or is damaged.
    """
    resumes = record.definition.resumes
    data = record.folder.path.parents[2]
    return _resumption(_chain(data, resumes)) if resumes else None


def _resumption(chain: list[SessionRecord]) -> Resumption:
    """Return sessions as what another one goes on with."""
    last = chain[-1]
    return Resumption(
        session=last.folder.name,
        definition=last.definition,
        chain=tuple(_part(record) for record in chain),
        rows=tuple(row for record in chain for row in record.rows if not row.aborted),
        water_ul=sum(record.water_ul for record in chain),
    )


def _chain(data: Path, name: str) -> list[SessionRecord]:
    """Return a session, or a subject's last one, behind those that it went on with itself."""
    chain = [_whole(data, name)]
    while chain[0].definition.resumes:
        chain.insert(0, _whole(data, chain[0].definition.resumes))
    return chain


def _whole(data: Path, name: str) -> SessionRecord:
    """Return a session; its end may be torn, but nothing behind that may be lost."""
    record = load_session(find_session(data, name))
    if record.damage and has_lost_frames(record.folder.journal):
        raise RecordingError(
            f"the session cannot be resumed: {record.damage}",
            str(record.folder.journal),
            "What was drunk behind that place is not known: begin another session.",
        )
    return record


def _part(record: SessionRecord) -> Part:
    """Return a session without the beginning of the trial that was cut short."""
    completed = {row.trial for row in record.rows if not row.aborted}
    begun = {event.trial for event in record.events if isinstance(event, TrialStarted)}
    events = (
        event
        for event in record.events
        if not isinstance(event, TrialStarted) or event.trial in completed
    )
    return Part(tuple(events), max(begun - completed, default=0))


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


def fast_forward(protocol: TrialProtocol, resumption: Resumption) -> Forwarded:
    """Lead a new protocol through the recorded trials; return what is left to be done.

    Raises
    ------
    ConfigError
        If it does not return the trials that were recorded.
    """
    completed = {row.trial: row for row in resumption.rows}
    rows: list[TrialRow] = []
    changes: dict[str, Change] = {}
    wanted: list[CommandGiven] = []
    in_cut_trial: list[CommandGiven] = []
    for part in resumption.chain:
        for event in part.events:
            match event:
                case TrialStarted(trial=number):
                    _repeat(protocol.trial(number, rows), event, resumption.session)
                    rows.append(completed[number])
                    wanted += _carry_out(protocol, in_cut_trial)
                    in_cut_trial = []
                case ParameterChanged(key=key, after=after, author=author):
                    protocol.params, changes[key] = changed(protocol.params, key, after, author)
                    wanted = [each for each in wanted if each.key != key]
                case QuestionAsked():
                    _repeat(protocol.trial(len(rows) + 1, rows), event, resumption.session)
                case CommandGiven(verb="answer", accepted=True, reason=choice):
                    protocol.answer(choice)
                case CommandGiven(verb="set" | "skip_block", accepted=True):
                    if part.cut and event.trial == part.cut:
                        in_cut_trial.append(event)
                    else:
                        wanted += _carry_out(protocol, [event])
                case _:
                    pass
    for each in wanted:
        protocol.params, changes[each.key] = changed(
            protocol.params, each.key, each.value, each.author
        )
    return Forwarded(tuple(rows), tuple(changes.values()), tuple(in_cut_trial))


def _carry_out(protocol: TrialProtocol, orders: list[CommandGiven]) -> list[CommandGiven]:
    """Skip blocks; return the changes, which act when the next trial begins."""
    for each in orders:
        if each.verb == "skip_block":
            protocol.skip_block()
    return [each for each in orders if each.verb == "set"]


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
            "Run the version of the program that recorded it; let the protocol take chance only "
            "from its generator; or begin another session.",
        )
