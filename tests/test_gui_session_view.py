"""What the window knows of a session, and what a person should look at: no Qt here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from gui_helpers import ADDRESS, Bench, Script, beat

from analysis.timing import state_timing
from gui.alarms import Alarms
from gui.boxes import Boxes
from gui.raster_data import RasterData
from gui.reader import CaughtUp, Found, Gone, Silent, Told
from gui.session_view import SessionView, flat
from rig.bus import Heartbeat
from rig.events import ParameterChanged, Record
from rig.measures import Growing
from rig.performance import performance
from rig.session_record import SessionRecord


def fed(records: Sequence[Record]) -> SessionView:
    """Return a view that was told this."""
    view = SessionView()
    for record in records:
        view.take(record)
    return view


def test_a_view_tells_what_the_record_tells(told: SessionRecord) -> None:
    view = fed([told.header, told.definition, *told.events])
    assert view.rows == told.rows
    assert view.table.water_ul == told.water_ul
    assert view.ended == told.ended
    assert view.definition == told.definition
    assert view.time == pytest.approx(told.events[-1].engine_time)
    assert view.timing.summary() == state_timing(told.events)
    assert performance(view.rows) == performance(told.rows)
    assert (view.trial, view.stay, view.question) == (None, None, None)
    assert len(view.simulated) == len(told.definition.devices)


def test_the_raster_holds_each_lick_of_each_trial_once(told: SessionRecord) -> None:
    raster = RasterData()
    for event in told.events:
        raster.take(event)
    rows = told.rows
    for kind, drawn in raster.types.items():
        of_kind = [row for row in rows if row.trial_type == kind]
        assert drawn.outcomes == [row.outcome for row in of_kind]
        assert len(drawn.lick_x) == 2 * sum(row.lick_count for row in of_kind)
        assert len(drawn.drop_x) == sum(row.reward_ul is not None for row in of_kind)
        firsts = [row.first_lick_time - row.stimulus_time for row in of_kind
                  if row.first_lick_time is not None and row.stimulus_time is not None]  # fmt: skip
        assert np.isin(np.round(firsts, 6), np.round(drawn.lick_x.values, 6)).all()
        heights = drawn.lick_y.values.reshape(-1, 2)
        assert (np.floor(heights[:, 0]) == np.floor(heights[:, 1])).all(), "a tick in one row"


def test_a_trial_that_was_aborted_before_its_stimulus_is_drawn_from_its_start() -> None:
    script = Script().trial()
    script.begin("go")
    script.records.pop()  # the stimulus never came
    script.lick(0.25).end(None, lasts=1.0)
    drawn = script.view().raster.types["go"]
    assert drawn.outcomes == ["hit", None]
    assert drawn.lick_x.values[-1] == pytest.approx(0.25)


def test_numbers_grow_without_loss() -> None:
    numbers = Growing()
    for number in range(1000):
        numbers.append(number)
    assert numbers.values.tolist() == list(range(1000))


def test_a_view_knows_where_a_session_stands() -> None:
    script = Script().trial(licks=1, drop_ul=5.0)
    view = script.begin("nogo").lick(0.2).view()
    assert view.trial is not None
    assert (view.trial.trial, view.trial.trial_type) == (2, "nogo")
    assert view.stay is not None
    assert view.stay.name == "stimulus"
    assert view.last_lick == pytest.approx(10.2)
    assert view.last_trial_end == 10.0
    assert (view.table.water_ul, view.by_hand_ul) == (5.0, 0.0)
    assert script.drop(3.0, author="anna").view().by_hand_ul == 3.0


def test_a_view_follows_pauses_questions_and_parameters() -> None:
    script = Script().trial()
    assert script.obeyed("pause_after_trial").view().paused
    assert not script.obeyed("resume").view().paused
    asked = script.asks("Is the light on?").view()
    assert asked.question is not None
    assert asked.question.text == "Is the light on?"
    view = script.obeyed("answer", reason="yes").view()
    assert view.question is None
    view.take(ParameterChanged(9, 11.0, 11.0, 1, "trial.licks", 3, 5, "anna", "next trial"))
    assert flat(view.params) == {"reward_ul": 5.0, "trial.licks": 5}
    said = [line.text for line in view.log]
    assert said[-2:] == ["anna, answer yes: done", "trial.licks: 3 -> 5 (anna)"]
    assert (view.logged, len(view.log)) == (5, 5)


def quiet(trials: int = 30) -> Script:
    """Return a session in which all is well."""
    script = Script()
    for number in range(trials):
        script.trial(
            "hit" if number % 2 else "correct_rejection", drop_ul=5.0 * (number % 2) or None
        )
    return script


def raised(view: SessionView) -> dict[str, str]:
    """Return the alarms of a session by their keys, with their texts."""
    alarms = Alarms()
    alarms.look(view)
    return {alarm.key: alarm.text for alarm in alarms.list}


def later(view: SessionView, seconds: float, **told: object) -> SessionView:
    view.take_beat(beat(view.time + seconds, **told))  # type: ignore[arg-type]
    return view


def misses(script: Script, trials: int) -> Script:
    for _ in range(trials):
        script.trial("miss", licks=0)
    return script


def dry(trials: int) -> Script:
    script = quiet()
    for _ in range(trials):
        script.trial("hit", licks=0, drop_ul=5.0)
    return script


def test_nothing_is_said_of_a_session_in_which_all_is_well() -> None:
    assert raised(quiet().view()) == {}
    assert raised(Script().view()) == {}
    assert raised(SessionView()) == {}


@pytest.mark.parametrize(
    ("key", "bad", "fine"),
    [
        ("no lick", later(quiet().view(), 301), later(quiet().view(), 200)),
        ("no lick", later(quiet().view(), 301),
         later(quiet().obeyed("pause_after_trial").view(), 301)),
        ("stalled", later(quiet().begin().view(), 61), later(quiet().begin().view(), 59)),
        ("stalled", later(quiet().begin().view(), 61), later(quiet().view(), 61)),
        ("dry drops", dry(10).view(), dry(9).view()),
        ("dry drops", dry(10).view(), dry(10).trial("hit", licks=1).view()),
        ("fell silent", misses(quiet(60), 5).view(), misses(quiet(60), 4).view()),
        ("fell silent", misses(quiet(60), 5).view(), misses(Script(), 60).view()),
        ("water", quiet(400).view(), quiet(300).view()),
        ("question", quiet().asks("Is the light on?").view(),
         quiet().asks("Is the light on?").obeyed("answer").view()),
        ("logger", later(quiet().view(), 1, logger="gone"),
         later(quiet().view(), 1, logger="catching up")),
    ],
)  # fmt: skip
def test_a_rule_speaks_when_it_should_and_only_then(
    key: str, bad: SessionView, fine: SessionView
) -> None:
    assert key in raised(bad)
    assert key not in raised(fine)


def test_a_pause_hides_no_blocked_spout_and_the_trials_after_it_count_anew() -> None:
    paused = misses(quiet(60), 8).obeyed("pause_after_trial")
    assert "fell silent" in raised(paused.view())
    assert "fell silent" not in raised(paused.obeyed("resume").view())
    assert "fell silent" not in raised(misses(paused, 9).view())
    assert "fell silent" in raised(misses(paused, 1).view())


def test_a_pause_is_no_time_without_licks() -> None:
    script = quiet().obeyed("pause_after_trial")
    script.time += 400
    assert "no lick" not in raised(script.obeyed("resume").view())
    assert "no lick" in raised(later(script.view(), 301))


def test_no_rule_but_faults_speaks_of_a_session_that_has_ended() -> None:
    ended = later(
        misses(quiet(60), 8).fails("the valve is stuck", "Look at it.").ends().view(), 999
    )
    assert raised(ended) == {"fault 0": "the valve is stuck. Look at it."}


def test_a_fault_that_comes_again_is_counted_and_is_one_alarm() -> None:
    script = quiet().fails("the valve is stuck", "Look at it.").fails("it is dark", "Look.")
    for _ in range(11):
        script.fails("the valve is stuck", "Look at it.")
    view = script.view()
    assert [(each.what, each.times) for each in view.faults] == [
        ("the valve is stuck", 12), ("it is dark", 1),
    ]  # fmt: skip
    assert view.fault_at["box1"].what == "the valve is stuck"
    assert raised(view) == {
        "fault 0": "the valve is stuck (12 times). Look at it.",
        "fault 1": "it is dark. Look.",
    }


def test_what_does_not_reach_the_disk_is_told_in_seconds_of_the_wall_clock() -> None:
    view, alarms = quiet().view(), Alarms()
    start = view.time
    for second in range(7):
        view.take_beat(beat(start + second, size=200 + second, safe=100))
        alarms.look(view)
    assert [alarm.key for alarm in alarms.list] == ["disk"]
    view.take_beat(beat(start + 8, size=210, safe=210))
    alarms.look(view)
    assert alarms.list[0].over, "the cause has gone, but nobody has seen it"


def test_an_alarm_stays_until_its_cause_has_gone_and_somebody_has_seen_it() -> None:
    alarms, bad, fine = Alarms(), dry(10).view(), quiet().view()
    alarms.look(bad)
    first = alarms.list[0]
    seen = alarms.acknowledge("dry drops", "anna")
    assert seen is not None
    assert (seen.acknowledged, alarms.open) == ("anna", [])
    alarms.look(bad)
    assert (alarms.list[0].acknowledged, alarms.list[0].since) == ("anna", first.since)
    alarms.look(fine)
    assert alarms.list == []
    alarms.look(bad)
    alarms.look(fine)
    assert [alarm.over for alarm in alarms.list] == [True]
    alarms.acknowledge("dry drops", "anna")
    assert alarms.list == []
    assert alarms.acknowledge("dry drops", "anna") is None


def boxes_with(records: Sequence[Record | Heartbeat]) -> Boxes:
    boxes = Boxes(["box2", "box1"])
    boxes.take(Found("box1", ADDRESS))
    boxes.take(Told("box1", tuple(records)))
    boxes.take(CaughtUp("box1"))
    return boxes


@pytest.mark.parametrize(
    ("script", "word"),
    [
        (quiet(), "running"),
        (quiet().obeyed("pause_after_trial"), "paused"),
        (quiet().begin().obeyed("pause_after_trial"), "pauses after this trial"),
        (quiet().asks("Is the light on?"), "asks a question"),
        (quiet().ends(), "ended: wrap up"),
        (quiet().ends("the valve is stuck", "failed"), "failed: wrap up"),
    ],
)
def test_a_box_says_what_it_is_like(script: Script, word: str) -> None:
    boxes = boxes_with(script.records)
    box = boxes.by_rig["box1"]
    assert box.state()[1] == word
    assert (box.subject, box.trouble()) == ("SIM01", "")
    assert (boxes.by_rig["box2"].state(), boxes.by_rig["box2"].subject) == (("", "free"), "")


def test_a_box_tells_of_an_engine_that_is_silent_or_died() -> None:
    boxes = boxes_with(quiet(5).begin().records)
    box = boxes.by_rig["box1"]
    boxes.take(Silent("box1", 2.0))
    assert (box.state(), box.is_running) == (("bad", "not answering"), True)
    assert "Data up to trial 5 is safe" in box.trouble()
    boxes.take(Told("box1", (beat(60.0),)))
    assert (box.state()[1], box.trouble()) == ("running", "")
    boxes.take(Gone("box1"))
    assert (box.state(), box.is_running, box.died) == (("bad", "engine died"), False, True)
    assert "ended in trial 6. Data up to trial 5 is safe" in box.trouble()


def test_a_box_is_free_again_when_it_was_wrapped_up_and_takes_the_next_session() -> None:
    boxes = boxes_with(quiet().ends().records)
    boxes.take(Gone("box1"))
    box = boxes.by_rig["box1"]
    assert not box.died
    box.wrapped_up = True
    assert (box.state(), box.subject) == (("", "free"), "")
    box.starting = "M014"
    assert (box.state(), box.subject) == (("note", "starting"), "M014")
    boxes.take(Found("box1", ADDRESS))
    boxes.take(Told("box1", tuple(Script("M014").records)))
    boxes.take(CaughtUp("box1"))
    new = boxes.by_rig["box1"]
    assert (new.state(), new.subject, new.starting) == (("good", "running"), "M014", "")


def test_a_rig_that_nobody_knew_becomes_a_box() -> None:
    boxes = Boxes(["box1"])
    boxes.take(Found("box9", ADDRESS))
    boxes.take(Told("box9", tuple(quiet().records)))
    assert boxes.by_rig["box9"].state()[1] == "running"


def test_the_bench_answers_orders(bench: Bench) -> None:
    box = bench.begin("box1", quiet().records)
    number = bench.place.order("note", text="looks tired")
    rig, command = bench.next_order()
    assert (rig, command.verb, command.author, command.id) == ("box1", "note", "anna", number)
    assert number in bench.place.asked
    bench.answer("box1", command)
    assert box.view is not None
    assert box.view.answers[number].accepted


def test_a_mouse_that_stays_silent_stays_an_alarm() -> None:
    alarms, script = Alarms(), quiet(60)
    alarms.look(script.view())
    for _ in range(8):
        misses(script, 30)
        alarms.look(script.view())
        assert [a.over for a in alarms.open if a.key == "fell silent"] == [False]
    for _ in range(10):
        script.trial("hit")
    alarms.look(script.view())
    assert [a.over for a in alarms.open if a.key == "fell silent"] == [True]
