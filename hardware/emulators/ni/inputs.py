"""What input tasks of the emulated card read: samples that are due, taken from the world."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.ni.faults import (
    NO_CHANNELS,
    NO_SUCH_TASK,
    NOT_KEPT_UP,
    NOT_YET_THERE,
    CardError,
)
from hardware.emulators.ni.profiles import default_buffer
from hardware.emulators.ni.tasks import Card, Kind, Mode, Task

LONGEST_NAP = 0.01
"""Seconds after which a waiting read looks again: a trigger or a clock may have come."""

Samples = NDArray[np.float64] | NDArray[np.bool_]


def buffer_size(task: Task) -> int:
    """Return the samples per channel that the buffer of a clocked task holds."""
    if task.buffer is not None:
        return task.buffer
    if task.timing is None:
        return 0
    if task.timing.mode is Mode.FINITE:
        return task.timing.samples
    return max(default_buffer(task.timing.rate_hz), task.timing.samples)


def acquired(card: Card, task: Task) -> int:
    """Return how many samples per channel the task has taken since it was started."""
    return 0 if task.ticks is None else task.ticks.count(card.world.now())


def available(card: Card, task: Task) -> int:
    """Return how many samples per channel can be read; refuse if some were overwritten."""
    waiting = acquired(card, task) - task.taken
    if waiting > buffer_size(task):
        raise CardError(NOT_KEPT_UP, f"Task: {task.name}")
    return waiting


def read(card: Card, task: Task, wanted: int, timeout: float) -> tuple[int, int, Samples]:
    """Return (status, samples per channel, samples), shape (wires, samples per channel).

    `wanted` samples per channel are waited for, -1 asks for all that are there; the status says
    that some are still missing when the time is up.
    """
    if not task.channels:
        raise CardError(NO_CHANNELS, f"Task: {task.name}")
    if task.timing is None:
        now = card.world.now()
        return 0, max(wanted, 1), _sampled(card, task, np.full(max(wanted, 1), now))
    if wanted < 0:
        finite = task.timing.mode is Mode.FINITE
        wanted = task.timing.samples if finite else available(card, task)
    wait(lambda: _missing(card, task, wanted), timeout)
    count = min(available(card, task), wanted)
    with card.lock:  # a reset of the card is over before the answer is given
        if count < wanted and task.name not in card.tasks:
            raise CardError(NO_SUCH_TASK, task.name)
    first, last = task.taken, task.taken + count
    times = np.zeros(0) if task.ticks is None else task.ticks.times(first, last)
    task.taken += count
    return (0 if count == wanted else NOT_YET_THERE), count, _sampled(card, task, times)


def _missing(card: Card, task: Task, wanted: int) -> float:
    """Return for how many seconds the wanted samples are not yet there."""
    card.check_plugged()
    lacking = wanted - available(card, task)
    if lacking <= 0 or (task.ticks is not None and not task.running):
        return 0.0
    rate = task.timing.rate_hz if task.timing and task.ticks else 1 / LONGEST_NAP
    return lacking / rate


def wait(missing: Callable[[], float], timeout: float) -> None:
    """Wait until nothing is missing; `missing` gives the seconds that it will take still."""
    deadline = np.inf if timeout < 0 else time.monotonic() + timeout
    while (still := missing()) > 0 and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(still, left, LONGEST_NAP))


def _sampled(card: Card, task: Task, times: NDArray[np.float64]) -> Samples:
    world = card.world
    if task.kind in (Kind.AI, Kind.AO):
        return np.array([world.volts(line, times) for line in task.lines()])
    return np.array([world.levels(line, times) for line in task.lines()])
