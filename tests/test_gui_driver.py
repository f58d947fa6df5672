"""Real keys and clicks reach a real window, and what it shows is found: the tests' own hands."""

from __future__ import annotations

from pathlib import Path

import pytest
from gui_driver import Display, running
from PIL import Image

WINDOW = """
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import *
app = QApplication(["trivial"])
window = QWidget()
window.setWindowTitle("Trivial window")
window.setStyleSheet("background: #00ff00")
rows = QVBoxLayout(window)
name, said, tabs = QLineEdit(), QLabel("nothing"), QTabWidget()
name.setAccessibleName("Mouse")
button = QPushButton("&Greet")
button.clicked.connect(lambda: said.setText("Hello, " + name.text()))
QShortcut("F5", window, lambda: said.setText("started"))
mice = QListWidget()
mice.addItems(["M014", "M015"])
mice.currentTextChanged.connect(lambda mouse: said.setText("chosen: " + mouse))
tabs.addTab(mice, "Mice")
tabs.addTab(QLabel("no rigs"), "Rigs")
for row in (name, button, said, tabs):
    rows.addWidget(row)
window.resize(500, 300)
window.show()
app.exec()
"""


@pytest.mark.parametrize("scale", ["1", "1.5"])
def test_clicks_and_keys_reach_a_window_on_the_display(
    display: Display, tmp_path: Path, scale: str
) -> None:
    script = tmp_path / "window.py"
    script.write_text(WINDOW, encoding="utf-8")
    with running(display, tmp_path, script, QT_SCALE_FACTOR=scale) as program:
        program.window("Trivial window")
        program.click("Mouse")
        program.type("M014 (brown dot)")
        program.click("Greet")
        program.see("Hello, M014 (brown dot)")
        program.press("F5")
        program.see("started")
        program.press("alt+g")
        program.see("Hello, M014 (brown dot)")
        program.click("M015")
        program.see("chosen: M015")
        program.click("Rigs")
        program.see("no rigs")
        program.see_no("M015")
        display.screenshot(tmp_path / "screen.png")
    with Image.open(tmp_path / "screen.png") as picture:
        assert picture.size == (1366, 768)
        assert (0, 255, 0) in {colour for _, colour in picture.convert("RGB").getcolors(1 << 24)}


def test_what_is_missing_is_told_with_what_the_program_said(
    display: Display, tmp_path: Path
) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('no lab here')", encoding="utf-8")
    with (
        running(display, tmp_path, script) as program,
        pytest.raises(AssertionError, match="no lab here"),
    ):
        program.window("Any")
