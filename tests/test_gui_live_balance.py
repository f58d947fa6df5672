"""The balance in the window: its weight fills the field, and is that of one mouse alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_jobs import FakeJobs, FakeTalk
from gui_helpers import Bench, texts
from gui_ledger import begin, board, row
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot
from serial_bench import NUMBER

from gui.ledger_jobs import LedgerJobs
from gui.screens.water_board import WaterBoard
from hardware.emulators.serial.mt_sics import BalanceEmulator
from hardware.emulators.serial.pty_line import PtyLine
from rig.dialog import OnBalance, Told
from rig.lab import find_lab
from rig.ledger.entries import rows_of
from rig.ledger.store import open_ledger
from rig.ledger.subjects import find_subject
from rig.ledger.tables import weighings

COMMAND = """
from types import SimpleNamespace
from serial.tools import list_ports
from rig.main import main
plug = SimpleNamespace(device={port!r}, serial_number={number!r}, vid=0x16C0, pid=0x0483)
list_ports.comports = lambda: [plug]
main()
"""
"""``rig`` with a balance in a socket of the computer."""
EMPTY, MOVING, QUIET = OnBalance(0.02, True), OnBalance(22.9, False), OnBalance(21.43, True)
NO_PLUG = "no serial device with the USB serial number 'TEENSY-17' is plugged in"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """Return the bench of a lab with a balance."""
    path = bench.place.lab.folder / "lab.toml"
    text = f'balance = "{NUMBER}"\n{path.read_text(encoding="utf-8")}'
    path.write_text(text, encoding="utf-8")
    bench.place.lab = find_lab(path.parent)
    return bench


class Desk:
    """The water board, whose commands a test answers."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.jobs = FakeJobs()
        bench.place.jobs = self.jobs  # type: ignore[assignment]
        (bench.place.lab.folder / "ledger.db").touch()
        self.screen = WaterBoard(bench.place, LedgerJobs(bench.place))
        qtbot.addWidget(self.screen)
        self.screen.resize(1100, 650)
        self.screen.show()
        self.screen.arrive()
        self.jobs.last("water").answer(board(row("M014"), row("M016")))
        self.field = self.screen.panel.weight.line

    @property
    def talk(self) -> FakeTalk:
        """The command that reads the balance."""
        return self.jobs.talks[-1]

    @property
    def said(self) -> str:
        return texts(self.screen)

    def enter(self) -> None:
        """Enter what stands in the field; it is in the ledger."""
        QTest.keyClick(self.field, Qt.Key_Return)
        self.jobs.last("weigh").answer({"row": "r", "board": row("M014", weight_g=21.43)})


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> Desk:
    return Desk(bench, qtbot)


def test_a_mouse_that_is_quiet_fills_the_field_and_enter_takes_it(desk: Desk) -> None:
    assert desk.talk.asked.arguments == ["balance"]
    assert "Balance: asked ..." in desk.said
    for shown, words in (
        (EMPTY, "Balance: 0.02 g, no mouse."),
        (MOVING, "Balance: 22.90 g, not quiet yet."),
    ):
        desk.talk.say(shown)
        assert words in desk.said
        assert desk.field.text() == ""
    desk.talk.say(QUIET)
    assert "Balance: 21.43 g. Enter in the field enters it." in desk.said
    assert desk.field.text() == "21.43"
    desk.enter()
    assert desk.jobs.last("weigh").arguments == [
        "weigh", "M014", "21.43", "--source=balance", "--by=anna",
    ]  # fmt: skip
    assert "M014 weighs 21.43 g." in desk.said


def test_a_weight_that_was_entered_is_not_that_of_the_next_mouse(desk: Desk) -> None:
    desk.talk.say(QUIET)
    desk.enter()
    desk.screen.choose("M016")
    for shown in (MOVING, QUIET, OnBalance(21.39, True)):
        desk.talk.say(shown)
        assert desk.field.text() == ""
        assert "entered. Take the mouse off." in desk.said
    desk.talk.say(EMPTY, QUIET)
    assert desk.field.text() == "21.43"


def test_who_scans_the_mouse_after_putting_it_on_gets_its_weight(desk: Desk) -> None:
    desk.talk.say(QUIET)
    desk.screen.choose("M016")
    assert desk.field.text() == "21.43"


