"""The input tasks of one NI card: one for all voltages, one for all lines, on one sample clock."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hardware.ni.watches import BLOCK_EVERY, Watches
from hardware.sampling.gathered import Gathered, Rows, Take
from hardware.sampling.line_filter import LineFilter
from hardware.sampling.sample_clock import SampleClock
from rig.clock import Clock

if TYPE_CHECKING:
    from hardware.ni.card import NiCard

BUFFERED = 10.0
"""Seconds of samples that the driver keeps while the computer is busy."""
AT_ONCE = 100_000
"""Samples of each line that are read together at most."""


class InputTasks:
    """The tasks of one run, from their start to their end; the library's errors are raised.

    Parameters
    ----------
    card
        The card.
    clock
        The session's clock.
    watches
        What is wanted, one thing at least.
    rate_hz
        How often it is sampled.
    """

    def __init__(self, card: NiCard, clock: Clock, watches: Watches, rate_hz: float) -> None:
        self._card, self._clock, self._watches = card, clock, watches
        self._wires, self._ranges_v = watches.wires(), watches.ranges_v()
        self._tasks: list[Any] = []
        self._analog: Any = None
        self._digital: Any = None
        self._lines_taken = self._voltages_taken = 0
        for watch in watches.lines:
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
        if self._digital is None:
            return self._take_voltages(self._shortest)
        before = self._clock.now()
        count = int(self._digital.in_stream.avail_samp_per_chan)
        self._times.saw(self._lines_taken + count, before, self._clock.now())
        if count:
            self._take_lines(min(count, AT_ONCE))
        if self._lines_taken - self._voltages_taken >= self._shortest:
            self._take_voltages(self._shortest)
        return self._lines_taken > 0

    def told_until(self) -> float:
        """Return up to when inputs were sampled and those who watch them told."""
        taken = self._voltages_taken if self._digital is None else self._lines_taken
        return self._times.time(taken)

    def hand_on(self) -> None:
        """Hand on all that was sampled so far, though it makes no whole block."""
        self.look()
        self._take_voltages(at_least=1)
        for block, _ in (*self._levels_out, *self._voltages_out):
            block.hand_on()

    def _take_lines(self, count: int) -> None:
        samples = np.zeros((len(self._wires), count), np.uint32)
        self._lines_in.read_many_sample_port_uint32(samples, count, timeout=0)
        self._lines_taken += count
        # A channel is one line: cards do not agree on which bit of the word it is.
        high = samples != 0
        for watch in self._watches.lines:
            level = high[self._wires.index(watch.line)] != watch.active_low
            for is_on, sample in watch.filter.take(level):
                watch.changed(is_on, self._times.time(sample), sample / self._rate_hz)
        _share(high.astype(np.uint8), self._levels_out)

    def _take_voltages(self, at_least: int) -> bool:
        """Take the voltages if there are so many of each; return whether any had come so far."""
        if self._analog is None:
            return False
        before = self._clock.now()
        count = int(self._analog.in_stream.avail_samp_per_chan)
        if self._digital is None:
            self._times.saw(self._voltages_taken + count, before, self._clock.now())
        if count >= at_least:
            samples = np.zeros((max(1, len(self._ranges_v)), count))
            self._voltages_in.read_many_sample(samples, count, timeout=0)
            self._voltages_taken += count
            _share(samples, self._voltages_out)
        return self._voltages_taken + count > 0

    def _make(self, rate_hz: float) -> None:
        """Make the tasks that are needed; none runs yet."""
        facts = self._card.facts()
        borrows = not facts.samples_lines or bool(self._ranges_v)
        if borrows:
            self._make_analog(rate_hz, facts.analog_inputs)
        if self._wires:
            self._make_digital(rate_hz, clock_of(self._card) if borrows else "")

    def _make_analog(self, rate_hz: float, inputs: Sequence[str]) -> None:
        from nidaqmx.stream_readers import AnalogMultiChannelReader

        task = self._analog = self._new_task()
        for line, range_v in self._ranges_v.items():
            task.ai_channels.add_ai_voltage_chan(line, min_val=-range_v, max_val=range_v)
        if not self._ranges_v:  # nothing but its clock is wanted
            task.ai_channels.add_ai_voltage_chan(inputs[0])
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
        self._divide()

    def _divide(self) -> None:
        """Make the blocks in which samples are handed on, each with its rows among the wires."""
        inputs = list(self._ranges_v)
        self._levels_out = [
            (
                self._gathered(watch.take, BLOCK_EVERY),
                [self._wires.index(each) for each in watch.lines],
            )
            for watch in self._watches.levels
        ]
        self._voltages_out = [
            (self._gathered(watch.take, watch.every), [inputs.index(each) for each in watch.lines])
            for watch in self._watches.voltages
        ]
        shortest = min((watch.every for watch in self._watches.voltages), default=BLOCK_EVERY)
        self._shortest = max(1, round(shortest * self._rate_hz))

    def _gathered(self, take: Take, every: float) -> Gathered:
        return Gathered(take, max(1, round(every * self._rate_hz)), self._times.time)


def _share(samples: Rows, out: list[tuple[Gathered, list[int]]]) -> None:
    """Add samples, ``(wires, samples)``, to the blocks that their wires belong to."""
    for block, wires in out:
        block.add(samples[wires])


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
