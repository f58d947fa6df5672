"""A counter of an NI card that gives one finite pulse at a time: the card itself ends it."""

from __future__ import annotations

import contextlib
from typing import Any

from hardware.ni.card import NiCard
from hardware.ni.errors import is_lost

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
        self._delay, self._trigger = 0.0, ""

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
        self._delay, self._trigger = 0.0, ""

    def output(self) -> str:
        """Return the terminal that the pulses come out on, such as ``/Dev1/PFI12``."""
        return str(self._channel.co_pulse_term)

    def begin(self, duration: float, delay: float, trigger: str) -> None:
        """Begin a pulse of `duration` seconds.

        Parameters
        ----------
        duration, delay
            Its seconds, and those before it.
        trigger
            The terminal whose next rising edge starts the delay; empty to start it now.
        """
        self._task.stop()
        self._channel.co_pulse_high_time = duration
        if delay != self._delay:
            self._channel.co_pulse_time_initial_delay = delay
            self._delay = delay
        if trigger != self._trigger:
            start = self._task.triggers.start_trigger
            if trigger:
                start.cfg_dig_edge_start_trig(trigger)
            else:
                start.disable_start_trig()
            self._trigger = trigger
        self._task.start()

    def length(self) -> float:
        """Return the seconds of the pulse that was begun, as the counter rounds them."""
        return float(self._channel.co_pulse_high_time)

    def is_high(self) -> bool:
        """Return whether the output is high now."""
        from nidaqmx.constants import Level

        return bool(self._channel.co_output_state == Level.HIGH)

    def is_done(self) -> bool:
        """Return whether the last pulse is over."""
        return bool(self._task.is_task_done())

    def cut(self) -> None:
        """End a pulse now, or disarm one that has not begun; the output is low.

        If the card was reset meanwhile, the counter is taken hold of anew for that.
        """
        from nidaqmx.constants import TaskMode

        try:
            self._task.control(TaskMode.TASK_ABORT)
            _commit(self._task)
        except Exception as error:
            if not is_lost(error):
                raise
            self.let_go()
            self.hold()

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
