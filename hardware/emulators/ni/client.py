"""Starts an emulated NI-DAQmx card in a process of its own."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

import msgspec

from hardware.emulators.emulator_process import emulator_process
from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.ni.side_channel import Addresses


class EmulatedCard:
    """An emulated card in a process of its own, from ``with`` to the end of the block.

    The block is given its `CardWires`.
    """

    def __init__(
        self, profile: str = "pci_6221", device: str = "Dev1", drift_ppm: float = 0.0
    ) -> None:
        self._arguments = ("--profile", profile, "--device", device, "--drift-ppm", str(drift_ppm))
        self._stack = ExitStack()

    def __enter__(self) -> CardWires:
        with ExitStack() as stack:
            process = emulator_process("hardware.emulators.ni.server", self._arguments)
            addresses = msgspec.json.decode(stack.enter_context(process), type=Addresses)
            wires = stack.enter_context(CardWires(addresses))
            self._stack = stack.pop_all()
        return wires

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
