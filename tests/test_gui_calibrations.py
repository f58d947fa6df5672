"""Calibrations in the window: what is in force, and one wizard for whatever the command asks."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from fake_jobs import FakeJobs, FakeTalk
from gui_helpers import Bench, Script, button, texts
from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gui.calibrating.wizard import Wizard
from gui.form_model import fields_of
from gui.jobs import Done
from gui.screens.calibrations import Calibrations
from gui.screens.rig_check import RigCheck
from hardware.calibrating.command import KINDS
from hardware.calibrating.kinds import kind_of
from rig.calibrations import InForce, Kind
from rig.dialog import ChoiceAsked, NumberAsked, ReadyAsked, Share, Told
from rig.errors import ExitCode
from rig.trying import Tried

TODAY = date(2026, 11, 29)
ALL_KINDS = [kind_of(verb, function) for verb, function in KINDS.items()]
BY_VERB = {each.verb: each for each in ALL_KINDS}
VALVE = InForce(
    "box1", "valve", "valve", "calibration/box1-valve.toml", "old", False,
    ("valve", "spot-check"),
    TODAY - timedelta(days=41), "anna", 41, TODAY - timedelta(days=11),
    words="Spot check 2026-11-28: 2.9 uL for 3.0 (-3 %).",
)  # fmt: skip
SPEAKER = InForce(
    "box1", "speaker", "speaker", "calibration/box1-speaker.toml", "refused", False,
    ("speaker",),
    words="It was changed after it was measured. Calibrate it.",
)  # fmt: skip
OTHER = msgspec.structs.replace(VALVE, rig="box2", device="left")


class Desk:
    """The screen with its commands in the hands of a test."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.bench, self.jobs = bench, FakeJobs()
        bench.place.jobs = self.jobs  # type: ignore[assignment]
        self.told: list[str] = []
        bench.place.tell = lambda level, text: self.told.append(text)
        bench.place.go_to = lambda name: self.screen.arrive()
        self.screen = Calibrations(bench.place)
        qtbot.addWidget(self.screen)
        self.screen.resize(1100, 700)
        with qtbot.waitActive(self.screen):
            self.screen.show()
            self.screen.activateWindow()
        self.screen.arrive()

    def learn(self, *rows: InForce) -> None:
        """Let the commands answer that have been asked."""
        self.jobs.last("calibrations").answer(list(rows))
        if self.jobs.count("kinds"):
            self.jobs.last("kinds").answer(ALL_KINDS)
        QApplication.processEvents()

    @property
    def wizard(self) -> Wizard:
        return self.screen.wizard

    def key(self, key: Qt.Key, typed: str = "") -> None:
        """Type, and press a key where the focus is."""
        focused = QApplication.focusWidget() or self.screen
        QTest.keyClicks(focused, typed)
        QTest.keyClick(focused, key)


@pytest.fixture
def desk(bench: Bench, qtbot: QtBot) -> Desk:
    made = Desk(bench, qtbot)
    made.learn(VALVE, SPEAKER, OTHER)
    return made


def test_what_is_in_force_stands_with_its_state_age_and_when_the_next_is_due(desk: Desk) -> None:
    valve, speaker = desk.screen.overview.lines["valve"], desk.screen.overview.lines["speaker"]
    assert (valve.word.text(), valve.word.property("level")) == ("OLD", "warn")
    assert valve.age.text() == "41 days ago"
    assert valve.text.text().startswith("Valve, by anna. Was due 2026-11-18. Spot check")
    assert (speaker.word.text(), speaker.word.property("level")) == ("REFUSED", "bad")
    assert speaker.remedy.text() == "It was changed after it was measured. Calibrate it."
    assert "left" not in desk.screen.overview.lines, "that is of another rig"
    others = desk.screen.overview.others
    assert [others.itemText(n) for n in range(others.count())] == [
        "Calibrate screen",
        "Calibrate timing",
        "Calibrate projector",
        "Calibrate dots",
        "Calibrate vessels",
        "Calibrate map",
        "Calibrate light",
    ]


def test_two_calibrations_of_one_device_stand_in_two_lines(desk: Desk) -> None:
    light = msgspec.structs.replace(VALVE, kind="light", file="calibration/light.toml")
    desk.screen.look()
    desk.learn(VALVE, light)
    assert list(desk.screen.overview.lines) == ["valve", "valve, light"]
    desk.screen.look()
    desk.learn(VALVE)
    assert list(desk.screen.overview.lines) == ["valve"]


