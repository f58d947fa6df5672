"""A counter of an NI card that gives one finite pulse at a time: the card itself ends it."""

from __future__ import annotations

import contextlib
from typing import Any

from hardware.ni_card import NiCard

SHORTEST_LOW = 1e-3
"""Seconds; the driver wants to know a low time, though there is one pulse only."""


class PulseCounter:
    """Gives pulses on the output terminal of a counter, which is low in between.

    Not safe for two threads at once. What the client library raises is raised.

    Parameters
    ----------
    card
        The card.
    line
        The counter, such as ``Dev1/ctr0``.
    """

    def __init__(self, card: NiCard, line: str) -> None:
        self._card = card
        self._line = line
        self._task: Any = None
        self._channel: Any = None

    @property
    def is_held(self) -> bool:
        """Whether the counter was taken hold of."""
        return self._task is not None

    def hold(self) -> None:
        """Take hold of the counter; its output is low."""
        from nidaqmx.constants import AcquisitionType

        task = self._card.task()
        try:
            self._channel = task.co_channels.add_co_pulse_chan_time(
                self._line, low_time=SHORTEST_LOW, high_time=SHORTEST_LOW
            )
            task.timing.cfg_implicit_timing(AcquisitionType.FINITE, samps_per_chan=1)
            _commit(task)
        except BaseException:
            with contextlib.suppress(Exception):
                task.close()
            raise
        self._task = task

    def begin(self, duration: float) -> None:
        """Begin a pulse of that many seconds."""
        self._task.stop()
        self._channel.co_pulse_high_time = duration
        self._task.start()

    def length(self) -> float:
        """Return the seconds of the pulse that was begun, as the counter rounds them."""
        return float(self._channel.co_pulse_high_time)

    def is_done(self) -> bool:
        """Return whether the last pulse is over."""
        return bool(self._task.is_task_done())

    def cut(self) -> None:
        """End a pulse now; the output is low."""
        from nidaqmx.constants import TaskMode

        self._task.control(TaskMode.TASK_ABORT)
        _commit(self._task)

    def let_go(self) -> None:
        """Let go of the counter, whatever it answers; its output stays low."""
        task, self._task, self._channel = self._task, None, None
        if task is not None:
            with contextlib.suppress(Exception):
                task.close()


def _commit(task: Any) -> None:
    """Set the card up for a task, which puts the output on its level at rest."""
    from nidaqmx.constants import TaskMode

    task.control(TaskMode.TASK_COMMIT)
