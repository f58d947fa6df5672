"""Plays a recorded session again: the same inputs must lead to the same events.

The real loop, engine and protocol run, in the lab that the record holds. Devices and clock are
stand-ins. What comes out is compared with the record.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rig.clock import VirtualClock
from rig.comparison import Comparison, Difference
from rig.config import Limits, validated
from rig.inbox import Inbox
from rig.loading import ask_for_stimuli, load_stimuli
from rig.loop import Loop
from rig.placement import placed
from rig.plan import Plan, generators
from rig.recorded_lab import plan_recorded, write_lab
from rig.resumption import Resumption, fast_forward, resumption_of
from rig.rig_plan import graph_check, new_context
from rig.room import Room
from rig.session_record import SessionRecord
from rig.stand_ins import NothingMoreError, ReplayClock, stand_ins
from rig.stream_store import Drain
from rig.tape import RecordedError, Tape
from rig.trial_source import TrialSource
from rig.trials import ALONE, Before
from rig.watcher import Nobody

_DEEP = "a/b/c/recorded-lab"
"""Where the lab is written: deep enough for files that lay beside its folder."""


@dataclass(frozen=True)
class Replay:
    """What a replay came to.

    Attributes
    ----------
    events
        How many events it was to come to: readings of other clocks are none of them.
    compared
        How many of them it came to.
    whole
        Whether the record has its end; else the session was cut off, or still runs.
    differences
        What differs, in the order of the events; nothing if all came out as it was recorded.
    """

    events: int
    compared: int
    whole: bool
    differences: list[Difference]


def replay(record: SessionRecord) -> Replay:
    """Play a recorded session again, up to its end or to where it was cut off.

    Raises
    ------
    RigError
        If the session cannot be made again: a file is missing, the program does not take what
        it was made of, or the sessions that it went on with cannot be read.
    """
    resumes = resumption_of(record)
    with tempfile.TemporaryDirectory() as folder:
        lab = write_lab(record, Path(folder) / _DEEP, Path(folder))
        return _played(record, plan_recorded(record, lab), resumes)


def _played(record: SessionRecord, plan: Plan, resumes: Resumption | None) -> Replay:
    """Make the session again, with stand-ins for all that is outside of it, and play it."""
    tape = Tape(record.events)
    comparison = Comparison(tape)
    context = new_context(plan.lab, VirtualClock(), Inbox(), None, Drain())
    twins = plan.rig.devices(context)
    protocol = plan.protocol.make(generators(plan.seed)[0])
    where = str(plan.protocol.path)
    stimuli = ask_for_stimuli(protocol, where)
    load_stimuli(twins, placed(stimuli, plan.lab, plan.subject.id, plan.rig.name), where)
    comparison.stimuli(stimuli, record.definition)
    source = TrialSource(protocol, graph_check(twins), stimuli.outputs, tape.pace)
    source.rows = comparison.table.rows
    if resumes is not None:
        fast_forward(protocol, resumes).hand_to(source)
    inbox = Inbox()
    loop = Loop(
        ReplayClock(tape, paced=record.definition.clock == "paced"),
        inbox,
        Room(simulated=record.definition.mouse is not None and not record.definition.emulated),
        stand_ins(twins, tape),
        source,
        validated(Limits, record.definition.session, f"{record.folder.name}, session"),
        comparison,
        Nobody(),
        Before(resumes.trial, resumes.water_ul) if resumes else ALONE,
    )
    tape.follow(lambda: loop.made)
    with contextlib.suppress(NothingMoreError):
        _run(loop, inbox, tape)
    comparison.end()
    return Replay(len(tape.events), comparison.compared, tape.whole, comparison.differences)


def _run(loop: Loop, inbox: Inbox, tape: Tape) -> None:
    """Run the loop and end it as a session does; raise `NothingMoreError` where it cannot."""
    try:
        if tape.was_run:
            for message in tape.waiting():
                inbox.put(message)
            loop.run()
    except NothingMoreError:
        raise
    except Exception as error:  # as in a session, whatever it is ends the trials
        loop.fault(error)
    while (fault := tape.last_fault()) is not None:
        loop.fault(RecordedError(fault))
    for message in tape.rest():
        inbox.put(message)
    loop.end()
