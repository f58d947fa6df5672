"""The language of New Era's syringe pumps (NE-1000 and its sisters), in their safe mode.

A command is ``STX length command CRC CRC ETX``; the reply has the same form, with the pump's
address (two digits), its state (a letter) and data. The CRC is the one of 16 bits of the CCITT
(begins at 0) of all between length and CRC. Source: the maker's manual of the NE-1000, section
10.2.
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass

from hardware.serial.port import SerialPort
from rig.errors import DeviceError

STX, ETX, CR = b"\x02", b"\x03", b"\r"
REPLY_PATIENCE = 0.3
"""Seconds within which a pump answers; it takes some ten milliseconds."""
QUIET = 0.03
"""Seconds without a byte after which a reply has ended."""
LONGEST = 40
"""Bytes of a packet; what claims more is none."""
TRIES = 3
"""How often a command is sent that may be sent again."""
ALARMS = {
    "R": ("it was reset: its power was interrupted", "Look at its plug and its power."),
    "S": ("its motor has stalled", "Look at the syringe and the tubing: something blocks them."),
    "T": ("it has heard nothing for too long and stopped", "Look at the load of the computer."),
    "E": ("its pumping program has an error", "Clear the program at the pump's keys."),
    "O": ("a phase of its program is out of range", "Clear the program at the pump's keys."),
}
"""Each alarm in words, and what to do."""
ERRORS = {
    "": "it does not know it",
    "NA": "it is not applicable now",
    "OOR": "a number is out of range",
    "COM": "it came damaged",
    "IGN": "it was ignored, as a new phase began",
}
PUMPING = "IWX"
"""The states in which it moves: infusing, withdrawing, purging."""
NOTHING = re.compile("")
ANYTHING = re.compile(".+")
_REPLY = re.compile(r"(\d\d)(A\?[A-Z]|[IWSPTUX])(.*)", re.DOTALL)


class PumpSilent(DeviceError):  # noqa: N818 (it tells what happened)
    """No sound reply has come."""


class PumpAlarm(DeviceError):  # noqa: N818 (it tells what happened)
    """The pump tells of an alarm; it has stopped."""


class PumpDisobeyed(DeviceError):  # noqa: N818 (it tells what happened)
    """The pump has refused a command."""


@dataclass(frozen=True)
class PumpReply:
    """What a pump answers: its address, its state, and the data that were asked for."""

    address: int
    state: str
    data: str


def crc16(data: bytes) -> int:
    """Return the pump's check sum.

    Examples
    --------
    >>> hex(crc16(b"SAF0"))  # as the manual prints it
    '0x5543'
    """
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def pack(text: str) -> bytes:
    """Return a command or a reply as a packet.

    Examples
    --------
    >>> pack("SAF0").hex(" ")
    '02 08 53 41 46 30 55 43 03'
    """
    data = text.encode("ascii")
    return STX + bytes([len(data) + 4]) + data + crc16(data).to_bytes(2, "big") + ETX


def unpack(waiting: bytes) -> tuple[str | None, bytes]:
    """Return the text of the first sound packet and what stands behind it.

    Examples
    --------
    >>> unpack(b"?" + pack("00S"))
    ('00S', b'')
    >>> unpack(pack("00S")[:-1])[0] is None
    True
    """
    start = waiting.find(STX)
    while start >= 0:
        packet = waiting[start:]
        size = packet[1] + 1 if len(packet) > 1 else LONGEST
        if len(packet) < size <= LONGEST:
            return None, packet
        packet = packet[:size]
        data = packet[2:-3]
        if (
            packet[-1:] == ETX
            and packet[1] >= 4
            and packet[-3:-1] == crc16(data).to_bytes(2, "big")
        ):
            return data.decode("ascii", "replace"), waiting[start + len(packet) :]
        start = waiting.find(STX, start + 1)
    return None, b""


def number(value: float) -> str:
    """Return a number as the pump takes it: four digits, at most three behind the point.

    Raises
    ------
    ValueError
        If it has more than four digits before the point.

    Examples
    --------
    >>> number(5), number(268.83), number(4032.4), number(0.0125)
    ('5.000', '268.8', '4032', '0.013')
    """
    before = len(str(int(value)))
    text = f"{value:.{max(0, min(3, 4 - before))}f}"
    if len(text.replace(".", "")) > 4:
        text = f"{value:.{max(0, min(3, 3 - before))}f}"
    if value < 0 or len(text.replace(".", "")) > 4:
        raise ValueError(f"{value:g} has more than four digits")
    return text


class PumpLine:
    """One pump at a port: each command has its reply before the next one goes out.

    Parameters
    ----------
    port
        The port; the thread that owns it calls the methods.
    where
        The device, for errors.
    """

    def __init__(self, port: SerialPort, where: str) -> None:
        self._port = port
        self._where = where

    def ask(
        self, command: str, tries: int = TRIES, expects: re.Pattern[str] = NOTHING
    ) -> PumpReply:
        """Send a command and return the reply to it.

        Parameters
        ----------
        command
            The command; empty asks for the state alone.
        tries
            How often it is sent if no sound reply comes.
        expects
            What the data of the reply look like: others are late replies to something else.

        Raises
        ------
        PumpSilent
            If no sound reply came, however often the command was sent.
        DeviceError
            If the pump tells of an alarm, or does not obey.
        """
        for _ in range(tries):
            self._port.drain()
            self._port.write(pack(command))
            end = time.monotonic() + REPLY_PATIENCE
            while (reply := self.receive(end - time.monotonic())) is not None:
                self._check(reply)
                if reply.data == "?COM":
                    break
                if reply.data.startswith("?"):
                    raise self._refused(command, reply)
                if expects.fullmatch(reply.data):
                    return reply
        raise PumpSilent(
            f"the pump did not answer '{command}'",
            self._where,
            "Look at its cable, its power and its baud rate.",
        )

    def stop(self) -> None:
        """Stop the pump: the first order lets it pause, the second ends the run."""
        for _ in range(2):
            if self.heed("").state != "S":
                with contextlib.suppress(PumpDisobeyed):  # it has stopped by itself
                    self.ask("STP")

    def heed(self, command: str, expects: re.Pattern[str] = NOTHING) -> PumpReply:
        """Ask as `ask` does; an alarm from before has stopped the pump, and is cleared by that.

        It may be told twice: by the pump itself, and in its next reply.
        """
        for _ in range(2):
            with contextlib.suppress(PumpAlarm):
                return self.ask(command, expects=expects)
        return self.ask(command, expects=expects)

    def receive(self, patience: float) -> PumpReply | None:
        """Return the next reply, or None if none has come within `patience` seconds."""
        waiting, end = b"", time.monotonic() + patience
        while time.monotonic() < end:
            waiting += self._port.read()
            text, waiting = unpack(waiting)
            found = _REPLY.fullmatch(text) if text is not None else None
            if found:
                return PumpReply(int(found[1]), found[2], found[3])
        return None

    def _check(self, reply: PumpReply) -> None:
        """Raise `DeviceError` if a reply tells of an alarm."""
        if reply.state.startswith("A?"):
            what, do = ALARMS.get(reply.state[2:], (f"alarm {reply.state[2:]}", "See its manual."))
            raise PumpAlarm(f"the pump tells of an alarm: {what}", self._where, do)

    def _refused(self, command: str, reply: PumpReply) -> PumpDisobeyed:
        reason = ERRORS.get(reply.data[1:], reply.data)
        return PumpDisobeyed(
            f"the pump does not obey '{command}': {reason}",
            self._where,
            "Compare the rate and the diameter with the limits in its manual.",
        )


def enter_safe_mode(port: SerialPort, seconds: int, where: str) -> PumpLine:
    """Return a pump in its safe mode, whichever mode it was in.

    In its basic mode a command ends with a carriage return, and has no check sum.

    Parameters
    ----------
    port
        The port.
    seconds
        After so many seconds without a sound command the pump stops.
    where
        The device, for errors.

    Raises
    ------
    DeviceError
        If no pump answers.
    """
    line = PumpLine(port, where)
    for _ in range(TRIES):
        port.write(CR + f"SAF{seconds}".encode("ascii") + CR)  # ignored in the safe mode
        _wait_for_quiet(port)
        with contextlib.suppress(PumpSilent):
            return _known(line, seconds, where)
    raise DeviceError(
        "no syringe pump answers",
        where,
        "See whether `line` names the right device; switch the pump on; compare the baud rate.",
    )


def _known(line: PumpLine, seconds: int, where: str) -> PumpLine:
    """Return the pump if it is one that is known; its safe mode has that time-out."""
    reply = line.heed("VER", ANYTHING)
    if not reply.data.startswith("NE"):
        raise DeviceError(
            f"what answers is no pump that is known: '{reply.data}'",
            where,
            "See whether `line` names the right device.",
        )
    line.ask(f"SAF{seconds}")
    return line


def _wait_for_quiet(port: SerialPort) -> None:
    """Take what comes, until nothing comes any more; what is no pump may never be quiet."""
    patience, end = REPLY_PATIENCE, time.monotonic() + 2 * REPLY_PATIENCE
    while port.read(patience) and time.monotonic() < end:
        patience = QUIET
