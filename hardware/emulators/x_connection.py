"""The little of the X protocol that it takes to look at a screen: connect, and get an image.

Written after the public description of the protocol, version 11. Only servers on this computer
that let every program in are served, such as those of `x_display`.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GET_IMAGE = 73
_Z_PIXMAP = 2
_ALL_PLANES = 0xFFFFFFFF


@dataclass(frozen=True)
class XRoot:
    """The root window of a screen: its number, its width and its height in pixels."""

    number: int
    width_px: int
    height_px: int


class XConnection:
    """A connection to an X server; use it in a ``with`` block, in one thread at a time.

    Parameters
    ----------
    display
        Its name, as in DISPLAY: ``:99``.

    Attributes
    ----------
    roots
        The root windows of its screens.

    Raises
    ------
    OSError
        If there is no such server, or it lets nobody in.
    """

    def __init__(self, display: str) -> None:
        number = display.removeprefix(":").split(".")[0]
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(f"/tmp/.X11-unix/X{number}")
            self._socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
            accepted, length = struct.unpack("<BxxxxxH", self._receive(8))
            setup = self._receive(4 * length)
            if accepted != 1:
                raise ConnectionRefusedError(f"the X server {display} lets nobody in")
        except OSError:
            self._socket.close()
            raise
        self.roots = _roots(setup)

    def __enter__(self) -> XConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def image(self, root: XRoot, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
        """Return what a part of a screen shows: levels, ``(height, width, 3)``, highest row first.

        Raises
        ------
        OSError
            If the server is gone, or has no image for that place.
        """
        place = struct.pack("<IhhHHI", root.number, left, top, width, height, _ALL_PLANES)
        self._socket.sendall(struct.pack("<BBH", _GET_IMAGE, _Z_PIXMAP, 5) + place)
        reply = self._receive(32)
        while reply[0] > 1:  # an event
            reply = self._receive(32)
        if reply[0] == 0:
            raise OSError(f"the X server has no image for it: error {reply[1]}")
        (length,) = struct.unpack_from("<I", reply, 4)
        pixels = np.frombuffer(self._receive(4 * length), np.uint8)
        return pixels[: 4 * width * height].reshape(height, width, 4)[:, :, 2::-1].copy()

    def _receive(self, count: int) -> bytearray:
        """Return so many bytes."""
        data = bytearray(count)
        view, got = memoryview(data), 0
        while got < count:
            more = self._socket.recv_into(view[got:])
            if not more:
                raise ConnectionResetError("the X server is gone")
            got += more
        return data


def _roots(setup: bytearray) -> tuple[XRoot, ...]:
    """Return the root windows that a server tells of when it accepts a connection."""
    vendor, screens, formats = struct.unpack_from("<H2xBB", setup, 16)
    at = 32 + (vendor + 3) // 4 * 4 + 8 * formats
    found = []
    for _ in range(screens):
        number, width, height, depths = struct.unpack_from("<I16xHH15xB", setup, at)
        found.append(XRoot(number, width, height))
        at += 40
        for _ in range(depths):
            (visuals,) = struct.unpack_from("<2xH", setup, at)
            at += 8 + 24 * visuals
    return tuple(found)
