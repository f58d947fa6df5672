"""The loop: late or flooded, it never lets an event act on a state whose time was up."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from hardware.digital_input import DigitalInputSettings, DigitalInputTwin
from hardware.speaker import SpeakerSettings, SpeakerTwin
from rig.clock import Clock, VirtualClock
from rig.config import Limits
from rig.devices import Context, Device
from rig.errors import DeviceError
from rig.events import (
    CommandGiven,
    DeviceReported,
    Event,
    Fault,
    InputChanged,
    StateEntered,
    StimuliStarted,
    TrialEnded,
)
from rig.graph import END, Count, Dwell, Play, Rule, State, TrialGraph
from rig.inbox import Command, Edge, Failure, Inbox, Message, Notice, Reply, Request
from rig.lab import Lab
from rig.loop import Loop
from rig.protocol import Finished, Parameters, TrialProtocol
from rig.recorder import MemoryRecorder
from rig.rig_plan import graph_check
from rig.room import Room
from rig.sound import Silence, Sound
from rig.trial_source import TrialSource
from rig.trials import TrialRow
from rig.watcher import Nobody


class StalledClock(VirtualClock):
    """A clock of a loop that is held up: time goes on to `until` + `stall` before it looks."""

    def __init__(self, stall: float, meanwhile: Callable[[float], list[Edge]]) -> None:
        super().__init__()
        self._stall = stall
        self._meanwhile = meanwhile

    def receive(self, inbox: Inbox, until: float) -> Message | None:
        message = inbox.take()
        if message is None:
            for edge in self._meanwhile(until + self._stall):
                inbox.put(edge)
            message = inbox.take()
            super().receive(Inbox(), until + self._stall)
        return message


class SameTrials(TrialProtocol):
    """The same graph again and again."""

    Params = Parameters

    def __init__(self, graph: TrialGraph, trials: int, reason: str) -> None:
        super().__init__(Parameters(), np.random.default_rng(0))
        self._graph, self._trials, self._reason = graph, trials, reason

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        return self._graph if number <= self._trials else Finished(self._reason)


class Bench:
    """A loop with one input, run in memory."""

    def __init__(
        self,
        states: tuple[State, ...],
        clock: Clock | None = None,
        trials: int = 1,
        limits: Limits | None = None,
        folder: Path = Path(),
        reason: str = "all trials done",
        devices: Callable[[Context], dict[str, Device]] = lambda context: {},
    ) -> None:
        self.events: list[Event] = []
        self.inbox = Inbox()
        self.room = Room()
        self.clock = clock or VirtualClock()
        self.recorder = MemoryRecorder(self.events.extend)
        context = Context(self.clock, self.inbox, self.room, folder)
        self.lick = DigitalInputTwin("lick", DigitalInputSettings(line="0"), context)
        self.lick.open()
        self.context = context
        self.devices: dict[str, Device] = {"lick": self.lick, **devices(context)}
        graph = TrialGraph(states, "go", "A", stimulus_state=states[0].name)
        self.loop = Loop(
            self.clock,
            self.inbox,
            self.room,
            self.devices,
            TrialSource(SameTrials(graph, trials, reason), graph_check(self.devices)),
            limits or Limits(),
            self.recorder,
            Nobody(),
        )

    def touch(self, level: bool, time: float) -> None:
        """Let the mouse touch the spout at that time."""
        self.room.agenda.at(time, lambda now: self.room.touch("lick", level, now))

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


WINDOW = (
    State("window", "times the beam", timeout=(0.2, "judge"), dwell=(Dwell("dwell", "lick"),)),
    State("judge", "decides", decide=(Rule("dwell", 0.15, "hit"),), otherwise="miss"),
    State("hit", "licked", timeout=(1.0, END), outcome="hit"),
    State("miss", "did not", timeout=(1.0, END), outcome="miss"),
)


def once(*edges: Edge) -> Callable[[float], list[Edge]]:
    """Return the edges the first time that they have all happened, and none after that."""
    left = list(edges)

    def happened(now: float) -> list[Edge]:
        if left and left[-1].hardware_time <= now:
            found, left[:] = list(left), []
            return found
        return []

    return happened


def test_a_late_loop_does_not_lengthen_the_window() -> None:
    """Beam broken from 0.1 to 0.28 s, window closed at 0.2 s, loop held up until 0.5 s."""
    edges = once(Edge("lick", True, 0.1), Edge("lick", False, 0.28))
    bench = Bench(WINDOW, StalledClock(0.3, edges))
    bench.loop.run()
    (row,) = bench.recorder.table.rows
    assert row.dwell == pytest.approx(0.1)
    assert row.outcome == "miss"


def test_a_late_loop_does_not_restart_a_timer_that_had_run_out() -> None:
    quiet = State("quiet", "3 s without licks", timeout=(3.0, END), restart=("lick_on",),
                  outcome="hit")  # fmt: skip
    bench = Bench((quiet,), StalledClock(0.5, once(Edge("lick", True, 3.01))))
    bench.loop.run()
    (end,) = bench.of(TrialEnded)
    assert end.hardware_time == 3.0
    assert end.engine_time == 3.5


def test_a_late_lick_is_not_counted_in_a_closed_window() -> None:
    window = State("window", "counts", timeout=(1.0, END), count=(Count("licks", "lick_on"),),
                   outcome="hit")  # fmt: skip
    bench = Bench((window,), StalledClock(0.2, once(Edge("lick", True, 1.03))))
    bench.loop.run()
    assert bench.recorder.table.rows[0].licks == 0
    assert len(bench.of(InputChanged)) == 1


def test_a_line_that_chatters_cannot_keep_a_session_going() -> None:
    quiet = State("quiet", "no licks", timeout=(3.0, END), restart=("lick_on", "lick_off"),
                  outcome="hit")  # fmt: skip
    states = (State("before", "waits", timeout=(1.0, "quiet")), quiet)
    bench = Bench(states, limits=Limits(max_duration=20, last_trial=10))

    def chatter(now: float) -> None:
        bench.room.touch("lick", not bench.lick.level(), now)
        bench.room.agenda.at(now + 0.5, chatter)

    bench.room.agenda.at(0.0, chatter)
    bench.loop.run()
    bench.loop.end()
    assert bench.clock.now() == 30.0
    assert bench.loop.ending.reason == "20 s"
    verbs = [(event.verb, event.hardware_time) for event in bench.of(CommandGiven)]
    assert verbs == [("stop_after_trial", 20.0), ("stop_now", 30.0)]
    assert bench.recorder.table.rows[0].aborted


def test_a_trial_under_way_at_the_limit_is_finished() -> None:
    states = (
        State("before", "waits", timeout=(5.0, "after")),
        State("after", "goes on", timeout=(10.0, END), outcome="hit"),
    )
    bench = Bench(states, trials=100, limits=Limits(max_duration=20, last_trial=60))
    bench.loop.run()
    assert [row.aborted for row in bench.recorder.table.rows] == [False, False]
    assert bench.clock.now() == 30.0


def test_a_stop_before_the_first_trial_begins_none() -> None:
    bench = Bench(WINDOW)
    bench.inbox.put(Command("stop_now", "changed my mind"))
    bench.loop.run()
    bench.loop.end()
    assert bench.recorder.table.rows == []
    assert not bench.of(StateEntered)
    assert [event.reason for event in bench.of(CommandGiven)] == ["changed my mind"]


def test_a_beam_that_is_broken_at_the_start_counts_from_the_start() -> None:
    bench = Bench(WINDOW)
    bench.room.touch("lick", True, 0.0)
    bench.loop.run()
    assert bench.recorder.table.rows[0].dwell == pytest.approx(0.2)


def test_nothing_that_came_is_left_out_of_the_record() -> None:
    bench = Bench(WINDOW)
    bench.loop.run()
    bench.inbox.put(Edge("lick", True, 5.0))
    bench.inbox.put(Failure("valve", "came loose", "Plug it in."))
    bench.inbox.put(Command("stop_now", "again"))
    bench.loop.end()
    assert [event.hardware_time for event in bench.of(InputChanged)] == [5.0]
    assert [event.what for event in bench.of(Fault)] == ["came loose"]
    assert [event.reason for event in bench.of(CommandGiven)] == ["again"]


def test_a_device_that_lost_something_is_told_of_and_the_session_goes_on() -> None:
    bench = Bench(WINDOW, trials=3)
    lost = Notice("eye", "3 frames are missing", "Look at its cable.")
    bench.room.agenda.at(1.0, lambda _: bench.inbox.put(lost))
    bench.loop.run()
    bench.inbox.put(lost)
    bench.loop.end()
    assert bench.loop.ending.reason == "all trials done"
    told = [(each.what, each.where, each.level) for each in bench.of(Fault)]
    assert told == [("3 frames are missing", "device 'eye'", "notice")] * 2


def test_a_device_that_fails_ends_the_session() -> None:
    bench = Bench(WINDOW, trials=100)
    bench.room.agenda.at(2.0, lambda _: bench.inbox.put(Failure("lick", "unplugged", "Plug in.")))
    with pytest.raises(DeviceError, match=r"unplugged \(device 'lick'\)"):
        bench.loop.run()


def test_a_sound_that_outlasts_its_trial_belongs_to_its_trial(lab: Lab) -> None:
    states = (State("play", "plays", enter=(Play("speaker", "long"),), timeout=(1.0, END),
                    outcome="hit"),)  # fmt: skip
    settings = SpeakerSettings(
        line="1", rate_hz=192_000, calibration="calibration/box1-speaker.toml"
    )

    def with_speaker(context: Context) -> dict[str, Device]:
        speaker = SpeakerTwin("speaker", settings, context)
        speaker.load({"long": Sound((Silence(1.5),))})
        speaker.open()
        return {"speaker": speaker}

    bench = Bench(states, trials=3, folder=lab.folder, devices=with_speaker)
    bench.loop.run()
    bench.devices["speaker"].off()
    bench.loop.end()
    reports = [(event.trial, event.hardware_time) for event in bench.of(DeviceReported)]
    assert reports == [(1, 0.0), (2, 1.0), (3, 2.0)]
    assert [row.stimulus_time for row in bench.recorder.table.rows] == [0.0, 1.0, 2.0]


def test_numbers_of_numpy_are_recorded_as_numbers() -> None:
    """Random generators give NumPy's numbers, and protocols pass them on."""
    wait = State("wait", "waits", timeout=(np.float64(0.5), END), outcome=str(np.str_("hit")))
    bench = Bench((wait,))
    bench.loop.run()
    (entered,) = bench.of(StateEntered)
    assert entered.requested == 0.5


