"""The balance at a serial port: the mouse on it, what is no mouse, and what it shows meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from inside import Done, inside
from ledger_bench import put_in, small_lab
from serial_bench import NUMBER, Socket, plugged

from hardware.emulators.serial.mt_sics import BalanceEmulator
from hardware.emulators.serial.pty_line import PtyLine
from rig.dialog import OnBalance
from rig.errors import DeviceError, ExitCode
from rig.lab import Lab
from rig.ledger.entries import rows_of
from rig.ledger.store import begin_ledger, open_ledger
from rig.ledger.subjects import find_subject
from rig.ledger.tables import weighings
from rig.scale import follow_balance


@dataclass
class Scene:
    """A lab with a mouse of 22 g, and what lies on the balance."""

    lab: Lab
    emulator: BalanceEmulator
    socket: Socket
    line: PtyLine

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
    monkeypatch.setattr("rig.scale.READ_EVERY", 0.01)
    monkeypatch.setattr("rig.scale.LOOK_AGAIN", 0.01)
    emulator = BalanceEmulator()
    with plugged(emulator) as (socket, line):
        yield Scene(lab, emulator, socket, line)


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


def test_what_the_balance_shows_is_read_and_nothing_is_entered(scene: Scene) -> None:
    scene.emulator.weight_g = 21.456
    assert inside(scene.lab, "balance").out == "21.46 g\n"
    scene.emulator.is_stable = False
    assert inside(scene.lab, "balance").out == "21.46 g, not stable yet\n"
    told = msgspec.json.decode(inside(scene.lab, "balance", "--json").out)
    assert told["shown"] == {"type": "on_balance", "grams": 21.46, "is_stable": False}
    assert scene.entered() == []


def test_a_balance_is_followed_and_one_that_is_unplugged_is_looked_for(scene: Scene) -> None:
    scene.socket.unplug(scene.line)
    followed = follow_balance(NUMBER, scene.lab.folder)
    missing = next(followed)
    assert isinstance(missing, DeviceError)
    assert "is plugged in" in missing.what
    scene.socket.plug(scene.line)
    scene.emulator.weight_g = 21.4
    assert next(followed) == OnBalance(21.4, True)
    scene.emulator.weight_g = 22.0
    assert next(followed) == OnBalance(22.0, True)
    scene.socket.unplug(scene.line)
    assert "unplugged" in str(next(followed))
    scene.socket.plug(scene.line)
    assert next(told for told in followed if isinstance(told, OnBalance)) == OnBalance(22.0, True)
    followed.close()


def test_a_program_that_read_the_balance_says_so(scene: Scene) -> None:
    assert scene.weigh("21.5", "--source", "balance").code == ExitCode.OK
    assert scene.entered() == [(21.5, "balance")]


def test_a_lab_without_a_balance_is_asked_for_its_number(tmp_path: Path) -> None:
    came = inside(small_lab(tmp_path / "lab"), "balance")
    assert came.code == ExitCode.USAGE
    assert "name the balance in lab.toml" in came.err
