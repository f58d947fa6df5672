"""A photometer at a serial port: luminances, refusals, and its plug."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from serial_bench import NUMBER, Socket, eventually, lickometer, plugged

from hardware.emulators.serial.minolta import PhotometerEmulator
from hardware.emulators.serial.pty_line import PtyLine
from hardware.photometer import Photometer, PhotometerSettings
from hardware.serial.address import EIGHT_N_1
from rig.errors import DeviceError


@dataclass
class Scene:
    """A photometer, the light before it, and the cable between it and the computer."""

    folder: Path
    light_cd_m2: float = 0.0
    socket: Socket = field(default_factory=Socket)

    def __post_init__(self) -> None:
        self.emulator = PhotometerEmulator(lambda: self.light_cd_m2)
        self.line = PtyLine(self.emulator)
        settings = PhotometerSettings(line=NUMBER, patience=0.3)
        self.photometer = Photometer("LS-110", settings, self.folder)


@pytest.fixture(autouse=True)
def no_parity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the driver do without parity: a pseudo-terminal has none."""
    monkeypatch.setattr("hardware.photometer.SEVEN_E_2", EIGHT_N_1)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    made.socket.plug(made.line)
    yield made
    made.photometer.close()
    made.line.unplug()
    made.socket.close()


def test_luminances_are_read(scene: Scene) -> None:
    assert scene.photometer.check() == []
    scene.photometer.open()
    for luminance in (0.0, 0.031, 123.4, 2500.0):
        scene.light_cd_m2 = luminance
        assert scene.photometer.luminance_cd_m2() == luminance


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("ER30", "its battery is empty"),
        ("ER10", "outside its range"),
        ("ER77", "it reports ER77"),
        ("OK12", "brighter than it can show"),
        ("OK00,    dark", "no luminance: 'dark'"),
        ("hello", "it answers with 'hello'"),
    ],
)
def test_what_it_cannot_measure_is_said_in_words(scene: Scene, trouble: str, words: str) -> None:
    scene.photometer.open()
    scene.emulator.trouble = trouble
    with pytest.raises(DeviceError, match=words):
        scene.photometer.luminance_cd_m2()
    scene.emulator.trouble, scene.light_cd_m2 = "", 7.0
    assert scene.photometer.luminance_cd_m2() == 7.0


def test_a_late_answer_is_not_taken_for_the_next(scene: Scene) -> None:
    scene.photometer.open()
    scene.light_cd_m2 = 5.0
    scene.line.delay(0.4)
    with pytest.raises(DeviceError, match=r"did not answer within 0.3 s"):
        scene.photometer.luminance_cd_m2()
    scene.line.delay(0.0)
    scene.light_cd_m2 = 9.0
    assert eventually(lambda: _reads(scene.photometer) == 9.0)


def test_an_unplugged_photometer_says_so_and_is_found_again(scene: Scene) -> None:
    scene.photometer.open()
    scene.socket.unplug(scene.line)
    with pytest.raises(DeviceError, match="unplugged or switched off"):
        scene.photometer.luminance_cd_m2()
    scene.socket.plug(scene.line)
    scene.light_cd_m2 = 3.0
    assert eventually(lambda: _reads(scene.photometer) == 3.0)


def test_something_else_at_the_plug_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.photometer.ANSWER_PATIENCE", 0.1)
    with plugged(lickometer(time.monotonic)), pytest.raises(DeviceError, match="on with F held"):
        Photometer("LS-110", PhotometerSettings(line=NUMBER), tmp_path).open()


def _reads(photometer: Photometer) -> float | None:
    try:
        return photometer.luminance_cd_m2()
    except DeviceError:
        return None
