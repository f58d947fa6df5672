"""The guide of the demonstration, and what the person who is the mouse is told."""

from __future__ import annotations

import pytest
from gui_helpers import Asked, Bench, Script
from pytestqt.qtbot import QtBot

from gui.boxes import Box
from gui.guide.bar import GuideBar
from gui.guide.steps import DAY_STEP, DAYS, FAULT, FAULT_STEP, STEPS, Seen
from gui.mouse.told import DECIDE, FIRST, WAIT, Moment, how_it_went


@pytest.fixture
def guide(bench: Bench, qtbot: QtBot) -> GuideBar:
    """Return the bar of the guide."""
    bar = GuideBar(bench.place)
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_the_guide_opens_with_its_first_step(guide: GuideBar) -> None:
    guide.refresh("arm")
    assert guide.number.text() == f"1 of {len(STEPS)}"
    assert "press Enter" in guide.text.text()


def test_the_spout_is_blocked_when_the_guide_says_so(guide: GuideBar, bench: Bench) -> None:
    for _ in range(FAULT_STEP):
        guide.skip.click()
    rig, command = bench.next_order()
    assert (rig, command.verb, command.text) == ("box1", "fault", FAULT)
    assert "the spout is blocked" in guide.text.text()


def test_the_curve_stays_until_the_person_goes_on(guide: GuideBar, bench: Bench) -> None:
    bench.place.jobs.close()
    jobs = Asked()
    bench.place.jobs = jobs  # type: ignore[assignment]
    for _ in range(DAY_STEP):
        guide.skip.click()
    day = {"trials": 100, "stage": "pretraining", "suggestion": "", "hit_rate": 0.5,
           "false_alarm_rate": None}  # fmt: skip
    for _ in range(DAYS):
        guide.next_day.click()
        guide.next_day.click()  # pressed too early, which does nothing
        assert guide.next_day.isEnabled()  # or the focus would go to Skip
        jobs.answer({"days": [day]})
        guide.refresh("arm")
    assert not jobs.waiting
    assert "go to Sessions" in guide.text.text()
    assert guide.curve.isVisible()
    guide.refresh("sessions")
    assert not guide.curve.isVisible()


def test_the_guide_ends_when_the_person_has_been_the_mouse_for_some_trials() -> None:
    few, enough = (Seen("be the mouse", Box("box1"), trials_as_mouse=n) for n in (0, 3))
    assert not STEPS[-1].done(few)
    assert STEPS[-1].done(enough)


def test_the_mouse_is_told_when_to_decide_and_what_came_of_it() -> None:
    script = Script().begin()
    assert Moment().what_now == FIRST
    begun = Moment().after(script.view())
    assert (begun.outcome, begun.what_now) == ("", DECIDE)
    ended = Moment().after(Script().trial("hit").view())
    assert (ended.outcome, ended.what_now) == ("hit", WAIT)
    assert ended.after(Script().trial("hit").begin().view()).outcome == ""


def test_the_mouse_is_told_at_the_end_how_well_it_did() -> None:
    script = Script()
    for outcome in ("hit", "miss", "false_alarm", "correct_rejection", "correct_rejection"):
        script.trial(outcome)
    assert how_it_went(script.view()) == (
        "5 trials: you licked to 1 of the 2 that meant water, and to 1 of the 3 that did not."
    )
