"""The balance in the window: its weight fills the field, and is that of one mouse alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from board_desk import BoardDesk
from fake_jobs import FakeTalk
from gui_helpers import Bench, texts
from gui_ledger import begin, row
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from serial_bench import NUMBER, rig_with

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


def talk(desk: BoardDesk) -> FakeTalk:
    """Return the command that reads the balance."""
    return desk.jobs.talks[-1]


def field(desk: BoardDesk) -> QLineEdit:
    """Return the field for the weight."""
    return desk.panel.weight.line


def enter(desk: BoardDesk) -> None:
    """Enter what stands in the field; it is in the ledger."""
    QTest.keyClick(field(desk), Qt.Key_Return)
    desk.jobs.last("weigh").answer({"row": "r", "board": row("M014", weight_g=21.43)})


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> BoardDesk:
    return BoardDesk(bench, qtbot).show(row("M014"), row("M016"))


def test_a_mouse_that_is_quiet_fills_the_field_and_enter_takes_it(desk: BoardDesk) -> None:
    assert talk(desk).asked.arguments == ["balance"]
    assert "Balance: asked ..." in desk.said
    for shown, words in (
        (EMPTY, "Balance: 0.02 g, no mouse."),
        (MOVING, "Balance: 22.90 g, not quiet yet."),
    ):
        talk(desk).say(shown)
        assert words in desk.said
        assert field(desk).text() == ""
    talk(desk).say(QUIET)
    assert "Balance: 21.43 g. Enter in the field enters it." in desk.said
    assert field(desk).text() == "21.43"
    enter(desk)
    assert desk.jobs.last("weigh").arguments == [
        "weigh", "M014", "21.43", "--source=balance", "--by=anna",
    ]  # fmt: skip
    assert "M014 weighs 21.43 g." in desk.said


def test_a_weight_that_was_entered_is_not_that_of_the_next_mouse(desk: BoardDesk) -> None:
    talk(desk).say(QUIET)
    enter(desk)
    desk.screen.choose("M016")
    for shown in (MOVING, QUIET, OnBalance(21.39, True)):
        talk(desk).say(shown)
        assert field(desk).text() == ""
        assert "entered. Take the mouse off." in desk.said
    talk(desk).say(EMPTY, QUIET)
    assert field(desk).text() == "21.43"


def test_who_scans_the_mouse_after_putting_it_on_gets_its_weight(desk: BoardDesk) -> None:
    talk(desk).say(QUIET)
    desk.screen.choose("M016")
    assert field(desk).text() == "21.43"


def test_another_mouse_put_on_while_nobody_looked_is_weighed(desk: BoardDesk) -> None:
    talk(desk).say(QUIET)
    enter(desk)
    desk.screen.hide()
    assert talk(desk).stopped, "the port is free for others"
    talk(desk).asked.answer(None)
    desk.screen.show()
    desk.screen.choose("M016")
    talk(desk).say(OnBalance(24.1, True))
    assert field(desk).text() == "24.10"


def test_who_types_is_not_disturbed(desk: BoardDesk) -> None:
    QTest.keyClicks(field(desk), "2")
    talk(desk).say(QUIET)
    QTest.keyClicks(field(desk), "1.6")
    assert field(desk).text() == "21.6"
    enter(desk)
    assert "--source=balance" not in desk.jobs.last("weigh").arguments


def test_what_is_typed_takes_the_place_of_the_balances_weight(desk: BoardDesk) -> None:
    talk(desk).say(QUIET)
    QTest.keyClicks(field(desk), "21.5")
    assert field(desk).text() == "21.5"


def test_an_implausible_weight_on_the_balance_is_typed_by_a_person(desk: BoardDesk) -> None:
    talk(desk).say(OnBalance(12.4, True))
    QTest.keyClick(field(desk), Qt.Key_Return)
    assert "21.4 -> 12.4 g (-42 %). Type the weight again." in desk.said
    talk(desk).say(MOVING, OnBalance(12.4, True))
    assert field(desk).text() == ""
    assert desk.jobs.count("weigh") == 0


def test_a_balance_that_cannot_be_read_is_told_and_weights_can_be_typed(desk: BoardDesk) -> None:
    talk(desk).say(Told(f"{NO_PLUG} (balance 'balance'). Plug it in."))
    assert f"Balance: {NO_PLUG}" in desk.said
    QTest.keyClicks(field(desk), "21.6")
    enter(desk)
    assert desk.jobs.last("weigh").arguments[:3] == ["weigh", "M014", "21.6"]
    talk(desk).asked.answer(None, 3, "lab.toml is damaged")
    assert "Balance: lab.toml is damaged" in desk.said


def test_a_lab_without_a_balance_reads_none(bench: Bench, qtbot: QtBot) -> None:
    path = Path(bench.place.lab.folder) / "lab.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(NUMBER, ""), encoding="utf-8")
    bench.place.lab = find_lab(path.parent)
    desk = BoardDesk(bench, qtbot).show(row("M014"))
    assert desk.jobs.talks == []
    assert "Balance" not in desk.said


@pytest.fixture
def emulator(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[BalanceEmulator]:
    """Return a balance at a serial port of the computer."""
    emulator = BalanceEmulator()
    line = PtyLine(emulator)
    line.plug()
    monkeypatch.setattr("gui.jobs.RIG_PROGRAM", rig_with(line))
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
