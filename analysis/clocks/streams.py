"""Signals as lines: a channel that goes up and down, or the frames of a camera."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.clocks.pulses import Pulses, pulses_of_samples
from models.errors import Floats
from rig.streams import Stream, StreamSpec


def lines_of(spec: StreamSpec) -> list[str]:
    """Return the names of the lines of a signal, in the order of its channels.

    The line of the only channel, and the frames of a camera, are called like the signal; others
    are called ``SIGNAL/CHANNEL``.
    """
    if spec.rate_hz is None or len(spec.channels) == 1:
        return [spec.name]
    return [f"{spec.name}/{channel.name}" for channel in spec.channels]


def pulses_by_session(stream: Stream, line: str) -> Pulses:
    """Return the pulses of a line of a signal, in seconds of the session."""
    times = stream.times()
    if stream.spec.rate_hz is None:
        return Pulses.at(times)
    rows = np.arange(len(times))
    return _pulses(stream, line, lambda numbers: np.asarray(np.interp(numbers, rows, times)))


def pulses_by_card(stream: Stream, line: str) -> Pulses:
    """Return the pulses of a line of a signal, in seconds of the clock that samples it.

    That clock shows 0 at the first row.
    """
    rate = stream.spec.rate_hz
    if rate is None:
        return Pulses.at(stream.times())
    return _pulses(stream, line, lambda numbers: numbers / rate)


def _pulses(stream: Stream, line: str, times: Callable[[Floats], Floats]) -> Pulses:
    column = lines_of(stream.spec).index(line)
    return pulses_of_samples(lambda rows: stream.samples[rows, column], len(stream.samples), times)
