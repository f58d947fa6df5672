"""The engine: what leads from state to state, and what it measures on the way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.engine import Engine
from rig.errors import ProtocolError
from rig.graph import END, Count, Dwell, Rule, State, TrialGraph


def start(*states: State) -> Engine:
    engine = Engine()
    engine.start(TrialGraph(states, "go", "A"), 0.0)
    return engine


def names(entered) -> list[str | None]:
    return [step.state.name if step.state else None for step in entered]


def test_timeout_leads_on_at_the_deadline() -> None:
    engine = start(
        State("a", "first", timeout=(1.5, "b")), State("b", "second", timeout=(2.0, END))
    )
    entered = engine.expire()
    assert names(entered) == ["b"]
    assert (entered[0].time, entered[0].cause) == (1.5, "timeout")
    assert engine.deadline == 3.5


def test_durations_add_up_without_drift() -> None:
    states = [State(f"s{i}", "one of many", timeout=(0.1, f"s{i + 1}")) for i in range(1000)]
    engine = start(*states, State("s1000", "last", timeout=(1.0, END)))
    for _ in range(1000):
        engine.expire()
    assert engine.deadline == pytest.approx(101.0, abs=1e-9)


def test_event_leads_on_and_unknown_events_do_not() -> None:
    engine = start(State("wait", "waits for the port", to={"port_on": END}))
    assert engine.deadline == math.inf
    assert engine.sense("lick", True, 0.5) == ()
    assert names(engine.sense("port", True, 0.7)) == [None]
    assert not engine.running


def test_lick_restarts_the_timer() -> None:
    engine = start(State("quiet", "no licks for 3 s", timeout=(3.0, END), restart=("lick_on",)))
    engine.sense("lick", True, 2.0)
    assert engine.deadline == 5.0
    engine.sense("lick", False, 2.5)
    assert engine.deadline == 5.0


def test_count_leads_on_at_its_limit_and_outlives_the_state() -> None:
    counting = Count("licks", "lick_on", reaches=3, target="enough")
    engine = start(
        State("window", "counts licks", timeout=(1.0, END), count=(counting,)),
        State("enough", "three licks", timeout=(1.0, END)),
    )
    for number in range(3):
        entered = engine.sense("lick", True, 0.1 * number)
        engine.sense("lick", False, 0.1 * number + 0.05)
    assert names(entered) == ["enough"]
    assert engine.measures == {"licks": 3}


def test_count_that_is_passed_before_its_state_still_leads_on() -> None:
    engine = start(
        State("a", "counts", timeout=(1.0, "b"), count=(Count("n", "lick_on"),)),
        State("b", "goes on", timeout=(9.0, END),
              count=(Count("n", "lick_on", reaches=2, target=END),)),
    )  # fmt: skip
    for time in (0.1, 0.2, 0.3):
        engine.sense("lick", True, time)
    engine.expire()
    assert names(engine.sense("lick", True, 1.1)) == [None]


def test_dwell_counts_only_the_time_in_the_state() -> None:
    engine = Engine()
    engine.sense("lick", True, -1.0)  # the beam is broken before the window opens
    engine.start(
        TrialGraph(
            (
                State("before", "waits", timeout=(1.0, "window")),
                State("window", "times the beam", timeout=(1.0, END), dwell=(Dwell("d", "lick"),)),
            ),
            "go",
            "A",
        ),
        0.0,
    )
    engine.expire()
    engine.sense("lick", False, 1.25)
    engine.sense("lick", True, 1.5)
    engine.expire()
    assert engine.measures == {"d": pytest.approx(0.75)}


@given(st.lists(st.floats(0, 10, allow_nan=False), min_size=1, max_size=40))
def test_dwell_is_the_time_that_the_input_is_on(times: list[float]) -> None:
    edges = sorted(times)
    engine = start(State("w", "times the beam", timeout=(10.0, END), dwell=(Dwell("d", "lick"),)))
    for number, time in enumerate(edges):
        engine.sense("lick", number % 2 == 0, time)
    engine.expire()
    ends = [*edges, 10.0] if len(edges) % 2 else edges
    expected = sum(off - on for on, off in zip(ends[::2], ends[1::2], strict=True))
    assert engine.measures["d"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("dwelt", "outcome"), [(0.74, "miss"), (0.75, "hit"), (1.0, "hit")])
def test_decision_at_the_end_of_the_window(dwelt: float, outcome: str) -> None:
    engine = start(
        State("window", "times the beam", timeout=(1.0, "judge"), dwell=(Dwell("d", "lick"),)),
        State("judge", "decides", decide=(Rule("d", 0.75, "hit"),), otherwise="miss"),
        State("hit", "licked", timeout=(1.0, END), outcome="hit"),
        State("miss", "did not", timeout=(1.0, END), outcome="miss"),
    )
    engine.sense("lick", True, 0.0)
    if dwelt < 1:
        engine.sense("lick", False, dwelt)
    assert names(engine.expire()) == ["judge", outcome]
    assert engine.outcome == outcome


def test_a_late_reading_never_goes_back_before_the_state() -> None:
    engine = start(
        State("a", "first", timeout=(1.0, "b")), State("b", "second", to={"lick_on": END})
    )
    engine.expire()
    assert engine.sense("lick", True, 0.999)[0].time == 1.0


def test_abort_forgets_the_trial() -> None:
    engine = start(State("a", "first", timeout=(1.0, END)))
    engine.abort()
    assert (engine.running, engine.deadline, engine.expire()) == (False, math.inf, ())


def test_decisions_without_end_are_an_error() -> None:
    engine = Engine()
    circle = State("a", "decides", otherwise="a")
    with pytest.raises(ProtocolError, match="without end"):
        engine.start(TrialGraph((circle,), "go", "A"), 0.0)
