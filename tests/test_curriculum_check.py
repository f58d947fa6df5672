"""Mistakes of curricula: each is named with its place and its remedy, before a mouse enters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Done

from rig.commands.check import check_lab
from rig.curriculum import Assignment, Condition, Curriculum, Rule, Stage
from rig.curriculum_check import check_curriculum
from rig.errors import ExitCode, Problem
from rig.lab import Lab
from rig.stage_history import StageEntry
from rig.stage_rules import NAMES

FILE = "curricula/small.toml"
PAGE = Path(__file__).parent.parent / "docs/reference/curricula.md"
Edit = Callable[[str, str, str], None]

COLLECTED = '{ measure = "collected", at_least = 0.8, days = 1, min_trials = 40 }'
POOR = '{ measure = "hit_rate", below = 0.4, days = 2 }'
GOOD = '{ measure = "hit_rate", at_least = 0.8, days = 2 }'
TURNS = "alternate = [{ response_delay = 0.5 }, { response_delay = 0.6 }]"
SECOND_GROUP = 'params = { go_sound = "B", nogo_sound = "A" }'

MISTAKES = {
    "key mistyped": ("at_least = 0.8, days = 1", "at_lest = 0.8, days = 1",
                     "unknown key 'at_lest'", "Did you mean 'at_least'?"),
    "measure unknown": ('"sessions"', '"session"', "input should be", "stages.1.rules.1.when.1"),
    "no bound": ("at_least = 0.8, days = 1", "days = 1",
                 "needs at_least, above, at_most or below", "Change the value"),
    "two bounds of a kind": ("at_least = 0.8, days = 1", "at_least = 0.8, above = 0.7, days = 1",
                             "only one is allowed", "Change the value"),
    "a count with min_trials": ("at_least = 3", "at_least = 3, min_trials = 5",
                                "min_trials is for rates and d'", "Change the value"),
    "sessions of a label": ("at_least = 3", 'at_least = 3, per = "context"',
                            "where, per and last_trials are for", "Change the value"),
    "a rule without conditions": (f"[{POOR}]", "[]", "at least 1 item", "rules.0.when"),
    "a rule without a target": ('to = "reversal"', "", "needs `to`", "Change the value"),
    "a hold with a target": ('note = "expert"', 'to = "reversal"',
                             "a rule that holds leads nowhere", "take out `to`"),
    "a stage with a space": ('name = "reversal"', 'name = "re versal"',
                             "'re versal' is no name", "stages.2.name"),
    "two stages of one name": ('name = "reversal"', 'name = "discrimination"',
                               "2 stages are called 'discrimination'", "its own name"),
    "a stage that is not there": ('to = "reversal"', 'to = "reversl"',
                                  "there is no stage 'reversl'", "Name one of: pretraining,"),
    "a promotion backwards": ('to = "reversal"', 'to = "pretraining"',
                              "does not come after 'discrimination'", "rule 2"),
    "a set-back forwards": ('to = "pretraining"', 'to = "reversal"',
                            "does not come before 'discrimination'", "rule 1"),
    "a stage never reached": ('verdict = "promote"\nto = "reversal"', 'verdict = "hold"',
                              "stage 'reversal' is never reached", "Let a rule lead there"),
    "no way on": (f'[[stages.rules]]\nverdict = "promote"\nto = "discrimination"\n'
                  f"when = [{COLLECTED}]", "", "no rule leads on from stage 'pretraining'",
                  "put the stage last"),
    "per cent for a share": ("at_least = 0.8, days = 1", "at_least = 80, days = 1",
                             "collected lies between 0 and 1, and the rule asks for 80", "0.8"),
    "d' beyond what it can be": ("above = 1.7", "above = 5",
                                 "d_prime lies between -4.653 and 4.653", "Change the bound"),
    "nothing above 1": ("at_least = 0.8, days = 1", "above = 1, days = 1",
                        "nothing beyond its limit", "Change the bound"),
    "bounds that contradict": ("at_least = 0.8, days = 1", "at_least = 0.8, at_most = 0.7",
                               "conditions on collected contradict each other", "rule 1"),
    "conditions that contradict": (COLLECTED, f"{COLLECTED}, {POOR}",
                                   "contradict each other", "stage 'pretraining', rule 1"),
    "a rule that can never act": (GOOD, '{ measure = "hit_rate", below = 0.3, days = 3 }',
                                  "can never act: whenever it holds, rule 1 holds", "stricter"),
    "promotion and set-back at once": ("below = 0.4, days = 2", "below = 0.9, days = 2",
                                       "rule 1 (set_back) and rule 2 (promote) can hold for the "
                                       "same sessions", "keeps them apart"),
    "a protocol that is not there": ("protocols/pretraining.toml", "protocols/pretrainin.toml",
                                     "there is no such file", "Did you mean pretraining.toml?"),
    "a parameter mistyped": ("time_out = 7.0", "time_ot = 7.0",
                             "unknown key 'time_ot'", "Did you mean 'time_out'?"),
    "a parameter out of range": ("reward_ul = 4.0", "reward_ul = -4.0",
                                 "greater than 0, not -4.0", "stage 'reversal', params.reward_ul"),
    "parameters that clash": (SECOND_GROUP, 'params = { go_sound = "B", nogo_sound = "B" }',
                              "go_sound and nogo_sound must differ", "params"),
    "a group's parameter unknown": (SECOND_GROUP, 'params = { go_sond = "B", nogo_sound = "A" }',
                                    "no protocol of the curriculum has a parameter 'go_sond'",
                                    "assignment 2"),
    "groups of different keys": (SECOND_GROUP, 'params = { go_sound = "C" }',
                                 "do not set the same parameters", "all the keys"),
    "turns of different keys": (TURNS, "alternate = [{ response_delay = 0.5 }, { pause = 2.0 }]",
                                "must be two or more, with the same keys", "alternate"),
    "one turn": (TURNS, "alternate = [{ response_delay = 0.5 }]",
                 "must be two or more", "alternate"),
    "a turn against the groups": (TURNS, 'alternate = [{ go_sound = "A" }, { go_sound = "C" }]',
                                  "both the assignments and the turns set go_sound", "one of them"),
}  # fmt: skip


def errors_of(problems: list[Problem]) -> list[str]:
    return [str(problem) for problem in problems if problem.level == "error"]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_check_names_the_mistake(school: Lab, edit: Edit, mistake: str) -> None:
    old, new, what, more = MISTAKES[mistake]
    edit(FILE, old, new)
    found = errors_of(check_curriculum(school, school.folder / FILE))
    assert any(what in text and more in text for text in found), found


def test_a_sound_curriculum_has_no_mistakes(school: Lab, command: Callable[..., Done]) -> None:
    done = command("curriculum", "check", FILE)
    assert (done.code, done.out) == (ExitCode.OK, "Everything is in order.\n")


def test_the_page_describes_every_key_and_every_measure() -> None:
    page = PAGE.read_text(encoding="utf-8")
    models = (Curriculum, Assignment, Stage, Rule, Condition)
    keys = [key for model in models for key in model.model_fields]
    for word in (*keys, *NAMES, *StageEntry.__struct_fields__):
        assert f"`{word}`" in page, word


def test_the_examples_of_the_page_are_sound(lab: Lab) -> None:
    curriculum, groups = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    path = lab.folder / "curricula/page.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(curriculum + groups)
    assert check_curriculum(lab, path) == []


def test_a_curriculum_without_stages(school: Lab, command: Callable[..., Done]) -> None:
    (school.folder / FILE).write_text('name = "Empty"\n')
    done = command("curriculum", "check", FILE, "--json")
    assert done.code == ExitCode.CHECK_FAILED
    (problem,) = json.loads(done.out)["problems"]
    assert problem["what"] == "the curriculum has no stages"


def test_a_stage_that_only_a_person_ends_is_a_warning(
    school: Lab, edit: Edit, command: Callable[..., Done]
) -> None:
    """Nothing leads on, but its rules may be meant to say so."""
    edit(FILE, 'name = "reversal"', 'name = "end"\nprotocol = "protocols/go_nogo.toml"\n\n'
         '[[stages.rules]]\nverdict = "set_back"\nto = "discrimination"\n'
         f"when = [{POOR}]\n\n[[stages]]\nname = \"reversal\"")  # fmt: skip
    edit(FILE, 'to = "reversal"\n', 'to = "end"\n')
    problems = check_curriculum(school, school.folder / FILE)
    levels = {problem.what.split(",")[0]: problem.level for problem in problems}
    assert levels["no rule leads on from stage 'end'"] == "warning"


def test_rules_on_different_numbers_that_may_both_hold_are_a_warning(
    school: Lab, edit: Edit
) -> None:
    edit(FILE, POOR, '{ measure = "false_alarm_rate", above = 0.9, days = 2 }')
    (problem,) = check_curriculum(school, school.folder / FILE)
    assert problem.level == "warning"
    assert "the first of them decides" in problem.what


def test_rules_on_parts_of_the_numbers_do_not_touch_each_other(school: Lab, edit: Edit) -> None:
    """Poor and good on two days share the last day, so they cannot both hold."""
    edit(FILE, "below = 0.4, days = 2", "below = 0.4, days = 5")
    assert check_curriculum(school, school.folder / FILE) == []


def test_a_faulty_curriculum_lets_no_mouse_in(
    school: Lab, edit: Edit, command: Callable[..., Done]
) -> None:
    edit(FILE, "time_out = 7.0", "time_ot = 7.0")
    done = command("stage", "SIM01", "--enter", FILE)
    assert done.code == ExitCode.CHECK_FAILED
    assert "unknown key 'time_ot'" in done.err
    assert not list(school.folder.glob("subjects/*.stages.jsonl"))


def test_rig_check_tries_each_stage_on_a_rig(school: Lab, edit: Edit) -> None:
    edit(FILE, "reward_ul = 4.0", "reward_ul = 19.0")
    rigs = [school.folder / "rigs/box1.toml"]
    found = errors_of(check_lab(school, rigs, [], simulate=True)[0])
    refused = [text for text in found if "lies outside its calibration" in text]
    assert refused
    assert all("small.toml, stage 'reversal'" in text for text in refused), refused


def test_rig_check_looks_at_curricula_too(school: Lab, edit: Edit) -> None:
    edit(FILE, "at_least = 0.8, days = 1", "at_least = 80, days = 1")
    edit("subjects/SIM01.toml", "simulated = true", 'simulated = true\ncurriculum = "none.toml"')
    (school.folder / "subjects/SIM02.stages.jsonl").write_text('{"at": "2026-')
    found = errors_of(check_lab(school, [], [], simulate=True)[0])
    for words in ("lies between 0 and 1", "there is no file 'none.toml'", "the last entry is torn"):
        assert any(words in text for text in found), words
