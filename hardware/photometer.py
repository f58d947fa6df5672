"""A photometer of Konica Minolta (LS-100, LS-110, CS-100A): the luminance of what it is aimed at.

It is no device of a trial: it reads a screen while that is calibrated. Tried on the emulator alone
(`hardware.emulators.serial.minolta`), never on a physical photometer; the emulator's cable carries
eight bits without parity, so that not even the frame of its characters was tried.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pydantic

from hardware.serial.address import SEVEN_E_2, UsbKind, address_of, problems
from hardware.serial.link import SerialLink
from hardware.serial.port import SerialPort
from rig.devices import DeviceSettings, Line
from rig.errors import DeviceError, Problem

ANSWER_PATIENCE = 2.0
"""Seconds within which the photometer answers what it need not measure."""
_REST = 0.05
_END = b"\r\n"
_ABSOLUTE, _MEASURE = "MDS,04", "MES"
_ANSWER = re.compile(r"(OK|ER)(\d\d)(?:, *([^,]*))?(?:,.*)?")
_REFUSALS = {
    "OK12": ("the light is brighter than it can show", "Move it away, or dim the screen."),
    "ER00": ("it does not know the command", "Compare its model with those in the docs."),
    "ER01": ("it cannot be set to absolute values", "Switch it off and on, holding F."),
    "ER10": ("the light is outside its range", "Aim it at the screen; take the cap off."),
    "ER11": ("a value in its memory is wrong", "Switch it off and on, holding F."),
    "ER19": ("the light is outside what it can show", "Aim it at the screen."),
    "ER20": ("its memory is broken", "Let it be repaired."),
    "ER30": ("its battery is empty", "Put in a new one."),
}


class PhotometerSettings(DeviceSettings):
    """Settings of a photometer; `line` is the serial number of its USB adapter.

    `patience` is how long a measurement is waited for, in seconds: it takes longer in the dark. The
    rest is as in `hardware.serial.address.SerialSettings`.
    """

    line: Line
    patience: float = pydantic.Field(default=10.0, ge=0.1, le=60)
    usb: UsbKind = ""
    port: str = ""
    baud_rate: int = pydantic.Field(default=4800, ge=300, le=115_200)
    log: str = ""


class Photometer:
    """A photometer at a serial port, which must have been switched on with its key F held.

    Parameters
    ----------
    name
        What it is called, for errors.
    settings
        Its settings.
    folder
        The lab's folder.
    """

    Settings = PhotometerSettings

    def __init__(self, name: str, settings: PhotometerSettings, folder: Path) -> None:
        self._patience = settings.patience
        self._where = f"photometer '{name}'"
        self._address = address_of(settings, folder, self._where, SEVEN_E_2)
        self._link = SerialLink(self._address, self._greet, lambda _: _REST, lambda _: None)

    def open(self) -> None:
        """Find the photometer; raise `DeviceError` if it is not there, or something else is."""
        self._link.open()

    def close(self) -> None:
        """Let go of the photometer."""
        self._link.close()

    def check(self) -> list[Problem]:
        """Return what is wrong with the photometer's place."""
        return problems(self._address)

    def luminance_cd_m2(self) -> float:
        """Return the luminance, in cd/m2 if its switch for units is set so: it does not tell.

        Raises
        ------
        DeviceError
            If it does not answer in time, says that it cannot measure, or is unplugged.
        """
        return self._link.ask(self._measure, self._patience + ANSWER_PATIENCE)

    def _greet(self, port: SerialPort) -> None:
        self._ask(port, _ABSOLUTE, ANSWER_PATIENCE)

    def _measure(self, port: SerialPort) -> float:
        text = self._ask(port, _MEASURE, self._patience)
        try:
            return float(text)
        except ValueError as error:
            raise DeviceError(
                f"its answer is no luminance: {text!r}", self._where, "Measure again."
            ) from error

    def _ask(self, port: SerialPort, command: str, patience: float) -> str:
        """Return the first value of the answer to a command; empty if it has none."""
        port.drain()
        port.write(command.encode("ascii") + _END)
        end, waiting = time.monotonic() + patience, b""
        while _END not in waiting and time.monotonic() < end:
            waiting += port.read()
        line = waiting.partition(_END)[0].decode("ascii", "replace").strip()
        found = _ANSWER.fullmatch(line)
        if found is None:
            raise DeviceError(
                f"it answers with {line!r}" if line else f"it did not answer within {patience:g} s",
                self._where,
                "See whether the number is that of its adapter; switch it off, and on with F held.",
            )
        code = found[1] + found[2]
        if code in _REFUSALS or found[1] == "ER":
            what, do = _REFUSALS.get(code, (f"it reports {code}", "Look into its manual."))
            raise DeviceError(what, self._where, do)
        return (found[3] or "").strip()
