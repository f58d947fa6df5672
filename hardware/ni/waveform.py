"""An analogue output of an NI card that gives one finite waveform at a time, and 0 V in between."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.ni.card import NiCard
from hardware.ni.errors import is_lost

LARGEST_V = 10.0
"""The range that all of these cards have."""
REST = 0.001
"""Seconds of 0 V that end each waveform: the last sample stays on the output."""
FALL = 0.005
"""Seconds in which a waveform that is cut short falls to 0 V: a step would be heard as a click."""
FALLEN_WITHIN = 1.0
"""Seconds that the end of the fall is waited for."""
LONGEST_WRITE = 250_000
"""Samples that are handed over at a time: a device server takes messages of 4 MB at most."""
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
        self._volts: NDArray[np.float64] = np.zeros(1)

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
        self._end()
        self._volts = np.append(volts, np.zeros(round(REST * self._rate_hz)))
        self._task = self._loaded(self._volts)

    def begin(self, trigger: str) -> None:
        """Begin the waveform that was loaded.

        Parameters
        ----------
        trigger
            The terminal whose next rising edge begins it; empty to begin it now.
        """
        if trigger:
            self._task.triggers.start_trigger.cfg_dig_edge_start_trig(trigger)
        self._task.start()

    def given(self) -> float:
        """Return how many seconds of the waveform were given out so far."""
        return float(self._task.out_stream.total_samp_per_chan_generated) / self._rate_hz

    def is_done(self) -> bool:
        """Return whether the waveform is over."""
        return bool(self._task.is_task_done())

    def silence(self) -> None:
        """Put the output on 0 V; a waveform that still lasts falls to it within some 5 ms."""
        fallen = False
        try:
            fallen = self._end()
        finally:
            if not fallen:
                self._write_zero()

    def _end(self) -> bool:
        """End the waveform; return whether the output had to fall, and is on 0 V now."""
        held = self._stop()
        if held:
            self._fall(held)
        return bool(held)

    def _write_zero(self) -> None:
        from nidaqmx.stream_writers import AnalogSingleChannelWriter

        with self._made() as quiet:
            AnalogSingleChannelWriter(quiet.out_stream, auto_start=True).write_one_sample(0.0)

    def _stop(self) -> float:
        """Stop the waveform; return the volts of its last sample, which stay on the output."""
        task, self._task = self._task, None
        if task is None:
            return 0.0
        given = 0
        try:
            given = int(task.out_stream.total_samp_per_chan_generated)
            task.stop()
            with contextlib.suppress(Exception):  # some drivers count no more after the end
                given = max(given, int(task.out_stream.total_samp_per_chan_generated))
        except Exception as error:
            if not is_lost(error):
                raise
            return 0.0
        finally:
            task.close()
        return float(self._volts[min(given, len(self._volts)) - 1]) if given else 0.0

    def _fall(self, held: float) -> None:
        """Bring the output from a voltage to 0 V, along half a cosine."""
        steps = np.linspace(0, np.pi, max(2, round(FALL * self._rate_hz)))
        with self._loaded(held * (1 + np.cos(steps)) / 2) as task:
            task.start()
            task.wait_until_done(FALLEN_WITHIN)

    def _loaded(self, volts: NDArray[np.float64]) -> Any:
        """Return a task that has a waveform, and does not run yet."""
        from nidaqmx.stream_writers import AnalogSingleChannelWriter

        task = self._made()
        try:
            _time(task, self._rate_hz, len(volts))
            writer = AnalogSingleChannelWriter(task.out_stream, auto_start=False)
            for start in range(0, len(volts), LONGEST_WRITE):
                writer.write_many_sample(volts[start : start + LONGEST_WRITE])
        except BaseException:
            with contextlib.suppress(Exception):
                task.close()
            raise
        return task

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
