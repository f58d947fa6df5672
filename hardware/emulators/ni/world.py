"""What happens on the wires of an emulated card: lines, voltages and wires, on one clock.

Nothing here runs by itself. A line is the list of its edges, some of them yet to come; a voltage
is a list of stretches, each a function of the time since it began. Who samples a wire asks what
it was at given times. All times are seconds of `time.monotonic`, which programs of one computer
share.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HIGH_VOLTS = 5.0
"""What a digital line that is on gives to an analogue input."""

REMEMBERED = 120.0
"""Seconds for which the voltages of a wire are kept: waveforms are large."""

Stretch = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Volts by the seconds since the stretch began."""


@dataclass
class _Line:
    """The edges of one digital line, in order of time; it is off before the first."""

    times: list[float] = field(default_factory=list)
    levels: list[bool] = field(default_factory=list)

    def level(self, at: float) -> bool:
        index = bisect_right(self.times, at) - 1
        return index >= 0 and self.levels[index]

    def forget_from(self, start: float) -> None:
        index = bisect_left(self.times, start)
        del self.times[index:], self.levels[index:]

    def sample(self, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        if not len(times):
            return np.zeros(0, bool)
        first = max(bisect_right(self.times, times[0]) - 1, 0)
        last = bisect_right(self.times, times[-1])
        levels = np.array([self.level(times[0]), *self.levels[first:last]], bool)
        return levels[np.searchsorted(self.times[first:last], times, side="right")]


@dataclass
class _Voltage:
    """The stretches of one analogue wire, in order of time; 0 V before the first."""

    starts: list[float] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)

    def put(self, start: float, stretch: Stretch) -> None:
        index = bisect_left(self.starts, start)
        del self.starts[index:], self.stretches[index:]
        old = bisect_right(self.starts, start - REMEMBERED) - 1
        del self.starts[: max(old, 0)], self.stretches[: max(old, 0)]
        self.starts.append(start)
        self.stretches.append(stretch)

    def sample(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        volts = np.zeros(len(times))
        owner = np.searchsorted(self.starts, times, side="right") - 1
        for index in np.unique(owner[owner >= 0]):
            mine = owner == index
            volts[mine] = self.stretches[index](times[mine] - self.starts[index])
        return volts


@dataclass(frozen=True)
class Watch:
    """What is to be called, with its time, at the first edge of a line after a time."""

    rising: bool
    after: float
    call: Callable[[float], None]


class World:
    """The wires of one card. Safe to use from several threads.

    Parameters
    ----------
    now
        The time, in seconds; the monotonic clock if nothing is said.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._lines: dict[str, _Line] = {}
        self._voltages: dict[str, _Voltage] = {}
        self._sources: dict[str, str] = {}
        self._watches: dict[str, list[Watch]] = {}

    def now(self) -> float:
        """Return the time, in seconds."""
        return self._now()

    def wire(self, source: str, target: str) -> None:
        """Lead `source`, an output, to `target`, an input: both are one wire from then on."""
        with self._lock:
            self._sources[target] = source

    def drive(self, line: str, level: bool, at: float) -> None:
        """Put a line on a level at a time; edges planned for later are forgotten."""
        with self._lock:
            name = self._sources.get(line, line)
            wire = self._lines.setdefault(name, _Line())
            wire.forget_from(at)
            if wire.level(at) == level:
                return
            wire.times.append(at)
            wire.levels.append(level)
            self._tell(name, level, at)

    def level(self, line: str, at: float) -> bool:
        """Return whether a line is on at a time."""
        with self._lock:
            wire = self._lines.get(self._sources.get(line, line))
            return wire is not None and wire.level(at)

    def levels(self, line: str, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whether a line is on at each of `times`, which rise."""
        with self._lock:
            wire = self._lines.get(self._sources.get(line, line))
            return np.zeros(len(times), bool) if wire is None else wire.sample(times)

    def edges(self, line: str, since: float, until: float) -> list[tuple[float, bool]]:
        """Return the edges of a line, (time, level), from `since` up to and with `until`."""
        with self._lock:
            wire = self._lines.get(self._sources.get(line, line), _Line())
            first, last = bisect_left(wire.times, since), bisect_right(wire.times, until)
            return list(zip(wire.times[first:last], wire.levels[first:last], strict=True))

    def watch(self, line: str, watch: Watch) -> None:
        """Have `watch` called at the first edge of its kind, planned ones included."""
        with self._lock:
            name = self._sources.get(line, line)
            for at, level in self.edges(name, watch.after, float("inf")):
                if level == watch.rising:
                    watch.call(at)
                    return
            self._watches.setdefault(name, []).append(watch)

    def unwatch(self, watch: Watch) -> None:
        """Forget a watch, if it is still waiting."""
        with self._lock:
            for waiting in self._watches.values():
                if watch in waiting:
                    waiting.remove(watch)

    def put_voltage(self, wire: str, stretch: Stretch, at: float) -> None:
        """Let a wire follow `stretch` from a time on."""
        with self._lock:
            self._voltages.setdefault(self._sources.get(wire, wire), _Voltage()).put(at, stretch)

    def volts(self, wire: str, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the volts of a wire at each of `times`, which rise."""
        with self._lock:
            name = self._sources.get(wire, wire)
            if name in self._lines:
                return np.where(self._lines[name].sample(times), HIGH_VOLTS, 0.0)
            return self._voltages.get(name, _Voltage()).sample(times)

    def _tell(self, name: str, level: bool, at: float) -> None:
        waiting = self._watches.get(name, [])
        for watch in [each for each in waiting if each.rising == level and each.after <= at]:
            waiting.remove(watch)
            watch.call(at)


def constant(volts: float) -> Stretch:
    """Return a stretch of one voltage."""
    return lambda elapsed: np.full(len(elapsed), volts)


def sine(frequency_hz: float, amplitude: float, offset: float) -> Stretch:
    """Return a sine that begins at its offset and rises."""
    return lambda elapsed: offset + amplitude * np.sin(2 * np.pi * frequency_hz * elapsed)


def samples(volts: NDArray[np.float64], rate_hz: float) -> Stretch:
    """Return a waveform; its last sample stays."""

    def play(elapsed: NDArray[np.float64]) -> NDArray[np.float64]:
        index = np.floor(elapsed * rate_hz + 1e-6).astype(int)
        return np.take(volts, index, mode="clip")

    return play
