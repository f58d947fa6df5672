"""`rig weigh` with a balance at a serial port: the mouse on it, and what is no mouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from inside import Done, inside
from ledger_bench import put_in, small_lab
from serial_bench import NUMBER, Socket

from hardware.emulators.serial.mt_sics import BalanceEmulator
from hardware.emulators.serial.pty_line import PtyLine
from rig.errors import ExitCode
from rig.lab import Lab
from rig.ledger.entries import rows_of
from rig.ledger.store import begin_ledger, open_ledger
from rig.ledger.subjects import find_subject
from rig.ledger.tables import weighings


@dataclass
class Scene:
    """A lab with a mouse of 22 g, and what lies on the balance."""

    lab: Lab
    emulator: BalanceEmulator

    def weigh(self, *options: str) -> Done:
        return inside(self.lab, "weigh", "M1", *options)

    def entered(self) -> list[tuple[float, str]]:
        """Return the weights after the first one, and where they came from."""
        with open_ledger(self.lab) as ledger, ledger.reading() as connection:
            rows = rows_of(connection, weighings, find_subject(connection, "M1").id)
        return [(row["weight_g"], row["source"]) for row in rows[1:]]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    lab = small_lab(tmp_path / "lab", f'balance = "{NUMBER}"\n')
    with begin_ledger(lab) as ledger:
        put_in(ledger, "M1", 22.0)
    monkeypatch.setattr("rig.scale.PATIENCE", 0.2)
    emulator, socket = BalanceEmulator(), Socket()
    line = PtyLine(emulator)
    socket.plug(line)
    yield Scene(lab, emulator)
    line.unplug()
    socket.close()


def test_the_lab_s_balance_is_read_when_the_mouse_is_quiet(scene: Scene) -> None:
    scene.emulator.weight_g, scene.emulator.is_stable = 21.456, False
    came = scene.weigh()
    assert came.code == ExitCode.HARDWARE
    assert "the weight was not stable within 0.2 s" in came.err
    assert "weigh it in a tube" in came.err
    assert scene.entered() == []
    scene.emulator.is_stable = True
    came = scene.weigh()
    assert came.code == ExitCode.OK
    assert "The balance shows 21.46 g." in came.err
    assert "M1 weighs 21.46 g (-2.5 % since" in came.out
    assert scene.entered() == [(21.46, "balance")]


def test_what_lies_on_the_balance_and_is_not_the_mouse_is_not_entered(scene: Scene) -> None:
    for weight_g, words in ((0.03, "0.03 g is no mouse"), (12.4, "22.0 -> 12.4 g (-44 %)")):
        scene.emulator.weight_g = weight_g
        came = scene.weigh()
        assert came.code == ExitCode.CHECK_FAILED
        assert words in came.err
    assert scene.entered() == []
    assert scene.weigh("--confirm").code == ExitCode.OK
    assert scene.entered() == [(12.4, "balance")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("21.0", "--balance", NUMBER), "leave out the grams"),
        (("--at", "08:05"), "type what it weighed"),
        (("--correct", "last", "--reason", "misread"), "type what it weighed"),
        (("--withdraw", "last"), "a correction needs --reason"),
    ],
)
def test_a_balance_tells_no_weight_of_the_past(
    scene: Scene, options: tuple[str, ...], words: str
) -> None:
    came = scene.weigh(*options)
    assert came.code == ExitCode.USAGE
    assert words in " ".join(came.err.replace("│", " ").split())


def test_a_balance_that_is_not_plugged_in_is_named(scene: Scene) -> None:
    came = scene.weigh("--balance", "4711")
    assert came.code == ExitCode.HARDWARE
    assert "no serial device with the USB serial number '4711' is plugged in" in came.err
