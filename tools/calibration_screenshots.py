"""Take pictures of the calibrations in the window, on a valve of an emulated card.

``python tools/calibration_screenshots.py --out screenshots`` leads the wizard through a calibration
with typed weights, in three palettes, at 1366x768 and at 200 %. It takes two minutes.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QLineEdit
from screenshots import SETTLE_MS, SIZE, Camera, find_button, main, press, wait

from calibration.valve_fit import WATER_MG_PER_UL
from gui import theme
from gui.app import make_window
from gui.window import Window
from hardware.emulators.ni.client import EmulatedCard
from rig.commands.init import make_lab
from rig.lab import find_lab

SHOWN = {
    "calibrations": "calibrations-dark",
    "calibrate_begin": "calibrate_begin-dark",
    "calibrate_question": "calibrate_question-dark",
    "calibrate_result": "calibrate_result-dark",
}
VALVE = """setup = "freely_moving"

[devices.valve]
driver = "hardware.ni_valve:NiValve"
line = "Dev1/ctr0"
read_back = "Dev1/port0/line7"
calibration = "calibration/box1-valve.toml"
max_open_ms = 100
address = "{address}"

[devices.speaker]
driver = "hardware.speaker:SpeakerTwin"
line = "Dev1/ao0"
rate_hz = 192_000
calibration = "calibration/box1-speaker.toml"

[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"
"""
OLD_DAYS = 41
OPEN_MS = (10, 20, 40, 60, 80)
DROPS = 20
GIVEN_UL = (1.31, 2.78, 5.83, 8.69, 11.77)
"""Mean drops of a valve that gives a little more than when it was calibrated."""
LIES_MG = 1204.0


def take_all(folder: Path, out: Path, scale: int) -> None:
    """Make the lab, and lead the wizard through it."""
    with EmulatedCard() as card:
        card.wire("Dev1/PFI12", "Dev1/port0/line7")
        make_lab(folder)
        rigs = folder / "rigs/box1.toml"
        rigs.write_text(VALVE.format(address=card.address), encoding="utf-8")
        old = folder / "calibration/box1-valve.toml"
        measured_on = (date.today() - timedelta(days=OLD_DAYS)).isoformat()
        text = old.read_text(encoding="utf-8").replace("2026-11-02", measured_on)
        old.write_text(text.replace("simulation", "Jane"), encoding="utf-8")
        theme.make_app([])
        window = make_window(find_lab(folder))
        window.resize(*SIZE)
        window.show()
        window.start()
        try:
            _story(window, Camera(window, out, scale))
        finally:
            window.leave()


def _story(window: Window, camera: Camera) -> None:
    window.go_to("calibrations")
    wait(lambda: not window.busy, "what is in force")
    press(window, "Calibrate...")
    drops = next(
        each for each in window.findChildren(QLineEdit) if each.accessibleName() == "Drops"
    )
    drops.setFocus()
    drops.selectAll()
    QTest.keyClicks(drops, str(DROPS))
    camera.take("calibrate_begin")
    press(window, "Begin (Enter)")
    lies_mg = LIES_MG
    for number, given_ul in enumerate((0.0, 0.0, *GIVEN_UL)):
        lies_mg += DROPS * given_ul * WATER_MG_PER_UL
        field = _field(window)
        if number == 3:
            QTest.keyClicks(field, "12")
            camera.take("calibrate_question")
            field.clear()
        QTest.keyClicks(field, f"{lies_mg:.0f}")
        QTest.keyClick(field, Qt.Key_Return)
    wait(lambda: find_button(window, "Put in force") is not None, "the result")
    QTest.qWait(SETTLE_MS)
    camera.take("calibrate_result")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key_Return)
    wait(lambda: find_button(window, "Close (Enter)") is not None, "the end")
    press(window, "Close (Enter)")
    wait(lambda: not window.busy, "what is in force")
    camera.take("calibrations")


def _field(window: Window) -> QLineEdit:
    """Return the field for an answer, when one is asked for; else show why none is."""
    wait(
        lambda: (
            isinstance(QApplication.focusWidget(), QLineEdit)
            or find_button(window, "Close (Enter)") is not None
        ),
        "a question",
    )
    field = QApplication.focusWidget()
    if isinstance(field, QLineEdit):
        return field
    raise LookupError("it has ended: on a busy computer the emulated valve may come too late")


if __name__ == "__main__":
    main(__file__, (__doc__ or "").splitlines()[0], SHOWN, take_all)
