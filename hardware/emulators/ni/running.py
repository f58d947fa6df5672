"""Starting and stopping tasks of the emulated card, and what its outputs do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hardware.emulators.ni.faults import (
    BAD_VALUE,
    NO_CHANNELS,
    NO_CLOCK,
    NOTHING_WRITTEN,
    RUNNING,
    CardError,
)
from hardware.emulators.ni.names import port_of
from hardware.emulators.ni.tasks import Card, Kind, Mode, Pulse, Task, Ticks
from hardware.emulators.ni.world import Watch, constant, samples

SHORTEST_TICKS = 2
"""Ticks of the counter's timebase that a pulse and the gap after it last at least."""
TRIGGER_WIDTH = 1e-6
"""Seconds that the start trigger of a task stays on, on the terminal that carries it."""


def verify(card: Card, task: Task) -> None:
    """Refuse a task that the card cannot run as it is set up."""
    if not task.channels:
        raise CardError(NO_CHANNELS, f"Task: {task.name}")
    shortest = SHORTEST_TICKS / card.profile.counter_timebase_hz
    if task.pulse is not None and min(task.pulse.high, task.pulse.low) < shortest:
        raise CardError(BAD_VALUE, f"Property: CO.Pulse.HighTime or LowTime\n{task.pulse}")
    if task.timing is None or task.kind not in (Kind.DI, Kind.DO):
        return
    for line in task.lines():
        if port_of(line) not in card.profile.buffered_ports:
            raise CardError(
                BAD_VALUE, f"Property: SampTimingType. You can select: On Demand\n{line}"
            )
    if not task.timing.source and not card.profile.digital_clock:
        raise CardError(NO_CLOCK, f"Task: {task.name}")


def reserve(card: Card, task: Task) -> None:
    """Verify a task and take hold of what it needs."""
    with card.lock:
        verify(card, task)
        card.reserve(task)


def commit(card: Card, task: Task) -> None:
    """Set the card up for a task: the output of a counter goes to its level at rest."""
    with card.lock:
        reserve(card, task)
        task.kept = True
        if task.pulse is not None and not task.running:
            for line in task.lines():
                card.drive(line, level=False, at=card.world.now())


def start(card: Card, task: Task) -> None:
    """Start a task; one with a trigger begins at the edge."""
    with card.lock:
        _start(card, task)


def _start(card: Card, task: Task) -> None:
    if task.running:
        raise CardError(RUNNING, f"Task: {task.name}")
    reserve(card, task)
    if task.kind is Kind.AO and task.timing is not None and task.timing.mode is not Mode.FINITE:
        raise CardError(BAD_VALUE, "Only finite waveforms are emulated")
    if task.kind is Kind.AO and task.timing is not None and task.written is None:
        raise CardError(NOTHING_WRITTEN, f"Task: {task.name}")
    now = card.world.now()
    task.running, task.started = True, now
    task.taken, task.ticks, task.ends = 0, None, math.inf
    if task.trigger is None:
        _begin(card, task, now)
        return
    task.watch = Watch(task.trigger.rising, now, lambda at: _begin(card, task, at))
    card.world.watch(task.trigger.line, task.watch)


def stop(card: Card, task: Task) -> None:
    """Stop a task; what it drives keeps its level, a pulse of a counter is cut short."""
    with card.lock:
        _stop(card, task)


def _stop(card: Card, task: Task) -> None:
    now = card.world.now()
    if task.watch is not None:
        card.world.unwatch(task.watch)
        task.watch = None
    if task.running and not task.done(now):
        _silence(card, task, now)
    if task.ticks is not None:
        task.ticks = replace(task.ticks, end=min(task.ticks.end, now))
        _lend(card, task)
    task.running = False
    task.reserved = task.kept


def clear(card: Card, name: str) -> None:
    """Stop a task and forget it; one that is already gone with its card may be cleared too."""
    with card.lock:
        task = card.tasks.pop(name, None)
        if task is not None:
            _stop(card, task)


