"""The timing of a rig: how late its outputs are, as a record of a calibration tells it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
import pydantic

from rig.calibration_record import Calibration, read_calibration, recorded_calibration
from rig.errors import ConfigError, Problem, RigError, problems_of
from rig.frozen import FrozenModel, Items

TIMING = "timing"
"""The kind of such a record; it belongs to a rig, not to a device."""
REPORT = "report"
"""A lag may be counted from the time that a device tells; else it is from the order that it got."""
MIN_PULSES = 3
Since = Literal["order", "report"]


class TimingPath(FrozenModel):
    """One output whose end an input sees.

    Attributes
    ----------
    device, kind
        The output, and what kind of device it is.
    seen_by
        What saw it: a read-back line, or a channel.
    since
        What the lag is counted from: the ``order``, or the time that the device ``report`` tells.
    lags_ms
        From there until it was seen, of each pulse.
    lag_ms
        Their median.
    jitter_ms
        Their standard deviation.
    uncertainty_ms
        To within how much the end is known once the lag is subtracted: the greater distance from
        the median to either end of the central 95 %.
    """

    device: str
    kind: str
    seen_by: str
    since: Since
    lag_ms: float
    jitter_ms: float = pydantic.Field(ge=0)
    uncertainty_ms: float = pydantic.Field(ge=0)
    lags_ms: Items[float] = pydantic.Field(min_length=MIN_PULSES)


class TimingFile(Calibration):
    """The record of a rig's timing."""

    kind = TIMING
    paths: Items[TimingPath] = pydantic.Field(min_length=1)


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


def timing_file(rig: str) -> str:
    """Return where the record in force of a rig is, relative to the lab's folder."""
    return f"calibration/{rig}-{TIMING}.toml"


def timing_problems(folder: Path, rig: str) -> list[Problem]:
    """Return why the record in force of a rig is refused; nothing if it is good, or there is none.

    Parameters
    ----------
    folder
        The lab's.
    rig
        The rig's name.
    """
    name = timing_file(rig)
    if not (folder / name).exists():
        return []
    try:
        _of_rig(read_calibration(folder, name, TimingFile), str(folder / name), rig)
    except RigError as error:
        return problems_of(error)
    return []


def recorded_problems(rig: str, calibrations: Mapping[str, str]) -> list[Problem]:
    """Return why the record that a session used is refused; the parameters of `lateness_of`."""
    try:
        _recorded(rig, calibrations)
    except RigError as error:
        return problems_of(error)
    return []


def lateness_of(rig: str, calibrations: Mapping[str, str]) -> dict[str, Lateness]:
    """Return how late each output of a session's rig was; empty if that was measured nowhere.

    A record that is refused does not count (`recorded_problems`).

    Parameters
    ----------
    rig
        The rig's name.
    calibrations
        Path in the lab to text of each calibration that the session used.
    """
    try:
        paths = _recorded(rig, calibrations)
    except RigError:
        return {}
    return {
        each.device: Lateness(
            each.since, each.lag_ms / 1000, each.jitter_ms / 1000, each.uncertainty_ms / 1000
        )
        for each in paths
    }


def _recorded(rig: str, calibrations: Mapping[str, str]) -> tuple[TimingPath, ...]:
    """Return the paths of the record that a session used; none if it used none."""
    name = timing_file(rig)
    found = recorded_calibration(calibrations, name, TimingFile)
    return _of_rig(found, name, rig).paths if found else ()


def _of_rig(found: TimingFile, where: str, rig: str) -> TimingFile:
    """Return a record if it was measured at this rig, or does not say where."""
    if found.record is None or found.record.rig == rig:
        return found
    what = f"it was measured at rig '{found.record.rig}', not at '{rig}'"
    raise ConfigError(what, where, f"Measure it: rig calibrate timing {rig}.")
