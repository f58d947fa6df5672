"""Plays a protocol in virtual time, with a mouse that licks at random, and records nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rig.clock import VirtualClock
from rig.config import Limits, validated
from rig.errors import Problem, RigError, problems_of
from rig.events import Event, GraphDefined, StateEntered
from rig.graph import TrialGraph
from rig.inbox import Inbox
from rig.lab import Lab
from rig.loop import Loop, Nobody
from rig.plan import MousePlan, ProtocolPlan, generators
from rig.plugins import load_class
from rig.protocol import Finished
from rig.recorder import MemoryRecorder
from rig.rig_plan import RigPlan, ask_for_sounds, graph_check, load_sounds, new_context
from rig.room import Mouse
from rig.trial_source import TrialSource

TRIALS = 500
LONGEST = 7 * 86_400.0
RANDOM_MOUSE = "hardware.virtual_mouse:RandomMouse"


@dataclass(frozen=True)
class Rehearsal:
    """What a protocol came to in virtual time.

    Attributes
    ----------
    trials
        Trials played.
    outcomes
        Outcome -> how often.
    states
        State -> how often it was entered, 0 for one that was never reached.
    longest_trial
        Seconds, waiting for the mouse included.
    water_ul
        Water delivered.
    graphs
        The graphs of the trials, in their order.
    problems
        What is wrong.
    """

    trials: int
    outcomes: dict[str, int]
    states: dict[str, int]
    longest_trial: float
    water_ul: float
    graphs: list[TrialGraph]
    problems: list[Problem]


def rehearse(
    lab: Lab, rig: RigPlan, protocol: ProtocolPlan, *, trials: int = TRIALS, seed: int = 0
) -> Rehearsal:
    """Play `trials` virtual trials of a protocol on the twins of a rig.

    Parameters
    ----------
    lab, rig, protocol
        What is played; the rig is planned with ``simulate=True``.
    trials
        How many trials, if the protocol does not end before.
    seed
        Of the protocol and of the mouse.
    """
    where = str(protocol.path)
    states: Counter[str] = Counter()
    defined: set[str] = set()
    recorder = MemoryRecorder(lambda events: _look(events, states, defined))
    problems: list[Problem] = []
    graphs: list[TrialGraph] = []
    try:
        loop = _prepare(lab, rig, protocol, recorder, trials, seed, graphs)
        loop.run()
        if loop.timed_out:
            problems.append(
                Problem(
                    f"only {len(recorder.table.rows)} trials ended in a virtual week",
                    where,
                    "Look for a state that waits too long.",
                )
            )
    except RigError as error:
        problems += problems_of(error)
    rows = recorder.table.rows
    never = sorted(defined - states.keys())
    if not problems:
        problems += [
            Problem(
                f"state '{name}' was never reached in {len(rows)} virtual trials",
                where,
                "Look whether some behaviour can lead there.",
                "warning",
            )
            for name in never
        ]
    return Rehearsal(
        trials=len(rows),
        outcomes=dict(sorted(Counter(row.outcome or "aborted" for row in rows).items())),
        states={**dict(states), **dict.fromkeys(never, 0)},
        longest_trial=max((row.end_time - row.start_time for row in rows), default=0.0),
        water_ul=recorder.table.water_ul,
        graphs=graphs,
        problems=problems,
    )


def _prepare(
    lab: Lab,
    rig: RigPlan,
    protocol: ProtocolPlan,
    recorder: MemoryRecorder,
    trials: int,
    seed: int,
    graphs: list[TrialGraph],
) -> Loop:
    """Make the loop of a rehearsal, with its devices open; the trials' graphs go to `graphs`."""
    protocol_rng, mouse_rng = generators(seed)
    clock = VirtualClock()
    context = new_context(lab, clock, Inbox(), random_mouse(lab).make(mouse_rng))
    devices = rig.devices(context)
    made = protocol.make(protocol_rng)
    sounds = ask_for_sounds(made, str(protocol.path))
    load_sounds(devices.values(), sounds, str(protocol.path))
    for device in devices.values():
        device.open()
    source = TrialSource(made, graph_check(devices))
    source.rows = recorder.table.rows

    def next_trial(number: int) -> TrialGraph | Finished:
        graph = source.trial(number)
        if isinstance(graph, TrialGraph):
            graphs.append(graph)
        return graph

    context.room.let_mouse_in()
    limits = Limits.model_construct(
        max_trials=trials, max_duration=LONGEST, last_trial=0.0, max_water_ul=float("inf")
    )
    return Loop(clock, context.inbox, context.room, devices, next_trial, limits, recorder, Nobody())


def random_mouse(lab: Lab) -> MousePlan:
    """Return the mouse of rehearsals: it licks to every second sound and is never sated."""
    mouse = load_class(RANDOM_MOUSE, Mouse, lab.folder, "rehearsal")
    settings = validated(mouse.Settings, {"body": {"thirst_ul": 1e9}}, "rehearsal")
    return MousePlan(mouse, settings, {})


def _look(events: list[Event], states: Counter[str], defined: set[str]) -> None:
    """Note the states that are defined and those that are entered."""
    for event in events:
        if isinstance(event, StateEntered):
            states[event.state] += 1
        elif isinstance(event, GraphDefined):
            defined.update(state["name"] for state in event.states)
