"""An open serial port: reads, writes, notes every byte where that is asked for."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from hardware.serial.address import Address, find, no_pyserial
from rig.errors import DeviceError

QUICK = 0.005
"""Seconds that a read waits for the first byte."""
_WRITE_PATIENCE = 0.5


class PortLost(DeviceError):  # noqa: N818 (it tells what happened)
    """The device was unplugged or switched off."""


class SerialPort:
    """An open port. Only the thread that owns it reads and writes; it raises `PortLost`.

    Raises
    ------
    DeviceError
        If the port cannot be found or opened.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self.name = find(address)
        self._log = None if address.log is None else address.log.open("a", encoding="ascii")
        try:
            self._serial = _opened(self.name, address)
        except DeviceError:
            self._close_log()
            raise

    def read(self, patience: float = QUICK) -> bytes:
        """Return what has come; wait at most `patience` seconds for the first byte."""
        from serial import SerialException

        try:
            self._serial.timeout = patience
            data = bytes(self._serial.read(1))
            if data and self._serial.in_waiting:
                data += bytes(self._serial.read(self._serial.in_waiting))
        except (SerialException, OSError, TypeError) as error:  # TypeError: closed while it waits
            raise self._lost() from error
        self._note("<", data)
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        from serial import SerialException

        self._note(">", data)
        try:
            self._serial.write(data)
        except (SerialException, OSError) as error:
            raise self._lost() from error

    def drain(self) -> bytes:
        """Take and return what waits to be read: late answers to requests that were given up."""
        found = b""
        while data := self.read(0.0):
            found += data
        return found

    def close(self) -> None:
        """Let go of the port."""
        from serial import SerialException

        with contextlib.suppress(SerialException, OSError):  # what was unplugged is closed
            self._serial.close()
        self._close_log()

    def _lost(self) -> PortLost:
        return PortLost(
            f"it was unplugged or switched off ({self.name})",
            self._address.where,
            "Look at its cable and its power; it is found again when it is plugged in.",
        )

    def _note(self, direction: str, data: bytes) -> None:
        if self._log is not None and data:
            self._log.write(f"{time.perf_counter():.6f} {direction} {data.hex(' ')}\n")

    def _close_log(self) -> None:
        if self._log is not None:
            self._log.close()


def _opened(name: str, address: Address) -> Any:
    try:
        import serial
    except ImportError as error:
        raise no_pyserial(address) from error
    bits, parity, stop_bits = address.frame
    try:
        return serial.Serial(
            name,
            address.baud_rate,
            bytesize=bits,
            parity=parity,
            stopbits=stop_bits,
            timeout=QUICK,
            write_timeout=_WRITE_PATIENCE,
            exclusive=True,
        )
    except (serial.SerialException, OSError, ValueError) as error:
        raise DeviceError(
            f"the port {name} did not open: {error}",
            address.where,
            "End other programs that use it; on Linux, add your user to the group 'dialout'.",
        ) from error
