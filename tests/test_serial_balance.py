"""A balance at a serial port: stable weights, late answers, refusals, and its plug."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from serial_bench import NUMBER, Socket, eventually, lickometer, plugged

from hardware.balance import Balance, BalanceSettings
from hardware.emulators.serial.mt_sics import BalanceEmulator
from hardware.emulators.serial.pty_line import PtyLine
from rig.errors import DeviceError


@dataclass
class Scene:
    """A balance, what lies on it, and the cable between it and the computer."""

    balance: Balance
    emulator: BalanceEmulator
    line: PtyLine
    socket: Socket


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    emulator = BalanceEmulator()
    balance = Balance("scale", BalanceSettings(line=NUMBER, patience=0.5), tmp_path)
    with plugged(emulator) as (socket, line):
        yield Scene(balance, emulator, line, socket)
        balance.close()


def test_a_stable_weight_is_read_in_grams(scene: Scene) -> None:
    assert scene.balance.check() == []
    scene.balance.open()
    scene.balance.open()
    assert scene.balance.number == "B021002593"
    for weight_g in (23.45, 0.0, -0.012, 150.125):
        scene.emulator.weight_g = weight_g if weight_g >= 0 else 0.0
        scene.balance.zero()
        scene.emulator.weight_g += 21.5
        assert scene.balance.weigh() == 21.5
    scene.emulator.unit = "mg"
    assert scene.balance.weigh() == pytest.approx(0.0215)


def test_it_waits_until_the_mouse_is_quiet(scene: Scene) -> None:
    scene.balance.open()
    scene.emulator.weight_g, scene.emulator.is_stable = 24.1, False
    scene.line.delay(0.1)
    began = time.monotonic()
    scene.emulator.is_stable = True
    assert scene.balance.weigh() == 24.1
    assert time.monotonic() - began >= 0.1


def test_what_it_shows_is_read_without_waiting(scene: Scene) -> None:
    scene.balance.open()
    scene.emulator.weight_g, scene.emulator.is_stable = 24.1, False
    assert scene.balance.read() == (24.1, False)
    scene.emulator.is_stable = True
    assert scene.balance.read() == (24.1, True)
    scene.emulator.weight_g = 500.0
    with pytest.raises(DeviceError, match="overloaded"):
        scene.balance.read()


def test_a_weight_that_never_gets_stable_is_given_up_and_not_taken_for_the_next(
    scene: Scene,
) -> None:
    scene.balance.open()
    scene.emulator.weight_g, scene.emulator.is_stable = 24.1, False
    with pytest.raises(DeviceError, match=r"not stable within 0.5 s"):
        scene.balance.weigh()
    scene.emulator.weight_g, scene.emulator.is_stable = 30.0, True
    assert scene.balance.weigh() == 30.0


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(scene: Scene) -> None:
    scene.balance.open()
    scene.emulator.weight_g = 24.1
    scene.line.delay(0.6)
    with pytest.raises(DeviceError, match="not stable"):
        scene.balance.weigh()
    scene.line.delay(0.0)
    scene.emulator.weight_g = 30.0
    assert scene.balance.weigh() == 30.0


@pytest.mark.parametrize(
    ("weight_g", "unit", "words"),
    [
        (500.0, "g", "overloaded"),
        (-1.0, "g", "its pan is missing"),
        (24.0, "oz", "another unit than g, mg or kg"),
    ],
)
def test_what_cannot_be_weighed_is_said_in_words(
    scene: Scene, weight_g: float, unit: str, words: str
) -> None:
    scene.balance.open()
    scene.emulator.weight_g, scene.emulator.unit = weight_g, unit
    with pytest.raises(DeviceError, match=words):
        scene.balance.weigh()
    scene.emulator.weight_g, scene.emulator.unit = 24.0, "g"
    assert scene.balance.weigh() == 24.0


@pytest.mark.parametrize("damage", ["corrupt", "truncate"])
def test_a_damaged_answer_is_no_weight(scene: Scene, damage: str) -> None:
    scene.balance.open()
    scene.emulator.weight_g = 24.1
    {"corrupt": scene.line.corrupt, "truncate": scene.line.truncate}[damage]()
    with pytest.raises(DeviceError):
        scene.balance.weigh()
    assert scene.balance.weigh() == 24.1


def test_an_unplugged_balance_says_so_and_is_found_again(scene: Scene) -> None:
    scene.balance.open()
    scene.socket.unplug(scene.line)
    with pytest.raises(DeviceError, match="unplugged or switched off"):
        scene.balance.weigh()
    scene.socket.plug(scene.line)
    scene.emulator.weight_g = 24.1
    assert eventually(lambda: _weighs(scene.balance))


def _weighs(balance: Balance) -> bool:
    try:
        return balance.weigh() == 24.1
    except DeviceError:
        return False


def test_something_else_at_the_plug_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.balance.ANSWER_PATIENCE", 0.1)
    with (
        plugged(lickometer(time.monotonic)),
        pytest.raises(DeviceError, match="no balance answers"),
    ):
        Balance("scale", BalanceSettings(line=NUMBER), tmp_path).open()


def test_a_closed_balance_does_not_weigh(scene: Scene) -> None:
    scene.balance.close()
    with pytest.raises(DeviceError, match="it is not open"):
        scene.balance.weigh()
