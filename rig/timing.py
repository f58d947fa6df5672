"""The timing of a rig: how late its outputs are, as a record of a calibration tells it."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping

import msgspec

TIMING = "timing"
"""The kind of such a record; it belongs to a rig, not to a device."""
ORDER, REPORT = "order", "report"
"""What a lag may be counted from: the order that a device was given, or the time that it tells."""


def timing_file(rig: str) -> str:
    """Return where the record in force of a rig is, relative to the lab's folder."""
    return f"calibration/{rig}-{TIMING}.toml"


class Lateness(msgspec.Struct, frozen=True):
    """How late the end of an output comes.

    Attributes
    ----------
    since
        What it is counted from: the ``order``, or the ``report`` of the device.
    lag, jitter, uncertainty
        Seconds: the median, the standard deviation, and to within how much the end is known once
        the lag is subtracted.
    """

    since: str
    lag: float
    jitter: float
    uncertainty: float


class _Path(msgspec.Struct, frozen=True):
    device: str
    since: str
    lag_ms: float
    jitter_ms: float
    uncertainty_ms: float


class _Origin(msgspec.Struct, frozen=True):
    rig: str


class _File(msgspec.Struct, frozen=True):
    record: _Origin
    paths: tuple[_Path, ...]


def lateness_of(rig: str, calibrations: Mapping[str, str]) -> dict[str, Lateness]:
    """Return how late each output of a session's rig was; empty if that was measured nowhere.

    What was measured at another rig does not count.

    Parameters
    ----------
    rig
        The rig's name.
    calibrations
        Path in the lab to text of each calibration that the session used.
    """
    text = calibrations.get(timing_file(rig), "")
    with contextlib.suppress(tomllib.TOMLDecodeError, msgspec.ValidationError):
        file = msgspec.convert(tomllib.loads(text), _File)
        return {
            each.device: Lateness(
                each.since, each.lag_ms / 1000, each.jitter_ms / 1000, each.uncertainty_ms / 1000
            )
            for each in file.paths
            if file.record.rig == rig
        }
    return {}
