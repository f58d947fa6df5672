"""Finds every mistake of a trial graph before an animal meets it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Iterable, Mapping

from rig.errors import Problem
from rig.graph import END, Action, Pulse, State, TrialGraph, TurnOff, TurnOn


class GraphCheck:
    """What a rig allows a graph to do.

    Parameters
    ----------
    inputs
        Names of the rig's digital inputs.
    refuse
        For each device by name: returns why it refuses an action, or None.
    """

    def __init__(
        self, inputs: Collection[str], refuse: Mapping[str, Callable[[Action], str | None]]
    ) -> None:
        self._inputs = inputs
        self._refuse = refuse
        self._events = {f"{name}_{edge}" for name in inputs for edge in ("on", "off")}

    def problems(self, graph: TrialGraph) -> list[Problem]:
        """Return every mistake; an empty list means that the graph may run."""
        where = f"graph of trial type '{graph.trial_type}'"
        found = [*_names(graph, where), *_measures(graph, where)]
        for state in graph.states:
            at = f"{where}, state '{state.name}'"
            found += _state(state, at)
            found += _targets(state, graph, at)
            found += self._uses(state, at)
        if not found:
            found += _paths(graph, where)
        return found

    def _uses(self, state: State, at: str) -> Iterable[Problem]:
        """Return mistakes in events, inputs and actions that this rig cannot serve."""
        events = [*state.to, *state.restart, *(count.event for count in state.count)]
        for event in events:
            if event not in self._events:
                yield Problem(
                    f"no device of this rig gives the event '{event}'",
                    at,
                    _without_event(event, self._events),
                )
        for dwell in state.dwell:
            if dwell.device not in self._inputs:
                yield Problem(
                    f"the rig has no digital input '{dwell.device}'",
                    at,
                    _without(dwell.device, self._inputs, "digital input"),
                )
        for action in state.enter:
            if action.device not in self._refuse:
                yield Problem(
                    f"the rig has no device '{action.device}'",
                    at,
                    _without(action.device, self._refuse, "device"),
                )
                continue
            reason = self._refuse[action.device](action)
            if reason:
                yield Problem(
                    f"device '{action.device}' refuses: {reason}",
                    at,
                    "Change the protocol's parameters, or the device's limits.",
                )


def _instead(wrong: str, right: Iterable[str], else_: str) -> str:
    """Return the remedy for a wrong name: the nearest right one."""
    near = difflib.get_close_matches(wrong, sorted(right), n=1)
    return f"Write '{near[0]}'." if near else f"Use {else_}: {', '.join(sorted(right))}."


def _without(wanted: str, there: Iterable[str], what: str) -> str:
    """Return the remedy for a device that the rig lacks: rig file and protocol can be changed."""
    near = difflib.get_close_matches(wanted, sorted(there), n=1)
    if near:
        return (
            f"Rename '{near[0]}' to '{wanted}' in the rig file, or write '{near[0]}' in the "
            "protocol."
        )
    return (
        f"Add a {what} called '{wanted}' to the rig file, or use one that the rig has in the "
        f"protocol: {', '.join(sorted(there)) or 'it has none'}."
    )


def _without_event(event: str, events: Collection[str]) -> str:
    """Return the remedy for an event that no input of the rig gives."""
    device, _, edge = event.rpartition("_")
    inputs = {each.rpartition("_")[0] for each in events}
    if edge not in {"on", "off"} or device in inputs:
        return _instead(event, events, "an event that the rig has")
    return _without(device, inputs, "digital input")


def _names(graph: TrialGraph, where: str) -> Iterable[Problem]:
    """Return mistakes in the names of states."""
    if not graph.states:
        yield Problem("the graph has no states", where, "Give it at least one.")
    seen: set[str] = set()
    for state in graph.states:
        if state.name in seen:
            yield Problem(f"two states are called '{state.name}'", where, "Rename one of them.")
        if state.name == END:
            yield Problem(
                f"a state is called '{END}'",
                where,
                "Rename it: this name is the target that ends the trial.",
            )
        seen.add(state.name)


def _counted(graph: TrialGraph) -> set[str]:
    return {count.measure for state in graph.states for count in state.count}


def _dwelt(graph: TrialGraph) -> set[str]:
    return {dwell.measure for state in graph.states for dwell in state.dwell}


def _measures(graph: TrialGraph, where: str) -> Iterable[Problem]:
    """Return measures that mean two things, and a stimulus state that is none."""
    for measure in sorted(_counted(graph) & _dwelt(graph)):
        yield Problem(
            f"'{measure}' measures both a number and a time", where, "Give them two names."
        )
    names = [state.name for state in graph.states]
    if graph.stimulus_state and graph.stimulus_state not in names:
        yield Problem(
            f"the stimulus state '{graph.stimulus_state}' is no state of the graph",
            where,
            _instead(graph.stimulus_state, names, "a state of this graph"),
        )


def _state(state: State, at: str) -> Iterable[Problem]:
    """Return mistakes of a state in itself."""
    if not state.meaning.strip():
        yield Problem(
            "the state has no meaning",
            at,
            "Say in one sentence what it is for; the sentence is stored with the data.",
        )
    if not state.targets():
        yield Problem(
            "the state has no way out",
            at,
            "Give it `timeout=`, `to=`, a count with a target, or `otherwise=`.",
        )
    if state.timeout and not (state.timeout[0] >= 0 and math.isfinite(state.timeout[0])):
        yield Problem(f"the timeout is {state.timeout[0]} s", at, "Give a time of 0 s or more.")
    if state.restart and not state.timeout:
        yield Problem("there is no timeout to restart", at, "Give it `timeout=`, or no `restart=`.")
    if state.decide and state.otherwise is None:
        yield Problem("no target is left when no rule holds", at, "Give it `otherwise=`.")
    if state.otherwise and (state.timeout or state.to or state.count or state.dwell):
        yield Problem(
            "a state that decides takes no time, and cannot wait or measure",
            at,
            "Measure in one state and decide in the next.",
        )
    yield from _armed(state, at)
    for rule in state.decide:
        if not rule.at_least > 0:
            yield Problem(
                f"the rule '{rule.measure} >= {rule.at_least:g}' always holds",
                at,
                "Ask for more than 0.",
            )
    for count in state.count:
        if count.reaches is not None and (count.reaches < 1 or count.reaches % 1):
            yield Problem(
                f"count '{count.measure}' can never reach {count.reaches:g}",
                at,
                "Ask for 1, 2, 3, ...",
            )
        if (count.reaches is None) != (count.target is None):
            yield Problem(
                f"count '{count.measure}' has only one of `reaches` and `target`",
                at,
                "Give both or neither.",
            )


def _armed(state: State, at: str) -> Iterable[Problem]:
    """Return drops that are armed in a state which may be left before they fall."""
    delays = [action.delay for action in state.enter if isinstance(action, Pulse)]
    longest = max(delays, default=0)
    if longest <= 0:
        return
    lasts = state.timeout[0] if state.timeout and not state.restart else math.inf
    leaves = state.to or any(count.target is not None for count in state.count)
    if leaves or not longest <= lasts < math.inf:
        yield Problem(
            f"a drop is armed {longest:g} s ahead, and the state may end before",
            at,
            f"Let the state last at least {longest:g} s, and only a timeout end it.",
        )


def _targets(state: State, graph: TrialGraph, at: str) -> Iterable[Problem]:
    """Return targets that are no states, and rules on what nothing measures."""
    names = {other.name for other in graph.states} | {END}
    for cause, target in state.targets():
        if target not in names:
            yield Problem(
                f"'{cause}' leads to the unknown state '{target}'",
                at,
                _instead(target, names, "a state of this graph"),
            )
    measured = _counted(graph) | _dwelt(graph)
    for rule in state.decide:
        if rule.measure not in measured:
            yield Problem(
                f"a rule asks for '{rule.measure}', which nothing measures",
                at,
                _instead(rule.measure, measured, "a measure of this graph"),
            )


def _paths(graph: TrialGraph, where: str) -> Iterable[Problem]:
    """Return mistakes that only show when the paths through the graph are followed."""
    states = {state.name: state for state in graph.states}
    first = graph.states[0].name
    reached = reachable(states, first)
    for name in sorted(states.keys() - reached):
        yield Problem(
            f"state '{name}' is never reached", where, "Let some state lead to it, or remove it."
        )
    for name in sorted(reached):
        if not _can_end(states, name):
            yield Problem(
                f"from state '{name}' the trial never ends",
                where,
                f"Let some path from it lead to '{END}'.",
            )
    yield from _instant_circles(states, where)
    yield from _left_on(states, first, where)
    yield from _outcomes(states, first, where)


def reachable(states: Mapping[str, State], start: str) -> set[str]:
    """Return the names of the states that can be reached from `start`, itself included."""
    reached, open_ = {start}, [start]
    while open_:
        for _, target in states[open_.pop()].targets():
            if target != END and target not in reached:
                reached.add(target)
                open_.append(target)
    return reached


def _can_end(states: Mapping[str, State], start: str) -> bool:
    """Whether some path from `start` leads to the end of the trial."""
    reached = reachable(states, start)
    return any(target == END for name in reached for _, target in states[name].targets())


def _instant_circles(states: Mapping[str, State], where: str) -> Iterable[Problem]:
    """Return circles of states that take no time: the trial would hang in them."""
    instant = {
        name: [t for cause, t in state.targets() if state.otherwise or cause == "timeout"]
        for name, state in states.items()
        if state.otherwise or (state.timeout and state.timeout[0] == 0)
    }
    for name in instant:
        seen, open_ = set[str](), list(instant[name])
        while open_:
            target = open_.pop()
            if target == name:
                yield Problem(
                    f"state '{name}' can return to itself in no time",
                    where,
                    "Let some state on the way last.",
                )
                break
            if target in instant and target not in seen:
                seen.add(target)
                open_ += instant[target]


def _left_on(states: Mapping[str, State], first: str, where: str) -> Iterable[Problem]:
    """Return outputs that some path switches on and does not switch off before the end."""
    on_at_entry: dict[str, set[str]] = {first: set()}
    open_ = [first]
    while open_:
        state = states[open_.pop()]
        on = set(on_at_entry[state.name])
        for action in state.enter:
            if isinstance(action, TurnOn):
                on.add(action.device)
            elif isinstance(action, TurnOff):
                on.discard(action.device)
        for _, target in state.targets():
            known = on_at_entry.get(target)
            if known is None or not on <= known:
                on_at_entry[target] = on | (known or set())
                if target != END:
                    open_.append(target)
    for device in sorted(on_at_entry.get(END, ())):
        yield Problem(
            f"output '{device}' can be left on at the end of the trial",
            where,
            f"Turn '{device}' off in a state that every path to the end enters.",
        )


def _outcomes(states: Mapping[str, State], first: str, where: str) -> Iterable[Problem]:
    """Return paths that end without an outcome or give a second one."""
    seen: set[tuple[str, str | None]] = set()
    open_: list[tuple[str, str | None]] = [(first, None)]
    told: set[str] = set()
    while open_:
        name, outcome = open_.pop()
        if (name, outcome) in seen:
            continue
        seen.add((name, outcome))
        if name == END:
            if outcome is None and END not in told:
                told.add(END)
                yield Problem(
                    "the trial can end without an outcome",
                    where,
                    "Give the states before its end an `outcome=`.",
                )
            continue
        state = states[name]
        if outcome is not None and state.outcome not in (None, outcome) and name not in told:
            told.add(name)
            yield Problem(
                f"state '{name}' changes the outcome '{outcome}' to '{state.outcome}'",
                where,
                "Let each path through the trial give one outcome.",
            )
        open_ += [(target, state.outcome or outcome) for _, target in state.targets()]
