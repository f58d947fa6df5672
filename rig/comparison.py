"""Compares what a replay comes to with what was recorded, event by event."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from rig.errors import Problem
from rig.events import Definition, Event, Fault, as_text, decode, encode
from rig.stand_ins import NothingMoreError
from rig.stimuli import Stimuli
from rig.tape import DEVICE, Tape
from rig.trials import TrialTable

NOT_COMPARED = frozenset({"seq", "engine_time", "mouse_memory"})
"""The numbers of events, which are compared by their place; what belongs to the computer; and
what belongs to the mouse."""


class Difference(msgspec.Struct, frozen=True):
    """Something that came out otherwise than it was recorded.

    Attributes
    ----------
    event
        Number of the recorded event; 0 for the definition, and behind the last event.
    trial
        Number of its trial.
    what
        Its sort, by its tag.
    field
        The field that differs; empty if another sort of event came, or none.
    recorded, replayed
        The two values; where `field` is empty, the two events as text (None if there is none).
    """

    event: int
    trial: int
    what: str
    field: str
    recorded: Any
    replayed: Any


class Comparison:
    """Keeps the events of a replay as a recorder does, and compares them with the record.

    Attributes
    ----------
    table
        The trials so far.
    compared
        How many events were compared.
    differences
        What differs so far.
    attend_by
        Infinite: there is nothing to look after.
    """

    attend_by = math.inf

    def __init__(self, tape: Tape) -> None:
        self.table = TrialTable()
        self.compared = 0
        self.differences: list[Difference] = []
        self._tape = tape
        self._parted = False

    def keep(self, events: list[Event]) -> None:
        """Compare the events of one step.

        Raises
        ------
        NothingMoreError
            Behind the last recorded event, and where another sort of event came.
        """
        for event in events:
            made = decode(encode(event))
            if isinstance(made, Event):
                self._compare(made)
                self.table.add(made)

    def attend(self, now: float, trial: int) -> None:
        """Do nothing: nobody listens."""

    def trouble(self) -> Problem | None:
        """Return what the session was told of its recording here, if anything."""
        told = self._tape.next
        if not isinstance(told, Fault) or told.where.startswith(DEVICE):
            return None
        if told.level == "warning":
            return Problem(told.what, told.where, told.do, "warning")
        return None

    def stimuli(self, made: Stimuli, definition: Definition) -> None:
        """Compare what the protocol presents with what it presented then."""
        for kind, recorded, replayed in (
            ("sounds", _as_played(definition.sounds), _as_played(msgspec.to_builtins(made.sounds))),
            ("gratings", definition.gratings, msgspec.to_builtins(made.gratings)),
            ("flashes", definition.flashes, msgspec.to_builtins(made.flashes)),
        ):
            for name in sorted(recorded.keys() | replayed.keys()):
                then, now = recorded.get(name), replayed.get(name)
                if encode(then) != encode(now):
                    self.differences.append(
                        Difference(0, 0, "definition", f"{kind}.{name}", then, now)
                    )

    def end(self) -> None:
        """Take in that nothing more will come."""
        missing = self._tape.at(self.compared)
        if missing is not None and not self._parted:
            self._part(missing, None)

    def _compare(self, made: Event) -> None:
        recorded = self._tape.at(self.compared)
        if type(recorded) is not type(made) or recorded is None:
            if recorded is not None or self._tape.whole:
                self._part(recorded, made)
            raise NothingMoreError
        self.compared += 1
        values, others = msgspec.structs.asdict(recorded), msgspec.structs.asdict(made)
        for name in values.keys() - NOT_COMPARED:
            if encode(values[name]) != encode(others[name]):
                tag = str(recorded.__struct_config__.tag)
                self.differences.append(
                    Difference(recorded.seq, recorded.trial, tag, name, values[name], others[name])
                )

    def _part(self, recorded: Event | None, made: Event | None) -> None:
        """Take in that from here on the replay goes another way."""
        self._parted = True
        event = recorded or made
        self.differences.append(
            Difference(
                recorded.seq if recorded else 0,
                event.trial if event else 0,
                str(event.__struct_config__.tag) if event else "",
                "",
                as_text(recorded) if recorded else None,
                as_text(made) if made else None,
            )
        )


def _as_played(sounds: Mapping[str, Any]) -> dict[str, Any]:
    """Return sounds as they are played: which parts announce the others makes no difference."""
    return {
        name: {"parts": [*each.get("announced_by", ()), *each["parts"]]}
        for name, each in sounds.items()
    }
