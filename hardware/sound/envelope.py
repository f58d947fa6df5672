"""Envelopes of sounds: gates, sinusoidal modulation, ramps of the level."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def refuse_gates(gate: float, duration: float) -> str | None:
    """Return why two gates leave nothing between them, or None if they do leave something."""
    if 2 * gate < duration:
        return None
    return f"two gates of {gate:g} s do not fit into {duration:g} s"


def gates(gate: float, count: int, rate_hz: float) -> NDArray[np.float64]:
    """Return cosine gates of `gate` seconds at both ends, shape (count,).

    The first and the last sample are 0, and the fall mirrors the rise.
    """
    if gate == 0:
        return np.ones(count)
    rise = np.clip(np.arange(count) / (gate * rate_hz), 0, 1)
    envelope = (1 - np.cos(np.pi * rise)) / 2
    return np.asarray(envelope * envelope[::-1])


def between_gates(gate: float, count: int, rate_hz: float) -> slice:
    """Return the samples that no gate touches, out of `count`."""
    first = math.ceil(gate * rate_hz)
    return slice(first, count - first)


def modulation(modulation_hz: float, count: int, rate_hz: float) -> NDArray[np.float64]:
    """Return a full sinusoidal modulation that begins at 0, shape (count,); 1 for a rate of 0."""
    if modulation_hz == 0:
        return np.ones(count)
    return np.asarray((1 - np.cos(2 * np.pi * modulation_hz * np.arange(count) / rate_hz)) / 2)


def modulation_db(modulation_hz: float, start: float, stop: float) -> float:
    """Return the mean power of a modulation from `start` to `stop` (s), in dB.

    Examples
    --------
    >>> round(modulation_db(20.0, 0.0, 2.0), 3)
    -4.26
    """
    if modulation_hz == 0:
        return 0.0
    speed = 2 * math.pi * modulation_hz
    first = (math.sin(speed * stop) - math.sin(speed * start)) / (2 * speed)
    second = (math.sin(2 * speed * stop) - math.sin(2 * speed * start)) / (16 * speed)
    power = 3 / 8 + (second - first) / (stop - start)
    return 10 * math.log10(max(power, 1e-12))


def ramp(step_db: float, count: int) -> NDArray[np.float64]:
    """Return a change by `step_db` from the first sample to the last, shape (count,).

    It is straight in dB.
    """
    return np.asarray(10 ** (step_db * np.linspace(0, 1, count) / 20))
