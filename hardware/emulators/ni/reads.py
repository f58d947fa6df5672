"""The calls that read samples from the emulated card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.ni import inputs, running
from hardware.emulators.ni.faults import CardError
from hardware.emulators.ni.tasks import Card, Task

BY_SCAN = 1
"""NI's number of a table in which the samples of one moment stand together."""

Answer = dict[str, Any]
Call = Callable[[Any], Answer]


class NiReads:
    """The emulated calls that read."""

    def __init__(self, card: Card) -> None:
        self._card = card

    def calls(self) -> Mapping[str, Call]:
        """Return the emulated calls by name."""
        return {
            "ReadDigitalLines": self._read_lines,
            "ReadDigitalU8": lambda request: self._read_words(request, np.uint8),
            "ReadDigitalU32": lambda request: self._read_words(request, np.uint32),
            "ReadDigitalScalarU32": self._read_word,
            "ReadAnalogF64": self._read_volts,
            "ReadAnalogScalarF64": self._read_volt,
        }

    def _task(self, request: Any) -> Task:
        self._card.check_plugged()
        return self._card.task(request.task.name)

    def _read(self, request: Any) -> tuple[int, int, inputs.Samples]:
        task = self._task(request)
        if not task.running:
            running.start(self._card, task)
        wanted = int(request.num_samps_per_chan)
        return inputs.read(self._card, task, wanted, request.timeout)

    def _read_lines(self, request: Any) -> Answer:
        status, count, levels = self._read(request)
        task = self._task(request)
        widest = max(len(each.lines) for each in task.channels)
        wanted = max(int(request.num_samps_per_chan), count)
        table = np.zeros((len(task.channels), wanted, widest), np.uint8)
        row = 0
        for index, channel in enumerate(task.channels):
            mine = levels[row : row + len(channel.lines)]
            table[index, :count, : len(channel.lines)] = mine.T
            row += len(channel.lines)
        ordered = table.swapaxes(0, 1) if request.fill_mode_raw == BY_SCAN else table
        return {
            "status": status,
            "read_array": ordered.tobytes(),
            "samps_per_chan_read": count,
            "num_bytes_per_samp": widest,
        }

    def _read_words(self, request: Any, width: type[np.unsignedinteger[Any]]) -> Answer:
        status, count, levels = self._read(request)
        words = _words(self._task(request), levels)
        wanted = max(int(request.num_samps_per_chan), count)
        ordered = _arranged(words, wanted, request.fill_mode_raw).astype(width)
        array: Any = ordered.tobytes() if width is np.uint8 else ordered.tolist()
        return {"status": status, "read_array": array, "samps_per_chan_read": count}

    def _read_word(self, request: Any) -> Answer:
        task = self._task(request)
        if not task.running:
            running.start(self._card, task)
        status, _, levels = inputs.read(self._card, task, 1, request.timeout)
        if status:
            raise CardError(status)
        return {"value": int(_words(task, levels)[0, 0])}

    def _read_volts(self, request: Any) -> Answer:
        status, count, volts = self._read(request)
        wanted = max(int(request.num_samps_per_chan), count)
        ordered = _arranged(volts, wanted, request.fill_mode_raw)
        return {"status": status, "read_array": ordered.tolist(), "samps_per_chan_read": count}

    def _read_volt(self, request: Any) -> Answer:
        task = self._task(request)
        if not task.running:
            running.start(self._card, task)
        status, _, volts = inputs.read(self._card, task, 1, request.timeout)
        if status:
            raise CardError(status)
        return {"value": float(volts[0, 0])}


def _words(task: Task, levels: inputs.Samples) -> NDArray[np.uint32]:
    """Return one word per channel and sample; the first line of a channel is its lowest bit."""
    words, row = [], 0
    for channel in task.channels:
        bits = np.arange(len(channel.lines), dtype=np.uint32)[:, np.newaxis]
        mine = levels[row : row + len(channel.lines)].astype(np.uint32)
        words.append((mine << bits).sum(axis=0, dtype=np.uint32))
        row += len(channel.lines)
    return np.array(words, np.uint32)


def _arranged(table: NDArray[Any], wanted: int, fill: int) -> NDArray[Any]:
    """Return a table of channels by samples as one row, with zeros for samples that lack."""
    whole = np.zeros((len(table), wanted), table.dtype)
    whole[:, : table.shape[1]] = table
    return (whole.T if fill == BY_SCAN else whole).ravel()
