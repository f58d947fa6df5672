"""Sampled signals in an NWB file: a series for each channel, videos as files beside it.

The series are made with room for their samples, and filled block by block when the file is
written, so that hours of samples need no more memory than seconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from hdmf.backends.hdf5.h5_utils import H5DataIO
from pynwb import NWBFile, TimeSeries
from pynwb.core import ScratchData
from pynwb.device import Device
from pynwb.image import ImageSeries

from rig.export.nwb_columns import fit_name, without_nul
from rig.export.nwb_survey import Survey
from rig.streams import Channel

CHUNK_ROWS = 1 << 16
SI_UNITS = {
    "V": ("volts", 1.0), "mV": ("volts", 1e-3), "uV": ("volts", 1e-6),
    "A": ("amperes", 1.0), "mA": ("amperes", 1e-3), "uA": ("amperes", 1e-6),
    "s": ("seconds", 1.0), "ms": ("seconds", 1e-3), "us": ("seconds", 1e-6),
    "m": ("meters", 1.0), "cm": ("meters", 1e-2), "mm": ("meters", 1e-3), "um": ("meters", 1e-6),
    "m/s": ("meters per second", 1.0), "cm/s": ("meters per second", 1e-2),
    "mm/s": ("meters per second", 1e-3), "Hz": ("hertz", 1.0), "kHz": ("hertz", 1e3),
    "deg": ("degrees", 1.0), "rad": ("radians", 1.0), "degC": ("degrees Celsius", 1.0),
    "g": ("kilograms", 1e-3), "kg": ("kilograms", 1.0), "N": ("newtons", 1.0),
    "mN": ("newtons", 1e-3), "Pa": ("pascals", 1.0), "kPa": ("pascals", 1e3), "px": ("pixels", 1.0),
}  # fmt: skip
"""Units as NWB spells them, and what one of ours is in them."""


@dataclass(frozen=True)
class Room:
    """The room that a file keeps for one stream, to be filled from the stream's own file.

    Attributes
    ----------
    survey
        The stream.
    channels
        Number of a channel, and where its samples go.
    times
        Where the times of the rows go; None if the rate tells them.
    """

    survey: Survey
    channels: Mapping[int, H5DataIO]
    times: H5DataIO | None

    def fill(self) -> None:
        """Write all samples, once the file is there."""
        if not self.channels and self.times is None:
            return
        for row, samples in self.survey.blocks_again():
            rows = slice(row, row + len(samples))
            for number, room in self.channels.items():
                room.dataset[rows] = samples[:, number]
            if self.times is not None:
                self.times.dataset[rows] = self.survey.times(row, samples)


def add_signals(
    file: NWBFile, surveys: Iterable[Survey], devices: Mapping[str, Device], beside: Path
) -> list[Room]:
    """Add the signals of a session to a file; return the rooms to be filled.

    Parameters
    ----------
    file
        The file.
    surveys
        The streams.
    devices
        The devices by name.
    beside
        The folder that the file will stand in: videos are named by their path from there.
    """
    rooms = []
    for survey in surveys:
        file.add_scratch(_about(file, survey))
        if survey.rows:
            rooms.append(_add_signal(file, survey, devices, beside))
    return rooms


def _about(file: NWBFile, survey: Survey) -> ScratchData:
    """Return what a stream's own file is: its description, its blocks and its digest."""
    told = {
        "spec": survey.spec,
        "rows": survey.rows,
        "sha256_of_file": survey.sha256,
        "damage": survey.damage,
        "blocks": survey.blocks,
    }
    return ScratchData(
        name=fit_name(f"stream_{survey.spec.name}", file.scratch),
        data=without_nul(msgspec.json.encode(told).decode()),
        description="What the recorded file of the signal holds, as JSON: its description, the "
        "first row and the time of each block, and the SHA-256 of the file.",
    )


def _add_signal(file: NWBFile, survey: Survey, devices: Mapping[str, Device], beside: Path) -> Room:
    spec = survey.spec
    timing = _timing(survey)
    room = timing.get("timestamps")
    if spec.external_file:
        video = ImageSeries(
            name=fit_name(spec.name, file.acquisition),
            description=_described(survey, spec.meaning),
            format="external",
            external_file=[_path_from(beside, survey.path.parent.parent / spec.external_file)],
            starting_frame=[0],
            device=devices.get(spec.device),
            num_samples=survey.rows if survey.rate_hz is not None else None,
            **timing,
        )
        file.add_acquisition(video)
        timing = _shared(timing, video)
    channels = {}
    for number, channel in survey.channels_of_data():
        channels[number] = _room(survey.rows, np.dtype(spec.dtype))
        unit, factor = SI_UNITS.get(channel.unit, (without_nul(channel.unit) or "not given", 1.0))
        one = TimeSeries(
            name=fit_name(_name(survey, channel), file.acquisition),
            description=_described(survey, f"{spec.meaning or spec.name}: {channel.name}"),
            data=channels[number],
            unit=unit,
            conversion=channel.scale * factor,
            offset=channel.offset * factor,
            comments=without_nul(
                f"Channel {channel.name} of the device {spec.device}, recorded in "
                f"{channel.unit or 'no unit'}; the clock of the rate is {spec.clock}."
            ),
            **timing,
        )
        file.add_acquisition(one)
        timing = _shared(timing, one)
    return Room(survey, channels, room)


def _timing(survey: Survey) -> dict[str, Any]:
    """Return when the rows of a stream were sampled, as a series is told it."""
    if survey.rate_hz is not None:
        return {"rate": survey.rate_hz, "starting_time": survey.first_time}
    return {"timestamps": _room(survey.rows, np.dtype(np.float64))}


def _shared(timing: dict[str, Any], series: TimeSeries) -> dict[str, Any]:
    """Return the timing for the next series of a stream: times are kept once."""
    return {"timestamps": series} if "timestamps" in timing else timing


def _room(rows: int, dtype: npt.DTypeLike) -> H5DataIO:
    return H5DataIO(
        shape=(rows,),
        dtype=np.dtype(dtype),
        chunks=(min(rows, CHUNK_ROWS),),
        compression="gzip",
        shuffle=True,
    )


def _name(survey: Survey, channel: Channel) -> str:
    """Return the name of a series: that of the stream, and of the channel if there are others."""
    alone = len(list(survey.channels_of_data())) == 1 and not survey.spec.external_file
    return survey.spec.name if alone else f"{survey.spec.name}_{channel.name}"


def _described(survey: Survey, text: str) -> str:
    damage = f" DAMAGED: {survey.damage}; all before that place is here." if survey.damage else ""
    return without_nul(f"{(text or survey.spec.name).rstrip('.')}.{damage}")


def _path_from(folder: Path, file: Path) -> str:
    """Return the path of a file from a folder; on another drive there is only the whole path."""
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:
        return file.as_posix()
