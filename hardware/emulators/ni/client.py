"""Starts an emulated NI-DAQmx card in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import msgspec

from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.ni.side_channel import Addresses
from rig.errors import DeviceError

LONGEST_END = 5.0
"""Seconds that the emulator may take to end before it is killed."""
CHECKOUT = Path(__file__).resolve().parents[3]


class EmulatedCard:
    """An emulated card in a process of its own, from ``with`` to the end of the block.

    The block is given its `CardWires`.
    """

    def __init__(
        self, profile: str = "pci_6221", device: str = "Dev1", drift_ppm: float = 0.0
    ) -> None:
        self._command = [sys.executable, "-m", "hardware.emulators.ni.server", "--until-input-ends"]
        self._command += ["--profile", profile, "--device", device]
        self._command += ["--drift-ppm", str(drift_ppm)]
        self._stack = ExitStack()

    def __enter__(self) -> CardWires:
        with ExitStack() as stack:
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT
            )
            stack.callback(_end, process)
            wires = stack.enter_context(CardWires(self._addresses(process)))
            self._stack = stack.pop_all()
        return wires

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _addresses(self, process: subprocess.Popen[bytes]) -> Addresses:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise DeviceError(
                "the emulated card did not start",
                " ".join(self._command),
                "Run this command and read what it says.",
            )
        return msgspec.json.decode(line, type=Addresses)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the emulator by the end of its input, as it ends when its caller dies."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(LONGEST_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