def test_another_mouse_put_on_while_nobody_looked_is_weighed(desk: Desk) -> None:
    desk.talk.say(QUIET)
    desk.enter()
    desk.screen.hide()
    assert desk.talk.stopped, "the port is free for others"
    desk.talk.asked.answer(None)
    desk.screen.show()
    desk.screen.choose("M016")
    desk.talk.say(OnBalance(24.1, True))
    assert desk.field.text() == "24.10"


def test_who_types_is_not_disturbed(desk: Desk) -> None:
    QTest.keyClicks(desk.field, "2")
    desk.talk.say(QUIET)
    QTest.keyClicks(desk.field, "1.6")
    assert desk.field.text() == "21.6"
    desk.enter()
    assert "--source=balance" not in desk.jobs.last("weigh").arguments


def test_what_is_typed_takes_the_place_of_the_balances_weight(desk: Desk) -> None:
    desk.talk.say(QUIET)
    QTest.keyClicks(desk.field, "21.5")
    assert desk.field.text() == "21.5"


def test_an_implausible_weight_on_the_balance_is_typed_by_a_person(desk: Desk) -> None:
    desk.talk.say(OnBalance(12.4, True))
    QTest.keyClick(desk.field, Qt.Key_Return)
    assert "21.4 -> 12.4 g (-42 %). Type the weight again." in desk.said
    desk.talk.say(MOVING, OnBalance(12.4, True))
    assert desk.field.text() == ""
    assert desk.jobs.count("weigh") == 0


def test_a_balance_that_cannot_be_read_is_told_and_weights_can_be_typed(desk: Desk) -> None:
    desk.talk.say(Told(f"{NO_PLUG} (balance 'balance'). Plug it in."))
    assert f"Balance: {NO_PLUG}" in desk.said
    QTest.keyClicks(desk.field, "21.6")
    desk.enter()
    assert desk.jobs.last("weigh").arguments[:3] == ["weigh", "M014", "21.6"]
    desk.talk.asked.answer(None, 3, "lab.toml is damaged")
    assert "Balance: lab.toml is damaged" in desk.said


def test_a_lab_without_a_balance_reads_none(bench: Bench, qtbot: QtBot) -> None:
    path = Path(bench.place.lab.folder) / "lab.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(NUMBER, ""), encoding="utf-8")
    bench.place.lab = find_lab(path.parent)
    desk = Desk(bench, qtbot)
    assert desk.jobs.talks == []
    assert "Balance" not in desk.said


@pytest.fixture
def emulator(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[BalanceEmulator]:
    """Return a balance at a serial port of the computer."""
    emulator = BalanceEmulator()
    line = PtyLine(emulator)
    line.plug()
    script = COMMAND.format(port=line.port, number=NUMBER)
    monkeypatch.setattr("gui.jobs.RIG_PROGRAM", (sys.executable, "-P", "-c", script))
    yield emulator
    bench.place.jobs.close()
    line.unplug()


def test_the_real_command_reads_an_emulated_balance(
    bench: Bench, emulator: BalanceEmulator, qtbot: QtBot
) -> None:
    lab = bench.place.lab
    begin(lab, M014=22.0)
    screen = WaterBoard(bench.place, LedgerJobs(bench.place))
    qtbot.addWidget(screen)
    screen.show()
    screen.arrive()
    field = screen.panel.weight.line
    qtbot.waitUntil(lambda: "g, no mouse." in texts(screen), timeout=30_000)
    emulator.is_stable, emulator.weight_g = False, 21.4
    qtbot.waitUntil(lambda: "not quiet yet." in texts(screen), timeout=30_000)
    assert field.text() == ""
    emulator.is_stable = True
    qtbot.waitUntil(lambda: field.text() == "21.40", timeout=30_000)
    qtbot.waitUntil(screen.panel.weigh_button.isEnabled, timeout=30_000)
    QTest.keyClick(field, Qt.Key_Return)
    qtbot.waitUntil(lambda: "M014 weighs 21.4 g." in texts(screen), timeout=30_000)
    with open_ledger(lab) as ledger, ledger.reading() as connection:
        last = rows_of(connection, weighings, find_subject(connection, "M014").id)[-1]
    assert (last["weight_g"], last["source"]) == (21.4, "balance")
    screen.hide()
    qtbot.waitUntil(lambda: bench.place.jobs.busy == 0, timeout=30_000)
