"""What a changed protocol would have made of the same licks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Done
from corpus import unpacked
from helpers import GO_NOGO, plan_for, put_mouse, run_virtual

from rig.errors import CheckFailed, ProtocolError
from rig.events import Fault
from rig.lab import Lab
from rig.session_record import SessionRecord, load_session
from rig.what_if import WhatIf, what_if

Edit = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SessionRecord]:
    """Return the sessions of the corpus by name: SUBJECT.N."""
    return unpacked(tmp_path_factory.mktemp("corpus"))


def with_changes(
    record: SessionRecord, folder: Path, *changes: tuple[str, str], lab: Lab | None = None
) -> WhatIf:
    """Return what the recorded file, with some text in it changed, would have made of it."""
    text = record.definition.protocol_toml
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{record.definition.protocol}.toml"
    path.write_text(text, encoding="utf-8")
    return what_if(record, lab, path)


def test_the_same_protocol_makes_the_same_trials(
    corpus: dict[str, SessionRecord], tmp_path: Path
) -> None:
    """Of all sessions but those with a stage, and those that an error of a device ended."""
    compared = 0
    for name, record in corpus.items():
        if name == "stage.1" or any(isinstance(event, Fault) for event in record.events):
            continue
        found = with_changes(record, tmp_path)
        compared += found.trials
        assert (found.differing, found.params, found.refused) == ([], {}, []), name
        assert found.recorded == found.changed, name
    assert compared > 1000


def test_a_smaller_drop_changes_the_water_alone(
    corpus: dict[str, SessionRecord], tmp_path: Path
) -> None:
    record = corpus["go_nogo-perfect.1"]
    found = with_changes(record, tmp_path, ("reward_ul = 5.0", "reward_ul = 3.0"))
    hits = [row.trial for row in record.rows if row.outcome == "hit"]
    assert found.params == {"reward_ul": (5.0, 3.0)}
    assert [one.trial for one in found.differing] == hits
    assert found.recorded.outcomes == found.changed.outcomes
    assert (found.recorded.ordered_ul, found.changed.ordered_ul) == (
        5.0 * len(hits),
        3.0 * len(hits),
    )


def test_licks_before_the_window_count_where_it_begins_earlier(lab: Lab, tmp_path: Path) -> None:
    """A mouse that licks from 0.25 to 1.15 s: the window is from 0.65 s on, or from 0.17 s on."""
    put_mouse(lab, policy="always")
    with (lab.folder / "rigs/box1.toml").open("a", encoding="utf-8") as rig:
        rig.write(BODY)
    path = lab.folder / GO_NOGO
    path.write_text(path.read_text().replace("max_trials = 250", "max_trials = 12"))
    record = load_session(run_virtual(plan_for(lab)).folder)
    found = with_changes(record, tmp_path, ("response_delay = 0.58", "response_delay = 0.1"))
    assert found.recorded.outcomes.keys() == {"miss", "correct_rejection"}
    assert found.changed.outcomes.keys() - {"aborted"} == {"hit", "false_alarm"}
    assert {one.changed.ordered_ul for one in found.differing if one.changed} == {0.0, 5.0}


BODY = """[simulation.settings.body]
listening_time = 0.05
persistence = 0.9
reaction_spread = 0
impulsive_probability = 0
"""


def test_a_longer_trial_pushes_the_next_one_back(
    corpus: dict[str, SessionRecord], tmp_path: Path
) -> None:
    """Then the next one meets licks of later trials, and at last the record ends too early."""
    record = corpus["go_nogo-always.1"]
    found = with_changes(record, tmp_path, ("time_out = 8.0", "time_out = 60.0"))
    first = next(row.trial for row in record.rows if row.outcome == "false_alarm")
    assert found.differing[0].trial > first
    assert found.differing[-1].changed is None or found.differing[-1].changed.outcome is None


def test_another_protocol_can_be_tried(corpus: dict[str, SessionRecord], lab: Lab) -> None:
    record = corpus["go_nogo-perfect.1"]
    found = what_if(record, lab, lab.folder / "protocols/go_nogo_tones.toml")
    assert found.trials == 10
    assert {one.changed.stimulus for one in found.differing if one.changed} == {"low", "high"}
    with pytest.raises(CheckFailed, match="meant for a rig with setup = 'head_fixed'"):
        what_if(record, lab, lab.folder / "protocols/optogenetic.toml")


def test_a_protocol_that_ends_before_is_told_of(
    corpus: dict[str, SessionRecord], lab: Lab, tmp_path: Path
) -> None:
    (lab.folder / "protocols/brief.py").write_text(BRIEF, encoding="utf-8")
    path = lab.folder / "protocols/brief.toml"
    path.write_text('protocol = "protocols/brief.py:Brief"\n', encoding="utf-8")
    found = what_if(corpus["changes.1"], lab, path)
    assert found.finished == "three are enough"
    assert [one.trial for one in found.differing if one.changed is None] == [4, 5, 6, 7, 8, 9, 10]
    assert found.recorded.performance.trials == 10
    assert found.changed.performance.trials == 3
    (refused,) = found.refused
    assert refused.startswith("set reward_ul to 3.0: there is no parameter 'reward_ul'")


def test_a_protocol_that_asks_without_end_is_an_error(
    corpus: dict[str, SessionRecord], lab: Lab
) -> None:
    (lab.folder / "protocols/asks.py").write_text(ASKS, encoding="utf-8")
    path = lab.folder / "protocols/asks.toml"
    path.write_text('protocol = "protocols/asks.py:Asks"\n', encoding="utf-8")
    with pytest.raises(ProtocolError, match="asks without end"):
        what_if(corpus["go_nogo-never.1"], lab, path)


BRIEF = """
from rig.graph import END, State, TrialGraph
from rig.protocol import Finished, Parameters, TrialProtocol

class Brief(TrialProtocol):
    class Params(Parameters): pass

    def trial(self, number, past):
        wait = State("wait", "waits a while", timeout=(1.0, END), outcome="hit")
        return TrialGraph((wait,), "go", "x") if number < 4 else Finished("three are enough")
"""
ASKS = """
from rig.protocol import Parameters, Question, TrialProtocol

class Asks(TrialProtocol):
    class Params(Parameters): pass

    def answer(self, choice): pass

    def trial(self, number, past):
        return Question("Well?", ("yes", "no"), "no", 1.0)
"""


def test_what_if_on_the_command_line(short: Lab, command: Callable[..., Done]) -> None:
    put_mouse(short, policy="perfect", go=["A"])
    run_virtual(plan_for(short))
    text = (short.folder / GO_NOGO).read_text(encoding="utf-8")
    (short.folder / "changed.toml").write_text(text.replace("reward_ul = 5.0", "reward_ul = 2.0"))
    done = command("replay", "SIM01", "--protocol", "changed.toml")
    assert done.code == 0
    assert "12 of 24 trials differ." in done.out
    assert "with this protocol it might have behaved otherwise" in done.out
    told = json.loads(command("replay", "SIM01", "--protocol", "changed.toml", "--json").out)
    assert told["params"] == {"reward_ul": {"recorded": 5.0, "changed": 2.0}}
    assert (told["recorded"]["ordered_ul"], told["changed"]["ordered_ul"]) == (60.0, 24.0)
    assert told["differing"][0]["changed"]["outcome"] == "hit"
    assert "might have behaved otherwise" in told["caveat"]
    assert "might have behaved otherwise" in command("replay", "--help").out
