"""Take pictures of the screens of a day: mice in their order, weights, water, the end of the day.

``python tools/day_screenshots.py --out screenshots`` makes a lab of virtual mice with a past and a
ledger, and takes them in three palettes, at 1366x768 and at 200 %. It takes a minute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QComboBox
from screenshots import SETTLE_MS, SIZE, Camera, find_button, main, shows, type_into, wait

from analysis.commands.demo import make_past
from gui import theme
from gui.app import make_window
from gui.window import Window
from gui.workplace import ScreenName
from rig.lab import Lab, find_lab
from rig.ledger.entries import Entry, enter_supplement, enter_weight
from rig.ledger.store import begin_ledger
from rig.ledger.subject_file import facts_in_file
from rig.ledger.subjects import add_subject, made_facts

SHOWN = {
    "today": "today-dark",
    "water_board": "water_board-dark",
    "subject": "subject-light",
    "close_the_day": "close_the_day-dark",
    "wrong_tag": "wrong_tag-dark",
}
WEIGHTS = {
    "SIM01": (23.4, 400.0, True),
    "SIM02": (21.9, 300.0, False),
    "SIM03": (22.6, 200.0, True),
    "SIM04": (20.8, 500.0, True),
    "SIM05": (23.9, 900.0, True),
}
"""Mice of the ledger: weight in g, supplement of a day in uL, whether it is weighed today."""
NOT_PLANNED = "SIM04"
"""A mouse that is not the next one on its rig."""
LEARNED = "SIM03"
"""A mouse that has learned something."""
DAYS = 20
PLAN = """
[[mice]]
subject = "SIM03"
rig = "box1"

[[mice]]
subject = "SIM04"
rig = "box1"

[[mice]]
subject = "SIM02"
rig = "box1"
"""
WATER = """
[water]
policy = "per_gram"
"""


def take_all(folder: Path, out: Path, scale: int) -> None:
    """Make the lab, and lead the window from screen to screen."""
    lab = _make_lab(folder)
    theme.make_app([])
    window = make_window(lab)
    window.resize(*SIZE)
    window.show()
    window.start()
    camera = Camera(window, out, scale)
    screens: tuple[ScreenName, ...] = ("today", "water", "close the day", "subject")
    try:
        for name in screens:
            _take(window, camera, name)
        _take_wrong_tag(window, camera)
    finally:
        window.leave()


def _take(window: Window, camera: Camera, name: ScreenName) -> None:
    window.go_to(name)
    wait(lambda: not window.busy, name)
    if name == "subject":
        _choose(window, LEARNED)
        wait(lambda: not window.busy, LEARNED)
    QTest.qWait(SETTLE_MS)
    camera.take("water_board" if name == "water" else name.replace(" ", "_"))


def _take_wrong_tag(window: Window, camera: Camera) -> None:
    """Scan another mouse than the one that is planned."""
    window.look_at("box1")
    window.go_to("arm")
    wait(lambda: not window.busy, "the mice")
    type_into(window, "Mouse: ear tag or id", NOT_PLANNED)
    wait(lambda: find_button(window, f"Switch to {NOT_PLANNED}") is not None, "the stop")
    wait(lambda: shows(window, "Last session"), "the Arm sheet")
    camera.take("wrong_tag")


def _choose(window: Window, mouse: str) -> None:
    """Choose a mouse on the page of a subject."""
    for box in window.findChildren(QComboBox):
        if box.accessibleName() == "Mouse":
            box.setCurrentText(mouse)
            box.activated.emit(box.currentIndex())


def _make_lab(folder: Path) -> Lab:
    """Make the lab of the demonstration, with a plan and three weeks of weights."""
    lab = make_past(folder, days=6, seed=1)
    (folder / "day-plan.toml").write_text(PLAN, encoding="utf-8")
    with (folder / "lab.toml").open("a", encoding="utf-8") as file:
        file.write(WATER)
    lab, now = find_lab(folder), datetime.now(UTC)
    with begin_ledger(lab) as ledger:
        for name, (weight_g, given_ul, weighed) in WEIGHTS.items():
            facts = made_facts(facts_in_file(lab, name) | {"baseline_g": 25.0}, name, now.date())
            mouse = add_subject(ledger, name, facts, "Jane", now - timedelta(days=DAYS + 1))
            for days in range(DAYS, -1 if weighed else 0, -1):
                at = now - timedelta(days=days)
                entry = Entry(mouse, at, at, "Jane")
                enter_weight(ledger, entry, round(weight_g + 0.1 * days + 0.2 * (days % 3), 1))
                enter_supplement(ledger, entry, given_ul)
    return lab


if __name__ == "__main__":
    main(__file__, (__doc__ or "").splitlines()[0], SHOWN, take_all)
