"""The window as an operator meets it: rail, keys, alerts, closing, colours, and its one timer."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import msgspec
import pytest
from gui_helpers import Bench, Script, beat, button, click, end_window, texts
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QKeySequence, QWheelEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QPushButton, QShortcut
from pytestqt.qtbot import QtBot

from gui import remembered
from gui.boxes import Box
from gui.mishaps import FILE, survive
from gui.reader import Reader, Silent, Told
from gui.screens import make_entries
from gui.window import DRAIN_FOR, Window
from rig.inbox import Command, Reply
from rig.lab import Lab


@pytest.fixture
def window(bench: Bench, lab: Lab, qtbot: QtBot) -> Iterator[Window]:
    """Return the window, without its timer: a test ticks it."""
    entries, actions = make_entries(bench.place)
    made = Window(bench.place, Reader(lab.locks), bench.sender, entries, actions)
    made.show()
    made.go_to("boxes")
    qtbot.waitExposed(made)
    yield made
    end_window(made)


def press(window: Window, keys: str) -> None:
    """Press keys as an operator does, through the window's own table of shortcuts."""
    wanted = QKeySequence(keys)
    found = [each for each in window.findChildren(QShortcut) if each.key() == wanted]
    assert len(found) == 1, f"{keys}: {len(found)} shortcuts"
    found[0].activated.emit()


def look(window: Window) -> None:
    """Let the window look for alarms and draw."""
    window._alarms_at = 0.0
    window.tick()


def test_the_rail_leads_to_screens_and_boxes_and_tells_their_states(
    window: Window, bench: Bench
) -> None:
    bench.begin("box1", Script().trial().records)
    look(window)
    rail = window.rail
    assert rail.boxes["box1"].text() == "▸ box1  SIM01\nrunning"
    assert rail.boxes["box2"].text() == "box2  \nfree"
    click(rail.boxes["box2"])
    look(window)
    assert bench.place.rig == "box2"
    assert rail.boxes["box2"].text().startswith("▸")
    for name, shown in rail.screens.items():
        click(shown)
        assert window.screen_name == name
        assert [each for each, on in rail.screens.items() if on.isChecked()] == [name]


def test_a_box_that_runs_shows_its_session_where_there_is_nothing_to_arm(
    window: Window, bench: Bench
) -> None:
    bench.begin("box1", Script().trial().records)
    window.go_to("arm")
    click(window.rail.boxes["box2"])
    assert window.screen_name == "arm"
    click(window.rail.boxes["box1"])
    assert (bench.place.rig, window.screen_name) == ("box1", "run")


def test_alerts_that_are_over_go_with_a_session_that_is_wrapped_up(
    window: Window, bench: Bench
) -> None:
    script = Script().trial()
    box = bench.begin("box1", script.records)
    bench.tell("box1", [beat(script.time + 400)])
    look(window)
    bench.tell("box1", script.fails("the valve is stuck", "Look at it.").ends().records[-2:])
    look(window)
    assert [alert.over for alert in window._list.shown] == [False, True]
    box.wrapped_up = True
    look(window)
    assert [alert.text for alert in window._list.shown] == ["the valve is stuck. Look at it."]


def test_a_box_that_comes_later_is_on_the_rail_too(window: Window, bench: Bench) -> None:
    bench.begin("box9", Script("M014", "box9").trial().records)
    look(window)
    click(window.rail.boxes["box9"])
    assert bench.place.rig == "box9"
    look(window)
    assert window.rail.boxes["box9"].text() == "▸ box9  M014\nrunning"


def test_keys_lead_to_boxes_and_screens(window: Window, bench: Bench) -> None:
    press(window, "Ctrl+2")
    assert bench.place.rig == "box2"
    press(window, "Ctrl+1")
    assert bench.place.rig == "box1"
    press(window, "Ctrl+0")
    assert window.screen_name == "boxes"


def test_no_key_means_two_things_on_one_screen(window: Window, bench: Bench) -> None:
    bench.begin("box1", Script().trial().records)
    for name in window.rail.screens:
        window.go_to(name)
        keys = [each.keys for each in window.actions_known if each.keys and each.when()]
        assert len(keys) == len(set(keys)), (name, sorted(keys))
    assert all(action.words for action in window.actions_known)


def test_what_may_not_be_done_is_not_done_by_its_key(window: Window) -> None:
    for action in window.actions_known:
        assert isinstance(action.when(), bool), action.words


def test_an_alert_is_seen_by_a_person_and_recorded_as_a_note(window: Window, bench: Bench) -> None:
    script = Script()
    for _ in range(10):
        script.trial("hit", licks=0, drop_ul=5.0)
    bench.begin("box1", script.records)
    look(window)
    assert "ACT" in texts(window)
    assert "10 drops, and no lick" in texts(window)
    click(button(window, "Seen"))
    rig, command = bench.next_order()
    assert (rig, command.verb, command.author) == ("box1", "note", "anna")
    assert command.text.startswith("alarm: 10 drops")
    assert "Seen by anna." in texts(window)


