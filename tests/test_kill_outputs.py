"""Engines that are stopped, killed and frozen while outputs of a card are on: all go off.

``python -m benchmarks.kill_outputs`` does it at 200 random moments and measures how soon.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kill_outputs import USUAL, Outside, kill_once
from benchmarks.outputs_lab import outputs_lab
from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from hardware.emulators.ni.card_wires import CardWires

pytestmark = pytest.mark.realtime

SLOW = 2.0
"""Seconds that a busy computer may take beside."""


@pytest.fixture(scope="module")
def projector() -> Iterator[EmulatedLightCrafter]:
    with EmulatedLightCrafter() as running:
        yield running


@pytest.mark.parametrize(
    ("how", "by"),
    [
        (signal.SIGTERM, "the engine has turned its outputs off"),
        (signal.SIGKILL, "the engine is gone: closes every output"),
        (signal.SIGSTOP, "the engine was silent"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_no_output_stays_on(
    tmp_path: Path,
    emulated_card: CardWires,
    projector: EmulatedLightCrafter,
    how: signal.Signals,
    by: str,
) -> None:
    lab = outputs_lab(tmp_path / "lab", emulated_card.address, projector.address, USUAL, lit=30.0)
    killed = kill_once(lab, Outside(emulated_card, projector), how, after=0.1)
    assert killed.still_on == []
    assert {"laser", "led"} <= set(killed.off_after)
    assert max(killed.off_after.values()) < USUAL + SLOW
    assert by in killed.log
    assert "NOT CLOSED" not in killed.log
