"""The check of trial graphs: every mistake is named, and what passes is safe to run."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.engine import Engine
from rig.graph import (
    END,
    Action,
    Count,
    Dwell,
    Play,
    Pulse,
    Rule,
    State,
    TrialGraph,
    TurnOff,
    TurnOn,
)
from rig.graph_check import GraphCheck

DONE = State("done", "the trial is over", timeout=(1.0, END), outcome="hit")


def refuse_large(action: Action) -> str | None:
    too_much = isinstance(action, Pulse) and action.volume_ul > 10
    return "that is more than its limit" if too_much else None


CHECK = GraphCheck(
    ["lick", "port"],
    {
        "lick": lambda action: "an input takes no orders",
        "port": lambda action: "an input takes no orders",
        "valve": refuse_large,
        "speaker": lambda action: None,
        "light": lambda action: None,
    },
)


def problems(*states: State) -> list[str]:
    return [str(problem) for problem in CHECK.problems(TrialGraph(states, "go", "A"))]


def go(name: str = "a", **fields) -> State:
    return State(name, "is under test", **fields)


MISTAKES = {
    "no states": ((), "no states"),
    "no meaning": ((State("a", " ", timeout=(1, "done")), DONE), "has no meaning"),
    "unknown target": ((go(timeout=(1, "doen")), DONE), "Write 'done'"),
    "unreachable": ((DONE, go(timeout=(1, END))), "'a' is never reached"),
    "no way out": ((go(),), "no way out"),
    "never ends": (
        (
            go(timeout=(1, "b"), to={"lick_on": "done"}),
            go("b", timeout=(1, "c")),
            go("c", timeout=(1, "b")),
            DONE,
        ),
        "from state 'b' the trial never ends",
    ),
    "two of a name": ((go(timeout=(1, "done")), DONE, DONE), "two states are called 'done'"),
    "called end": ((go("end", timeout=(1, "done")), DONE), "a state is called 'end'"),
    "unknown event": (
        (go(to={"lik_on": "done"}), DONE),
        "Rename 'lick' to 'lik' in the rig file, or write 'lick'",
    ),
    "unknown restart": (
        (go(timeout=(1, "done"), restart=("prt_on",)), DONE),
        "write 'port' in the protocol",
    ),
    "restart alone": (
        (go(to={"port_on": "done"}, restart=("lick_on",)), DONE),
        "no timeout to restart",
    ),
    "unknown input": (
        (go(timeout=(1, "done"), dwell=(Dwell("d", "lik"),)), DONE),
        "write 'lick' in the protocol",
    ),
    "unknown device": (
        (go(enter=(Pulse("vale", 5),), timeout=(1, "done")), DONE),
        "Rename 'valve' to 'vale' in the rig file, or write 'valve' in the protocol.",
    ),
    "device that is not there": (
        (go(enter=(TurnOn("screen"),), timeout=(1, "done")), DONE),
        "Add a device called 'screen' to the rig file, or use one that the rig has in the "
        "protocol: ",
    ),
    "event of an input that is not there": (
        (go(to={"wheel_on": "done"}), DONE),
        "Add a digital input called 'wheel' to the rig file",
    ),
    "event that inputs do not give": ((go(to={"lick_onn": "done"}), DONE), "Write 'lick_on'."),
    "valve over its limit": (
        (go(enter=(Pulse("valve", 50),), timeout=(1, "done")), DONE),
        "more than its limit",
    ),
    "order to an input": (
        (go(enter=(TurnOn("lick"),), timeout=(1, "done")), DONE),
        "takes no orders",
    ),
    "armed drop in a state that ends before": (
        (go(enter=(Pulse("valve", 5, delay=2),), timeout=(1, "done")), DONE),
        "a drop is armed 2 s ahead, and the state may end before",
    ),
    "armed drop in a state that a lick ends": (
        (
            go(
                enter=(Pulse("valve", 5, delay=2),),
                timeout=(2, "done"),
                to={"lick_on": "done"},
            ),
            DONE,
        ),
        "only a timeout end it",
    ),
    "left on": (
        (go(enter=(TurnOn("light"),), timeout=(1, "done")), DONE),
        "'light' can be left on",
    ),
    "left on on one path": (
        (
            go(enter=(TurnOn("light"),), timeout=(1, "off"), to={"lick_on": "done"}),
            go("off", enter=(TurnOff("light"),), timeout=(1, "done")),
            DONE,
        ),
        "'light' can be left on",
    ),
    "negative timeout": ((go(timeout=(-1, "done")), DONE), "the timeout is -1"),
    "infinite timeout": ((go(timeout=(math.inf, "done")), DONE), "the timeout is inf"),
    "no number": ((go(timeout=(math.nan, "done")), DONE), "the timeout is nan"),
    "no last resort": (
        (go(decide=(Rule("d", 1, "done"),)), DONE),
        "no target is left",
    ),
    "decides and waits": ((go(timeout=(1, "done"), otherwise="done"), DONE), "cannot wait"),
    "unmeasured": (
        (go(decide=(Rule("d", 1, "done"),), otherwise="done"), DONE),
        "which nothing measures",
    ),
    "rule that always holds": (
        (
            go(timeout=(1, "b"), count=(Count("n", "lick_on"),)),
            go("b", decide=(Rule("n", 0, "a"),), otherwise="done"),
            DONE,
        ),
        "always holds",
    ),
    "count that is never reached": (
        (
            go(timeout=(1, "done"), count=(Count("n", "lick_on", reaches=2.5, target="done"),)),
            DONE,
        ),
        "can never reach 2.5",
    ),
    "measure of two meanings": (
        (
            go(timeout=(1, "done"), count=(Count("n", "lick_on"),), dwell=(Dwell("n", "lick"),)),
            DONE,
        ),
        "both a number and a time",
    ),
    "half a count": (
        (go(timeout=(1, "done"), count=(Count("n", "lick_on", reaches=3),)), DONE),
        "only one of",
    ),
    "circle in no time": (
        (go(otherwise="b"), go("b", timeout=(0, "a"), to={"lick_on": "done"}), DONE),
        "return to itself in no time",
    ),
    "no outcome": ((go(timeout=(1, END)),), "end without an outcome"),
    "two outcomes": (
        (go(timeout=(1, "done"), outcome="miss"), DONE),
        "changes the outcome 'miss' to 'hit'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named(mistake: str) -> None:
    states, said = MISTAKES[mistake]
    found = problems(*states)
    assert any(said in problem for problem in found), found


def test_an_unknown_stimulus_state_is_named() -> None:
    graph = TrialGraph((DONE,), "go", "A", stimulus_state="dnoe")
    assert "Write 'done'" in str(CHECK.problems(graph)[0])


@pytest.mark.parametrize("seconds", [-5.0, math.inf, math.nan])
def test_the_shape_tells_impossible_timeouts_from_good_ones(seconds: float) -> None:
    """Otherwise a graph that was found good once would vouch for them."""
    good = [TrialGraph((go(timeout=(t, END), outcome="hit"),), "go", "A") for t in (0.0, 2.0)]
    bad = TrialGraph((go(timeout=(seconds, END), outcome="hit"),), "go", "A")
    assert bad.shape() not in [graph.shape() for graph in good]


def test_all_mistakes_are_named_at_once() -> None:
    found = problems(State("a", "", timeout=(-1, "nowhere"), to={"lik_on": END}))
    assert len(found) == 4


def test_a_sound_graph_has_no_problems() -> None:
    lit = go(enter=(TurnOn("light"), Play("speaker", "A")), timeout=(1, "off"))
    off = go("off", enter=(TurnOff("light"), Pulse("valve", 5)), timeout=(1, "done"))
    assert problems(lit, off, DONE) == []


ACTIONS = st.sampled_from((TurnOn("light"), TurnOff("light"), Pulse("valve", 5.0)))


@st.composite
def graphs(draw: st.DrawFn) -> TrialGraph:
    """Return a graph of up to five states that lead on to each other and to two outcomes."""
    names = ("a", "b", "c")[: draw(st.integers(1, 3))]
    targets = st.sampled_from((*names, "hit", "miss"))
    states = []
    for name, following in zip(names, (*names[1:], "hit"), strict=True):
        enter = tuple(draw(st.lists(ACTIONS, max_size=2)))
        if draw(st.booleans()):
            rules = (Rule("n", draw(st.integers(0, 3)), draw(targets)),)
            states.append(go(name, enter=enter, decide=rules, otherwise=following))
            continue
        timeout = (draw(st.sampled_from((0.0, 0.5, 2.0))), following)
        to = draw(st.dictionaries(st.sampled_from(("lick_on", "port_on")), targets, max_size=2))
        count = (Count("n", "lick_on"),) if draw(st.booleans()) else ()
        states.append(go(name, enter=enter, timeout=timeout, to=to, count=count))
    for outcome in ("hit", "miss"):
        enter = draw(st.sampled_from(((), (TurnOff("light"),))))
        target = draw(st.sampled_from((END, END, END, "a")))
        states.append(go(outcome, enter=enter, timeout=(1.0, target), outcome=outcome))
    used = {target for state in states for _, target in state.targets()} | {"a"}
    return TrialGraph(tuple(state for state in states if state.name in used), "go", "A")


@settings(max_examples=500)
@given(graphs(), st.integers(0, 2**32))
def test_what_passes_the_check_is_safe(graph: TrialGraph, seed: int) -> None:
    """However the mouse behaves, a trial that ends has one outcome and all outputs off.

    A graph that decides may send a mouse that licked around for ever; all others end.
    """
    if CHECK.problems(graph):
        return
    chance = random.Random(seed)
    engine = Engine()
    time = 0.0
    steps = list(engine.start(graph, time))
    for _ in range(5_000):
        if not engine.running:
            break
        time = min(engine.deadline, time + chance.random())
        if time == engine.deadline:
            steps += engine.expire()
        else:
            steps += engine.sense(chance.choice(("lick", "port")), chance.random() < 0.5, time)
    if engine.running:
        assert any(state.decide for state in graph.states)
        return
    outcomes = {step.state.outcome for step in steps if step.state and step.state.outcome}
    assert len(outcomes) == 1
    lit = False
    for step in steps:
        for action in step.state.enter if step.state else ():
            lit = isinstance(action, TurnOn) if action.device == "light" else lit
    assert not lit