def test_the_gravest_alert_stands_first_and_a_key_acknowledges_it(
    window: Window, bench: Bench
) -> None:
    window.tell("note", "something small")
    window.tell("bad", "something grave")
    window.tell("bad", "something grave")
    shown = window._list.shown
    assert [alert.text for alert in shown] == ["something grave", "something small"]
    press(window, "Ctrl+G")
    assert [alert.text for alert in window._list.shown] == ["something small"]
    press(window, "Ctrl+G")
    assert "No alert." in texts(window)


def test_an_alert_is_seen_also_where_nobody_has_said_who_works_here(
    window: Window, bench: Bench
) -> None:
    bench.place.operator = ""
    bench.begin("box1", Script().trial().fails("the lens is dirty", "Wipe it.").records)
    look(window)
    press(window, "Ctrl+G")
    assert "Seen by operator." in texts(window)


def test_many_alerts_are_counted_not_shown(window: Window) -> None:
    for number in range(8):
        window.tell("warn", f"thing {number}")
    assert "and 6 more" in texts(window)


def test_an_engine_that_died_is_told_until_it_is_wrapped_up(window: Window, bench: Bench) -> None:
    box = bench.begin("box1", Script().trial().begin().records)
    bench.lose("box1")
    look(window)
    assert "The program of SIM01's session ended in trial 2" in texts(window)
    assert "Data up to trial 1 is safe" in texts(window)
    click(button(window, "Seen"))
    assert "Seen by anna." in texts(window)
    box.wrapped_up = True
    look(window)
    assert window._list.shown == []


def test_a_silent_engine_is_told_again_when_it_falls_silent_again(
    window: Window, bench: Bench
) -> None:
    box = bench.begin("box1", Script().trial().records)
    for _ in range(2):
        bench.place.boxes.take(Silent("box1", 2.0))
        look(window)
        assert "does not answer" in texts(window)
        click(button(window, "Seen"))
        bench.tell("box1", [beat(30.0)])
        look(window)
        assert window._list.shown == []
    assert box.state()[1] == "running"


def test_the_banner_says_that_a_session_is_simulated(
    window: Window, bench: Bench, told: object
) -> None:
    look(window)
    assert "SIMULATION" not in texts(window)
    records = [told.header, told.definition]  # type: ignore[attr-defined]
    box = bench.begin("box1", records)
    look(window)
    assert "SIMULATION" in texts(window)
    emulated = msgspec.structs.replace(told.definition, emulated=True)  # type: ignore[attr-defined]
    other = bench.begin("box2", [records[0], emulated])
    look(window)
    assert "EMULATION" in texts(window)
    box.wrapped_up = other.wrapped_up = True
    look(window)
    assert "SIMULATION" not in texts(window)
    assert "EMULATION" not in texts(window)


@pytest.fixture
def closing(window: Window, bench: Bench) -> Window:
    """Return the window after somebody has tried to close it while a session runs."""
    bench.begin("box1", Script().trial().records)
    assert not window.close()
    assert "SIM01 is running on box1" in texts(window)
    return window


def test_closing_may_leave_the_session_running(closing: Window, bench: Bench) -> None:
    click(closing._closing.leave_button)
    assert not closing.isVisible()
    assert bench.sent.empty()


def test_closing_may_stop_the_session_and_stay(closing: Window, bench: Bench) -> None:
    click(closing._closing.stop_button)
    rig, command = bench.next_order()
    assert (rig, command.verb) == ("box1", "stop_after_trial")
    assert closing.isVisible()
    assert not closing._closing.isVisible()


def test_closing_may_be_thought_better_of(closing: Window, bench: Bench) -> None:
    QTest.keyClick(closing._closing.cancel_button, Qt.Key_Space)
    assert closing.isVisible()
    assert not closing._closing.isVisible()
    assert bench.sent.empty()


def test_nothing_is_asked_when_nothing_runs(window: Window, bench: Bench) -> None:
    bench.begin("box1", Script().trial().ends().records)
    assert window.close()


def test_who_works_here_signs_orders_and_is_remembered(window: Window, bench: Bench) -> None:
    field = window.rail.operator.lineEdit()
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, "berta")
    bench.begin("box1", Script().trial().records)
    bench.place.order("note", text="x")
    assert bench.next_order()[1].author == "berta"
    assert remembered.operator() == "berta"


