"""What persons ask of a running session: obeyed or refused in words, and recorded either way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import Played, play

from rig.errors import ProtocolError
from rig.events import (
    ActionDone,
    CommandGiven,
    DeviceReported,
    ParameterChanged,
    QuestionAsked,
    StateEntered,
    TrialStarted,
)
from rig.inbox import Command
from rig.lab import Lab

VISUAL = Path("protocols/visual_discrimination.toml")
SHIFTING = Path("protocols/set_shifting.toml")
GO = ("45 deg", "5 kHz")


def commands(found: Played) -> list[CommandGiven]:
    return [event for event in found.events if isinstance(event, CommandGiven)]


def change(key: str, value: object, author: str = "anna") -> Command:
    return Command("set", author=author, key=key, value=value)


def test_a_changed_reward_counts_from_the_next_trial(lab: Lab) -> None:
    """Asked for in trial 4, in the middle of its stimuli."""
    orders = {22.0: change("trial.reward_ul", 4.0)}
    found = play(lab, VISUAL, 30, policy="always", orders=orders)
    asked = commands(found)[0].trial
    rewards = {row.trial: row.reward_ul for row in found.rows if row.trial_type == "go"}
    assert {ul for trial, ul in rewards.items() if trial <= asked} == {2.0}
    assert {ul for trial, ul in rewards.items() if trial > asked} == {4.0}
    (changed,) = [event for event in found.events if isinstance(event, ParameterChanged)]
    assert (changed.key, changed.before, changed.after) == ("trial.reward_ul", 2.0, 4.0)
    assert (changed.author, changed.when) == ("anna", "next trial")
    after = found.events[found.events.index(changed) :]
    first = next(event for event in after if isinstance(event, TrialStarted))
    assert first.trial == asked + 1
    (reply,) = found.replies
    assert reply.accepted
    assert reply.text == "trial.reward_ul will be 4.0 from the next trial"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("trial.reward_ul", -1, "greater than 0, not -1"),
        ("trial.reward_ul", "much", "should be a valid number"),
        ("trial.reward_ul", 15.0, "outside its calibration, 1.18 to 10.95 uL"),
        ("trial.reward_ml", 1.0, "there is no parameter 'trial.reward_ml'; changeable are: "),
        ("trail.reward_ul", 1.0, "there is no table 'trail'"),
        ("trial.contrast", 0.5, "'trial.contrast' cannot be changed in a session"),
        ("modality", "auditory", "'modality' cannot be changed in a session"),
        ("trial", {}, "'trial' cannot be changed in a session"),
        ("", 1, "there is no parameter ''"),
        ("trial.licks", 2.5, "valid integer"),
        ("trial.visual_error_interval", 0.1, "vacuum_time must be shorter"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    lab: Lab, key: str, value: object, said: str
) -> None:
    found = play(lab, VISUAL, 12, policy="always", orders={22.0: change(key, value)})
    (reply,) = found.replies
    assert not reply.accepted
    assert said in reply.text
    (command,) = commands(found)
    assert (command.accepted, command.reply, command.key) == (False, reply.text, key)
    assert not [event for event in found.events if isinstance(event, ParameterChanged)]
    assert {row.reward_ul for row in found.rows if row.trial_type == "go"} == {2.0}


def test_two_changes_before_the_next_trial_both_count(lab: Lab) -> None:
    orders = {22.0: change("trial.reward_ul", 4.0), 22.1: change("trial.interval", 5.0, "ben")}
    found = play(lab, VISUAL, 20, policy="perfect", go=GO, orders=orders)
    changes = [event for event in found.events if isinstance(event, ParameterChanged)]
    assert [(c.key, c.author) for c in changes] == [
        ("trial.reward_ul", "anna"), ("trial.interval", "ben"),
    ]  # fmt: skip
    assert {row.reward_ul for row in found.rows[10:] if row.trial_type == "go"} == {4.0}
    last = found.rows[-1]
    assert last.end_time - last.start_time == pytest.approx(3.0 + 5.0)


def test_a_change_of_a_block_waits_for_the_next_block(lab: Lab) -> None:
    params: dict[str, object] = {"priming_trials": 20, "bimodal_trials": 16, "blocks": 2}
    orders = {30.0: change("bimodal_trials", 8)}
    found = play(
        lab, SHIFTING, 200, params=params, policy="perfect", go=GO, orders=orders
    )  # fmt: skip
    counts = [
        sum(r.block == block and r.labels["phase"] == "bimodal" for r in found.rows)
        for block in (1, 2)
    ]
    assert counts == [16, 8]
    assert found.replies[0].text == "bimodal_trials will be 8 from the next block"


def test_pause_lets_the_trial_end_and_resume_goes_on(lab: Lab) -> None:
    orders = {
        20.0: Command("pause_after_trial", author="anna"),
        100.0: Command("pause_after_trial", author="anna"),
        500.0: Command("resume", author="anna"),
        501.0: Command("resume", author="anna"),
    }
    found = play(lab, VISUAL, 20, policy="always", orders=orders)
    asked = commands(found)[0].trial
    paused, first = found.rows[asked - 1], found.rows[asked]
    assert not paused.aborted
    assert paused.end_time < 40
    assert first.start_time == 500.0
    assert [reply.accepted for reply in found.replies] == [True, False, True, False]
    assert found.replies[0].text == f"pauses after trial {asked}"
    assert found.replies[1].text == "the session is paused already"
    assert found.replies[2].text == f"goes on with trial {asked + 1}"
    assert found.replies[3].text == "the session is not paused"
    assert len(found.rows) == 20


def test_stop_after_trial_completes_the_trial(lab: Lab) -> None:
    orders = {20.0: Command("stop_after_trial", "the mouse is sated", "anna")}
    found = play(lab, VISUAL, 50, policy="always", orders=orders)
    assert found.reason == "the mouse is sated"
    assert not found.rows[-1].aborted
    assert found.rows[-1].trial == commands(found)[0].trial


def test_stop_now_keeps_the_partial_trial(lab: Lab) -> None:
    orders = {20.0: Command("stop_now", author="anna")}
    found = play(lab, VISUAL, 50, policy="always", orders=orders)
    assert found.reason == "stopped by anna"
    last = found.rows[-1]
    assert (last.aborted, last.outcome, last.end_time) == (True, None, 20.0)
    entered = [e for e in found.events if isinstance(e, StateEntered) and e.trial == last.trial]
    assert entered, "what happened in it is recorded"


def test_a_paused_session_can_be_stopped(lab: Lab) -> None:
    orders = {
        20.0: Command("pause_after_trial", author="anna"),
        90.0: Command("stop_after_trial", author="anna"),
    }
    found = play(lab, VISUAL, 50, policy="always", orders=orders)
    assert found.reason == "stopped by anna"
    assert not found.rows[-1].aborted


def test_a_drop_of_a_person_is_water_but_no_reward_of_the_trial(lab: Lab) -> None:
    orders = {20.0: Command("reward", author="anna"), 21.0: Command("reward", "", "ben", "", 5.0)}
    found = play(lab, VISUAL, 12, policy="never", orders=orders)
    given = [e for e in found.events if isinstance(e, ActionDone) and e.author]
    assert [(e.device, e.verb, e.value, e.author) for e in given] == [
        ("valve", "deliver", 2.0, "anna"), ("valve", "deliver", 5.0, "ben"),
    ]  # fmt: skip
    assert [reply.text for reply in found.replies] == ["gives 2 uL", "gives 5 uL"]
    assert {row.reward_ul for row in found.rows} == {None, 2.0}
    ended = found.events[-1]
    assert ended.water_ul == pytest.approx(7.0)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (50.0, "outside its calibration"),
        ("much", "a volume is a number of uL, not 'much'"),
        (True, "a volume is a number of uL, not True"),
        (8.0, "would be over the session's 10 uL"),
    ],
)
def test_a_drop_that_cannot_be_is_refused(lab: Lab, value: object, said: str) -> None:
    orders = {40.0: Command("reward", author="anna", value=value)}
    found = play(lab, VISUAL, 5, policy="always", orders=orders, max_water_ul=10.0)
    assert said in found.replies[0].text
    assert not found.replies[0].accepted


def test_a_drop_is_refused_while_the_valve_is_open(lab: Lab) -> None:
    orders = {20.0: Command("reward", author="a"), 20.001: Command("reward", author="a")}
    found = play(lab, VISUAL, 5, policy="never", orders=orders)
    assert [reply.text for reply in found.replies] == [
        "gives 2 uL", "the valve is open right now: ask again",
    ]  # fmt: skip


def test_a_block_can_be_skipped_where_there_are_blocks(lab: Lab) -> None:
    orders = {40.0: Command("skip_block", author="anna")}
    found = play(lab, SHIFTING, 40, policy="perfect", go=GO, orders=orders)
    asked = commands(found)[0].trial
    assert found.rows[asked - 1].block == 1
    assert not found.rows[asked - 1].aborted
    assert found.rows[asked].block == 2
    refused = play(lab, VISUAL, 10, policy="always", orders=orders)
    assert refused.replies[0].text == "the protocol has no blocks to skip"


def test_a_note_is_recorded_with_its_author(lab: Lab) -> None:
    orders = {
        12.5: Command("note", "fur looks rough", "anna"),
        13.0: Command("note", "  ", "anna"),
    }
    found = play(lab, VISUAL, 5, policy="always", orders=orders)
    note, empty = commands(found)
    assert (note.verb, note.reason, note.author) == ("note", "fur looks rough", "anna")
    assert note.hardware_time == 12.5
    assert (empty.accepted, empty.reply) == (False, "a note needs words")


ASK: dict[str, object] = {"on_failure": "ask", "priming_trials": 20, "patience": 100.0}


def test_a_question_waits_for_its_answer(lab: Lab) -> None:
    orders = {
        5.0: Command("answer", "go on", "anna"),
        300.0: Command("answer", "perhaps", "anna"),
        310.0: Command("answer", "go on", "anna"),
    }
    patient = {**ASK, "patience": 1000.0}
    found = play(lab, SHIFTING, 22, params=patient, policy="never", orders=orders)
    early, wrong, right = found.replies
    assert early.text == "nothing is asked"
    assert wrong.text == "the answers are: more priming, go on, stop"
    assert right.accepted
    (question,) = [event for event in found.events if isinstance(event, QuestionAsked)]
    assert question.trial == 20
    assert found.rows[20].start_time == 310.0
    assert found.rows[20].labels["phase"] == "bimodal"


def test_a_question_that_nobody_answers_takes_its_default(lab: Lab) -> None:
    found = play(lab, SHIFTING, 50, params=ASK, policy="never")
    assert len(found.rows) == 20
    assert "criterion not met" in found.reason
    (answer,) = commands(found)
    assert (answer.verb, answer.reason, answer.author) == ("answer", "stop", "")
    (question,) = [event for event in found.events if isinstance(event, QuestionAsked)]
    assert answer.hardware_time == pytest.approx(question.hardware_time + 100.0)


def test_every_command_is_recorded_as_plain_data(lab: Lab) -> None:
    orders = {20.0: change("trial.reward_ul", {"a": [1, None]}), 21.0: change("x", [1, "y"])}
    found = play(lab, VISUAL, 5, policy="always", orders=orders)
    assert [command.value for command in commands(found)] == [{"a": [1, None]}, [1, "y"]]
    assert json.dumps([command.value for command in commands(found)])


OWN = """
from rig.graph import END, Pulse, State, TrialGraph
from rig.protocol import Parameters, Question, TrialProtocol

