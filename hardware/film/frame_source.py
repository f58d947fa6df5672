"""What a camera is to its driver: something that opens, gives frame after frame, and closes.

A vendor's SDK is used by a class of this kind, and nothing else of it is seen. One thread at a time
uses it: the one that opens it, and then the one that reads and closes it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

Pixels = npt.NDArray[Any]
"""A picture, grey, ``(height, width)``, of 8 or 16 bits without a sign."""


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes
    ----------
    number
        By the camera's own count, which goes on where a frame is lost: a gap is a loss. Where a
        camera does not count, it is how many have come.
    device_time
        Seconds of the camera's own clock; nan if it has none.
    arrival_time
        Seconds of `time.perf_counter` at which the frame was here, whole.
    pixels
        What it shows.
    """

    number: int
    device_time: float
    arrival_time: float
    pixels: Pixels


@dataclass(frozen=True)
class Asked:
    """What a camera is to give.

    Attributes
    ----------
    address
        Where it is: a number, a device file, a serial number, as its source understands it.
    folder
        The lab's folder, for paths.
    shape
        Height and width of the picture.
    bits
        Of a pixel: 8 or 16.
    rate_hz
        Frames a second.
    where
        The device, for errors.
    """

    address: str
    folder: Path
    shape: tuple[int, int]
    bits: int
    rate_hz: float
    where: str


class FrameSource(ABC):
    """A camera, or something that stands for one; making it touches no hardware."""

    @abstractmethod
    def __init__(self, asked: Asked) -> None: ...

    @abstractmethod
    def open(self) -> None:
        """Begin to film; raise `DeviceError` if that fails."""

    @abstractmethod
    def read(self) -> Frame:
        """Wait for the next frame and return it; raise `DeviceError` if none will come."""

    @abstractmethod
    def close(self) -> None:
        """Film no more and let go of the camera; closing again does nothing."""
