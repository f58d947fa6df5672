"""The screen with all boxes: what each card says, and what can be done from it."""

from __future__ import annotations

import pytest
from gui_helpers import Bench, Script, beat, click, texts
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.cards.content import Progress
from gui.palette import PALETTES
from gui.screens.all_boxes import AllBoxes
from rig.measures import sensitivity
from rig.session_record import SessionRecord


@pytest.fixture
def boxes(bench: Bench, qtbot: QtBot) -> AllBoxes:
    """Return the screen of a lab with two rigs."""
    screen = AllBoxes(bench.place)
    bench.place.go_to = bench.went.append
    qtbot.addWidget(screen)
    screen.resize(1100, 680)
    screen.show()
    qtbot.waitExposed(screen)
    return screen


def mixed(trials: int, subject: str = "SIM01", rig: str = "box1") -> Script:
    """Return a session in which the mouse is right three times of four."""
    script = Script(subject, rig)
    for number in range(trials):
        script.trial(("hit", "correct_rejection", "hit", "false_alarm")[number % 4], drop_ul=5.0)
    return script


def test_a_card_says_who_is_in_the_box_and_how_it_stands(boxes: AllBoxes, bench: Bench) -> None:
    script = mixed(60)
    bench.begin("box1", script.records)
    bench.tell("box1", [beat(script.time + 120)])
    boxes.refresh()
    said = texts(boxes.cards["box1"])
    assert "SIM01\nbox1\nrunning\n12 min, 60 trials\n0.30/1.00 mL, d' 2.3\n" in said
    assert "lick 129 s ago" not in said
    assert "lick 2 min ago, trial 2 min ago" in said
    free = texts(boxes.cards["box2"])
    assert free.startswith("box2\n")
    assert "free\nF2 arms the next mouse." in free


def test_too_few_trials_have_no_d_prime(boxes: AllBoxes, bench: Bench) -> None:
    bench.begin("box1", mixed(8).records)
    boxes.refresh()
    assert "d': n too small" in texts(boxes.cards["box1"])


def test_progress_is_that_of_the_measures(told: SessionRecord) -> None:
    progress = Progress()
    for end in range(len(told.rows) + 1):
        progress.take(told.rows[:end])
    assert progress.taken == len(told.rows)
    last = sensitivity(told.rows).d_prime[-1]
    assert progress.d_prime == pytest.approx(last, nan_ok=False)
    correct = [row.outcome in {"hit", "correct_rejection"} for row in told.rows if not row.aborted]
    assert progress.shares[-1] == pytest.approx(sum(correct[-20:]) / 20)
    assert len(progress.shares) == len(correct)


def test_the_gravest_alarm_stands_on_the_card_with_the_number_of_the_others(
    boxes: AllBoxes, bench: Bench
) -> None:
    script = mixed(300)
    for _ in range(10):
        script.trial("hit", licks=0, drop_ul=5.0)
    box = bench.begin("box1", script.records)
    assert box.view is not None
    box.alarms.look(box.view)
    boxes.refresh()
    assert "ACT: 10 drops, and no lick in 2 min. (and 1 more)" in texts(boxes.cards["box1"])


def test_a_session_that_died_says_what_is_safe_and_what_to_do(
    boxes: AllBoxes, bench: Bench
) -> None:
    bench.begin("box1", mixed(12).begin().records)
    bench.lose("box1")
    boxes.refresh()
    card = boxes.cards["box1"]
    assert card.property("role") == "alarm"
    assert (
        "ACT: The program of SIM01's session ended in trial 13. Data up to trial 12 is safe."
        in (texts(card))
    )
    assert not card.stop_button.isVisible()
    click(card.open_button)
    assert bench.went == ["wrap up"]


def test_pause_and_stop_are_asked_and_answered(boxes: AllBoxes, bench: Bench) -> None:
    bench.begin("box1", mixed(4).records)
    boxes.refresh()
    card = boxes.cards["box1"]
    click(card.pause_button)
    rig, command = bench.next_order()
    assert (rig, command.verb, command.author) == ("box1", "pause_after_trial", "anna")
    assert card.pause_button.text() == "Pause: asked"
    assert card.pause_button.isEnabled()
    bench.answer("box1", command)
    bench.place.asked.clear()  # the window does that at its tick
    boxes.refresh()
    assert card.pause_button.text() == "Resume"
    assert "paused" in texts(card)
    click(card.pause_button)
    assert bench.next_order()[1].verb == "resume"
    click(card.stop_button)
    assert bench.next_order()[1].verb == "stop_after_trial"
    assert card.stop_button.text() == "Stop: asked"
    assert card.stop_button.isEnabled()


