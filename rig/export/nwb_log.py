"""The log of a session in NWB: what happened, in words, and all that no other table tells."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import asdict

from rig.events import (
    ActionDone,
    CommandGiven,
    DeviceReported,
    Event,
    Fault,
    GraphDefined,
    Happened,
    ParameterChanged,
    QuestionAsked,
    SessionEnded,
    StreamEnded,
)
from rig.export.nwb_columns import Column, Table, as_json
from rig.export.nwb_events import AUTHOR, ENGINE_TIME, SEQ, TIMESTAMP, TRIAL, row_of

_LOGGED = (
    CommandGiven, ParameterChanged, QuestionAsked, Fault, GraphDefined, StreamEnded, SessionEnded
)  # fmt: skip
"""Kinds that stand in the log even where a table of their own tells them, too."""


def log_table(events: Iterable[Event], told: frozenset[int], begun: str) -> Table | None:
    """Return the log of a session, for people; it holds all that no other table tells, too.

    Parameters
    ----------
    events
        All events.
    told
        Numbers of the events that other tables tell.
    begun
        What the session was when it began, in words.
    """
    rows = [
        row_of(event, kind=kind_of(event), annotation=words(event), author=_author(event))
        for event in events
        if event.seq not in told or isinstance(event, _LOGGED)
    ]
    if not rows:
        return None
    first = {"timestamp": 0.0, "engine_time": 0.0, "seq": 0, "trial": 0}
    return Table(
        "log",
        "What happened in the session, in words: its start and end, orders of persons, changes of "
        "parameters, questions, faults, shapes of trials, and all that no other table tells. "
        "The start stands for the header and the definition of the journal and has the seq 0.",
        (
            TIMESTAMP,
            Column("kind", "kind of the event, as in the journal", "text"),
            Column("annotation", "what happened, in words", "text"),
            AUTHOR, TRIAL, ENGINE_TIME, SEQ,
        ),
        [first | {"kind": "session_started", "annotation": begun}, *rows],
    )  # fmt: skip


def kind_of(event: Event) -> str:
    """Return the kind of an event, as the journal has it."""
    return str(event.__struct_config__.tag)


def words(event: Event) -> str:
    """Return what an event tells, in words."""
    match event:
        case CommandGiven():
            asked = [event.verb, event.key, "" if event.value is None else as_json(event.value)]
            said = f"{' '.join(filter(None, asked))}{': ' if event.reason else ''}{event.reason}"
            return f"{said} ({'obeyed' if event.accepted else 'refused'}: {event.reply})"
        case ParameterChanged(key=key, before=before, after=after, when=when):
            return f"{key} from {as_json(before)} to {as_json(after)}, acts from the {when} on"
        case QuestionAsked(text=text, choices=choices, default=default, patience=patience):
            return f"{text} ({' or '.join(choices)}; {default} after {patience:g} s)"
        case Fault(what=what, where=where, do=do, level=level):
            return f"{level or 'fault'}: {what} ({where}). {do}"
        case GraphDefined(graph=graph, states=states, first=first):
            names = ", ".join(str(state["name"]) for state in states)
            return f"shape {graph} of trials begins in {first} and has the states {names}"
        case StreamEnded(stream=stream, rows=rows, sha256=sha256):
            return f"signal {stream} has {rows} rows, SHA-256 of its blocks {sha256}"
        case SessionEnded(reason=reason, trials=trials, water_ul=water_ul, how=how):
            return f"{how}: {reason}; {trials} trials completed, {water_ul:g} uL of water"
        case _:
            fields = asdict(event).items()
            own = [(key, value) for key, value in fields if key not in Happened.__struct_fields__]
            return ", ".join(f"{key} {as_json(value)}" for key, value in own if value != "")


def _author(event: Event) -> str:
    match event:
        case CommandGiven(author=author) | ParameterChanged(author=author):
            return author
        case ActionDone(author=author) | DeviceReported(author=author):
            return author
        case _:
            return ""
