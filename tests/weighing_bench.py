"""The bench on which valves are weighed: an emulated card, and a balance under its valve."""

from __future__ import annotations

import time

from ni_bench import VALVE_LINE

from calibration.valve_fit import WATER_MG_PER_UL
from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.serial.mt_sics import BalanceEmulator

UL_PER_MS = 0.15
"""What comes through the valve."""
NI = """setup = "freely_moving"

[devices.valve]
driver = "hardware.ni_valve:NiValve"
line = "Dev1/ctr0"
read_back = "Dev1/port0/line7"
calibration = "calibration/new-valve.toml"
max_open_ms = 100
address = "{address}"

[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"
"""


class Dish(BalanceEmulator):
    """A balance under the spout of an emulated card; what the valve's line shows comes into it."""

    def __init__(self, card: CardWires, ul_per_ms: float = UL_PER_MS) -> None:
        self._card, self._since, self._ul_per_ms = card, time.monotonic(), ul_per_ms
        super().__init__()

    @property
    def weight_g(self) -> float:  # type: ignore[override]
        """What lies on it by now."""
        edges = [at for at, _ in self._card.history(VALVE_LINE, self._since) if at >= self._since]
        open_ms = 1000 * sum(
            fell - rose for rose, fell in zip(edges[::2], edges[1::2], strict=False)
        )
        return self._ul_per_ms * open_ms * WATER_MG_PER_UL / 1000

    @weight_g.setter
    def weight_g(self, weight_g: float) -> None:
        """Nothing else is put on it."""