def test_what_is_of_a_mouse_is_renewed_for_that_mouse_and_begun_for_others(desk: Desk) -> None:
    vessels = msgspec.structs.replace(
        VALVE, device="SIM01", kind="vessels", verbs=("vessels",), named_by="subject"
    )
    timing = msgspec.structs.replace(
        VALVE, device="timing", kind="timing", verbs=("timing",), named_by=""
    )
    desk.screen.look()
    desk.learn(vessels, timing)
    button(desk.screen.overview.lines["SIM01"], "Calibrate").click()
    page = desk.wizard.begin_page
    assert desk.wizard.title.text() == "Calibrate vessels: box1, SIM01"
    assert page.options is not None
    assert page.options.arguments() == ["--subject", "SIM01", "--by", "anna"]
    desk.key(Qt.Key_Escape)
    desk.learn(vessels, timing)
    button(desk.screen.overview.lines["timing"], "Calibrate").click()
    assert desk.wizard.title.text() == "Calibrate timing: box1"
    others = desk.screen.overview.others
    assert others.findText("Calibrate vessels") >= 0
    assert others.findText("Calibrate timing") < 0


def test_nothing_is_calibrated_while_a_session_runs(desk: Desk) -> None:
    desk.bench.begin("box1", Script().records)
    desk.screen.refresh()
    assert desk.screen.overview.said.text() == "SIM01 is in it: calibrate after the session."
    assert not button(desk.screen, "Spot check").isEnabled()


def test_a_wizard_says_what_it_wants_and_begins_with_the_options_that_differ(desk: Desk) -> None:
    button(desk.screen, "Spot check").click()
    page = desk.wizard.begin_page
    assert desk.wizard.title.text() == "Spot check: box1, valve"
    assert "Weigh a few drops of a valve" in page.what.text()
    assert "Exit code" not in page.what.text()
    assert page.options is not None
    assert "device" not in page.options.rows
    drops = page.options.rows["drops"].editor
    drops.setFocus()
    desk.key(Qt.Key_Return, "9")
    assert page.trouble.text() == "Drops: 209 is not allowed; it must be 5 to 200."
    assert desk.jobs.talks == []
    desk.key(Qt.Key_Backspace)
    desk.key(Qt.Key_Return, "0")
    assert desk.jobs.talks[-1].asked.arguments == [
        "calibrate", "spot-check", "box1", "--by", "anna", "--device", "valve", "--drops", "200",
    ]  # fmt: skip
    desk.jobs.talks[-1].asked.done(Done(ExitCode.CHECK_FAILED, None, "No."))
    button(desk.wizard.end_page, "Again").click()
    desk.key(Qt.Key_Return)
    first, second = (talk.asked.arguments for talk in desk.jobs.talks)
    assert first == second, "what was typed is still there"


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.verb)
def test_every_option_of_every_kind_has_a_field(kind: Kind) -> None:
    fields = fields_of(kind.schema, {})
    assert {each.key for each in fields} == set(kind.options)
    assert "structure" not in {each.kind for each in fields}
    assert "by" in kind.schema["required"]
    assert kind.what
    assert "Exit code" not in kind.help


def test_a_field_for_a_file_has_room_for_its_path(desk: Desk) -> None:
    others = desk.screen.overview.others
    others.setCurrentIndex(others.findText("Calibrate map"))
    desk.screen.overview.other.click()
    options = desk.wizard.begin_page.options
    assert options is not None
    widths = {name: row.editor.minimumWidth() for name, row in options.rows.items()}
    assert widths["frames"] == 2 * widths["note"]


def test_who_measures_must_be_said(desk: Desk) -> None:
    desk.bench.place.operator = ""
    button(desk.screen, "Calibrate").click()
    page = desk.wizard.begin_page
    assert page.trouble.text() == "By is empty: Who measures."
    assert not page.begin.isEnabled()


@pytest.fixture
def talk(desk: Desk) -> FakeTalk:
    """Begin a calibration by the keyboard alone."""
    desk.key(Qt.Key_Return)
    desk.key(Qt.Key_Return)
    return desk.jobs.talks[-1]


WEIGHT = NumberAsked(id=3, words="What does the balance show?", unit="mg", least=440.0)


def test_a_number_is_taken_only_within_its_limits_and_by_enter(desk: Desk, talk: FakeTalk) -> None:
    page = desk.wizard.run_page
    desk.key(Qt.Key_Return)  # nothing is asked yet
    talk.say(Told("1 of 5: 100 openings of 10 ms"), Share(40, 100), WEIGHT)
    assert (page.bar.isVisible(), page.steps.bar.value()) == (False, 40)
    for typed in ("", "many", "12", "1,000", "nan"):
        page.question.field.clear()
        desk.key(Qt.Key_Return, typed)
        assert page.question.trouble.text(), typed
    assert page.question.trouble.text() == "'nan' is no number. Write one like 1.5."
    page.question.field.clear()
    desk.key(Qt.Key_Return, "452,5")
    assert talk.answers == [(3, 452.5)]
    assert not page.question.isVisible()
    desk.key(Qt.Key_Return)
    assert talk.answers == [(3, 452.5)], "nothing is asked any more"
    assert not page.bar.isVisible(), "the button that stops it has not got the keys"


