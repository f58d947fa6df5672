"""The calls that write to the emulated card's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.ni import running
from hardware.emulators.ni.faults import (
    BAD_VALUE,
    NOT_STARTED,
    OUT_OF_RANGE,
    RUNNING,
    WRONG_NUMBER_OF_CHANNELS,
    CardError,
)
from hardware.emulators.ni.reads import BY_SCAN, Answer, Call
from hardware.emulators.ni.tasks import Card, Kind, Task
from hardware.emulators.ni.world import constant

LARGEST_VOLTS = 10.0


class NiWrites:
    """The emulated calls that write."""

    def __init__(self, card: Card) -> None:
        self._card = card

    def calls(self) -> Mapping[str, Call]:
        """Return the emulated calls by name."""
        return {
            "WriteDigitalLines": self._write_lines,
            "WriteDigitalU8": self._write_bytes,
            "WriteDigitalU32": self._write_words,
            "WriteDigitalScalarU32": self._write_word,
            "WriteAnalogF64": self._write_volts,
            "WriteAnalogScalarF64": self._write_volt,
        }

    def _write_lines(self, request: Any) -> Answer:
        levels = np.frombuffer(request.write_array, np.uint8).astype(bool)
        count = int(request.num_samps_per_chan)
        task = self._task(request, Kind.DO)
        widest = max(len(each.lines) for each in task.channels)
        if len(levels) != len(task.channels) * widest * count:
            raise CardError(WRONG_NUMBER_OF_CHANNELS, f"Task: {task.name}")
        shape = (len(task.channels), count, widest)
        if request.data_layout_raw == BY_SCAN:
            table = levels.reshape(count, len(task.channels), widest).swapaxes(0, 1)
        else:
            table = levels.reshape(shape)
        rows = [
            table[index, :, line]
            for index, channel in enumerate(task.channels)
            for line in range(len(channel.lines))
        ]
        return self._drive(task, np.array(rows), request.auto_start)

    def _write_bytes(self, request: Any) -> Answer:
        return self._write_table(request, np.frombuffer(request.write_array, np.uint8))

    def _write_words(self, request: Any) -> Answer:
        return self._write_table(request, np.array(request.write_array, np.uint32))

    def _write_table(self, request: Any, words: NDArray[Any]) -> Answer:
        task = self._task(request, Kind.DO)
        table = _by_channel(task, words, request)
        return self._drive(task, _bits(task, table), request.auto_start)

    def _write_word(self, request: Any) -> Answer:
        task = self._task(request, Kind.DO)
        if len(task.channels) != 1:
            raise CardError(WRONG_NUMBER_OF_CHANNELS, f"Task: {task.name}")
        table = np.array([[request.value]], np.uint32)
        self._drive(task, _bits(task, table), request.auto_start)
        return {}

    def _write_volts(self, request: Any) -> Answer:
        task = self._task(request, Kind.AO)
        return self._give(task, _by_channel(task, np.array(request.write_array), request), request)

    def _write_volt(self, request: Any) -> Answer:
        task = self._task(request, Kind.AO)
        self._give(task, np.array([[request.value]]), request)
        return {}

    def _task(self, request: Any, kind: Kind) -> Task:
        self._card.check_plugged()
        task = self._card.task(request.task.name)
        if task.kind is not kind:
            raise CardError(BAD_VALUE, f"Task {task.name} has no channels that can be written so")
        return task

    def _drive(self, task: Task, levels: NDArray[np.bool_], auto_start: bool) -> Answer:
        if task.timing is not None:
            raise CardError(BAD_VALUE, "Clocked digital outputs are not emulated")
        self._be_running(task, auto_start)
        now = self._card.world.now()
        for line, level in zip(task.lines(), levels[:, -1], strict=True):
            self._card.drive(line, level=bool(level), at=now)
        return {"samps_per_chan_written": levels.shape[1]}

    def _give(self, task: Task, volts: NDArray[np.float64], request: Any) -> Answer:
        if np.any(np.abs(volts) > LARGEST_VOLTS):
            raise CardError(OUT_OF_RANGE, f"Task: {task.name}")
        if task.timing is None:
            self._be_running(task, request.auto_start)
            now = self._card.world.now()
            for line, level in zip(task.lines(), volts[:, -1], strict=True):
                self._card.put_voltage(line, constant(float(level)), now)
            return {"samps_per_chan_written": volts.shape[1]}
        if task.running:
            raise CardError(RUNNING, f"Task: {task.name}")
        running.reserve(self._card, task)
        before = task.written
        is_full = before is None or before.shape[1] >= task.timing.samples
        task.written = volts if is_full else np.concatenate([before, volts], axis=1)
        if request.auto_start:
            running.start(self._card, task)
        return {"samps_per_chan_written": volts.shape[1]}

    def _be_running(self, task: Task, auto_start: bool) -> None:
        if task.running:
            return
        if not auto_start:
            raise CardError(NOT_STARTED, f"Task: {task.name}")
        running.start(self._card, task)


def _by_channel(task: Task, values: NDArray[Any], request: Any) -> NDArray[Any]:
    """Return what was written as a table of channels by samples."""
    count = int(request.num_samps_per_chan)
    if len(values) != len(task.channels) * count:
        raise CardError(WRONG_NUMBER_OF_CHANNELS, f"Task: {task.name}")
    if request.data_layout_raw == BY_SCAN:
        return values.reshape(count, -1).T
    return values.reshape(-1, count)


def _bits(task: Task, words: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the levels of each line; the lowest bit of a word is the first line."""
    rows = [
        (words[index] >> line) & 1
        for index, channel in enumerate(task.channels)
        for line in range(len(channel.lines))
    ]
    return np.array(rows).astype(bool)