def test_a_command_that_comes_too_late_is_refused_and_recorded() -> None:
    bench = Bench(WINDOW)
    replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
    for verb in ("stop_now", "note", "stop_now"):
        bench.inbox.put(Request(Command(verb, "words", "anna"), replies))
    bench.loop.run()
    bench.loop.end()
    answers = [replies.get_nowait() for _ in range(3)]
    assert [answer.text for answer in answers] == ["stops now", "noted", "stops now"]
    bench.inbox.put(Request(Command("note", "late", "anna"), replies))
    bench.loop.end()
    assert replies.get_nowait() == Reply(False, "the session has ended")
    given = [(e.reason, e.accepted) for e in bench.of(CommandGiven)]
    assert given[-1] == ("late", False)


def test_an_empty_reason_ends_the_session_too() -> None:
    bench = Bench(WINDOW, trials=0, reason="")
    bench.loop.run()
    assert bench.loop.ending.finished
    assert bench.recorder.table.rows == []


def test_the_time_of_a_state_counts_from_when_its_stimuli_were_started(lab: Lab) -> None:
    """A speaker that takes 0.3 s to start keeps what follows from coming before its time."""
    clock = VirtualClock()

    class SlowSpeaker(SpeakerTwin):
        def present(self, stimulus: str) -> None:
            clock._now += 0.3
            super().present(stimulus)

    def with_speaker(context: Context) -> dict[str, Device]:
        settings = SpeakerSettings(
            line="1", rate_hz=192_000, calibration="calibration/box1-speaker.toml"
        )
        speaker = SlowSpeaker("speaker", settings, context)
        speaker.load({"long": Sound((Silence(1.5),))})
        speaker.open()
        return {"speaker": speaker}

    states = (
        State("stimulus", "plays", enter=(Play("speaker", "long"),), timeout=(2.0, "after")),
        State("after", "waits", timeout=(1.0, END), outcome="hit"),
    )
    bench = Bench(states, clock, folder=lab.folder, devices=with_speaker)
    bench.loop.run()
    bench.loop.end()
    (started,) = bench.of(StimuliStarted)
    assert (started.hardware_time, started.after) == (0.3, 0.3)
    assert [event.hardware_time for event in bench.of(StateEntered)] == [0.0, 2.3]
    assert bench.recorder.table.rows[0].stimulus_time == 0.3
