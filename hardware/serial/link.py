"""A serial device and the one thread that owns its port.

That thread is the only one that reads and writes the port. Whoever wants something of the device
hands a job to it; jobs are done one after the other, so that there is one request in flight at
any time. In between it makes rounds: it takes what the device sends by itself. If the device is
unplugged, that is told once, and the thread looks for the same device again, under whatever name
of a port it comes back.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

from hardware.serial.address import Address
from hardware.serial.port import PortLost, SerialPort
from rig.errors import DeviceError

T = TypeVar("T")
LOOK_AGAIN = 0.25
"""Seconds between two looks for a device that was unplugged."""
_STOP_PATIENCE = 2.0


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
        due = 0.0
        while True:
            wait = due - time.monotonic()
            try:
                job = self._jobs.get(timeout=wait) if wait > 0 else self._jobs.get_nowait()
                if job is None:
                    break
                job()
            except queue.Empty:
                wait = 0.0
            if wait <= 0:
                due = time.monotonic() + self._next(self._port)
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
