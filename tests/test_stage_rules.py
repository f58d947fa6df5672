"""The rules of stages on made-up sessions: what they decide, and the words in which they say so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.curriculum import Curriculum
from rig.stage_rules import Decision, Evidence, decide
from rig.trials import TrialRow

Rows = list[TrialRow]
UNFIT = ("aborted", "failed", "cut off", "damaged", "unreadable", "simulated")


def rows(outcome: str, count: int, **labels: str) -> Rows:
    """Return that many trials of one outcome; each hit got a drop."""
    drop = 5.0 if outcome == "hit" else None
    return [
        TrialRow(number, "", "", outcome, False, 0.0, 1.0, None, None, 0, None, None, drop,
                 labels=labels)
        for number in range(1, count + 1)
    ]  # fmt: skip


def trained(hits: int, false_alarms: int, of: int = 50, **labels: str) -> Rows:
    """Return trials of a discrimination, `of` of each type."""
    return [
        *rows("hit", hits, **labels),
        *rows("miss", of - hits, **labels),
        *rows("false_alarm", false_alarms, **labels),
        *rows("correct_rejection", of - false_alarms, **labels),
    ]


def session(day: int, trials: Rows, protocol: str = "task", unfit: str = "") -> Evidence:
    date = f"2026-12-{day:02d}"
    return Evidence(f"M01/{date}/1", date, None, protocol, "", trials, unfit)


def curriculum(rules: Sequence[dict[str, Any]]) -> Curriculum:
    stages = [
        {"name": "start", "protocol": "protocols/before.toml"},
        {"name": "middle", "protocol": "protocols/task.toml", "rules": list(rules)},
        {"name": "end", "protocol": "protocols/after.toml"},
    ]
    return Curriculum.model_validate({"name": "Test", "stages": stages})


def promote(*when: dict[str, Any]) -> dict[str, Any]:
    return {"verdict": "promote", "to": "end", "when": list(when)}


def set_back(*when: dict[str, Any]) -> dict[str, Any]:
    return {"verdict": "set_back", "to": "start", "when": list(when)}


def decided(sessions: Sequence[Evidence], *rules: dict[str, Any]) -> Decision:
    return decide(curriculum(rules).stages[1], sessions)


D_PRIME = {"measure": "d_prime", "at_least": 1.7}
GOOD, FAIR, POOR = trained(45, 5), trained(40, 20), trained(20, 20)
VISUAL = {"phase": "bimodal", "context": "visual"}
AUDITORY = {"phase": "bimodal", "context": "auditory"}

CASES = {
    "d' on one day promotes": (
        [GOOD], [promote({**D_PRIME, "days": 1})], "promote",
        "Stage 'end' suggested: d' 2.56 on the last day, the rule asks for at least 1.7.",
    ),
    "d' on two days promotes": (
        [FAIR, GOOD, trained(46, 5)], [promote({**D_PRIME, "days": 2})], "promote",
        "Stage 'end' suggested: d' 2.56 and 2.69 on the last 2 days, the rule asks for "
        "at least 1.7 on each of 2 days.",
    ),
    "one good day is not two": (
        [GOOD], [promote({**D_PRIME, "days": 2})], "hold",
        "Stay in stage 'middle': not yet 'end': d' 2.56 on 1 day so far, the rule asks for "
        "at least 1.7 on each of 2 days.",
    ),
    "a good day and a fair one": (
        [GOOD, FAIR], [promote({**D_PRIME, "days": 2})], "hold",
        "Stay in stage 'middle': not yet 'end': d' 2.56 and 1.09 on the last 2 days, the rule "
        "asks for at least 1.7 on each of 2 days.",
    ),
    "too few trials": (
        [GOOD], [promote({**D_PRIME, "days": 1, "min_trials": 200})], "hold",
        "Stay in stage 'middle': not yet 'end': d' 2.56 (100 trials, it takes 200) on the last "
        "day, the rule asks for at least 1.7.",
    ),
    "d' of one type of trial": (
        [rows("hit", 40)], [promote({**D_PRIME, "days": 1})], "hold",
        "Stay in stage 'middle': not yet 'end': d' unknown (it takes 10 trials of each type) on "
        "the last day, the rule asks for at least 1.7.",
    ),
    "a rate of trials that were not there": (
        [rows("hit", 40)], [promote({"measure": "false_alarm_rate", "at_most": 0.1, "days": 1})],
        "hold",
        "Stay in stage 'middle': not yet 'end': false-alarm rate unknown (no such trials) on the "
        "last day, the rule asks for at most 0.1.",
    ),
    "every context": (
        [trained(45, 5, **VISUAL) + trained(46, 5, **AUDITORY)],
        [promote({**D_PRIME, "days": 1, "where": {"phase": "bimodal"}, "per": "context"})],
        "promote",
        "Stage 'end' suggested: d' 2.69 (context auditory) and 2.56 (context visual) on the last "
        "day (phase bimodal), the rule asks for at least 1.7 for each context.",
    ),
    "one context of two": (
        [trained(45, 5, **VISUAL) + trained(40, 20, **AUDITORY)],
        [promote({**D_PRIME, "days": 1, "per": "context"})], "hold",
        "Stay in stage 'middle': not yet 'end': d' 1.09 (context auditory) and 2.56 (context "
        "visual) on the last day, the rule asks for at least 1.7 for each context.",
    ),
    "one context alone": (
        [trained(45, 5, **VISUAL)], [promote({**D_PRIME, "days": 1, "per": "context"})], "hold",
        "Stay in stage 'middle': not yet 'end': d' for context visual alone on the last day, the "
        "rule asks for at least 1.7 for each context.",
    ),
    "no context": (
        [GOOD], [promote({**D_PRIME, "days": 1, "per": "context"})], "hold",
        "Stay in stage 'middle': not yet 'end': d' for no context on the last day, the rule asks "
        "for at least 1.7 for each context.",
    ),
    "only the trials that are asked for": (
        [trained(45, 5, phase="bimodal") + trained(0, 50, phase="priming")],
        [promote({**D_PRIME, "days": 1, "where": {"phase": "bimodal"}})], "promote",
        "Stage 'end' suggested: d' 2.56 on the last day (phase bimodal), the rule asks for at "
        "least 1.7.",
    ),
    "the whole stage at once": (
        [POOR, GOOD], [promote({"measure": "trials", "at_least": 200})], "promote",
        "Stage 'end' suggested: trials 200 over 2 days, the rule asks for at least 200.",
    ),
    "rewards and sessions": (
        [GOOD, GOOD],
        [promote({"measure": "rewards", "above": 89}, {"measure": "sessions", "at_least": 2})],
        "promote",
        "Stage 'end' suggested: rewards 90 over 2 days, the rule asks for more than 89; sessions 2 "
        "over 2 days, the rule asks for at least 2.",
    ),
    "only what is missing is said": (
        [GOOD],
        [promote({**D_PRIME, "days": 1}, {"measure": "sessions", "at_least": 3})], "hold",
        "Stay in stage 'middle': not yet 'end': sessions 1 over 1 day, the rule asks for at "
        "least 3.",
    ),
    "the nearest promotion is told": (
        [FAIR],
        [
            promote({"measure": "sessions", "at_least": 3}, {**D_PRIME, "days": 1}),
            promote({"measure": "trials", "at_least": 90}, {**D_PRIME, "days": 1}),
        ],
        "hold",
        "Stay in stage 'middle': not yet 'end': d' 1.09 on the last day, the rule asks for at "
        "least 1.7.",
    ),
    "of promotions equally near, the first is told": (
        [FAIR],
        [promote({**D_PRIME, "days": 1}), promote({"measure": "sessions", "at_least": 3})], "hold",
        "Stay in stage 'middle': not yet 'end': d' 1.09 on the last day, the rule asks for at "
        "least 1.7.",
    ),
    "set back": (
        [GOOD, POOR, POOR], [set_back({"measure": "d_prime", "below": 0.5, "days": 2})], "set_back",
        "Back to stage 'start' suggested: d' 0.00 and 0.00 on the last 2 days, the rule asks for "
        "less than 0.5 on each of 2 days.",
    ),
    "the first rule that holds decides": (
        [GOOD],
        [
            {"verdict": "hold", "note": "three sessions first",
             "when": [{"measure": "sessions", "below": 3}]},
            promote({**D_PRIME, "days": 1}),
        ],
        "hold",
        "Stay in stage 'middle': three sessions first: sessions 1 over 1 day, the rule asks for "
        "less than 3.",
    ),
    "a range": (
        [FAIR],
        [promote({"measure": "correct_rejection_rate", "at_least": 0.5, "at_most": 0.7})],
        "promote",
        "Stage 'end' suggested: correct-rejection rate 0.60 over 1 day, the rule asks for at least "
        "0.5 and at most 0.7.",
    ),
    "at the end, what a hold asks for is told": (
        [FAIR],
        [{"verdict": "hold", "note": "expert", "when": [{**D_PRIME, "days": 1}]}], "hold",
        "Stay in stage 'middle': not yet expert: d' 1.09 on the last day, the rule asks for at "
        "least 1.7.",
    ),
    "no rule promotes": (
        [GOOD], [set_back({"measure": "correct", "below": 0.5, "days": 1})], "hold",
        "Stay in stage 'middle': no rule leads from here to another stage.",
    ),
    "no session sets nobody back": (
        [], [set_back({"measure": "sessions", "below": 3})], "hold",
        "Stay in stage 'middle': no session counts for this stage yet.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_decided_and_why(case: str) -> None:
    days, rules, verdict, sentence = CASES[case]
    decision = decided([session(day, trials) for day, trials in enumerate(days, start=1)], *rules)
    assert decision.verdict == verdict
    assert decision.sentence() == sentence


def test_the_sessions_of_a_day_are_taken_together() -> None:
    morning, noon = session(1, trained(50, 0)), session(1, trained(30, 20))
    decision = decided(
        [morning, noon], promote({"measure": "hit_rate", "at_least": 0.9, "days": 1})
    )
    assert decision.verdict == "hold"
    assert "hit rate 0.80 on the last day" in decision.reason


def test_what_is_left_out_is_said() -> None:
    sessions = [
        session(1, GOOD, unfit="aborted"),
        session(2, GOOD, protocol="other"),
        session(3, FAIR),
        session(4, GOOD, unfit="aborted"),
    ]
    decision = decided(sessions, promote({**D_PRIME, "days": 1}))
    assert decision.verdict == "hold"
    assert decision.reason.endswith("(3 sessions left out: 2 aborted, 1 ran 'other')")
    assert decision.sessions == ("M01/2026-12-03/1",)


@given(st.lists(st.tuples(st.integers(1, 28), st.sampled_from(UNFIT)), max_size=5))
def test_sessions_that_never_count_change_no_verdict(unfit: list[tuple[int, str]]) -> None:
    for trials, verdict in ((GOOD, "promote"), (FAIR, "hold")):
        sessions = [session(5, trials)] + [session(day, POOR, unfit=why) for day, why in unfit]
        decision = decided(sessions, promote({**D_PRIME, "days": 1}))
        assert decision.verdict == verdict
        assert decision.sessions == ("M01/2026-12-05/1",)


@given(st.integers(10, 400), st.data())
def test_rounding_never_moves_a_number_over_its_bound(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    bound = data.draw(st.integers(0, 100)) / 100
    trials = rows("hit", hits) + rows("miss", of - hits)
    for name, holds in (("at_least", hits / of >= bound), ("below", hits / of < bound)):
        condition = {"measure": "hit_rate", name: bound, "days": 1}
        decision = decided([session(1, trials)], promote(condition))
        told = re.search(r"hit rate (\S+) on", decision.reason)
        assert told is not None
        assert (decision.verdict == "promote") == holds
        assert (float(told[1]) >= bound) == (hits / of >= bound)


def test_only_the_last_trials_count_where_a_rule_says_so() -> None:
    """A day that began badly and ended well."""
    asked = {"measure": "collected", "at_least": 0.8, "days": 1, "min_trials": 50}
    day = [session(1, [*rows("miss", 40), *rows("hit", 50)])]
    whole = decide(curriculum([promote(asked)]).stages[1], day)
    assert whole.verdict == "hold"
    last = decide(curriculum([promote({**asked, "last_trials": 50})]).stages[1], day)
    assert (last.verdict, last.target) == ("promote", "end")
    assert "1.00 on the last day (last 50 trials), the rule asks for at least 0.8" in last.reason
    few = decide(
        curriculum([promote({**asked, "last_trials": 50})]).stages[1], [session(1, rows("hit", 49))]
    )
    assert few.verdict == "hold"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"measure": "sessions", "at_least": 3, "last_trials": 50}, "sessions are counted whole"),
        ({"measure": "collected", "at_least": 0.8, "last_trials": 5}, "not be fewer than min_tri"),
    ],
)
def test_last_trials_that_make_no_sense_are_refused(condition: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        curriculum([promote(condition)])


def test_a_session_of_another_stage_does_not_count() -> None:
    """Two stages may run the same protocol file with other parameters."""
    asked = {"measure": "collected", "at_least": 0.8, "days": 1}
    stage = curriculum([promote(asked)]).stages[1]
    mine = Evidence("M01/2026-12-01/1", "2026-12-01", None, "task", "cur/middle", rows("hit", 20))
    other = Evidence("M01/2026-12-01/2", "2026-12-01", None, "task", "cur/start", rows("hit", 20))
    assert decide(stage, [mine]).verdict == "promote"
    alone = decide(stage, [other])
    assert alone.verdict == "hold"
    assert "1 session left out: 1 of stage 'cur/start'" in alone.reason
