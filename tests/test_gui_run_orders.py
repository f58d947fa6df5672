"""What an operator asks of a session on the Run screen, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from gui_helpers import Asked, Bench, Script, beat, button, click, texts
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from run_desk import given, paced, paused, press, running, shown_screen, tell

from gui.jobs import Done
from gui.run.asking import SHOWN_FOR
from gui.run.buttons import HELD_FOR_MS
from gui.screens.run import RunScreen
from gui.workplace import Refused
from rig.events import DeviceReported, ParameterChanged

SCHEMA = {
    "properties": {
        "reward_ul": {
            "type": "number", "default": 5.0, "minimum": 1, "maximum": 20,
            "description": "volume of the drop, uL", "changeable": "next trial",
        },
        "longest_run": {"type": "integer", "default": 8, "description": "longest run"},
    }
}  # fmt: skip


@pytest.fixture
def screen(bench: Bench, qtbot: QtBot) -> Iterator[RunScreen]:
    """Return the Run screen, with its keys; a test refreshes it."""
    yield from shown_screen(bench, qtbot)


@pytest.mark.parametrize(
    ("name", "keys", "verb"),
    [
        ("pause", "F6", "pause_after_trial"),
        ("stop_after", "Shift+F6", "stop_after_trial"),
        ("reward", "Ctrl+R", "reward"),
    ],
)
@pytest.mark.parametrize("by_key", [True, False])
def test_an_order_is_asked_for_until_the_session_has_recorded_it(
    screen: RunScreen, bench: Bench, name: str, keys: str, verb: str, by_key: bool
) -> None:
    running(bench, screen)
    controls: dict[str, QPushButton] = vars(screen.controls)
    if by_key:
        press(screen, keys)
    else:
        click(controls[name])
    screen.refresh()
    rig, command = bench.next_order()
    assert (rig, command.verb, command.author) == ("box1", verb, "anna")
    assert controls[name].text() == "asked ..."
    assert not controls[name].isEnabled()
    tell(bench, screen, given(command))
    assert controls[name].text() != "asked ..."
    assert screen.controls.refusal.words == ""


def test_a_session_is_paused_and_resumed_by_the_same_button(
    screen: RunScreen, bench: Bench
) -> None:
    running(bench, screen)
    click(button(screen, "Pause after trial"))
    tell(bench, screen, given(bench.next_order()[1]))
    assert screen.header.state.words == "pauses after this trial"
    click(button(screen, "Resume"))
    command = bench.next_order()[1]
    assert command.verb == "resume"
    tell(bench, screen, given(command))
    assert button(screen, "Pause after trial").isEnabled()


def test_a_refusal_stands_beside_the_controls_for_a_while_and_in_the_log(
    screen: RunScreen, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(bench, screen)
    click(button(screen, "Reward"))
    answer = given(bench.next_order()[1], "the valve is open right now: ask again", accepted=False)
    tell(bench, screen, answer)
    refused = "Reward was refused: the valve is open right now: ask again."
    assert screen.controls.refusal.words == refused
    click(button(screen, "Log"))
    screen.refresh()
    assert "refused: the valve is open right now" in screen.log.toPlainText()
    later = time.monotonic() + SHOWN_FOR + 1
    monkeypatch.setattr("gui.run.asking.time.monotonic", lambda: later)
    screen.refresh()
    assert screen.controls.refusal.words == ""


def test_a_refusal_that_no_session_records_ends_the_waiting_too(
    screen: RunScreen, bench: Bench
) -> None:
    running(bench, screen)
    click(button(screen, "Reward"))
    number = bench.next_order()[1].id
    bench.place.asked.pop(number)
    bench.place.refused[number] = Refused("box1", "reward", "the session has ended")
    screen.refresh()
    assert button(screen, "Reward").isEnabled()
    assert screen.controls.refusal.words == "Reward was refused: the session has ended."


def test_drops_and_flushes_to_look_at_wait_for_a_pause_and_say_so(
    screen: RunScreen, bench: Bench
) -> None:
    running(bench, screen)
    why = "only while the session is paused: pause it first (F6)"
    for words in ("One drop", "Flush"):
        assert not button(screen, words).isEnabled()
        assert button(screen, words).toolTip() == f"Not now: {why}"
    press(screen, "Ctrl+D")
    assert screen.controls.refusal.words == f"One drop: {why}."
    tell(bench, screen, *Script().obeyed("pause_after_trial").records[-1:])
    assert "trial 2 still runs" in button(screen, "One drop").toolTip()
    assert bench.sent.empty()


def test_one_drop_is_given_while_paused(screen: RunScreen, bench: Bench) -> None:
    paused(bench, screen)
    assert screen.side.state.state.text() == "paused"
    click(button(screen, "One drop"))
    assert bench.next_order()[1].verb == "drop"


def test_a_flush_says_how_long_it_still_lasts_and_can_be_stopped(
    screen: RunScreen, bench: Bench
) -> None:
    paused(bench, screen)
    screen.controls.flush_for.setValue(7.0)
    click(button(screen, "Flush"))
    command = bench.next_order()[1]
    assert (command.verb, command.value) == ("flush", 7.0)
    tell(bench, screen, given(command))
    assert button(screen, "Stop flush 0:0").text() in {"Stop flush 0:07", "Stop flush 0:06"}
    assert button(screen, "Resume").toolTip().endswith("stop the flush first")
    click(button(screen, "Stop flush"))
    assert bench.next_order()[1].verb == "stop_flush"
    closed = DeviceReported(91, 21.0, 21.0, 1, "water", "flush", "", 7.0, 1.0, None, "anna")
    tell(bench, screen, closed)
    assert screen.header.water.words == "0.00 of 1.00 mL"
    assert bench.place.box.view is not None
    assert bench.place.box.view.flush_until is None


def test_one_press_stops_nothing_at_once_but_two_do(screen: RunScreen, bench: Bench) -> None:
    running(bench, screen)
    click(button(screen, "Stop now"))
    screen.refresh()
    assert bench.sent.empty()
    click(button(screen, "Press again"))
    assert bench.next_order()[1].verb == "stop_now"
    screen.refresh()
    assert screen.controls.stop_now.text() == "asked ..."


def test_the_keys_that_stop_at_once_are_pressed_twice(screen: RunScreen, bench: Bench) -> None:
    running(bench, screen)
    press(screen, "Ctrl+Shift+X")
    assert bench.sent.empty()
    assert bench.went == ["run"]
    press(screen, "Ctrl+Shift+X")
    assert bench.next_order()[1].verb == "stop_now"


def test_a_press_that_is_held_stops_at_once(screen: RunScreen, bench: Bench, qtbot: QtBot) -> None:
    running(bench, screen)
    stop = screen.controls.stop_now
    assert stop._held.interval() == HELD_FOR_MS
    stop._held.setInterval(20)
    QTest.mousePress(stop, Qt.LeftButton)
    with qtbot.waitSignal(stop.sure, timeout=2000):
        pass
    QTest.mouseRelease(stop, Qt.LeftButton)
    assert bench.next_order()[1].verb == "stop_now"
    assert bench.sent.empty()


def test_drops_by_hand_do_not_follow_each_other_too_fast(screen: RunScreen, bench: Bench) -> None:
    running(bench, screen)
    press(screen, "Ctrl+R")
    tell(bench, screen, given(bench.next_order()[1]))
    press(screen, "Ctrl+R")
    assert screen.controls.refusal.words == "Reward: one drop in 1 s at most."
    assert bench.sent.empty()


def test_a_block_can_be_skipped_where_there_are_blocks(screen: RunScreen, bench: Bench) -> None:
    script = Script().trial().begin()
    running(bench, screen, script)
    assert screen.controls.skip.isHidden()
    started = next(each for each in reversed(script.records) if hasattr(each, "trial_type"))
    tell(bench, screen, msgspec.structs.replace(started, block=2, labels={"context": "visual"}))
    assert "block 2, visual" in texts(screen.side)
    click(button(screen, "Skip block"))
    assert bench.next_order()[1].verb == "skip_block"


def test_a_note_bears_the_time_at_which_it_was_begun(screen: RunScreen, bench: Bench) -> None:
    box = running(bench, screen)
    at = box.now
    press(screen, "Ctrl+N")
    QTest.keyClicks(screen.note.words, "twitches")
    bench.tell("box1", [beat(99.0)])
    QTest.keyClick(screen.note.words, Qt.Key_Return)
    command = bench.next_order()[1]
    assert command.verb == "note"
    stamp, words = command.text.removeprefix("[at ").split(" s] ")
    assert words == "twitches"
    assert float(stamp) == pytest.approx(at, abs=0.5)
    assert screen.note.isHidden()


def test_a_note_can_be_put_away(screen: RunScreen, bench: Bench) -> None:
    running(bench, screen)
    click(button(screen, "Note"))
    QTest.keyClicks(screen.note.words, "no")
    QTest.keyClick(screen.note.words, Qt.Key_Escape)
    assert screen.note.isHidden()
    assert bench.sent.empty()


def test_the_speed_is_chosen_where_the_clock_is_paced(
    screen: RunScreen, bench: Bench, qtbot: QtBot
) -> None:
    running(bench, screen)
    assert screen.controls.speed.isHidden()
    running(bench, screen, paced(Script().begin()))
    assert screen.header.beside.words == "speed x20"
    slider = screen.controls.speed.slider
    assert slider.value() == 20
    QTest.keyClick(slider, Qt.Key_Right)
    QTest.keyClick(slider, Qt.Key_Right)
    screen.refresh()
    assert screen.controls.speed.label.text() == "asked: x22"
    qtbot.waitUntil(lambda: not bench.sent.empty(), timeout=2000)
    command = bench.next_order()[1]
    assert (command.verb, command.value) == ("speed", 22.0)
    tell(bench, screen, given(command))
    assert screen.header.beside.words == "speed x22"
    assert bench.sent.empty()


def test_a_question_is_answered_by_its_buttons(screen: RunScreen, bench: Bench) -> None:
    script = Script().trial().asks("Go on with the next phase?", ("go on", "stay"))
    running(bench, screen, script)
    assert "Go on with the next phase?" in texts(screen.question)
    assert "Nobody answers: 'go on' is taken in 0:5" in texts(screen.question)
    assert screen.side.state.state.text() == "question"
    click(screen.question.buttons["stay"])
    screen.refresh()
    assert not screen.question.buttons["go on"].isEnabled()
    command = bench.next_order()[1]
    assert (command.verb, command.text) == ("answer", "stay")
    tell(bench, screen, given(command))
    assert screen.question.isHidden()


def test_a_parameter_is_changed_from_the_next_trial_on(
    screen: RunScreen, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run_describe(bench, monkeypatch, Done(0, SCHEMA, ""))
    running(bench, screen)
    press(screen, "Ctrl+P")
    assert asked == [["describe", str(bench.place.lab.folder / "protocols/go_nogo.toml")]]
    change = screen.side.change
    assert list(change.lines) == ["reward_ul"]
    line = change.lines["reward_ul"]
    line.field.selectAll()
    QTest.keyClicks(line.field, "50")
    assert "it must be 1 to 20" in line.told.text()
    assert not line.button.isEnabled()
    line.field.selectAll()
    QTest.keyClicks(line.field, "6")
    click(line.button)
    command = bench.next_order()[1]
    assert (command.verb, command.key, command.value) == ("set", "reward_ul", 6.0)
    screen.refresh()
    assert line.button.text() == "asked ..."
    tell(bench, screen, given(command))
    assert line.told.text() == "Now 5; 6 from the next trial on"
    tell(bench, screen, ParameterChanged(92, 21.0, 21.0, 2, "reward_ul", 5.0, 6.0, "anna", "x"))
    assert line.told.text().startswith("Now 6.")


@pytest.mark.parametrize("waits", [True, False])
def test_the_keyboard_goes_to_the_first_parameter_when_it_comes_to_who_waits_for_it(
    screen: RunScreen, bench: Bench, waits: bool
) -> None:
    jobs = Asked()
    bench.place.jobs = jobs  # type: ignore[assignment]
    running(bench, screen)
    press(screen, "Ctrl+P")
    assert "Asking what can be changed" in screen.side.change.words.text()
    if not waits:
        press(screen, "Ctrl+N")
    jobs.answer(SCHEMA)
    field = screen.side.change.lines["reward_ul"].field
    assert field.hasFocus() == waits
    assert field.accessibleName() == "Parameter: Reward"


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (Done(3, None, "the file is broken"), "could not be read: the file is broken"),
        (Done(0, {"properties": {}}, ""), "no parameter that can be changed"),
    ],
)
def test_a_protocol_that_allows_no_change_says_so(
    screen: RunScreen, bench: Bench, monkeypatch: pytest.MonkeyPatch, done: Done, words: str
) -> None:
    run_describe(bench, monkeypatch, done)
    running(bench, screen)
    press(screen, "Ctrl+P")
    assert words in screen.side.change.words.text()


def run_describe(bench: Bench, monkeypatch: pytest.MonkeyPatch, done: Done) -> list[Any]:
    """Let commands beside the window come to this; return what was asked for."""
    asked: list[Any] = []

    def run(arguments: list[str], take: Any) -> None:
        asked.append(arguments)
        take(done)

    monkeypatch.setattr(bench.place.jobs, "run", run)
    return asked


def test_nothing_can_be_asked_of_a_box_without_a_session(screen: RunScreen, bench: Bench) -> None:
    for keys in ("F6", "Shift+F6", "Ctrl+R", "Ctrl+D", "Ctrl+Shift+F", "Ctrl+N", "Ctrl+P"):
        press(screen, keys)
    assert bench.sent.empty()
    assert screen.note.isHidden()
