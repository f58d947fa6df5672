"""Serial devices: found by the serial number of their USB plug, and owned by one thread each.

The thread that owns a port is the only one that reads and writes it. Whoever wants something of
the device hands a job to that thread, which does one after the other: so there is one request in
flight at any time. In between it makes rounds: it takes what the device sends by itself. If the
device is unplugged, that is told once, and the thread looks for the same device again, under
whatever name of a port it comes back.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import pydantic

from rig.errors import DeviceError, Problem

T = TypeVar("T")
UsbKind = Annotated[
    str, pydantic.Field(pattern="^([0-9a-f]{4}:[0-9a-f]{4})?$", description="vendor:product")
]
LOOK_AGAIN = 0.25
"""Seconds between two looks for a device that was unplugged."""
QUICK = 0.005
"""Seconds that a read waits for the first byte: a job waits for that long at most."""
_WRITE_PATIENCE = 0.5
_STOP_PATIENCE = 2.0


class PortLost(DeviceError):  # noqa: N818 (it tells what happened)
    """The device was unplugged or switched off."""


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
    baud_rate
        Bits a second.
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


def address_of(settings: SerialSettings, folder: Path, where: str) -> Address:
    """Return how a device is found, by its settings and the lab's folder."""
    log = folder / settings.log if settings.log else None
    return Address(settings.line, settings.usb, settings.port, settings.baud_rate, log, where)


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
        raise DeviceError(
            "serial devices need the package pyserial, which is not installed",
            address.where,
            "Install it: pip install 'mouserig[serial]'.",
        ) from error
    plugs = [port for port in list_ports.comports() if port.serial_number]
    found = [port for port in plugs if port.serial_number == address.serial]
    if not found:
        seen = ", ".join(f"{port.serial_number} at {port.device}" for port in plugs) or "none"
        raise DeviceError(
            f"no serial device with the USB serial number '{address.serial}' is plugged in",
            address.where,
            f"Plug it in and switch it on, or correct `line`. Serial devices that are: {seen}.",
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


class SerialLink:
    """A device at a serial port, and the thread that owns the port.

    Parameters
    ----------
    address
        How the device is found.
    greet
        Makes sure that the right device is there, and makes it ready; raises `DeviceError` if not.
    round
        Takes what the device sends by itself; returns the seconds until it is to be called again.
    lost
        Is told, once, why the device cannot be used any more.
    """

    def __init__(
        self,
        address: Address,
        greet: Callable[[SerialPort], None],
        round: Callable[[SerialPort], float],  # noqa: A002 (the word of this module)
        lost: Callable[[DeviceError], None],
    ) -> None:
        self._address = address
        self._greet = greet
        self._round = round
        self._lost = lost
        self._port: SerialPort | None = None
        self._thread: threading.Thread | None = None
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    @property
    def is_open(self) -> bool:
        """Whether the link was opened and not closed; the device may be unplugged all the same."""
        return self._thread is not None

    def open(self) -> None:
        """Find the device and begin the rounds; raise `DeviceError` if it is not there."""
        if self._thread is not None:
            return
        self._port = self._connected()
        self._jobs = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._run, name=f"serial {self._address.serial}", daemon=True
        )
        self._thread.start()

    def ask(self, job: Callable[[SerialPort], T], patience: float) -> T:
        """Let the thread do a job, and return what it returns.

        Raises
        ------
        DeviceError
            If the job does, if the device is not there, or if it takes longer than `patience`
            seconds.
        """
        if self._thread is None:
            raise DeviceError("it is not open", self._address.where, "Open the device first.")
        future: Future[T] = Future()
        self._jobs.put(lambda: self._do(job, future))
        try:
            return future.result(patience)
        except TooLate as error:
            future.cancel()
            raise DeviceError(
                f"it did not answer within {patience:g} s",
                self._address.where,
                "Look at its cable and its power; restart it.",
            ) from error

    def close(self) -> None:
        """End the rounds and let go of the port."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(_STOP_PATIENCE)
            self._thread = None

    def _connected(self) -> SerialPort:
        port = SerialPort(self._address)
        try:
            self._greet(port)
        except BaseException:
            port.close()
            raise
        return port

    def _run(self) -> None:
        """Do jobs as they come, and rounds in between, until the link is closed."""
        wait = 0.0
        while True:
            try:
                job = self._jobs.get(timeout=wait) if wait else self._jobs.get_nowait()
            except queue.Empty:
                wait = self._next(self._port)
                continue
            if job is None:
                break
            job()
        if self._port is not None:
            self._port.close()
            self._port = None

    def _next(self, port: SerialPort | None) -> float:
        """Make a round, or look for the lost device; return the seconds until the next time."""
        try:
            if port is None:
                self._port = self._connected()
                return 0.0
            return self._round(port)
        except PortLost as error:
            self._let_go(error)
        except DeviceError as error:
            if port is not None:
                self._lost(error)
        return LOOK_AGAIN

    def _do(self, job: Callable[[SerialPort], T], future: Future[T]) -> None:
        """Do one job, unless nobody waits for it any more."""
        if not future.set_running_or_notify_cancel():
            return
        try:
            if self._port is None:
                raise PortLost(
                    "it is unplugged or switched off",
                    self._address.where,
                    "Plug it in again and look at its power.",
                )
            future.set_result(job(self._port))
        except PortLost as error:
            self._let_go(error)
            future.set_exception(error)
        except Exception as error:  # belongs to whoever asked
            future.set_exception(error)

    def _let_go(self, error: PortLost) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None
            self._lost(error)


def _kind(port: Any) -> str:
    """Return vendor and product of a plug."""
    return f"{port.vid or 0:04x}:{port.pid or 0:04x}"


def _opened(name: str, address: Address) -> Any:
    try:
        import serial
    except ImportError as error:
        raise DeviceError(
            "serial devices need the package pyserial, which is not installed",
            address.where,
            "Install it: pip install 'mouserig[serial]'.",
        ) from error
    try:
        return serial.Serial(
            name,
            address.baud_rate,
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