def test_the_wheel_makes_nobody_else_the_operator_in_passing(window: Window, bench: Bench) -> None:
    window.rail.operator.addItems(["berta", "carl"])
    for field in (window.rail.operator, window.rail.palettes):
        before = field.currentText()
        place = QPointF(10, 10)
        wheel = QWheelEvent(
            place, place, QPoint(), QPoint(0, -120), Qt.NoButton, Qt.NoModifier,
            Qt.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(field, wheel)
        assert field.currentText() == before
    assert bench.place.operator == "anna"


def test_a_tick_takes_in_no_more_than_it_has_time_for(window: Window, bench: Bench) -> None:
    bench.begin("box1", Script().records)
    script = Script()
    for _ in range(300):
        script.trial()
    group = tuple(script.records[2:])
    for _ in range(200):
        window._reader.queue.put(Told("box1", group))
    window.tick()  # what is made for the first time is not counted
    window._drain(time.perf_counter() + DRAIN_FOR)
    assert not window._reader.queue.empty(), "it stopped before all was taken in"
    assert window.ticks.summary()["ticks"] == 1


def test_an_order_that_nobody_got_is_an_alert(window: Window, bench: Bench) -> None:
    def refuse(*_: object) -> None:
        raise OSError("the cable is cut")

    bench.sender._send = refuse  # type: ignore[assignment]
    bench.begin("box1", Script().trial().records)
    bench.place.order("reward")
    end = time.monotonic() + 10
    while bench.place.asked and time.monotonic() < end:
        window.tick()
    assert not bench.place.asked
    assert "box1 did not get the order: OSError: the cable is cut" in texts(window)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_refusal_that_no_screen_shows_is_an_alert(
    window: Window, bench: Bench, recorded: bool
) -> None:
    bench.sender._send = lambda *_: Reply(False, "it is too late")
    bench.begin("box1", Script().trial().records)
    number = bench.place.order("note", text="alarm: x")
    if recorded:
        bench.answer("box1", Command("note", "anna", id=number), accepted=False)
    wait_for_answers(window, bench)
    why = "done" if recorded else "it is too late"
    assert f"box1 refused 'note': {why}." in texts(window)
    assert len(window._list.shown) == 1


def test_a_refusal_that_the_screen_shows_is_no_alert(window: Window, bench: Bench) -> None:
    bench.sender._send = lambda *_: Reply(False, "it is too late")
    bench.begin("box1", Script().trial().records)
    look(window)
    click(button(window._stack, "Pause"))
    wait_for_answers(window, bench)
    assert "Refused, pause: it is too late." in texts(window._stack)
    assert window._list.shown == []


def wait_for_answers(window: Window, bench: Bench) -> None:
    """Let the window tick until no order is on its way, and twice more."""
    end = time.monotonic() + 10
    while bench.place.asked and time.monotonic() < end:
        window.tick()
    for _ in range(2):
        window.tick()


def test_a_window_that_hears_nothing_any_more_says_so(window: Window, bench: Bench) -> None:
    bench.begin("box1", Script().trial().records)
    window._reader.trouble = "OSError: too many open files"
    look(window)
    assert "hears no session any more (OSError: too many open files)" in texts(window)


def test_a_session_that_tells_nonsense_is_an_alert_and_the_window_goes_on(
    window: Window, bench: Bench
) -> None:
    script = Script().trial().begin()
    bench.begin("box1", script.records)
    bench.tell("box1", ["no record at all"])  # type: ignore[list-item]
    bench.begin("box2", Script("M014", "box2").trial().records)
    look(window)
    assert "cannot be followed" in texts(window)
    box: Box = bench.place.boxes.by_rig["box2"]
    assert box.state()[1] == "running"


def test_a_detached_rig_is_not_followed_until_it_is_attached(window: Window, bench: Bench) -> None:
    bench.begin("box1", Script().trial().records)
    bench.place.detach("box1")
    assert window._reader._detached == {"box1"}
    bench.begin("box1", Script().trial().records)
    assert bench.place.boxes.by_rig["box1"].state() == ("note", "not followed")
    bench.place.attach("box1")
    assert window._reader._detached == set()
    bench.begin("box1", Script().trial().records)
    assert bench.place.boxes.by_rig["box1"].state()[1] == "running"


def test_every_button_has_a_name(window: Window) -> None:
    for name in window.rail.screens:
        window.go_to(name)
        window.tick()
        for each in window.findChildren(QPushButton):
            assert each.text() or each.accessibleName() or not each.isVisible()


def test_a_mistake_of_the_window_is_told_once_kept_and_survived(
    window: Window, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    survive(window.tell, lab.locks)
    for _ in range(3):
        try:
            raise ValueError("of three sides")
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    assert len(window._list.shown) == 1
    assert "The window made a mistake: ValueError: of three sides." in texts(window)
    kept = (lab.locks / FILE).read_text(encoding="utf-8")
    assert kept.count("of three sides") >= 3
    assert "Traceback" in kept
