"""What models are given of recorded sessions: which trials, in which order, as which stimuli."""

from __future__ import annotations

import numpy as np
import pytest
from fit_sessions import session, trial

from analysis.fits.asked import ModelName
from analysis.fits.crews import Alone
from analysis.fits.learning_data import (
    CommonTask,
    Recruitment,
    recruitment_of,
    series,
    without_pretraining,
)
from analysis.fits.logistic_fit import design_of
from analysis.fits.reading import Trial
from analysis.fits.run import fit_mice
from analysis.fits.sessions import Past, Recorded, chosen, is_discrimination, is_set_shifting
from analysis.fits.settings import Settings
from analysis.fits.shifting_data import blocks_of, scored_choices
from analysis.fits.shifting_fit import _chance, fit_choices, shifting_order
from models.consistency import chance_of_consistency
from models.errors import EmptyDataError, ModelError, OneClassError

HIT, MISS = trial("go", "A", "hit"), trial("go", "A", "miss")
ALARM, REJECTION = trial("nogo", "B", "false_alarm"), trial("nogo", "B", "correct_rejection")
CATCH = trial("catch", "C", "catch_lick")
PRETRAINING = session([HIT, HIT], "M1/2026-01-01/1", stage="pretraining")
FIRST = session([HIT, ALARM, CATCH], "M1/2026-01-02/1")
SECOND = session([REJECTION, MISS], "M1/2026-01-03/1")


def bimodal(go: bool, congruent: bool, licked: bool, context: str = "visual") -> Trial:
    outcomes = ("hit", "miss") if go else ("false_alarm", "correct_rejection")
    labels = {
        "context": context,
        "phase": "bimodal",
        "congruency": "congruent" if congruent else "incongruent",
    }
    answer = "go" if go else "nogo"
    return trial(answer, "45 deg + 5 kHz", outcomes[not licked], block=1, labels=labels)


def test_choices_are_counted_over_days_with_s_plus_first_in_the_task() -> None:
    found = series([FIRST, SECOND])
    assert found.kinds == ("S+", "S-", "C", "S-", "S+")
    assert found.responded == (True, True, True, False, False)
    assert (found.go, found.nogo, found.session_ends) == ("A", "B", (3, 5))
    common = CommonTask([(found, Recruitment(1.0, 2.0))])
    choices = common.choices(found, Recruitment(1.0, 2.0))
    assert np.asarray(choices.stimuli).tolist() == [0, 1, 2, 1, 0]
    assert np.asarray(choices.numbers).tolist() == [1, 2, 3, 4, 5]
    assert np.asarray(common.task.units).tolist() == [[1, 0, 1], [1, 2, 0], [1, 0, 0]]
    assert np.asarray(common.task.rewards).tolist() == [1, -1, -1], "catch trials have no reward"


def test_catch_trials_can_be_left_out_as_if_they_had_not_been() -> None:
    found = series([FIRST, SECOND], catch=())
    assert found.kinds == ("S+", "S-", "S-", "S+")
    assert found.session_ends == (2, 4)


def test_pretraining_is_left_out_by_name_and_can_come_first() -> None:
    past = Past("M1", (PRETRAINING, FIRST), ())
    kept = without_pretraining(past)
    assert kept.sessions == (FIRST,)
    assert [each.session for each in kept.left_out] == [PRETRAINING.name]
    assert series(past.sessions).kinds == ("S+", "S+", "S+", "S-", "C")


@pytest.mark.parametrize(
    ("span", "kept", "told"),
    [
        ((1, 2), (PRETRAINING, FIRST), []),
        ((2, 3), (FIRST, SECOND), []),
        ((3, 5), (SECOND,), ["--sessions 4-5: only 3 are there"]),
        ((5, 6), (), ["--sessions 5-6: only 3 are there"]),
    ],
)
def test_sessions_that_are_asked_for_and_not_there_are_named(
    span: tuple[int, int], kept: tuple[Recorded, ...], told: list[str]
) -> None:
    past = chosen(Past("M1", (PRETRAINING, FIRST, SECOND), ()), span)
    assert past.sessions == kept
    assert [f"{each.session}: {each.why}" for each in past.left_out] == told
    assert past.passed_over == 3 - len(kept)


def test_mice_with_exchanged_sounds_share_a_task() -> None:
    weak, strong = Recruitment(2.0, 1.0), Recruitment(1.0, 2.0)
    found = series([SECOND])
    common = CommonTask([(found, weak), (found, strong)])
    assert np.asarray(common.choices(found, weak).stimuli).tolist() == [1, 0]
    assert np.asarray(common.choices(found, strong).stimuli).tolist() == [3, 2]
    assert np.asarray(common.task.units)[3].tolist() == [1, 2, 0]


def test_a_stimulus_that_changes_its_meaning_is_refused_with_the_sessions() -> None:
    reversed_ = session([trial("go", "B", "hit"), trial("nogo", "A", "false_alarm")], "M1/x/1")
    with pytest.raises(ModelError, match=r"S\+ was A \(from M1/2026-01-02/1\) and B \(from M1/x/1"):
        series([FIRST, reversed_])


