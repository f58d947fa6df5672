"""The Rig check: every device in words with its age, tried again one by one, both rigs at once."""

from __future__ import annotations

import pytest
from fake_jobs import FakeJobs
from gui_helpers import Bench, Script
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.check.rig_panel import RigPanel
from gui.screens.rig_check import RigCheck
from rig.doctor import Finding
from rig.trying import Tried

VALVE = Tried("water", "valve", "Valve", False, "good", "It is closed.", "1 to 10 uL")
SPEAKER = Tried("sound", "speaker", "Speaker", False, "good", "It can be opened.")
LICK = Tried("lick", "digital input", "Input", False, "bad", "It is on.", "on", "Dry the spout.")


class Desk:
    """The screen with its commands in the hands of a test."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.bench, self.qtbot, self.jobs = bench, qtbot, FakeJobs()
        bench.place.jobs = self.jobs  # type: ignore[assignment]
        self.told: list[str] = []
        bench.place.tell = lambda level, text: self.told.append(text)
        self.screen = self.open()

    def open(self) -> RigCheck:
        """Open the window anew, as on the next day."""
        screen = RigCheck(self.bench.place, lambda rig, device: None)
        self.qtbot.addWidget(screen)
        screen.show()
        screen.arrive()
        return screen

    @property
    def panel(self) -> RigPanel:
        return self.screen.panels["box1"]

    def try_all(self, *tried: Tried) -> None:
        self.qtbot.mouseClick(self.panel.all, Qt.LeftButton)
        self.jobs.last("try", "box1").answer(list(tried))

    def press(self, device: str, words: str) -> None:
        QApplication.processEvents()  # the line is laid out where the click goes
        self.qtbot.mouseClick(button(self.panel.lines[device], words), Qt.LeftButton)


def button(line: QWidget, words: str) -> QPushButton:
    found = line.findChildren(QPushButton)
    return next(each for each in found if each.text() == words and each.isVisible())


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> Desk:
    return Desk(bench, qtbot)


def test_each_device_has_a_state_in_a_word_its_age_and_a_remedy(desk: Desk) -> None:
    assert desk.panel.said.text() == "Not tried yet."
    desk.try_all(VALVE, LICK)
    line = desk.panel.lines["lick"]
    assert line.word.text() == "BAD"
    assert line.text.text() == "It is on. (on)"
    assert line.remedy.text() == "Dry the spout."
    assert line.age.text() == "just now"
    assert desk.panel.said.text() == "Look at: lick."
    desk.press("lick", "Again")
    again = desk.jobs.last("try", "lick")
    assert again.arguments == ["try", "box1", "--device", "lick"]
    again.answer([Tried("lick", "digital input", "Input", False, "good", "It is off.", "off")])
    assert desk.panel.said.text() == "All devices are good."
    assert not line.remedy.isVisible()


def test_all_rigs_are_tried_side_by_side_and_none_twice(desk: Desk) -> None:
    desk.qtbot.mouseClick(desk.screen.all, Qt.LeftButton)
    assert [each.arguments for each in desk.jobs.asked if each.arguments[0] == "try"] == [
        ["try", "box1"],
        ["try", "box2"],
    ]
    desk.screen.try_all()
    assert desk.jobs.count("try") == 2
    assert desk.panel.said.text() == "Trying all devices..."


def test_ten_drops_are_given_by_one_button(desk: Desk) -> None:
    desk.try_all(VALVE)
    desk.press("water", "10 drops")
    assert {"--device", "water", "--drops", "10"} <= set(desk.jobs.last("--drops").arguments)


@pytest.mark.parametrize(
    ("answer", "word", "said"),
    [("Yes, heard", "GOOD", "The tone was heard."), ("No", "BAD", "Nobody heard the tone.")],
)
def test_a_tone_is_only_good_if_somebody_heard_it(
    desk: Desk, answer: str, word: str, said: str
) -> None:
    desk.try_all(SPEAKER)
    desk.press("sound", "Tone")
    desk.jobs.last("--tone").answer([SPEAKER])
    line = desk.panel.lines["sound"]
    assert line.text.text().endswith("Did you hear it?")
    desk.press("sound", answer)
    assert line.word.text() == word
    assert line.text.text().endswith(said)


def test_what_was_found_is_kept_with_its_age(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.try_all(VALVE, SPEAKER)
    found = desk.panel.results.by_device["water"].at
    monkeypatch.setattr("gui.check.rig_panel.time.time", lambda: found + 3 * 3600)
    desk.screen = desk.open()
    assert desk.panel.lines["water"].age.text() == "3 h ago"
    assert desk.panel.said.text() == "All devices are good."


def test_a_cache_that_cannot_be_read_is_none(desk: Desk) -> None:
    file = desk.bench.place.lab.locks / "tried-box1.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text("{", encoding="utf-8")
    desk.screen = desk.open()
    assert desk.panel.said.text() == "Not tried yet."


def test_in_a_session_its_own_news_of_the_devices_is_shown(desk: Desk) -> None:
    desk.try_all(VALVE, LICK)
    desk.bench.begin("box1", Script().trial(drop_ul=5.0).records)
    desk.screen.arrive()
    assert desk.panel.said.text() == "SIM01 is in it: what its session tells of the devices."
    assert not desk.panel.all.isEnabled()
    assert not desk.panel.lines["lick"].isVisible()
    texts = {line.name.text(): line.text.text() for line in desk.panel._told.values()}
    assert texts["lick"] == "off"
    assert "5 uL" in texts["water"]
    desk.panel.try_all()
    assert desk.jobs.count("try", "box1") == 1


def test_a_rig_that_cannot_be_tried_is_told_in_words(desk: Desk) -> None:
    desk.qtbot.mouseClick(desk.panel.all, Qt.LeftButton)
    problem = {"what": "rig 'box1' is in use", "where": "box1", "do": "Wait."}
    desk.jobs.last("try").answer({"problems": [problem]}, 7)
    assert desk.told == [
        "The devices of box1 could not be tried. Rig 'box1' is in use (box1). Wait."
    ]
    assert desk.panel.all.isEnabled()


def test_the_computer_is_looked_at_and_what_is_bad_comes_first(desk: Desk) -> None:
    findings = [
        Finding("Python", "good", "3.11"),
        Finding("driver: NI DAQ", "missing", "not installed", "Install it."),
        Finding("clock", "bad", "it goes backwards", "Update the system."),
    ]
    desk.jobs.last("doctor").answer(findings, 4)
    computer = desk.screen.computer
    assert computer.said.text() == "Good: Python. just now"
    assert list(computer.lines) == ["clock", "driver: NI DAQ"]
    assert computer.lines["clock"].remedy.text() == "Update the system."
    desk.screen.arrive()
    assert desk.jobs.count("doctor") == 1


def test_the_real_command_finds_the_devices_of_a_new_lab(bench: Bench, qtbot: QtBot) -> None:
    screen = RigCheck(bench.place, lambda rig, device: None)
    qtbot.addWidget(screen)
    screen.show()
    screen.arrive()
    panel = screen.panels["box1"]
    qtbot.waitUntil(panel.all.isEnabled, timeout=30_000)
    qtbot.mouseClick(panel.all, Qt.LeftButton)
    qtbot.waitUntil(lambda: "valve" in panel.lines, timeout=30_000)
    assert panel.said.text() == "All devices are good."
    assert {"port", "lick", "valve", "speaker", "house_light", "disk"} == set(panel.lines)
    bench.place.jobs.close()  # before the screen is gone, to which they would answer