def test_choices_have_a_button_each_and_the_first_is_the_usual_one(
    desk: Desk, talk: FakeTalk
) -> None:
    talk.say(ChoiceAsked(id=1, words="Which was louder?", choices=("left", "right")))
    desk.key(Qt.Key_Return)
    talk.say(ChoiceAsked(id=2, words="Which was louder?", choices=("left", "right")))
    desk.key(Qt.Key_Tab)
    desk.key(Qt.Key_Return)
    talk.say(ReadyAsked(id=3, words="Empty the dish."))
    desk.key(Qt.Key_Return)
    assert talk.answers == [(1, "left"), (2, "right"), (3, None)]


def test_a_key_that_is_held_down_answers_once(desk: Desk, talk: FakeTalk) -> None:
    talk.say(ReadyAsked(id=1, words="Make the room dark."))
    held = QKeyEvent(QEvent.KeyPress, Qt.Key_Return, Qt.NoModifier, "", True)
    QApplication.sendEvent(QApplication.focusWidget(), held)
    assert talk.answers == []


def test_esc_asks_before_it_stops(desk: Desk, talk: FakeTalk) -> None:
    page = desk.wizard.run_page
    talk.say(WEIGHT)
    desk.key(Qt.Key_Escape)
    assert page.bar.isVisible()
    desk.key(Qt.Key_Return)
    assert (page.bar.isVisible(), talk.stopped) == (False, False)
    assert page.question.field.hasFocus()
    desk.key(Qt.Key_Escape)
    page.sure.click()
    assert talk.stopped
    assert not page.question.isVisible()
    talk.asked.done(Done(ExitCode.STOPPED, None, "Stopped: every device is off."))
    assert texts(desk.wizard.end_page) == "Stopped\nStopped: every device is off."
    desk.key(Qt.Key_Return)
    assert desk.screen.overview.isVisible()


@pytest.mark.parametrize(
    ("done", "word", "said"),
    [
        (Done(0, {"says": "0.14 uL/ms.", "words": "In force: x."}, ""), "Done", "0.14 uL/ms."),
        (Done(4, {"says": "2.3 uL for 3.0", "words": "It failed."}, "x"), "Not good", "It failed."),
        (Done(3, None, "It leaks (the valve). Clean it."), "Refused", "It leaks"),
    ],
)
def test_the_end_says_what_was_found_or_why_it_was_refused(
    desk: Desk, talk: FakeTalk, done: Done, word: str, said: str
) -> None:
    talk.asked.done(done)
    assert desk.wizard.end_page.word.text() == word
    assert said in desk.wizard.end_page.said.text()


def test_a_calibration_goes_on_while_another_screen_or_box_is_looked_at(
    desk: Desk, talk: FakeTalk
) -> None:
    desk.bench.place.rig = "box2"
    desk.screen.arrive()
    assert desk.wizard.isVisible()
    desk.screen.hide()
    talk.say(WEIGHT)
    talk.asked.done(Done(0, {"says": "Fine."}, ""))
    assert desk.told == [
        "Calibrate valve: box1, valve: it asks: What does the balance show? See Calibrations.",
        "Calibrate valve: box1, valve: it has ended. See Calibrations.",
    ]


def test_fix_in_the_rig_check_opens_the_wizard_of_that_device(desk: Desk, qtbot: QtBot) -> None:
    check = RigCheck(desk.bench.place, desk.screen.fix)
    qtbot.addWidget(check)
    check.show()
    check.arrive()
    old = Tried("valve", "valve", "NiValve", False, "warn", "Closed.", fix="calibrate")
    check.try_all()
    desk.jobs.last("try", "box1").answer([old, msgspec.structs.replace(old, device="b", fix="")])
    assert not any(
        each.isVisible() for each in check.panels["box1"].lines["b"].findChildren(QPushButton)
        if each.text() == "Fix..."
    )  # fmt: skip
    button(check.panels["box1"].lines["valve"], "Fix").click()
    desk.learn(VALVE, SPEAKER)
    assert desk.wizard.title.text() == "Calibrate valve: box1, valve"
    assert desk.wizard.begin_page.isVisible()