def test_one_stimulus_alone_is_refused_though_catch_trials_came_too() -> None:
    with pytest.raises(OneClassError, match="no trial of S-"):
        series([session([HIT, MISS, CATCH])])


def test_recruitment_is_named_or_recorded_or_taken_as_one() -> None:
    found = series([SECOND])
    recorded = session(SECOND.rows, recruitment={"A": (1.0, 1.5, 0.0), "?": (1.0, 0.0, 2.0)})
    assert recruitment_of([recorded], found, {})[0] == Recruitment(1.5, 2.0)
    assert recruitment_of([recorded], found, {"B": 3.0})[0] == Recruitment(1.5, 3.0)
    both, why = recruitment_of([SECOND], found, {"B": 3.0})
    assert both == Recruitment(1.0, 3.0)
    assert "taken as 1 for A" in why
    entangled = session(SECOND.rows, recruitment={"A": (1.0, 1.0, 1.0), "B": (1.0, 0.0, 2.0)})
    assert "taken as 1" in recruitment_of([entangled], found, {})[1]


def test_sorts_of_sessions_are_told_apart_by_their_trials() -> None:
    shifting = session([bimodal(True, True, True)])
    priming = session([trial("go", "45 deg", "hit", labels={"phase": "priming"})])
    assert [is_discrimination(each) for each in (FIRST, shifting, priming)] == [True, False, False]
    assert [is_set_shifting(each) for each in (FIRST, shifting, priming)] == [False, True, False]


def test_blocks_are_cut_at_their_borders_and_only_incongruent_consistent_trials_score() -> None:
    good = [bimodal(go, same, go) for go in (True, False) for same in (True, False)] * 6
    bad = [bimodal(go, same, True, "auditory") for go in (True, False) for same in (True, False)]
    blocks = blocks_of([session(good), session(bad * 6, "M1/2026-01-02/1")])
    assert [(each.context, len(each.licked)) for each in blocks] == [
        ("visual", 24),
        ("auditory", 24),
    ]
    assert blocks[0].consistent.all()
    choices = scored_choices(blocks[:1])
    relevant, licked = np.asarray(choices.relevant_go), np.asarray(choices.licked)
    assert len(licked) == 12
    assert (relevant != np.asarray(choices.other_go)).all()
    assert (licked == relevant).all()
    with pytest.raises(EmptyDataError):
        scored_choices(blocks[1:])


def test_the_chance_of_one_block_is_that_of_the_model_and_of_two_that_of_their_sum() -> None:
    settings = Settings(model=ModelName.CHOICES, simulations=5_000, seed=3)
    one = _chance([40], 0.5, settings)
    direct = chance_of_consistency(40, 0.5, 3, 5_000)
    assert one[10:].sum() == pytest.approx(direct.at_least(10))
    two = _chance([40, 40], 0.5, settings)
    assert two[5] == pytest.approx(sum(one[k] * one[5 - k] for k in range(6)))
    assert two.sum() == pytest.approx(1)


def test_a_context_without_a_consistent_trial_is_told_and_not_scored() -> None:
    always = [bimodal(go, same, True) for go in (True, False) for same in (True, False)] * 6
    settings = Settings(model=ModelName.CHOICES, simulations=100)
    found = fit_choices(shifting_order(Past("M1", (session(always),), ()), settings))
    assert not isinstance(found, str)
    assert found.found == ()
    assert found.contexts[0].scores == ()
    assert "no trial is both" in found.notes[0]


def test_history_does_not_cross_runs_and_what_never_varies_is_left_out() -> None:
    design = design_of([FIRST.rows[:2], SECOND.rows], lags=1)
    assert list(design.columns) == ["stimulus", "lick_1", "reward_1"]
    assert np.asarray(design.columns["lick_1"]).tolist() == [0, 0.5, 0, -0.5]
    assert np.asarray(design.columns["reward_1"]).tolist() == [0, 0.5, 0, -0.5]
    rows = [bimodal(True, True, True), bimodal(False, False, False)]
    shifting = design_of([rows], lags=0)
    assert list(shifting.columns) == ["relevant"], "the other stimulus was go in both trials"


@pytest.mark.parametrize(("rows", "which"), [([MISS, REJECTION], "none"), ([HIT, ALARM], "every")])
def test_a_mouse_that_always_or_never_responds_is_told_and_shares_no_core(
    rows: list[Trial], which: str
) -> None:
    learns = Past("M1", (session([HIT, ALARM, MISS, REJECTION, HIT, REJECTION] * 10),), ())
    silent = Past("M2", (session(rows * 30, "M2/2026-01-01/1"),), ())
    found = fit_mice([learns, silent], Settings(model=ModelName.CIRCUIT, starts=1), Alone(), "data")
    assert list(found.mice) == ["M1"]
    assert found.failed["M2"].startswith(f"it responds in {which}")
    assert found.shared is None