class Own(TrialProtocol):
    class Params(Parameters):
        asks: bool = False

    def reward(self): raise RuntimeError("no reward here")
    def skip_block(self): raise RuntimeError("no block here")
    def answer(self, choice): raise RuntimeError("no answer here")

    def trial(self, number, past):
        if self.params.asks and number == 3:
            return Question("Well?", ("yes", "no"), "no", 60.0)
        wait = State("wait", "waits a while", timeout=(10.0, END), outcome="hit")
        return TrialGraph((wait,), "go", "x")
"""


@pytest.fixture
def own(lab: Lab) -> Path:
    """Return the protocol of a lab whose own methods all fail."""
    (lab.folder / "protocols/own.py").write_text(OWN)
    path = lab.folder / "protocols/own.toml"
    path.write_text('protocol = "protocols/own.py:Own"\n')
    return path


def test_a_protocol_that_fails_in_an_order_does_not_end_the_session(lab: Lab, own: Path) -> None:
    orders = {
        5.0: Command("reward", author="a"),
        6.0: Command("skip_block", author="a"),
        7.0: Command("reward", author="a", value=2.0),
    }
    found = play(lab, own, 3, policy="never", orders=orders)
    assert [reply.text for reply in found.replies] == [
        "the protocol raised RuntimeError: no reward here",
        "the protocol raised RuntimeError: no block here",
        "gives 2 uL",
    ]
    assert len(found.rows) == 3


def test_a_default_answer_that_the_protocol_does_not_take_ends_the_session(
    lab: Lab, own: Path
) -> None:
    with pytest.raises(ProtocolError, match="does not take its own default answer"):
        play(lab, own, 5, params={"asks": True}, policy="never")


def test_a_drop_of_the_protocol_waits_for_that_of_a_person(lab: Lab) -> None:
    """Both at the spout, one after the other, and each told apart."""
    first = next(row for row in play(lab, VISUAL, 8, policy="always").rows if row.reward_ul)
    due = (first.stimulus_time or 0.0) + 2.0
    orders = {due - 0.005: Command("reward", author="anna")}
    found = play(lab, VISUAL, 8, policy="always", orders=orders)
    drops = [e for e in found.events if isinstance(e, DeviceReported) and e.volume_ul]
    person, own = [drop for drop in drops if drop.trial == first.trial]
    assert (person.author, own.author) == ("anna", "")
    assert own.hardware_time == pytest.approx(person.hardware_time + person.achieved)
    assert own.hardware_time == pytest.approx(due, abs=0.05)
    assert found.rows[first.trial - 1].reward_ul == 2.0
    assert len(found.rows) == 8


def test_a_change_for_the_next_block_is_tried_out_there(lab: Lab) -> None:
    """Blocks of the lab's own, whose reward is that of the block."""
    (lab.folder / "protocols/blocks.py").write_text(BLOCKS)
    path = lab.folder / "protocols/blocks.toml"
    path.write_text('protocol = "protocols/blocks.py:Blocks"\n')
    found = play(lab, path, 80, policy="never", orders={25.0: change("reward_ul", 15.0)})
    (reply,) = found.replies
    assert not reply.accepted
    assert "outside its calibration" in reply.text
    assert len(found.rows) == 80


