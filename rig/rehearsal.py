"""Plays a protocol in virtual time, with mice of known behaviour, and records nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rig.clock import VirtualClock
from rig.config import Limits, validated
from rig.devices import describe
from rig.errors import Problem, RigError, problems_of
from rig.events import Event, StateEntered
from rig.graph import Pulse, TrialGraph
from rig.inbox import Inbox
from rig.lab import Lab
from rig.loading import ask_for_stimuli, load_stimuli
from rig.loop import Loop
from rig.plan import MousePlan, ProtocolPlan, generators
from rig.plugins import load_class
from rig.recorder import MemoryRecorder
from rig.rig_plan import RigPlan, graph_check, new_context
from rig.room import Mouse
from rig.stream_store import Drain
from rig.sync_lines import sync_names
from rig.trial_source import TrialSource
from rig.trials import TrialTable
from rig.watcher import Nobody

TRIALS = 250
LONGEST = 7 * 86_400.0
MOST_EXPERTS = 2
POLICY_MOUSE = "hardware.policy_mouse:PolicyMouse"


@dataclass(frozen=True)
class Rehearsal:
    """What a protocol came to in virtual time.

    Attributes
    ----------
    trials
        Trials that the mouse played that licks at random.
    outcomes
        Outcome -> how often, with that mouse.
    states
        State -> how often it was entered, with all mice; 0 for one that was never reached.
    longest_trial
        Seconds, waiting for the mouse included, with that mouse.
    water_ul
        Water delivered to that mouse.
    graphs
        The graphs of all trials, of that mouse first.
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


_BODY = {
    "reaction_spread": 0.25,
    "notice_probability": 0.2,
    "find_probability": 0.9,
    "guess_probability": 0.2,
    "impulsive_probability": 0.2,
    "spontaneous_interval": 15.0,
}
"""A mouse with whims: impulsive licks, licks between trials, variable reactions."""


class Noting(Nobody):
    """A watcher who notes the graphs of the trials."""

    def __init__(self, graphs: list[TrialGraph]) -> None:
        self._graphs = graphs

    def began(self, trial: int, graph: TrialGraph) -> None:
        """Note the graph."""
        self._graphs.append(graph)


def rehearse(
    lab: Lab, rig: RigPlan, protocol: ProtocolPlan, *, trials: int = TRIALS, seed: int = 0
) -> Rehearsal:
    """Play a protocol on the twins of a rig: with a mouse that licks at random, then with experts.

    An expert licks to the stimuli that meant water in the plays before it, not to those that
    meant none, and by chance to others. So what only a mouse meets that has learned the task is
    played too.

    Parameters
    ----------
    lab, rig, protocol
        What is played; the rig is planned with ``simulate=True``.
    trials
        How many trials each mouse plays, if the protocol does not end before.
    seed
        Of the protocol and of the mice.
    """
    random = play(lab, rig, protocol, trials, seed, {"policy": "random", "body": _BODY})
    plays, known = [random], dict[str, bool]()
    for _ in range(MOST_EXPERTS):
        before = dict(known)
        for one in plays:
            known.update(_meanings(one.graphs))
        go = sorted(name for name, water in known.items() if water)
        if random.problems or known == before or not go:
            break
        nogo = sorted(known.keys() - go)
        expert: dict[str, object] = {"policy": "perfect", "go": go, "nogo": nogo}
        plays.append(play(lab, rig, protocol, trials, seed, expert))
    states: Counter[str] = Counter()
    for one in plays:
        states.update(one.states)
    graphs = [graph for one in plays for graph in one.graphs]
    defined = {state.name for graph in graphs for state in graph.states}
    never = sorted(defined - states.keys())
    found = dict.fromkeys(problem for one in plays for problem in one.problems)
    problems = [_placed(problem, protocol.path, rig.name) for problem in found]
    if not problems:
        problems += _check_orders(lab, rig, protocol)
        if not random.graphs:
            problems.append(
                Problem(
                    f"the protocol ended before its first trial: {random.reason}",
                    str(protocol.path),
                    "Look at when it returns Finished.",
                    "warning",
                )
            )
        problems += [
            Problem(
                f"state '{name}' was never reached in {len(graphs)} virtual trials",
                str(protocol.path),
                "Look whether some behaviour can lead there.",
                "warning",
            )
            for name in never
        ]
    rows = random.table.rows
    return Rehearsal(
        trials=len(rows),
        outcomes=dict(sorted(Counter(row.outcome or "aborted" for row in rows).items())),
        states={**dict(states), **dict.fromkeys(never, 0)},
        longest_trial=max((row.end_time - row.start_time for row in rows), default=0.0),
        water_ul=random.table.water_ul,
        graphs=graphs,
        problems=problems,
    )


@dataclass(frozen=True)
class Played:
    """What one mouse came to.

    Attributes
    ----------
    table
        Its trials and its water.
    states
        State -> how often it was entered.
    graphs
        The graphs of the trials, in their order.
    problems
        What went wrong.
    reason
        Why it ended, in words.
    """

    table: TrialTable
    states: Counter[str]
    graphs: list[TrialGraph]
    problems: list[Problem]
    reason: str = ""