def lose_power(card: Card) -> None:
    """Bring the card to how it is after power-up: no tasks, and all its outputs are low."""
    with card.lock:
        for task in list(card.tasks.values()):
            _stop(card, task)
        card.tasks.clear()
        card.held.clear()
    now = card.world.now()
    for line in card.driven:
        card.world.drive(line, level=False, at=now)
    for number in range(card.profile.analog_outputs):
        card.world.put_voltage(f"{card.device.lower()}/ao{number}", constant(0.0), now)


def terminal(card: Card, task: Task, what: str) -> str:
    """Return the canonical terminal on which the card carries a signal of a task."""
    kind = task.kind.name.lower() if task.kind is not None else ""
    return f"{card.device.lower()}/{kind}/{what}"


def _begin(card: Card, task: Task, at: float) -> None:
    if task.kind is Kind.CO and task.pulse is not None:
        task.ends = _give_pulses(card, task, task.pulse, at)
        return
    if task.timing is None:
        return
    limit = task.timing.samples if task.timing.mode is Mode.FINITE else math.inf
    own = {"", "onboardclock", terminal(card, task, "sampleclock")}
    lender = card.clocks.get(task.timing.source)
    if task.timing.source in own:
        task.ticks = Ticks(at, task.timing.rate_hz * card.pace(), limit)
    elif lender is not None and lender.end > at:
        _borrow(task, lender, at)
    _lend(card, task)
    if task.ticks is not None:
        task.ends = task.ticks.start + limit / task.ticks.rate_hz
        _give_waveform(card, task, task.ticks.start)
    trigger = terminal(card, task, "starttrigger")
    card.world.drive(trigger, level=True, at=at)
    card.world.drive(trigger, level=False, at=at + TRIGGER_WIDTH)


def _borrow(task: Task, lender: Ticks, at: float) -> None:
    """Let a task sample by a clock that another task runs, from its next tick on."""
    if task.timing is None:
        return
    first = lender.count(at) if lender.start < at else 0
    limit = task.timing.samples if task.timing.mode is Mode.FINITE else math.inf
    begin = lender.start + first / lender.rate_hz
    task.ticks = Ticks(begin, lender.rate_hz, min(limit, lender.limit - first), lender.end)
    task.ends = begin + limit / lender.rate_hz


def _lend(card: Card, task: Task) -> None:
    """Give the clock of a task, or its end, to the tasks that sample by it."""
    name = terminal(card, task, "sampleclock")
    if task.ticks is None or task.kind not in (Kind.AI, Kind.AO):
        return
    card.clocks[name] = task.ticks
    for other in list(card.tasks.values()):
        if other.timing is None or other.timing.source != name or not other.running:
            continue
        if other.ticks is None:
            _borrow(other, task.ticks, other.started)
        else:
            other.ticks = replace(other.ticks, end=min(other.ticks.end, task.ticks.end))


def _give_pulses(card: Card, task: Task, pulse: Pulse, at: float) -> float:
    """Plan the edges of a counter's pulses; return when the last one is over."""
    high, low, delay = (
        card.profile.true_duration(each) / card.pace()
        for each in (pulse.high, pulse.low, pulse.delay)
    )
    edge = at + delay
    for line in task.lines():
        card.drive(line, level=False, at=at)
        for number in range(task.pulses):
            rise = edge + number * (high + low)
            card.drive(line, level=True, at=rise)
            card.drive(line, level=False, at=rise + high)
    return edge + task.pulses * (high + low) - low


def _give_waveform(card: Card, task: Task, at: float) -> None:
    if task.kind is not Kind.AO or task.written is None or task.ticks is None:
        return
    length = task.timing.samples if task.timing is not None else 0
    for line, volts in zip(task.lines(), task.written, strict=True):
        whole = np.resize(volts, length)
        card.put_voltage(line, samples(whole, task.ticks.rate_hz), at)


def _silence(card: Card, task: Task, now: float) -> None:
    """Let the outputs of a task that is cut short stay where they are; a counter goes low."""
    for line in task.lines():
        if task.kind is Kind.CO:
            card.drive(line, level=False, at=now)
        if task.kind is Kind.AO and task.ticks is not None:
            held = float(card.world.volts(line, np.array([now]))[0])
            card.put_voltage(line, constant(held), now)
