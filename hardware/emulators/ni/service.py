"""The calls of NI's gRPC device server that are emulated, one method each.

A method takes the request and returns the fields of the response. What stands in no table is
refused loudly: a call that is not emulated can never pass as one that worked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hardware.emulators.ni import inputs, running
from hardware.emulators.ni.attributes import Attributes
from hardware.emulators.ni.faults import (
    BAD_VALUE,
    TEXTS,
    TIMED_OUT,
    CardError,
)
from hardware.emulators.ni.names import canonical, check_device, lines_of, numbered, unfold
from hardware.emulators.ni.reads import Answer, Call, NiReads
from hardware.emulators.ni.tasks import Card, Channel, Kind, Mode, Pulse, Task, Timing, Trigger
from hardware.emulators.ni.watchdog import NiWatchdogs
from hardware.emulators.ni.writes import NiWrites

RISING = 10280
LOW = 10214
ONE_CHANNEL_FOR_ALL_LINES = 1


class NiService:
    """The emulated calls on one card."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._attributes = Attributes(card)
        self._watchdogs = NiWatchdogs(card)

    def calls(self) -> Mapping[str, Call]:
        """Return the emulated calls by name."""
        return {
            "CreateTask": self._create_task,
            "ClearTask": self._clear,
            "StartTask": self._start,
            "StopTask": self._stop,
            "TaskControl": self._control,
            "IsTaskDone": self._is_done,
            "WaitUntilTaskDone": self._wait_until_done,
            "CreateDIChan": lambda request: self._digital(request, Kind.DI),
            "CreateDOChan": lambda request: self._digital(request, Kind.DO),
            "CreateAIVoltageChan": lambda request: self._analog(request, Kind.AI),
            "CreateAOVoltageChan": lambda request: self._analog(request, Kind.AO),
            "CreateCOPulseChanTime": self._counter,
            "CfgSampClkTiming": self._sample_clock,
            "CfgImplicitTiming": self._implicit,
            "CfgDigEdgeStartTrig": self._start_trigger,
            "DisableStartTrig": self._no_trigger,
            **NiReads(self._card).calls(),
            **NiWrites(self._card).calls(),
            "ResetDevice": self._reset,
            "SelfTestDevice": lambda request: {},
            "GetErrorString": lambda request: {"error_string": TEXTS.get(request.error_code, "")},
            **self._attributes.calls(),
            **self._watchdogs.calls(),
            "GetTaskAttributeString": self._task_property,
        }

    def _task(self, request: Any) -> Task:
        self._card.check_plugged()
        return self._card.task(request.task.name)

    def _create_task(self, request: Any) -> Answer:
        task = self._card.make_task(request.session_name)
        return {"task": {"name": task.name}, "new_session_initialized": True}

    def _clear(self, request: Any) -> Answer:
        if self._watchdogs.owns(request.task.name):
            self._watchdogs.end()
        else:
            running.clear(self._card, request.task.name)
        return {}

    def _start(self, request: Any) -> Answer:
        if self._watchdogs.owns(request.task.name):
            self._watchdogs.start()
        else:
            running.start(self._card, self._task(request))
        return {}

    def _stop(self, request: Any) -> Answer:
        if self._watchdogs.owns(request.task.name):
            self._watchdogs.stop()
        else:
            running.stop(self._card, self._task(request))
        return {}

    def _task_property(self, request: Any) -> Answer:
        if self._watchdogs.owns(request.task.name):
            return {"value": request.task.name}
        return self._attributes.task_property(request)

    def _control(self, request: Any) -> Answer:
        task = self._task(request)
        match request.action_raw:
            case 0:
                running.start(self._card, task)
            case 1 | 6:
                running.stop(self._card, task)
            case 2:
                running.verify(self._card, task)
            case 3:
                running.commit(self._card, task)
            case 4:
                running.reserve(self._card, task)
                task.kept = True
            case 5:
                task.kept = task.reserved = False
            case _:
                raise CardError(BAD_VALUE, f"Action: {request.action_raw}")
        return {}

    def _is_done(self, request: Any) -> Answer:
        return {"is_task_done": self._task(request).done(self._card.world.now())}

    def _reset(self, request: Any) -> Answer:
        check_device(self._card.device, canonical(request.device_name))
        self._card.check_plugged()
        self._watchdogs.end()
        running.lose_power(self._card)
        return {}

    def _wait_until_done(self, request: Any) -> Answer:
        task = self._task(request)

        def missing() -> float:
            self._card.check_plugged()
            now = self._card.world.now()
            return 0.0 if task.done(now) else task.ends - now

        inputs.wait(missing, request.time_to_wait)
        if missing() > 0:
            raise CardError(TIMED_OUT, f"Task: {task.name}")
        return {}

    def _add(self, task: Task, kind: Kind, channels: list[Channel]) -> None:
        if task.kind not in (None, kind):
            raise CardError(BAD_VALUE, f"Task {task.name} has channels of another type")
        task.kind = kind
        task.channels += channels

    def _digital(self, request: Any, kind: Kind) -> Answer:
        card = self._card
        names = unfold(request.lines)
        lines = [lines_of(card.device, card.profile, name) for name in names]
        given = request.name_to_assign_to_lines
        if request.line_grouping_raw == ONE_CHANNEL_FOR_ALL_LINES:
            usual = names[0] if len(names) == 1 else f"{names[0]}..."
            together = tuple(line for each in lines for line in each)
            channels = [Channel(given or usual, request.lines, together)]
        else:
            called = _names(given, names)
            channels = [
                Channel(name, physical, tuple(each))
                for name, physical, each in zip(called, names, lines, strict=True)
            ]
        self._add(self._task(request), kind, channels)
        return {}

    def _analog(self, request: Any, kind: Kind) -> Answer:
        card = self._card
        inputs, outputs = card.profile.analog_inputs, card.profile.analog_outputs
        how_many = inputs if kind is Kind.AI else outputs
        names = unfold(request.physical_channel)
        wires = [numbered(card.device, kind.name.lower(), how_many, name) for name in names]
        called = _names(request.name_to_assign_to_channel, names)
        made = zip(called, names, wires, strict=True)
        channels = [Channel(name, physical, (wire,)) for name, physical, wire in made]
        self._add(self._task(request), kind, channels)
        return {}

    def _counter(self, request: Any) -> Answer:
        card = self._card
        counter = numbered(card.device, "ctr", card.profile.counters, request.counter)
        number = int(counter.rsplit("ctr", 1)[1])
        output = canonical(f"{card.device}/PFI{12 + number}")
        task = self._task(request)
        if task.channels:
            raise CardError(BAD_VALUE, "One counter output per task is emulated")
        name = request.name_to_assign_to_channel or request.counter
        self._add(task, Kind.CO, [Channel(name, request.counter, (output,))])
        if request.idle_state_raw != LOW:
            raise CardError(BAD_VALUE, "Only counters that are low at rest are emulated")
        task.pulse = Pulse(request.high_time, request.low_time, request.initial_delay)
        return {}

    def _sample_clock(self, request: Any) -> Answer:
        task = self._task(request)
        self._attributes.check_rate(task, request.rate)
        mode = _mode(request.sample_mode_raw)
        rate_hz = self._card.profile.true_rate(request.rate)
        samples = int(request.samps_per_chan)
        task.timing = Timing(rate_hz, canonical(request.source), mode, samples)
        return {}

    def _implicit(self, request: Any) -> Answer:
        task = self._task(request)
        if task.kind is not Kind.CO or _mode(request.sample_mode_raw) is not Mode.FINITE:
            raise CardError(BAD_VALUE, "Only finite pulses of counters are emulated")
        task.pulses = int(request.samps_per_chan)
        return {}

    def _start_trigger(self, request: Any) -> Answer:
        check_device(self._card.device, canonical(request.trigger_source))
        rising = request.trigger_edge_raw == RISING
        self._task(request).trigger = Trigger(canonical(request.trigger_source), rising)
        return {}

    def _no_trigger(self, request: Any) -> Answer:
        self._task(request).trigger = None
        return {}


def _mode(raw: int) -> Mode:
    if raw not in (Mode.FINITE.value, Mode.CONTINUOUS.value):
        raise CardError(BAD_VALUE, f"Sample mode: {raw}")
    return Mode(raw)


def _names(given: str, physical: list[str]) -> list[str]:
    """Return the names of channels, as the client itself works them out."""
    if not given:
        return physical
    if len(physical) == 1:
        return [given]
    return [f"{given}{number}" for number in range(len(physical))]
