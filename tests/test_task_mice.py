"""Mice for a task of their own, on the real engine: what they do is what their parameters say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import play_with

from hardware.common.mouse_body import BodySettings
from hardware.detecting_mouse import DetectingMouse, DetectingSettings
from hardware.network_mouse import NetworkMouse, NetworkSettings
from hardware.shifting_mouse import ShiftingMouse, ShiftingSettings
from hardware.virtual_mouse import LearningMouse, LearningSettings
from models.consistency import consistent_trials
from models.context_inference import (
    Choice,
    Inference,
    Outcome,
    belief,
    expect,
    learn,
    lick_probability,
)
from models.errors import OutOfBoundsError
from models.fitting import fit
from models.network import play, read_trained_network
from models.network_task import sequences
from models.psychometric import CATCH, Levels, PsychometricFunction, probability_at
from rig.lab import Lab
from rig.performance import performance
from rig.plan import generators
from rig.psychometric import psychometric
from rig.room import Mouse, Room
from rig.trials import TrialRow

SHIFTING = Path("protocols/set_shifting.toml")
CORRECT = {"hit", "correct_rejection"}


def test_the_curve_of_a_detecting_mouse_has_its_threshold(lab: Lab) -> None:
    """300 trials: fitted threshold and slope are the mouse's own, within their doubt."""
    settings = DetectingSettings(threshold_db_spl=41.0, slope_per_db=0.06)
    mouse = DetectingMouse(settings, {}, generators(1)[1])
    played = play_with(lab, Path("protocols/detection.toml"), 300, mouse)
    counted = psychometric(played.events)
    points, silent = counted.points(), counted.catch()[0]
    data = Levels(
        [*(point.level_db_spl or 0.0 for point in points), CATCH],
        [*(point.responses for point in points), silent.responses],
        [*(point.trials for point in points), silent.trials],
    )
    found = fit(PsychometricFunction(), data, starts=5)
    off = dict(zip(found.names, found.values, strict=True))
    doubt = dict(zip(found.names, found.standard_errors, strict=True))
    assert doubt["threshold"] < 3
    assert off["threshold"] == pytest.approx(41.0, abs=3 * doubt["threshold"])
    assert off["slope"] == pytest.approx(0.06, abs=3 * doubt["slope"])
    assert silent.responses / silent.trials < 0.2


def test_one_level_has_the_probability_of_the_fitted_function() -> None:
    levels = [-10.0, 0.0, 34.0, 35.0, 80.0]
    values = np.array([35.0, 0.05, 0.1, 0.03])
    data = Levels(levels, [0] * 5, [1] * 5)
    predicted, _ = PsychometricFunction().predictor(data, np.ones(4, np.bool_))(values)
    assert predicted == pytest.approx([probability_at(level, *values) for level in levels])


def test_inference_is_that_of_bayes_on_two_contexts() -> None:
    """A literal posterior over both contexts, by probabilities, trial by trial."""
    made = Inference(hazard=0.1, outcome_noise=0.15, notice=0.3, priming_weight=1.0)
    rng = np.random.default_rng(1)
    log_odds, visual = 0.0, 0.5
    for _ in range(200):
        stimuli = [[True, False, None][i] for i in rng.integers(0, 3, 2)]
        licked, rewarded = (bool(each) for each in rng.integers(0, 2, 2))
        log_odds = learn(log_odds, Outcome(*stimuli, licked, rewarded), made)
        prior = 0.9 * visual + 0.1 * (1 - visual)
        falls = [0.5 if go is None else 0.85 if go else 0.15 for go in stimuli]
        seen = [p if licked else 0.3 * p for p in falls]
        like = [p if rewarded else 1 - p for p in seen]
        visual = prior * like[0] / (prior * like[0] + (1 - prior) * like[1])
        assert belief(log_odds) == pytest.approx(visual)


def test_what_tells_nothing_changes_nothing() -> None:
    still = Inference(hazard=0.0)
    for answer in (True, False):
        trial = Outcome(answer, answer, licked=True, rewarded=False)
        assert learn(1.3, trial, still) == 1.3
    assert expect(1.3, 0.0) == 1.3
    assert expect(700.0, 0.01) == pytest.approx(np.log(99))
    assert expect(-700.0, 0.01) == pytest.approx(-np.log(99))


def test_numbers_out_of_range_have_an_error_of_their_own() -> None:
    with pytest.raises(OutOfBoundsError, match=r"hazard is 0\.6"):
        Inference(hazard=0.6)
    with pytest.raises(OutOfBoundsError, match="lapse is -1"):
        Choice(lapse=-1)


