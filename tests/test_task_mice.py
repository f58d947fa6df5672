"""Mice for a task of their own, on the real engine: what they do is what their parameters say."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from helpers import play_with

from hardware.common.motivation import Motivation
from hardware.common.mouse_body import BodySettings
from hardware.detecting_mouse import DetectingMouse, DetectingSettings
from hardware.network_mouse import NetworkMouse, NetworkSettings
from hardware.shifting_mouse import ShiftingMouse, ShiftingSettings
from hardware.virtual_mouse import LearningMouse, LearningSettings
from models.detection import probability_at
from models.fitting import fit
from models.network import play as network_play
from models.network import read_trained_network
from models.network_task import inputs_at, sequences
from models.psychometric import CATCH, Levels, PsychometricFunction
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


def present(mouse: NetworkMouse, stimuli: np.ndarray, relevant: list[int]) -> list[bool]:
    """Present trials to a mouse by hand, with a drop in each go trial; return its decisions."""
    room, time = Room(mouse), 0.0
    room.let_mouse_in()
    for (visual, auditory), modality in zip(stimuli.tolist(), relevant, strict=True):
        room.grating("45 deg" if visual else "135 deg", time)
        room.sound("5 kHz" if auditory else "10 kHz", time)
        room.agenda.run_until(time + 1.0)
        if (visual, auditory)[modality]:
            room.drop(2.0, time + 2.0)
        room.agenda.run_until(time + 8.0)
        time += 9.0
    return mouse.decisions


def network_mouse(set_back_after: int | None) -> NetworkMouse:
    """Return a mouse that takes part in every trial."""
    body = BodySettings(spontaneous_interval=1e9)
    settings = NetworkSettings(set_back_after=set_back_after, body=body)
    return NetworkMouse(settings, {}, np.random.default_rng(1))


@pytest.mark.parametrize(("context", "relevant"), [("visual", 0), ("auditory", 1)])
def test_a_network_mouse_that_is_set_back_is_the_published_network(
    context: Literal["visual", "auditory"], relevant: int
) -> None:
    stimuli = sequences()[np.random.default_rng(1).integers(0, 1024, 8)]
    expected = network_play(read_trained_network(), stimuli, context).go
    decided = present(network_mouse(5), stimuli.reshape(-1, 2), [relevant] * 40)
    assert decided == expected.ravel().tolist()


def test_a_network_mouse_that_runs_on_shifts_as_the_network_does() -> None:
    """Three blocks: each decision is that of the equations, and errors follow switches alone."""
    stimuli = np.random.default_rng(2).random((120, 2)) < 0.5
    relevant = [0] * 40 + [1] * 40 + [0] * 40
    network = read_trained_network()
    state, before, expected = network.start, None, []
    for (visual, auditory), modality in zip(stimuli.tolist(), relevant, strict=True):
        outcome = None
        for step in range(1, 16):
            state = network.step(state, inputs_at(step, visual, auditory, before, outcome))
            if step == 10:
                expected.append(bool(network.goes(state)))
                outcome = expected[-1] == (visual, auditory)[modality]
        before = outcome
    decided = present(network_mouse(None), stimuli, relevant)
    assert decided == expected
    wrong = np.array(decided) != stimuli[np.arange(120), relevant]
    late = [trial % 40 > 15 for trial in range(120)]
    assert wrong[40:56].any()
    assert wrong[80:96].any()
    assert wrong[late].mean() < 0.05


def test_a_drop_of_a_trial_without_a_network_mouse_tells_it_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two trials tell it of the visual context, and it is away in the third."""
    monkeypatch.setattr(Motivation, "takes_part", lambda _, time: not 18.0 <= time < 27.0)
    stimuli = np.array([[True, False], [False, True], [True, True], [True, False]])
    assert present(network_mouse(None), stimuli, [0, 0, 0, 0]) == [False, False, True]


def test_a_network_mouse_does_the_task_on_the_engine(lab: Lab) -> None:
    """Once an incongruent trial has told it of the block, it is right."""
    mouse = NetworkMouse(NetworkSettings(), {}, generators(1)[1])
    for block in shifts(lab, mouse, 1):
        assert np.mean(block[3:]) > 0.85
