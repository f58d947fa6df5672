"""The input tasks of one NI card: one for all voltages, one for all lines, on one sample clock."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.line_filter import LineFilter
from hardware.sample_clock import SampleClock
from rig.clock import Clock

if TYPE_CHECKING:
    from hardware.ni_card import NiCard

BUFFERED = 10.0
"""Seconds of samples that the driver keeps while the computer is busy."""
BLOCK_EVERY = 0.1
"""Seconds of voltages that are handed on together."""
AT_ONCE = 100_000
"""Samples of each line that are read together at most."""


@dataclass
class LineWatch:
    """Who wants to know of the changes of a line.

    Attributes
    ----------
    device, line
        The device's name and the wire.
    changed
        Is told each new level with its time, by the thread of the card.
    active_low
        Whether low counts as on.
    steady
        Seconds that a level must last to count.
    filter
        The level that counts in the present run.
    """

    device: str
    line: str
    changed: Callable[[bool, float], None]
    active_low: bool = False
    steady: float = 0.0
    filter: LineFilter = field(default_factory=lambda: LineFilter(1))


@dataclass(frozen=True)
class VoltageWatch:
    """Who wants the samples of voltages.

    Attributes
    ----------
    device, lines
        The device's name and its wires.
    range_v, rate_hz
        Volts around zero that can be told apart, and how often they are wanted.
    take
        Is given samples in volts, ``(rows, lines)``, and the time of the first row.
    """

    device: str
    lines: tuple[str, ...]
    range_v: float
    rate_hz: float
    take: Callable[[NDArray[np.float64], float], None]


class InputTasks:
    """The tasks of one run, from their start to their end; the library's errors are raised.

    Parameters
    ----------
    card
        The card.
    clock
        The session's clock.
    lines, voltages
        What is wanted, one thing at least.
    rate_hz
        How often it is sampled.
    """

    def __init__(
        self,
        card: NiCard,
        clock: Clock,
        lines: Sequence[LineWatch],
        voltages: Sequence[VoltageWatch],
        rate_hz: float,
    ) -> None:
        self._card, self._clock = card, clock
        self._lines, self._voltages = lines, voltages
        self._wires = list(dict.fromkeys(watch.line for watch in lines))
        self._tasks: list[Any] = []
        self._analog: Any = None
        self._digital: Any = None
        self._lines_taken = self._voltages_taken = 0
        for watch in lines:
            watch.filter = LineFilter(round(watch.steady * rate_hz))
        try:
            self._make(rate_hz)
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all tasks."""
        for task in self._tasks:
            with contextlib.suppress(Exception):
                task.close()
        self._tasks = []

    def look(self) -> bool:
        """Take what the card has; return whether samples had come so far."""
        block = round(BLOCK_EVERY * self._rate_hz)
        if self._digital is None:
            return self.take_voltages(at_least=block)
        before = self._clock.now()
        count = int(self._digital.in_stream.avail_samp_per_chan)
        self._times.saw(self._lines_taken + count, before, self._clock.now())
        if count:
            self._take_lines(min(count, AT_ONCE))
        if self._lines_taken - self._voltages_taken >= block:
            self.take_voltages(at_least=block)
        return self._lines_taken > 0

    def _take_lines(self, count: int) -> None:
        samples = np.zeros((len(self._wires), count), np.uint32)
        self._lines_in.read_many_sample_port_uint32(samples, count, timeout=0)
        self._lines_taken += count
        # A channel is one line: cards do not agree on which bit of the word it is.
        high = dict(zip(self._wires, samples != 0, strict=True))
        for watch in self._lines:
            for level, sample in watch.filter.take(high[watch.line] != watch.active_low):
                watch.changed(level, self._times.time(sample))

    def take_voltages(self, at_least: int) -> bool:
        """Take the voltages if there are so many of each; return whether any had come so far."""
        if self._analog is None:
            return False
        before = self._clock.now()
        count = int(self._analog.in_stream.avail_samp_per_chan)
        if self._digital is None:
            self._times.saw(self._voltages_taken + count, before, self._clock.now())
        if count >= at_least:
            samples = np.zeros((self._width, count))
            self._voltages_in.read_many_sample(samples, count, timeout=0)
            self._hand_on(samples, self._times.time(self._voltages_taken))
            self._voltages_taken += count
        return self._voltages_taken + count > 0

    def _hand_on(self, samples: NDArray[np.float64], time: float) -> None:
        """Give each watch the rows that are its lines'."""
        first = 0
        for watch in self._voltages:
            watch.take(samples[first : first + len(watch.lines)].T, time)
            first += len(watch.lines)

    def _make(self, rate_hz: float) -> None:
        """Make the tasks that are needed; none runs yet."""
        facts = self._card.facts()
        borrows = not facts.samples_lines or bool(self._voltages)
        if borrows:
            self._make_analog(rate_hz, facts.analog_inputs)
        if self._lines:
            self._make_digital(rate_hz, clock_of(self._card) if borrows else "")

    def _make_analog(self, rate_hz: float, inputs: Sequence[str]) -> None:
        from nidaqmx.stream_readers import AnalogMultiChannelReader

        task = self._analog = self._new_task()
        for watch in self._voltages:
            for line in watch.lines:
                task.ai_channels.add_ai_voltage_chan(
                    line, min_val=-watch.range_v, max_val=watch.range_v
                )
        if not self._voltages:  # nothing but its clock is wanted
            task.ai_channels.add_ai_voltage_chan(inputs[0])
        self._width = sum(len(watch.lines) for watch in self._voltages) or 1
        sample(task, rate_hz, "")
        self._voltages_in = AnalogMultiChannelReader(task.in_stream)
        self._voltages_in.verify_array_shape = False

    def _make_digital(self, rate_hz: float, source: str) -> None:
        from nidaqmx.constants import LineGrouping
        from nidaqmx.stream_readers import DigitalMultiChannelReader

        task = self._digital = self._new_task()
        wires = ",".join(self._wires)
        task.di_channels.add_di_chan(wires, line_grouping=LineGrouping.CHAN_PER_LINE)
        sample(task, rate_hz, source)
        self._lines_in = DigitalMultiChannelReader(task.in_stream)
        self._lines_in.verify_array_shape = False

    def _new_task(self) -> Any:
        task = self._card.task()
        self._tasks.append(task)
        return task

    def _start(self) -> None:
        """Start the tasks: who borrows the sample clock first, its owner last."""
        from nidaqmx.constants import TaskMode

        for task in self._tasks:
            task.control(TaskMode.TASK_COMMIT)
        owner, *borrowers = self._tasks
        for task in borrowers:
            task.start()
        before = self._clock.now()
        owner.start()
        after = self._clock.now()
        self._rate_hz = float(owner.timing.samp_clk_rate)
        self._times = SampleClock(self._rate_hz, before, after)


def clock_of(card: NiCard) -> str:
    """Return the terminal that carries the sample clock of the analogue inputs."""
    return f"/{card.name}/ai/SampleClock"


def sample(task: Any, rate_hz: float, source: str) -> None:
    """Let a task sample without end, by its own clock or by that of a terminal."""
    from nidaqmx.constants import AcquisitionType

    task.timing.cfg_samp_clk_timing(
        rate_hz,
        source=source,
        sample_mode=AcquisitionType.CONTINUOUS,
        samps_per_chan=round(rate_hz * BUFFERED),
    )
