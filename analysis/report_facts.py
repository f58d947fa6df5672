"""What a report tells of a session beside its trials: water, what was said and done, faults."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rig.events import (
    CommandGiven,
    DeviceReported,
    Event,
    Fault,
    ParameterChanged,
    QuestionAsked,
)
from rig.session_record import SessionRecord

ALARM = "alarm:"
"""A note that begins so was written by an alarm of the window."""


class Water(msgspec.Struct, frozen=True):
    """Where the water of a session went, in uL.

    Attributes
    ----------
    task_ul
        What the protocol delivered.
    by_hand_ul
        What persons gave.
    removed_ul
        What the vacuum took away from the spout before the mouse had drunk it.
    total_ul
        What the mouse could drink.
    """

    task_ul: float
    by_hand_ul: float
    removed_ul: float
    total_ul: float


class Said(msgspec.Struct, frozen=True):
    """One line of what persons, alarms and the protocol said and did; `time` in seconds."""

    time: float
    trial: int
    who: str
    what: str


def water_of(record: SessionRecord) -> Water:
    """Return where the water of a session went."""
    drops = [
        event
        for event in record.events
        if type(event) is DeviceReported and event.volume_ul is not None
    ]
    return Water(
        task_ul=sum(drop.volume_ul or 0.0 for drop in drops if not drop.author),
        by_hand_ul=sum(drop.volume_ul or 0.0 for drop in drops if drop.author),
        removed_ul=sum(row.removed_ul or 0.0 for row in record.rows),
        total_ul=record.water_ul,
    )


def said_in(events: Sequence[Event]) -> list[Said]:
    """Return notes, commands, changes of parameters and questions, in their order."""
    found = []
    for event in events:
        words = _words(event)
        if words:
            who = event.author if isinstance(event, CommandGiven | ParameterChanged) else ""
            found.append(Said(event.hardware_time, event.trial, who, words))
    return found


def alarms_in(events: Sequence[Event]) -> list[Said]:
    """Return the alarms that were written down, in their order."""
    return [
        Said(note.hardware_time, note.trial, note.author, note.reason[len(ALARM) :].strip())
        for note in events
        if isinstance(note, CommandGiven) and _is_alarm(note)
    ]


def faults_in(events: Sequence[Event]) -> list[Fault]:
    """Return what failed, in its order."""
    return [event for event in events if isinstance(event, Fault)]


def _is_alarm(command: CommandGiven) -> bool:
    return command.verb == "note" and command.reason.lower().startswith(ALARM)


def _words(event: Event) -> str:
    """Return an event in words if a person reads it here; alarms stand by themselves."""
    match event:
        case CommandGiven() if not _is_alarm(event):
            return _command(event)
        case ParameterChanged(key=key, before=before, after=after):
            return f"{key}: {before} → {after}"
        case QuestionAsked(text=text, choices=choices):
            return f"asked: {text} ({', '.join(choices)})"
        case _:
            return ""


def _command(event: CommandGiven) -> str:
    """Return a command in words, and what came of it if it was refused."""
    if event.verb == "note" and event.accepted:
        return f"note: {event.reason}"
    value = "" if event.value is None else str(event.value)
    words = " ".join(filter(None, (event.verb.replace("_", " "), event.key, value)))
    told = f"{words}: {event.reason}" if event.reason else words
    return told if event.accepted else f"{told} (refused: {event.reply})"