def test_a_refusal_stands_on_the_card(boxes: AllBoxes, bench: Bench) -> None:
    bench.begin("box1", mixed(4).records)
    boxes.refresh()
    card = boxes.cards["box1"]
    click(card.pause_button)
    bench.answer("box1", bench.next_order()[1], accepted=False)
    bench.place.asked.clear()
    boxes.refresh()
    assert "Refused, pause: done." in texts(card)
    assert card.pause_button.text() == "Pause"


def test_orders_go_to_the_card_s_own_box(boxes: AllBoxes, bench: Bench) -> None:
    bench.begin("box1", mixed(4).records)
    bench.begin("box2", mixed(4, "M014", "box2").records)
    boxes.refresh()
    click(boxes.cards["box2"].stop_button)
    assert bench.next_order()[0] == "box2"
    assert boxes.cards["box1"].stop_button.text() == "Stop after trial"


def test_arrows_go_from_card_to_card_and_enter_opens(boxes: AllBoxes, bench: Bench) -> None:
    bench.begin("box2", mixed(4, "M014", "box2").records)
    boxes.arrive()
    first, second = boxes.cards.values()
    assert first.hasFocus()
    QTest.keyClick(first, Qt.Key_Left)
    assert first.hasFocus(), "there is nothing on the left"
    QTest.keyClick(first, Qt.Key_Right)
    assert second.hasFocus()
    QTest.keyClick(second, Qt.Key_Return)
    assert (bench.place.rig, bench.went) == ("box2", ["run"])
    QTest.keyClick(second, Qt.Key_Left)
    QTest.keyClick(first, Qt.Key_Enter)
    assert (bench.place.rig, bench.went) == ("box1", ["run", "arm"])


@pytest.mark.parametrize(
    ("script", "where"),
    [(mixed(4), "run"), (mixed(4).ends(), "wrap up"), (None, "arm")],
)
def test_a_click_opens_what_is_next(
    boxes: AllBoxes, bench: Bench, script: Script | None, where: str
) -> None:
    if script is not None:
        bench.begin("box1", script.records)
    boxes.refresh()
    click(boxes.cards["box1"])
    assert bench.went == [where]


def test_a_rig_is_let_go_of_and_followed_again(boxes: AllBoxes, bench: Bench) -> None:
    heard: list[frozenset[str]] = []
    bench.place.follow_all_but = heard.append
    bench.begin("box1", mixed(4).records)
    boxes.refresh()
    card = boxes.cards["box1"]
    click(card.follow_button)
    assert "not followed" in texts(card)
    assert card.follow_button.text() == "Attach"
    assert not card.pause_button.isVisible()
    click(card)
    assert bench.went == []
    click(card.follow_button)
    assert heard == [{"box1"}, frozenset()]
    bench.begin("box1", mixed(6).records)
    boxes.refresh()
    assert "6 trials" in texts(card)


def test_the_next_session_begins_with_an_empty_card(boxes: AllBoxes, bench: Bench) -> None:
    bench.begin("box1", mixed(60).ends().records)
    boxes.refresh()
    bench.begin("box1", mixed(2, "M014").records)
    boxes.refresh()
    said = texts(boxes.cards["box1"])
    assert "M014" in said
    assert "2 trials" in said
    assert "n too small" in said


def test_a_rig_that_came_later_has_a_card(boxes: AllBoxes, bench: Bench) -> None:
    bench.begin("box9", mixed(2, "M014", "box9").records)
    boxes.refresh()
    QTest.qWait(1)  # Qt shows what is put into a visible screen a moment later
    assert "M014" in texts(boxes.cards["box9"])


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda each: each.name)
def test_eight_cards_fit_beside_and_below_each_other(
    boxes: AllBoxes, bench: Bench, palette: object
) -> None:
    for number in range(1, 9):
        bench.begin(f"box{number}", mixed(4, f"M{number}", f"box{number}").records)
    boxes.refresh()
    boxes.restyle(palette)  # type: ignore[arg-type]
    boxes.grab()
    inside = boxes._scroll.viewport()
    assert inside is not None
    for card in boxes.cards.values():
        assert card.geometry().right() <= inside.width(), "no card is cut off at the side"
