"""A balance that speaks MT-SICS (Mettler Toledo and others): a stable weight, or what it shows.

It is no device of a trial: it weighs mice and drops between sessions. Tried on the emulator alone
(`hardware.emulators.serial.mt_sics`), never on a physical balance.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Self

import pydantic

from hardware.serial.address import UsbKind, address_of, problems
from hardware.serial.link import SerialLink
from hardware.serial.port import SerialPort
from rig.devices import DeviceSettings, Line
from rig.errors import DeviceError, Problem
from rig.scale import Scale

ANSWER_PATIENCE = 2.0
"""Seconds within which the balance answers what it need not wait for."""
_REST = 0.05
_END = b"\r\n"
_WEIGHT = re.compile(r"S ([SD]) +(-?\d+(?:\.\d*)?) +(\S+)")
_RESET = re.compile(r'I4 A "(.*)"')
_GRAMS = {"g": 1.0, "mg": 0.001, "kg": 1000.0}
_REFUSALS = {
    "S +": ("it is overloaded", "Take the load off; it may be more than the balance can bear."),
    "S -": ("it is underloaded: its pan is missing", "Put the pan back."),
    "S I": ("it cannot weigh now", "Wait until it has finished what its display shows."),
    "ES": ("it does not know the command", "Set its interface to MT-SICS."),
    "EL": ("it did not understand the command", "Compare the baud rate and the parity."),
    "ET": ("the command came damaged", "Compare the baud rate and the parity."),
}


class BalanceSettings(DeviceSettings):
    """Settings of a balance; `line` is the serial number of its USB plug or adapter.

    `patience` is how long a stable weight is waited for, in seconds. The rest is as in
    `hardware.serial.address.SerialSettings`.
    """

    line: Line
    patience: float = pydantic.Field(default=10.0, ge=0.1, le=60)
    usb: UsbKind = ""
    port: str = ""
    baud_rate: int = pydantic.Field(default=9600, ge=300, le=115_200)
    log: str = ""


class Balance(Scale):
    """A balance at a serial port.

    Parameters
    ----------
    name
        What it is called, for errors.
    settings
        Its settings.
    folder
        The lab's folder.

    Attributes
    ----------
    number
        The number that the balance gives as its own; empty before `open`.
    """

    Settings = BalanceSettings

    def __init__(self, name: str, settings: BalanceSettings, folder: Path) -> None:
        self.number = ""
        self._patience = settings.patience
        self._where = f"balance '{name}'"
        self._address = address_of(settings, folder, self._where)
        self._link = SerialLink(self._address, self._reset, lambda _: _REST, lambda _: None)

    @classmethod
    def of_number(cls, number: str, patience: float, folder: Path) -> Self:
        """Return the balance whose USB plug has a number."""
        return cls("balance", BalanceSettings(line=number, patience=patience), folder)

    def open(self) -> None:
        """Find the balance; raise `DeviceError` if it is not there, or something else is."""
        self._link.open()

    def close(self) -> None:
        """Let go of the balance."""
        self._link.close()

    def check(self) -> list[Problem]:
        """Return what is wrong with the balance's place."""
        return problems(self._address)

    def weigh(self) -> float:
        """Return the weight in grams, as soon as it is stable.

        Raises
        ------
        DeviceError
            If it does not become stable in time, or the balance is over- or underloaded,
            unplugged, or shows another unit than g, mg or kg.
        """
        return self._link.ask(self._weigh, self._patience + 3 * ANSWER_PATIENCE)

    def read(self) -> tuple[float, bool]:
        """Return what it shows in grams, and whether that is stable, without waiting.

        Raises
        ------
        DeviceError
            As `weigh`, but for a weight that is not stable.
        """
        return self._link.ask(self._read, 3 * ANSWER_PATIENCE)

    def zero(self) -> None:
        """Make the weight that is there the zero, as soon as it is stable."""
        self._link.ask(self._zero, self._patience + 3 * ANSWER_PATIENCE)

    def _weigh(self, port: SerialPort) -> float:
        return self._told(self._ask(port, "S", "S S", self._patience))[0]

    def _read(self, port: SerialPort) -> tuple[float, bool]:
        return self._told(self._ask(port, "SI", "S", ANSWER_PATIENCE))

    def _told(self, answer: str) -> tuple[float, bool]:
        """Return the weight in g that an answer tells, and whether it is stable."""
        found = _WEIGHT.fullmatch(answer)
        if found is None or found[3] not in _GRAMS:
            raise DeviceError(
                "it shows another unit than g, mg or kg", self._where, "Set its unit to g."
            )
        return float(found[2]) * _GRAMS[found[3]], found[1] == "S"

    def _zero(self, port: SerialPort) -> None:
        if not self._ask(port, "Z", "Z", self._patience).startswith("Z A"):
            raise DeviceError(
                "it cannot be set to zero now", self._where, "Take the load off, and try again."
            )

    def _ask(self, port: SerialPort, command: str, answer: str, patience: float) -> str:
        """Return the answer to a command, of which most wait for a stable weight."""
        port.drain()
        port.write(command.encode("ascii") + _END)
        end = time.monotonic() + patience
        waiting = b""
        while time.monotonic() < end:
            waiting += port.read()
            while _END in waiting:
                line, _, waiting = waiting.partition(_END)
                text = line.decode("ascii", "replace").strip()
                self._refuse(text)
                if text.startswith(f"{answer} "):
                    return text
        self._reset(port)  # else the answer would come late, in front of the next one
        lacks = "it told no weight" if command == "SI" else "the weight was not stable"
        raise DeviceError(
            f"{lacks} within {patience:g} s",
            self._where,
            "Shield it from draught, wait until the mouse is quiet, or weigh it in a tube.",
        )

    def _refuse(self, text: str) -> None:
        """Raise `DeviceError` if an answer is a refusal."""
        if text in _REFUSALS:
            what, do = _REFUSALS[text]
            raise DeviceError(what, self._where, do)

    def _reset(self, port: SerialPort) -> None:
        """Cancel what the balance is doing, and take all its answers up to the one to that."""
        for _ in range(2):
            port.drain()
            port.write(b"@" + _END)
            end, waiting = time.monotonic() + ANSWER_PATIENCE, b""
            while time.monotonic() < end:
                waiting += port.read()
                found = _RESET.search(waiting.decode("ascii", "replace"))
                if found and waiting.endswith(_END):
                    self.number = found[1]
                    return
        raise DeviceError(
            "no balance answers",
            self._where,
            "See whether `line` names the right device; switch the balance on; set its interface "
            "to MT-SICS; compare the baud rate.",
        )
