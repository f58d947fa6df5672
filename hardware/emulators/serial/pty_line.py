"""The other end of a serial cable, with an emulated device behind it; on a pseudo-terminal.

Pseudo-terminals do not exist on Windows: there an emulator cannot be plugged in, and says so.
The cable can be damaged in every way in which real ones are.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
import time
from typing import Protocol

from rig.errors import DeviceError

_TICK = 0.002


class EmulatedDevice(Protocol):
    """What stands behind a line."""

    def receive(self, data: bytes) -> list[bytes]:
        """Return the packets that answer what has come."""

    def tick(self) -> list[bytes]:
        """Return the packets that the device sends by itself; called every few milliseconds."""


class PtyLine:
    """A pseudo-terminal with an emulated device at it.

    Attributes
    ----------
    port
        Name of the port that a driver opens; another one each time that it is plugged in.
    """

    def __init__(self, device: EmulatedDevice) -> None:
        self.port = ""
        self._device = device
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None
        self._damage: list[str] = []
        self._delay = 0.0

    def plug(self) -> None:
        """Plug the device in; raise `DeviceError` where there are no pseudo-terminals."""
        if sys.platform == "win32":
            raise DeviceError(
                "serial emulators need pseudo-terminals, which Windows does not have",
                "hardware.emulators",
                "Use the twins (--simulate), or Linux or macOS.",
            )
        import tty

        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.port = os.ttyname(slave)
        self._ends = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(master, slave, self._ends), name=self.port, daemon=True
        )
        self._thread.start()

    def unplug(self) -> None:
        """Pull the plug; doing so again does nothing."""
        if self._thread is not None:
            self._ends.set()
            self._thread.join()
            self._thread = None

    def corrupt(self, packets: int = 1) -> None:
        """Damage a byte in each of the next packets that the device sends."""
        with self._lock:
            self._damage += ["corrupt"] * packets

    def truncate(self, packets: int = 1) -> None:
        """Cut the last two bytes off each of the next packets."""
        with self._lock:
            self._damage += ["truncate"] * packets

    def lose(self, packets: int = 1) -> None:
        """Let the next packets get lost."""
        with self._lock:
            self._damage += ["lose"] * packets

    def mend(self) -> None:
        """Damage no packet any more."""
        with self._lock:
            self._damage.clear()

    def delay(self, seconds: float) -> None:
        """Hold every packet back for so long from now on."""
        with self._lock:
            self._delay = seconds

    def _run(self, master: int, slave: int, ends: threading.Event) -> None:
        held: list[tuple[float, bytes]] = []
        try:
            while not ends.is_set():
                ready, _, _ = select.select([master], [], [], _TICK)
                with self._lock:
                    packets = self._device.receive(os.read(master, 4096)) if ready else []
                    packets += self._device.tick()
                    due = time.monotonic() + self._delay
                    held += [(due, self._damaged(packet)) for packet in packets]
                while held and held[0][0] <= time.monotonic():
                    with contextlib.suppress(BlockingIOError):  # nobody reads
                        os.write(master, held.pop(0)[1])
        finally:
            os.close(master)
            os.close(slave)

    def _damaged(self, packet: bytes) -> bytes:
        match self._damage.pop(0) if self._damage else "":
            case "corrupt":
                middle = len(packet) // 2
                return packet[:middle] + bytes([packet[middle] ^ 0x10]) + packet[middle + 1 :]
            case "truncate":
                return packet[:-2]
            case "lose":
                return b""
            case _:
                return packet
