"""What makes the window easy to hear and to read: sounds of alerts, sizes of letters."""

from __future__ import annotations

from gui_helpers import Bench, Script
from PyQt5.QtWidgets import QApplication, QPushButton
from test_gui_window import look, press, window

from gui import remembered
from gui.alert_sound import AGAIN_AFTER, AlertSound
from gui.alerts import Alert
from gui.palette import DIM_RED, PALETTES
from gui.window import Window

__all__ = ["window"]  # the fixture

GRAVE = Alert("box1", "dry drops", "bad", "10 drops, and no lick")


class Ear:
    """Hears sounds, at times that a test sets."""

    def __init__(self) -> None:
        self.heard = 0
        self.time = 0.0
        self.sound = AlertSound(self._hear, lambda: self.time)

    def _hear(self) -> None:
        self.heard += 1


def test_a_grave_alert_sounds_once_and_again_each_minute_until_it_is_seen() -> None:
    ear = Ear()
    for seconds, heard in ((0.0, 1), (0.5, 1), (AGAIN_AFTER, 2), (AGAIN_AFTER + 1, 2)):
        ear.time = seconds
        ear.sound.listen([GRAVE], set())
        assert ear.heard == heard
    ear.time = 10 * AGAIN_AFTER
    ear.sound.listen([Alert("box1", "dry drops", "bad", "", acknowledged="anna")], set())
    assert ear.heard == 2
    ear.sound.listen([GRAVE], set())
    assert ear.heard == 3, "it has come again"


def test_only_grave_alerts_that_last_sound_and_none_of_a_muted_box() -> None:
    ear = Ear()
    over = Alert("box1", "disk", "bad", "", over=True)
    ear.sound.listen([Alert("box1", "no lick", "warn", ""), over], set())
    ear.sound.listen([GRAVE], {"box1"})
    assert ear.heard == 0
    ear.sound.listen([GRAVE], {"box2"})
    assert ear.heard == 1


def test_a_box_is_muted_by_a_key_and_says_so(window: Window, bench: Bench) -> None:
    press(window, "Ctrl+M")
    assert window.rail.boxes["box1"].text().endswith("(muted)")
    assert bench.place.muted == {"box1"}
    press(window, "Ctrl+M")
    assert "muted" not in window.rail.boxes["box1"].text()


def test_letters_grow_together_and_their_size_is_remembered(window: Window) -> None:
    label = window.rail.boxes["box1"]
    before = label.fontInfo().pointSizeF()
    press(window, "Ctrl++")
    assert remembered.letters() == 115
    assert label.fontInfo().pointSizeF() > before
    for _ in range(5):
        press(window, "Ctrl+-")
    assert remembered.letters() == 90
    assert label.fontInfo().pointSizeF() < before


def test_all_alerts_are_copied_for_who_is_asked_for_help(window: Window, bench: Bench) -> None:
    script = Script()
    for _ in range(10):
        script.trial("hit", licks=0, drop_ul=5.0)
    bench.begin("box1", script.records)
    look(window)
    window.tell("warn", "the cable is cut")
    press(window, "Ctrl+Shift+C")
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert "warn: window: the cable is cut" in clipboard.text()
    assert "bad: box1: 10 drops, and no lick" in clipboard.text()


def test_a_window_that_opens_beside_a_session_shows_the_boxes(window: Window, bench: Bench) -> None:
    bench.place.lab.locks.mkdir(exist_ok=True)
    (bench.place.lab.locks / "rig-box1.address").write_text("not yet whole", encoding="utf-8")
    window.start()
    assert window.screen_name == "boxes"


def test_no_alert_moves_what_a_finger_is_above(window: Window) -> None:
    look(window)
    assert not any(each.isVisible() for each in window._list.findChildren(QPushButton))
    before = window._stack.geometry()
    for number in range(8):
        window.tell("bad", f"thing {number}: " + "many words " * 40)
        QApplication.processEvents()
        assert window._stack.geometry() == before


def test_colours_change_everywhere_at_once_and_are_remembered(window: Window, bench: Bench) -> None:
    seen = []
    for _ in PALETTES:
        press(window, "Ctrl+L")
        seen.append(bench.place.palette.name)
        assert window.rail.palettes.currentText() in PALETTES
        assert remembered.palette().name == seen[-1]
    assert sorted(seen) == sorted(PALETTES)
    window.rail.palettes.setCurrentText(DIM_RED.name)
    window.rail.palettes.activated.emit(0)
    assert window.palette().window().color().name() == DIM_RED.window
