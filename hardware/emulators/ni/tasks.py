"""The tasks of the emulated NI-DAQmx, and the card that they share."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.ni.faults import (
    LINE_RESERVED,
    NAME_TAKEN,
    NO_SUCH_TASK,
    RESERVED,
    UNPLUGGED,
    CardError,
)
from hardware.emulators.ni.profiles import Profile
from hardware.emulators.ni.world import Stretch, Watch, World


class Kind(Enum):
    """What the channels of a task are; the value is NI's number of the type of channel."""

    DI = 10151
    DO = 10153
    AI = 10100
    AO = 10102
    CO = 10132


class Mode(Enum):
    """How many samples a clocked task takes; the value is NI's number."""

    FINITE = 10178
    CONTINUOUS = 10123


@dataclass(frozen=True)
class Pulse:
    """What a counter gives out: after a delay one pulse after another, seconds; low otherwise."""

    high: float
    low: float
    delay: float


@dataclass(frozen=True)
class Channel:
    """A channel of a task.

    Attributes
    ----------
    name
        As the client knows it.
    physical
        What it was made of, as it was written.
    lines
        The wires, canonical: digital lines, an analogue terminal, or the counter's output.
    """

    name: str
    physical: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Timing:
    """The sample clock of a task; rates are those that the card can make."""

    rate_hz: float
    source: str
    mode: Mode
    samples: int


@dataclass(frozen=True)
class Trigger:
    """The edge that starts a task."""

    line: str
    rising: bool


@dataclass(frozen=True)
class Ticks:
    """A run of a sample clock: `limit` ticks from `start`, or until `end`."""

    start: float
    rate_hz: float
    limit: float = math.inf
    end: float = math.inf

    def count(self, now: float) -> int:
        """Return how many ticks there were until `now`."""
        until = min(now, self.end)
        if until < self.start:
            return 0
        return int(min(math.floor((until - self.start) * self.rate_hz) + 1, self.limit))

    def times(self, first: int, last: int) -> NDArray[np.float64]:
        """Return the times of ticks `first` up to but without `last`."""
        return self.start + np.arange(first, last) / self.rate_hz


@dataclass
class Task:
    """A task: its channels, how they are timed, and how far it is."""

    name: str
    kind: Kind | None = None
    channels: list[Channel] = field(default_factory=list)
    timing: Timing | None = None
    trigger: Trigger | None = None
    pulse: Pulse | None = None
    pulses: int = 1
    buffer: int | None = None
    running: bool = False
    started: float = math.inf
    reserved: bool = False
    kept: bool = False
    ticks: Ticks | None = None
    taken: int = 0
    written: NDArray[np.float64] | None = None
    ends: float = math.inf
    watch: Watch | None = None

    def lines(self) -> list[str]:
        """Return all wires of the task, in order."""
        return [line for channel in self.channels for line in channel.lines]

    def done(self, now: float) -> bool:
        """Return whether the task does nothing more."""
        return not self.running or now >= self.ends


@dataclass
class Card:
    """The emulated card: its tasks, its clocks, and what is wrong with it.

    Attributes
    ----------
    clocks
        The runs of sample clocks that tasks have started, by their terminal.
    unplugged
        Whether the card is gone: every call is answered with an error then.
    driverless
        Whether the computer has no NI-DAQmx driver: no call reaches the card then.
    latency
        Seconds that every call takes longer.
    drift_ppm
        Millionths by which the card's clock is fast.
    held
        Wires that the watchdog keeps where it put them: nothing else drives them.
    driven
        Digital wires that the card has driven.
    lock
        Held while tasks are made, started, stopped or cleared.
    """

    device: str
    profile: Profile
    world: World
    tasks: dict[str, Task] = field(default_factory=dict)
    clocks: dict[str, Ticks] = field(default_factory=dict)
    unplugged: bool = False
    driverless: bool = False
    latency: float = 0.0
    drift_ppm: float = 0.0
    held: set[str] = field(default_factory=set)
    driven: set[str] = field(default_factory=set)
    lock: RLock = field(default_factory=RLock)
    made: int = 0

    def pace(self) -> float:
        """Return how many seconds pass by the card's clock in one of the world's."""
        return 1 + self.drift_ppm * 1e-6

    def drive(self, line: str, level: bool, at: float) -> None:
        """Put an output on a level at a time, if the watchdog does not hold it."""
        self.driven.add(line)
        if line not in self.held:
            self.world.drive(line, level=level, at=at)

    def put_voltage(self, wire: str, stretch: Stretch, at: float) -> None:
        """Let an output follow `stretch` from a time on, if the watchdog does not hold it."""
        if wire not in self.held:
            self.world.put_voltage(wire, stretch, at)

    def make_task(self, name: str) -> Task:
        """Return a fresh task; one without a name gets one, as the driver gives them."""
        with self.lock:
            if not name:
                name = f"_unnamedTask<{self.made}>"
                self.made += 1
            if name in self.tasks:
                raise CardError(NAME_TAKEN, name)
            self.tasks[name] = Task(name)
            return self.tasks[name]

    def task(self, name: str) -> Task:
        """Return the task of that name."""
        if name not in self.tasks:
            raise CardError(NO_SUCH_TASK, name)
        return self.tasks[name]

    def check_plugged(self) -> None:
        """Refuse everything if the card is gone."""
        if self.unplugged:
            raise CardError(UNPLUGGED, f"Device: {self.device}")

    def reserve(self, task: Task) -> None:
        """Take hold of what the task needs; refuse it if another task has that."""
        if task.reserved:
            return
        mine = resources(self, task)
        for other in list(self.tasks.values()):
            shared = mine & resources(self, other) if other.reserved else set()
            if task.kind is Kind.DI and other.kind is Kind.DI:
                shared -= set(task.lines())  # all may look at a line
            if shared:
                what = min(shared)
                code = LINE_RESERVED if "/line" in what and task.kind is not Kind.CO else RESERVED
                raise CardError(code, f"Resource: {what}\nTask: {task.name}, held by: {other.name}")
        task.reserved = True


def resources(card: Card, task: Task) -> set[str]:
    """Return what a task has for itself alone while it is reserved."""
    device = card.device.lower()
    match task.kind:
        case Kind.AI | Kind.AO:
            return {f"{device}/{task.kind.name.lower()}"}
        case Kind.DI | Kind.DO:
            engine = {f"{device}/{task.kind.name.lower()}"} if task.timing else set()
            return {*task.lines(), *engine}
        case Kind.CO:
            return {*task.lines(), *_counters(card, task)}
        case None:
            return set()


def _counters(card: Card, task: Task) -> set[str]:
    """Return the counters that a task needs: where trains take a pair, the neighbour too."""
    numbers = [int(channel.physical[-1]) for channel in task.channels]
    if card.profile.trains_take_pairs and task.pulses > 1:
        numbers += [number ^ 1 for number in numbers]
    return {f"{card.device.lower()}/ctr{number}" for number in numbers}
