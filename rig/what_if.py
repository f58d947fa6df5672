"""What a changed protocol would have made of the same licks, trial by trial."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from rig.clock import VirtualClock
from rig.config import resolved
from rig.errors import CheckFailed
from rig.events import ActionDone, Event, encode
from rig.inbox import Inbox
from rig.lab import Lab
from rig.licks import Licks
from rig.loading import ask_for_stimuli, load_stimuli
from rig.performance import Performance, performance
from rig.plan import (
    Plan,
    ProtocolPlan,
    StageParams,
    generators,
    plan_protocol,
    with_stage,
    wrong_setup,
)
from rig.recorded_lab import plan_recorded, write_lab
from rig.resumption import resumption_of
from rig.rig_plan import graph_check, new_context
from rig.session_record import SessionRecord
from rig.sound_files import read_sound_file
from rig.stimuli import Stimuli
from rig.stream_store import Drain
from rig.trial_source import TrialSource
from rig.trials import TrialRow

DELIVER = "deliver"


class Trial(msgspec.Struct, frozen=True):
    """What a trial came to; `ordered_ul` is the water that the protocol ordered in it (uL)."""

    trial_type: str
    stimulus: str
    outcome: str | None
    ordered_ul: float


class ChangedTrial(msgspec.Struct, frozen=True):
    """A trial that would have been another one; `changed` is None if it had not been begun."""

    trial: int
    recorded: Trial
    changed: Trial | None


class Total(msgspec.Struct, frozen=True):
    """What all trials came to."""

    outcomes: dict[str, int]
    performance: Performance
    ordered_ul: float


@dataclass(frozen=True)
class WhatIf:
    """What a changed protocol would have made of a session.

    Attributes
    ----------
    params
        Parameters that differ: name -> the recorded value and the changed one; None where the
        protocol has none of that name.
    trials
        How many trials were compared.
    differing
        Those that would have been others.
    recorded, changed
        What they came to, and would have come to.
    finished
        Why the changed protocol would have ended before the last of them; empty if it had not.
    refused
        Orders of persons that it does not take, and why.
    """

    params: dict[str, tuple[Any, Any]]
    trials: int
    differing: list[ChangedTrial]
    recorded: Total
    changed: Total
    finished: str
    refused: list[str]


def what_if(record: SessionRecord, lab: Lab | None, protocol: Path) -> WhatIf:
    """Return what a protocol would have made of the licks of a recorded session.

    It is made with the seed of the session and plays on the twins of its rig. Limits on the
    number of trials, on water and on duration are not applied.

    Parameters
    ----------
    record
        The session; those that it went on with lie beside it.
    lab
        The lab that the protocol's own code and sound files lie in; None for that of the record.
    protocol
        The parameter file.

    Raises
    ------
    RigError
        If the protocol is not sound, or the rig of the session cannot serve it.
    """
    resumes = resumption_of(record)
    with tempfile.TemporaryDirectory() as folder:
        recorded_lab = write_lab(record, Path(folder), Path(folder))
        plan = plan_recorded(record, recorded_lab)
        changed = plan_protocol(lab or recorded_lab, protocol)
        changed = _with_own_params(changed, plan)
        problems = wrong_setup(plan.rig, changed)
        if problems:
            raise CheckFailed(problems)
        made = changed.make(generators(plan.seed)[0])
        stimuli = ask_for_stimuli(made, str(protocol))
        if lab is not None:
            _bring_sounds(lab.folder, stimuli, recorded_lab.folder)
        context = new_context(recorded_lab, VirtualClock(), Inbox(), None, Drain())
        twins = plan.rig.devices(context)
        load_stimuli(twins, stimuli, str(protocol))
        licks = Licks(TrialSource(made, graph_check(twins), stimuli.outputs))
        for part in resumes.chain if resumes else ():
            licks.play(part.events, part.cut)
        before = len(licks.rows)
        licks.play(record.events)
    return _compared(record, plan.protocol, changed, licks, before)


def _with_own_params(changed: ProtocolPlan, was: Plan) -> ProtocolPlan:
    """Return a protocol with the mouse's own parameters, as a session would have it.

    Another file of the same class gets those for the recorded file.
    """
    same = changed.config.protocol == was.protocol.config.protocol
    name = was.protocol.path.stem if same else changed.path.stem
    where = f"the mouse's file in the record, params.{name}"
    return with_stage(changed, StageParams("", was.subject.params.get(name, {}), where))


def _compared(
    record: SessionRecord, was: ProtocolPlan, changed: ProtocolPlan, licks: Licks, before: int
) -> WhatIf:
    """Return a session beside what became of it; the first `before` trials were before it."""
    by_number = {row.trial: row for row in licks.rows[before:]}
    ordered = _ordered(record.events)
    differing, played = [], []
    for row in record.rows:
        then = _trial(row, ordered.get(row.trial, 0.0))
        again = by_number.get(row.trial)
        now = _trial(again, again.reward_ul or 0.0) if again else None
        if again:
            played.append(again)
        if now != then:
            differing.append(ChangedTrial(row.trial, then, now))
    water_ul = sum(ordered.get(row.trial, 0.0) for row in record.rows)
    return WhatIf(
        _changed_params(resolved(was.params), resolved(changed.params)),
        len(record.rows),
        differing,
        _total(record.rows, water_ul),
        _total(played, sum(row.reward_ul or 0.0 for row in played)),
        licks.finished,
        licks.refused,
    )


def _ordered(events: Sequence[Event]) -> dict[int, float]:
    """Return the water that the protocol ordered in each trial, in uL."""
    found: dict[int, float] = {}
    for event in events:
        if isinstance(event, ActionDone) and event.verb == DELIVER and not event.author:
            found[event.trial] = found.get(event.trial, 0.0) + (event.value or 0.0)
    return found


def _trial(row: TrialRow, ordered_ul: float) -> Trial:
    return Trial(row.trial_type, row.stimulus, row.outcome, ordered_ul)


def _total(rows: Sequence[TrialRow], ordered_ul: float) -> Total:
    outcomes = Counter(row.outcome or "aborted" for row in rows)
    return Total(dict(sorted(outcomes.items())), performance(rows), ordered_ul)


def _changed_params(was: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the parameters that differ; those in tables by ``table.name``."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in sorted(was.keys() | now.keys()):
        then, other = was.get(name), now.get(name)
        if isinstance(then, dict) and isinstance(other, dict):
            inside = _changed_params(then, other)
            found |= {f"{name}.{key}": values for key, values in inside.items()}
        elif encode(then) != encode(other):
            found[name] = then, other
    return found


def _bring_sounds(folder: Path, stimuli: Stimuli, to: Path) -> None:
    """Copy files of sounds that the session did not have."""
    for file in sorted({file for sound in stimuli.sounds.values() for file in sound.files}):
        path = to / file
        if not path.exists():
            content = read_sound_file(folder, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