def consistent_share(inference_noise: float) -> float:
    """Return the share of consistent trials of 20 mice in a visual block of 120 trials."""
    inference, choice = Inference(inference_noise=inference_noise), Choice()
    rng, shares = np.random.default_rng(1), []
    for _ in range(20):
        log_odds, licks = 3.0, []
        stimuli = rng.random((120, 2)) < 0.5
        for visual, auditory in stimuli.tolist():
            chance = lick_probability(expect(log_odds, inference.hazard), visual, auditory, choice)
            licks.append(bool(rng.random() < chance))
            seen = visual and (licks[-1] or rng.random() < inference.notice)
            trial = Outcome(visual, auditory, licks[-1], seen)
            log_odds = learn(log_odds, trial, inference, float(rng.standard_normal()))
        right = np.array(licks) == stimuli[:, 0]
        shares.append(consistent_trials(stimuli[:, 0], stimuli[:, 1], right).mean())
    return float(np.mean(shares))


def test_the_noise_of_inference_makes_exploratory_periods() -> None:
    shares = [consistent_share(noise) for noise in (0.0, 0.6, 2.0)]
    assert shares[0] > 0.9
    assert shares[0] > shares[1] + 0.03 > shares[2] + 0.1


TWO_BLOCKS = {
    "first": "visual", "bimodal_trials": 64, "break_time": 0.0,
    "criterion": {"d_prime_above": 0.0, "correct_rejections_above": 0.0, "hits_above": 0.0},
}  # fmt: skip
"""Parameters of set-shifting, in which priming is always passed."""


def incongruent(rows: list[TrialRow], block: int) -> np.ndarray:
    """Return whether each incongruent trial of a block was right."""
    return np.array([
        row.outcome in CORRECT
        for row in rows
        if row.block == block and row.labels.get("congruency") == "incongruent"
    ])  # fmt: skip


def shifts(lab: Lab, mouse: Mouse, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the incongruent trials of a visual block, and of the auditory one that follows."""
    rows = play_with(lab, SHIFTING, 500, mouse, seed, TWO_BLOCKS).rows
    return incongruent(rows, 1), incongruent(rows, 2)


def shifting_mouse(seed: int, priming_weight: float) -> ShiftingMouse:
    settings = ShiftingSettings(
        priming_weight=priming_weight, inference_noise=0.1, hazard=0.001, outcome_noise=0.3
    )
    return ShiftingMouse(settings, {}, generators(seed)[1])


def test_a_shifting_mouse_errs_after_a_switch_and_recovers(lab: Lab) -> None:
    """Without use of priming it follows the modality of the block before, until errors tell."""
    both = [shifts(lab, shifting_mouse(seed, 0.0), seed) for seed in (1, 2)]
    before = np.mean([first[-16:] for first, _ in both])
    after = np.mean([second[:4] for _, second in both])
    late = np.mean([second[-16:] for _, second in both])
    assert before > 0.8
    assert after < 0.5
    assert late > 0.8


def shares(lab: Lab, protocol: str, mouse: LearningMouse) -> tuple[float, float]:
    """Return hit and false-alarm rate of the last 60 of 200 trials."""
    rows = play_with(lab, Path(f"protocols/{protocol}.toml"), 200, mouse).rows
    done = performance(rows[-60:])
    return done.hit_rate or 0.0, done.false_alarm_rate or 0.0


@pytest.mark.parametrize(
    ("protocol", "stimuli"),
    [("go_nogo_head_fixed", ("A", "B")), ("optogenetic", ("S+ and C", "S- and C"))],
)
def test_a_learning_mouse_learns_by_sound_and_by_light(
    lab: Lab, protocol: str, stimuli: tuple[str, str]
) -> None:
    go, nogo = stimuli
    settings = LearningSettings(
        alpha=0.1, common_excitation=2.0, common_inhibition=1.0,
        recruitment={go: (1.0, 1.0, 0.0), nogo: (1.0, 0.0, 2.0)},
    )  # fmt: skip
    hit_rate, false_alarm_rate = shares(
        lab, protocol, LearningMouse(settings, {}, generators(1)[1])
    )
    assert hit_rate > 0.8
    assert false_alarm_rate < 0.35


def test_priming_tells_a_shifting_mouse_of_the_switch(lab: Lab) -> None:
    _, second = shifts(lab, shifting_mouse(1, 1.0), 1)
    assert np.mean(second[:8]) > 0.8


def test_a_network_mouse_decides_as_its_network_does() -> None:
    """Set back after five trials, it is the published one, in both contexts."""
    chosen = np.random.default_rng(1).integers(0, 1024, 8)
    stimuli = sequences()[chosen]
    for context, relevant in (("visual", 0), ("auditory", 1)):
        expected = play(read_trained_network(), stimuli, context).go
        settings = NetworkSettings(set_back_after=5, body=BodySettings(spontaneous_interval=1e9))
        mouse = NetworkMouse(settings, {}, np.random.default_rng(1))
        room, time = Room(mouse), 0.0
        room.let_mouse_in()
        for visual, auditory in stimuli.reshape(-1, 2).tolist():
            room.grating("45 deg" if visual else "135 deg", time)
            room.sound("5 kHz" if auditory else "10 kHz", time)
            room.agenda.run_until(time + 1.0)
            if (visual, auditory)[relevant]:
                room.drop(2.0, time + 2.0)
            room.agenda.run_until(time + 8.0)
            time += 9.0
        assert mouse.decisions == expected.ravel().tolist()
