"""Where a serial device is: found by the serial number of its USB plug, never by a port's name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import pydantic

from rig.errors import DeviceError, Problem

UsbKind = Annotated[
    str, pydantic.Field(pattern="^([0-9a-f]{4}:[0-9a-f]{4})?$", description="vendor:product")
]

Frame = tuple[int, Literal["N", "E"], int]
"""Data bits, parity and stop bits of each character."""
EIGHT_N_1: Frame = (8, "N", 1)
SEVEN_E_2: Frame = (7, "E", 2)


@dataclass(frozen=True)
class Address:
    """How a serial device is found, and how its line is set.

    Attributes
    ----------
    serial
        The serial number of its USB plug.
    kind
        Vendor and product of the plug, ``16c0:0483``; empty if any will do.
    port
        Name of a port that is opened without a look at its plug: for emulators. Empty otherwise.
    baud_rate, frame
        Bits a second, and how a character is made of them.
    log
        File in which every byte is noted; None if they are not.
    where
        The device, for errors.
    """

    serial: str
    kind: str
    port: str
    baud_rate: int
    log: Path | None
    where: str
    frame: Frame = EIGHT_N_1


class SerialSettings(Protocol):
    """What the settings of every serial device hold."""

    @property
    def line(self) -> str:
        """The serial number of its USB plug."""

    @property
    def usb(self) -> str:
        """Vendor and product of the plug; empty if they do not matter."""

    @property
    def port(self) -> str:
        """Name of a port, for emulators; empty otherwise."""

    @property
    def baud_rate(self) -> int:
        """Bits a second."""

    @property
    def log(self) -> str:
        """File in the lab's folder in which every byte is noted; empty for none."""


def address_of(
    settings: SerialSettings, folder: Path, where: str, frame: Frame = EIGHT_N_1
) -> Address:
    """Return how a device is found, by its settings and the lab's folder."""
    log = folder / settings.log if settings.log else None
    return Address(
        settings.line, settings.usb, settings.port, settings.baud_rate, log, where, frame
    )


def find(address: Address) -> str:
    """Return the name of the port at which a device is plugged in.

    Raises
    ------
    DeviceError
        If pyserial is not installed, or the device is not there, is another one, or there twice.
    """
    if address.port:
        return address.port
    try:
        from serial.tools import list_ports
    except ImportError as error:
        raise no_pyserial(address) from error
    plugs = [port for port in list_ports.comports() if port.serial_number]
    found = [port for port in plugs if port.serial_number == address.serial]
    if not found:
        seen = ", ".join(f"{port.serial_number} at {port.device}" for port in plugs) or "none"
        raise DeviceError(
            f"no serial device with the USB serial number '{address.serial}' is plugged in",
            address.where,
            f"Plug it in and switch it on, or correct its number. Serial devices that are: {seen}.",
        )
    fitting = [port for port in found if address.kind in ("", _kind(port))]
    if not fitting:
        raise DeviceError(
            f"'{address.serial}' is another device: its plug is {_kind(found[0])}, "
            f"not {address.kind}",
            address.where,
            "Correct `line` or `usb` in the rig file.",
        )
    if len(fitting) > 1:
        ports = ", ".join(sorted(port.device for port in fitting))
        raise DeviceError(
            f"the USB serial number '{address.serial}' is there more than once: {ports}",
            address.where,
            "Unplug all but one; cheap plugs share a number, and need an adapter that does not.",
        )
    return str(fitting[0].device)


def problems(address: Address) -> list[Problem]:
    """Return what is wrong with the place of a device, without opening it."""
    if address.port:
        return [
            Problem(
                f"it is opened at '{address.port}', whatever is plugged in there",
                address.where,
                "Take `port` out of the rig file: it is meant for emulators.",
                "warning",
            )
        ]
    try:
        find(address)
    except DeviceError as error:
        return [Problem(error.what, error.where, error.do)]
    return []


def no_pyserial(address: Address) -> DeviceError:
    """Return the error for a computer without pyserial."""
    return DeviceError(
        "serial devices need the package pyserial, which is not installed",
        address.where,
        "Install it: pip install 'mouserig[serial]'.",
    )


def _kind(port: Any) -> str:
    """Return vendor and product of a plug."""
    return f"{port.vid or 0:04x}:{port.pid or 0:04x}"