BLOCKS = """
import pydantic
from rig.graph import END, Pulse, State, TrialGraph
from rig.protocol import NEXT_BLOCK, Parameters, TrialProtocol

class Blocks(TrialProtocol):
    class Params(Parameters):
        reward_ul: float = pydantic.Field(default=2.0, json_schema_extra=NEXT_BLOCK)

    def __init__(self, params, rng):
        super().__init__(params, rng)
        self.left, self.drop = 0, 0.0

    def skip_block(self):
        self.left = 0
        return "the next block begins"

    def trial(self, number, past):
        if not self.left:
            self.left, self.drop = 60, self.params.reward_ul
        self.left -= 1
        drop = (Pulse("valve", self.drop),)
        wait = State("wait", "gives a drop", enter=drop, timeout=(10.0, END), outcome="hit")
        return TrialGraph((wait,), "go", "x")
"""


def test_a_block_is_not_skipped_while_a_question_is_open(lab: Lab) -> None:
    patient = {**ASK, "patience": 1000.0}
    orders = {
        300.0: Command("skip_block", author="anna"),
        310.0: Command("answer", "go on", "anna"),
    }
    found = play(lab, SHIFTING, 22, params=patient, policy="never", orders=orders)
    assert found.replies[0].text == "the protocol waits for an answer: give it first"
    assert found.rows[20].start_time == 310.0


def test_a_drop_that_was_licked_up_is_not_counted_as_removed(lab: Lab) -> None:
    """It takes more licks to be a response than to drink."""
    params: dict[str, object] = {"trial": {"licks": 20}}
    rows = play(lab, VISUAL, 20, params=params, policy="always").rows
    missed = [row for row in rows if row.outcome == "miss"]
    assert missed
    assert {(row.reward_ul, row.removed_ul) for row in missed} == {(2.0, 0.0)}
