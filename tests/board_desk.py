"""The water board in the hands of a test: its commands are not run, and a test answers them."""

from __future__ import annotations

from fake_jobs import FakeJobs
from gui_helpers import Bench, texts
from gui_ledger import board
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.ledger_jobs import LedgerJobs
from gui.screens.water_board import WaterBoard


class BoardDesk:
    """The screen, whose commands a test answers."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.jobs = FakeJobs()
        bench.place.jobs = self.jobs  # type: ignore[assignment]
        (bench.place.lab.folder / "ledger.db").touch()
        self.screen = WaterBoard(bench.place, LedgerJobs(bench.place))
        qtbot.addWidget(self.screen)
        self.screen.resize(1100, 650)
        self.screen.show()
        self.screen.arrive()
        self.panel, self.place = self.screen.panel, bench.place

    def show(self, *rows: object) -> BoardDesk:
        """Let the board be read."""
        self.jobs.last("water").answer(board(*rows))  # type: ignore[arg-type]
        return self

    def type(self, line: QWidget, text: str) -> None:
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key_Return)

    def entered(self, word: str) -> list[list[str]]:
        return [each.arguments for each in self.jobs.asked if each.arguments[0] == word]

    @property
    def said(self) -> str:
        return texts(self.screen)
