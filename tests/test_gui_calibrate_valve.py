"""A valve is calibrated in the window: by the real command, on an emulated card and balance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui_helpers import Bench
from ni_bench import VALVE_LINE
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from serial_bench import NUMBER, rig_with
from weighing_bench import NI, UL_PER_MS, Dish

from calibration.store import RECORDS
from calibration.valve import ValveCalibration
from calibration.valve_fit import WATER_MG_PER_UL
from gui.calibrating.wizard import Wanted, Wizard
from hardware.calibrating.command import valve
from hardware.calibrating.kinds import kind_of
from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.serial.pty_line import PtyLine
from rig.lab import Lab

IMPATIENT = """
import hardware.calibrating.valve as weighed
weighed.LEAK_WAIT, weighed.BETWEEN_OPENINGS = 0.1, 0.03
"""


@pytest.fixture
def real(
    bench: Bench,
    lab: Lab,
    emulated_card: CardWires,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    """Return the bench of a rig with a valve that was never calibrated, and a balance."""
    text = NI.format(address=emulated_card.address)
    (lab.folder / "rigs/box1.toml").write_text(text, encoding="utf-8")
    line = PtyLine(Dish(emulated_card))
    line.plug()
    monkeypatch.setattr("gui.jobs.RIG_PROGRAM", rig_with(line, IMPATIENT))
    yield bench
    bench.place.jobs.close()
    line.unplug()


def begin(real: Bench, qtbot: QtBot, **options: str) -> Wizard:
    """Begin to calibrate the valve."""
    wizard = Wizard(real.place, lambda: None)
    qtbot.addWidget(wizard)
    wizard.show()
    wizard.prepare(Wanted(kind_of("valve", valve), "box1", {"device": "valve"}, simulated=False))
    page = wizard.begin_page
    assert page.options is not None
    for name, text in {"drops": "10", "open_ms": "15, 25, 40", **options}.items():
        editor = page.options.rows[name].editor
        editor.setFocus()
        editor.clear()  # type: ignore[attr-defined]
        QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key_Return)
    return wizard


@pytest.mark.realtime
def test_typed_weights_become_the_valve_in_force(real: Bench, lab: Lab, qtbot: QtBot) -> None:
    """The person types nonsense at first each time, and approves the line in the end."""
    wizard = begin(real, qtbot)
    panel, lies_mg = wizard.run_page.question, 500.0
    for gives_ms in (0, 0, 15, 25, 40):
        lies_mg += 10 * gives_ms * UL_PER_MS * WATER_MG_PER_UL
        qtbot.waitUntil(panel.isVisible, timeout=30_000)
        for typed in ("?", "12" if gives_ms else "", f"{lies_mg:.0f}"):
            panel.field.clear()
            QTest.keyClicks(panel.field, typed)
            QTest.keyClick(panel.field, Qt.Key_Return)
    qtbot.waitUntil(lambda: panel.isVisible() and panel.picture.isVisible(), timeout=30_000)
    assert "uL/ms" in panel.words.text()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key_Return)
    end = wizard.end_page
    qtbot.waitUntil(end.isVisible, timeout=30_000)
    assert end.word.text() == "Done"
    assert end.picture.isVisible()
    found = ValveCalibration(lab.folder, "calibration/new-valve.toml")
    assert 1000 * found.open_time(4.0) == pytest.approx(4.0 / UL_PER_MS, rel=0.02)


@pytest.mark.realtime
@pytest.mark.parametrize("leaves", ["Stop", "close the window"])
def test_who_leaves_in_the_middle_finds_the_valve_closed_and_nothing_in_force(
    real: Bench, lab: Lab, qtbot: QtBot, emulated_card: CardWires, leaves: str
) -> None:
    wizard = begin(real, qtbot, balance=NUMBER)
    page = wizard.run_page
    qtbot.waitUntil(
        lambda: page.steps.bar.isVisible() and page.steps.bar.value() > 2, timeout=30_000
    )
    assert any(told.startswith("The balance shows") for told in page.steps.told)
    if leaves == "Stop":
        page.ask_to_stop()
        page.sure.click()
        qtbot.waitUntil(wizard.end_page.isVisible, timeout=10_000)
        assert "every device is off" in wizard.end_page.said.text()
    else:
        real.place.jobs.close()
    edges = emulated_card.history(VALVE_LINE)
    assert not edges[-1][1]
    assert edges == emulated_card.history(VALVE_LINE), "nothing opens it any more"
    assert not (lab.folder / "calibration/new-valve.toml").exists()
    assert not (lab.folder / RECORDS).exists()
