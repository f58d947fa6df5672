"""An analogue output of an NI card that gives one finite waveform at a time, and 0 V in between."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.ni_card import NiCard

LARGEST_V = 10.0
"""The range that all of these cards have."""
REST = 0.001
"""Seconds of 0 V that end each waveform: the last sample stays on the output."""
NO_SUCH_RATE = -200077


class Waveform:
    """Gives waveforms out.

    Not safe for two threads at once. What the client library raises is raised.

    Parameters
    ----------
    card
        The card; it gives one waveform at a time, whatever number of outputs it has.
    line
        The output, such as ``Dev1/ao0``.
    rate_hz
        Samples a second.
    """

    def __init__(self, card: NiCard, line: str, rate_hz: float) -> None:
        self._card = card
        self._line = line
        self._rate_hz = rate_hz
        self._task: Any = None

    def true_rate_hz(self) -> float | None:
        """Return the rate nearest to what is asked for that the card has; None if it has none."""
        from nidaqmx.errors import DaqError

        with self._made() as task:
            try:
                _time(task, self._rate_hz, 2)
            except DaqError as error:
                if error.error_code == NO_SUCH_RATE:
                    return None
                raise
            return float(task.timing.samp_clk_rate)

    def load(self, volts: NDArray[np.float64]) -> None:
        """Hand a waveform to the card, in place of the one before; shape (samples,)."""
        from nidaqmx.stream_writers import AnalogSingleChannelWriter

        if self._task is not None and not self.is_done():
            self.silence()
        self._let_go()
        whole = np.append(volts, np.zeros(round(REST * self._rate_hz)))
        self._task = self._made()
        _time(self._task, self._rate_hz, len(whole))
        AnalogSingleChannelWriter(self._task.out_stream, auto_start=False).write_many_sample(whole)

    def begin(self) -> None:
        """Begin the waveform that was loaded."""
        self._task.start()

    def is_done(self) -> bool:
        """Return whether the waveform is over."""
        return bool(self._task.is_task_done())

    def silence(self) -> None:
        """Put the output on 0 V, now."""
        from nidaqmx.stream_writers import AnalogSingleChannelWriter

        self._let_go()
        with self._made() as quiet:
            AnalogSingleChannelWriter(quiet.out_stream, auto_start=True).write_one_sample(0.0)

    def _let_go(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.close()

    def _made(self) -> Any:
        """Return a task with the output."""
        task = self._card.task()
        try:
            task.ao_channels.add_ao_voltage_chan(self._line, min_val=-LARGEST_V, max_val=LARGEST_V)
        except BaseException:
            with contextlib.suppress(Exception):
                task.close()
            raise
        return task


def _time(task: Any, rate_hz: float, count: int) -> None:
    """Let a task give so many samples, once."""
    from nidaqmx.constants import AcquisitionType

    task.timing.cfg_samp_clk_timing(
        rate_hz, sample_mode=AcquisitionType.FINITE, samps_per_chan=count
    )