def play(
    lab: Lab,
    rig: RigPlan,
    protocol: ProtocolPlan,
    trials: int,
    seed: int,
    mouse: dict[str, object],
) -> Played:
    """Play a protocol in memory, with a mouse of known behaviour that is never sated.

    Parameters
    ----------
    lab, rig, protocol, trials, seed
        As for `rehearse`.
    mouse
        The mouse's settings, as a rig file has them.
    """
    states: Counter[str] = Counter()
    graphs: list[TrialGraph] = []
    problems: list[Problem] = []
    recorder = MemoryRecorder(lambda events: _look(events, states))
    reason = ""
    try:
        loop = _prepare(lab, rig, protocol, recorder, trials, seed, graphs, mouse)
        loop.run()
        reason = loop.ending.reason or ""
        if loop.ending.timed_out:
            problems.append(
                Problem(
                    f"only {len(recorder.table.rows)} trials ended in a virtual week",
                    str(protocol.path),
                    "Look for a state that waits too long.",
                )
            )
    except RigError as error:
        problems += problems_of(error)
    return Played(recorder.table, states, graphs, problems, reason)


def _placed(problem: Problem, path: Path, rig: str) -> Problem:
    """Return a problem with the protocol file and the rig in its place."""
    if str(path) in problem.where:
        return problem
    where = f"{path} on rig '{rig}', {problem.where}"
    return Problem(problem.what, where, problem.do, problem.level)


def _check_orders(lab: Lab, rig: RigPlan, protocol: ProtocolPlan) -> list[Problem]:
    """Return what is wrong with the protocol's part in the orders of persons."""
    made = protocol.make(generators(0)[0])
    devices = rig.devices(new_context(lab, VirtualClock(), Inbox(), None, Drain()))
    problems = []
    try:
        drop = made.reward()
        if drop is not None:
            if not isinstance(drop, Pulse):
                raise TypeError(f"it returned a {type(drop).__name__}, not a Pulse or None")
            if drop.device not in devices:
                raise LookupError(f"the rig has no device '{drop.device}'")
            reason = devices[drop.device].refuse(drop)
            if reason:
                raise ValueError(f"device '{drop.device}' refuses: {reason}")
    except Exception as error:
        problems.append(_failing("reward()", error, protocol.path))
    try:
        coming = made.skip_block()
        if not isinstance(coming, str | None):
            raise TypeError(f"it returned a {type(coming).__name__}, not a sentence or None")
    except Exception as error:
        problems.append(_failing("skip_block()", error, protocol.path))
    return problems


def _failing(method: str, error: Exception, path: Path) -> Problem:
    return Problem(
        f"{method} fails: {error}",
        f"{path}, {method}",
        "Mend it: an order of a person asks for it while the session runs.",
    )


def _meanings(graphs: list[TrialGraph]) -> dict[str, bool]:
    """Return the stimuli that were presented alone, and whether a valve can open then."""
    found = {}
    for graph in graphs:
        actions = [action for state in graph.states for action in state.enter]
        presented = [name for _, name, _ in map(describe, actions) if name]
        if len(presented) == 1:
            found[presented[0]] = any(isinstance(action, Pulse) for action in actions)
    return found


def _prepare(
    lab: Lab,
    rig: RigPlan,
    protocol: ProtocolPlan,
    recorder: MemoryRecorder,
    trials: int,
    seed: int,
    graphs: list[TrialGraph],
    mouse: dict[str, object],
) -> Loop:
    """Make the loop of a rehearsal, with its devices open; the trials' graphs go to `graphs`."""
    protocol_rng, mouse_rng = generators(seed)
    clock = VirtualClock()
    context = new_context(lab, clock, Inbox(), _policy_mouse(lab, mouse).make(mouse_rng), Drain())
    devices = rig.devices(context)
    made = protocol.make(protocol_rng)
    stimuli = ask_for_stimuli(made, str(protocol.path))
    load_stimuli(devices, stimuli, str(protocol.path))
    for device in devices.values():
        device.open()
    check = graph_check(devices, sync_names(rig.config.sync))
    source = TrialSource(made, check, stimuli.outputs)
    source.rows = recorder.table.rows

    context.room.let_mouse_in()
    limits = Limits.model_construct(
        max_trials=trials, max_duration=LONGEST, last_trial=0.0, max_water_ul=float("inf")
    )
    watcher = Noting(graphs)
    return Loop(clock, context.inbox, context.room, devices, source, limits, recorder, watcher)


def _policy_mouse(lab: Lab, settings: dict[str, object]) -> MousePlan:
    """Return a mouse of rehearsals, that does what its settings say and is never sated."""
    mouse = load_class(POLICY_MOUSE, Mouse, lab.folder, "rehearsal")
    return MousePlan(POLICY_MOUSE, mouse, validated(mouse.Settings, settings, "rehearsal"), {})


def _look(events: list[Event], states: Counter[str]) -> None:
    """Count the states that are entered."""
    for event in events:
        if isinstance(event, StateEntered):
            states[event.state] += 1
