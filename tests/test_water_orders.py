"""Drops to look at, flushes and scripted faults: obeyed in a pause, recorded, played again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from helpers import plan_for, put_mouse
from inside import inside

from rig import load
from rig.events import ActionDone, CommandGiven, DeviceReported
from rig.graph import TrialGraph
from rig.inbox import Command
from rig.lab import Lab
from rig.replay import replay
from rig.session import Session
from rig.session_record import SessionRecord, load_session
from rig.watcher import Nobody

VISUAL = Path("protocols/visual_discrimination.toml")
Edit = Callable[[str, str, str], None]


def ordered(lab: Lab, orders: Sequence[tuple[float, Command]], trials: int = 8) -> SessionRecord:
    """Record a session in virtual time in which persons give orders at these times."""
    path = lab.folder / VISUAL
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("max_trials = 500", f"max_trials = {trials}"), encoding="utf-8")
    put_mouse(lab, policy="always")
    with Session(plan_for(lab, VISUAL), "virtual") as session:
        for time, order in orders:
            hand_in = lambda _, order=order: session.hand_in(order)  # noqa: E731
            session._context.room.agenda.at(time, hand_in)
        session.run()
    return load_session(session.folder)


def anna(verb: str, value: object = None, text: str = "") -> Command:
    return Command(verb, text, "anna", "", value, f"id of {verb}")  # type: ignore[arg-type]


PAUSE, RESUME = (20.0, anna("pause_after_trial")), (90.0, anna("resume"))


def replies(record: SessionRecord) -> list[str]:
    return [e.reply for e in record.events if isinstance(e, CommandGiven)][1:-1]


def test_drops_and_flushes_are_for_a_pause(lab: Lab) -> None:
    early = [(2.0, anna("drop")), (3.0, anna("flush", 1.0)), (20.5, anna("drop"))]
    record = ordered(lab, [*early, PAUSE, (60.0, anna("drop")), (61.0, anna("flush", 5)), RESUME])
    told = [e.reply for e in record.events if isinstance(e, CommandGiven)]
    assert told[:2] == ["only while the session is paused: pause it first"] * 2
    assert told[3] == "trial 3 still runs: ask again when it has ended"
    assert told[4:6] == ["gives 2 uL", "flushes for 5 s"]
    assert replay(record).differences == []


def test_water_of_a_flush_is_not_counted_and_a_drop_to_look_at_is(lab: Lab) -> None:
    plain = ordered(lab, [PAUSE, RESUME])
    record = ordered(lab, [PAUSE, (60.0, anna("drop")), (61.0, anna("flush", 5)), RESUME])
    assert plain.ended is not None
    assert record.ended is not None
    assert record.ended.water_ul == plain.ended.water_ul + 2.0
    flush = next(e for e in record.events if isinstance(e, DeviceReported) and e.what == "flush")
    assert (flush.requested, flush.achieved, flush.volume_ul, flush.author) == (5, 5, None, "anna")
    order = next(e for e in record.events if isinstance(e, ActionDone) and e.verb == "flush")
    assert (order.device, order.value, order.author) == ("valve", None, "anna")
    drops = [row.reward_ul for row in record.rows]
    assert drops == [row.reward_ul for row in plain.rows]
    tables = load(record.folder.path)
    assert "flush" not in set(tables.stimuli["what"])
    assert list(tables.water["author"].dropna()) == ["anna"]


def test_a_flush_can_be_ended_and_holds_the_next_trial_up(lab: Lab) -> None:
    record = ordered(lab, [
        PAUSE, (60.0, anna("flush", 20)), (60.5, anna("resume")), (60.6, anna("flush", 1)),
        (62.0, anna("stop_flush")), (63.0, anna("stop_flush")), RESUME,
    ])  # fmt: skip
    assert replies(record) == [
        "flushes for 20 s", "the valve is being flushed: stop the flush first",
        "the valve is open right now: ask again", "stops the flush", "no valve is being flushed",
    ]  # fmt: skip
    flush = next(e for e in record.events if isinstance(e, DeviceReported) and e.what == "flush")
    assert (flush.requested, flush.achieved) == (20, 2.0)
    assert replay(record).differences == []


def test_a_mouse_that_begins_its_trial_ends_a_flush(lab: Lab) -> None:
    """A trial that only waits for the mouse lets a valve be flushed; its trial does not."""
    session = Session(plan_for(lab, subject="YOU"), "virtual")
    with session:
        room = session._context.room
        for time, order in (
            (1.0, anna("pause_after_trial")), (2.0, anna("flush", 20)), (9.0, anna("stop_now")),
        ):  # fmt: skip
            room.agenda.at(time, lambda _, order=order: session.hand_in(order))
        room.agenda.at(5.0, lambda time: room.touch("port", True, time))
        session.run()
    record = load_session(session.folder)
    flush = next(e for e in record.events if isinstance(e, DeviceReported) and e.what == "flush")
    assert (flush.requested, flush.achieved) == (20, 3.0)
    assert replay(record).differences == []


def test_the_end_of_the_session_closes_the_valve(lab: Lab) -> None:
    record = ordered(lab, [PAUSE, (60.0, anna("flush", 20)), (61.0, anna("stop_now"))])
    flush = next(e for e in record.events if isinstance(e, DeviceReported) and e.what == "flush")
    assert (flush.requested, flush.achieved) == (20, 1.0)
    assert replay(record).differences == []


REFUSED = (
    (anna("drop", 3.0), "a drop to look at has the usual volume: name none"),
    (anna("flush"), "a flush lasts a number of seconds, not None"),
    (anna("flush", True), "a flush lasts a number of seconds, not True"),
    (anna("flush", 0), "a flush lasts up to 30 s, not 0 s"),
    (anna("flush", 30.5), "a flush lasts up to 30 s, not 30.5 s"),
    (anna("flush", float("nan")), "a flush lasts up to 30 s, not nan s"),
    (anna("speed", 10), "the speed can be changed in sessions of `rig run --speed` only"),
    (anna("speed", 51), "a speed is a number from 1 to 50, not 51"),
    (anna("speed", "fast"), "a speed is a number from 1 to 50, not 'fast'"),
    (anna("fault", text="fire"), "the faults are: blocked spout"),
)


def test_what_cannot_be_is_refused_in_words(lab: Lab) -> None:
    orders = [(60.0 + second, order) for second, (order, _) in enumerate(REFUSED)]
    record = ordered(lab, [PAUSE, *orders, RESUME])
    given = [e for e in record.events if isinstance(e, CommandGiven)][1:-1]
    assert [(e.verb, e.id, e.accepted, e.reply) for e in given] == [
        (order.verb, order.id, False, said) for order, said in REFUSED
    ]
    assert replay(record).differences == []


def test_a_blocked_spout_keeps_drops_from_the_mouse_until_it_is_flushed(lab: Lab) -> None:
    """The valve reports them all the same: nobody but the mouse knows."""
    blocked = anna("fault", text="blocked spout")
    orders = [
        (1.0, blocked), (1.1, blocked), PAUSE, (60.0, anna("flush", 0.6)), (62.0, blocked),
        (63.0, anna("flush", 0.6)), (65.0, blocked), (66.0, anna("flush", 0.6)),
        (68.0, blocked), (69.0, anna("flush", 0.6)), (71.0, blocked), RESUME,
    ]  # fmt: skip
    record = ordered(lab, orders)
    told = [e.reply for e in record.events if isinstance(e, CommandGiven) and e.verb == "fault"]
    blocks, is_blocked = (
        "the spout is blocked, until it is flushed for 1 s", "the spout is blocked already",
    )  # fmt: skip
    assert told == [blocks, is_blocked, is_blocked, blocks, is_blocked, blocks]
    assert replay(record).differences == []


class Blocking(Nobody):
    """Notes what the mouse drank; blocks the spout at trial 3, and flushes it before trial 6."""

    session: Session

    def __init__(self) -> None:
        self.drunk: list[int] = []
        self.trial = 0

    def began(self, trial: int, graph: TrialGraph) -> None:
        self.trial = trial
        if trial == 3:
            self.session.hand_in(anna("fault", text="blocked spout"))
        if trial == 6:
            self.session._context.room.flush(1.0)


def test_the_mouse_gets_nothing_from_a_blocked_spout(lab: Lab) -> None:
    put_mouse(lab, policy="always")
    watcher = Blocking()
    watcher.session = Session(plan_for(lab, VISUAL), "virtual", watcher=watcher)
    with watcher.session as session:
        mouse = session._context.room.mouse
        assert mouse is not None
        mouse.drink = lambda volume_ul, time: watcher.drunk.append(watcher.trial)  # type: ignore[method-assign]
        session._context.room.agenda.at(150.0, lambda _: session.stop("stop_now", "enough"))
        result = session.run()
    rewarded = {row.trial for row in result.rows if row.reward_ul}
    assert rewarded & {3, 4, 5}
    assert set(watcher.drunk) == rewarded - {3, 4, 5}


def test_the_orders_on_the_command_line(live: Session, lab: Lab) -> None:
    """The trial that waits for its mouse is never over, so none is carried out here."""
    said = {
        ("flush", "5"): "only while the session is paused",
        ("drop",): "only while the session is paused",
        ("stop-flush",): "no valve is being flushed",
        ("speed", "20"): "in sessions of `rig run --speed` only",
        ("fault", "blocked", "pipe"): "the faults are: blocked spout",
        ("flush",): "Write one number behind it",
        ("drop", "4"): "Leave out what stands behind it",
    }
    for words, answer in said.items():
        done = inside(lab, "tell", "box1", *words, "--by", "anna")
        assert answer in done.out + done.err
    given = [e for e in load_session(live.folder).events if isinstance(e, CommandGiven)]
    assert [(e.verb, e.value) for e in given] == [
        ("flush", 5), ("drop", None), ("stop_flush", None), ("speed", 20), ("fault", None),
    ]  # fmt: skip
