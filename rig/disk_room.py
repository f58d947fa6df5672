"""How much room a session may need on the disk, and how much there is."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rig.config import Limits, resolved
from rig.devices import AnalogInput, Camera, Device
from rig.errors import RecordingError
from rig.lab import Lab
from rig.preflight import SavingCard
from rig.rig_plan import RigPlan, made_devices
from rig.session_folder import check_writable, nearest_folder

EVENTS_GB = 0.05
"""Journal, HDF5 file and export of the events of a long session."""
BYTES_PER_PIXEL = 0.2
"""Of a frame in a small video; a grey one, by the codec of our cameras."""
_GB = 1e9


def saving(lab: Lab, rig: RigPlan | None, limits: Limits) -> SavingCard:
    """Return where a session will be recorded, and what room it has and needs.

    Parameters
    ----------
    lab, rig
        The lab, and the rig with its devices; None if its file is wrong.
    limits
        When the session ends by itself: it may last so long.
    """
    try:
        check_writable(nearest_folder(lab.data))
        writable = True
    except RecordingError:
        writable = False
    devices = made_devices(lab, rig) if rig is not None else {}
    settings = {name: resolved(each) for name, each in rig.settings.items()} if rig else {}
    copies = 2 + len(lab.config.recording.export)
    return SavingCard(
        folder=str(lab.data),
        writable=writable,
        free_gb=free_gb(lab.data),
        expected_gb=expected_gb(devices, settings, limits.max_duration, copies),
    )


def expected_gb(
    devices: Mapping[str, Device],
    settings: Mapping[str, Mapping[str, Any]],
    duration: float,
    copies: int,
) -> float:
    """Return the GB that a session may need at most.

    Parameters
    ----------
    devices, settings
        The rig's devices and their settings, by name.
    duration
        Seconds.
    copies
        How often samples are kept: the stream, the HDF5 file, and each export. Videos are not
        copied.
    """
    total = EVENTS_GB * _GB
    for name, device in devices.items():
        if isinstance(device, AnalogInput | Camera):
            spec = device.stream()
            rate_hz = spec.rate_hz or settings[name].get("rate_hz", 30.0)
            row = np.dtype(spec.dtype).itemsize * len(spec.channels)
            total += row * rate_hz * duration * copies
            if isinstance(device, Camera):
                total += _bytes_of_frame(settings[name]) * rate_hz * duration
    return total / _GB


def _bytes_of_frame(settings: Mapping[str, Any]) -> float:
    """Return the bytes that a frame may take in the video; a lossless one may be all noise."""
    lossless = settings.get("recording") == "lossless"
    each = settings.get("bits", 8) / 8 if lossless else BYTES_PER_PIXEL
    return float(settings.get("width_px", 640) * settings.get("height_px", 480) * each)


def free_gb(data: Path) -> float | None:
    """Return the GB that are free where the data folder is or will be; None if nobody knows."""
    try:
        return shutil.disk_usage(nearest_folder(data)).free / _GB
    except (OSError, RecordingError):
        return None
