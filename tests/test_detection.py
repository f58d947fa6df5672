"""Detection: constant stimuli hold each level equally often; QUEST+ finds the threshold."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
from helpers import play

from protocols.detection import Adaptive, Detection
from protocols.level_choice import QuestPlus
from rig.lab import Lab

LEVELS = (73.0, 63.0, 53.0, 43.0, 33.0, 23.0, 13.0)


def test_every_block_holds_each_sound_at_each_level_and_three_silent_trials(lab: Lab) -> None:
    rows = play(lab, Path("protocols/detection.toml"), 240, policy="always")
    started = [event for event in rows.events if type(event).__name__ == "TrialStarted"]
    for start in range(0, 240, 24):
        block = Counter(
            (event.stimulus, event.draws.get("level_db_spl"))  # type: ignore[union-attr]
            for event in started[start : start + 24]
        )
        assert block[("silence", None)] == 3
        assert {(s, level): 1 for s in "ABC" for level in LEVELS}.items() <= block.items()


def test_training_presents_all_sounds_at_73_db(lab: Lab) -> None:
    found = play(lab, Path("protocols/detection_training.toml"), 60, policy="random")
    played = {e.detail for e in found.events if type(e).__name__ == "DeviceReported"} - {""}  # type: ignore[union-attr]
    assert played == {"A at 73 dB", "B at 73 dB", "C at 73 dB"}
    assert {row.trial_type for row in found.rows} == {"sound"}


def test_silent_trials_are_a_tenth_when_levels_adapt(lab: Lab) -> None:
    rows = play(lab, Path("protocols/detection_adaptive.toml"), 100, policy="always").rows
    for start in range(0, 100, 20):
        assert sum(row.trial_type == "silent" for row in rows[start : start + 20]) == 2


def test_quest_plus_finds_the_threshold_of_an_observer() -> None:
    """60 trials an observer: the mean of 12 estimates is right, and none is far off."""
    levels = Adaptive().levels_db_spl
    errors = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        truth = rng.uniform(25, 55)
        quest = QuestPlus(levels)
        for _ in range(60):
            level = quest.level()
            seen = 1 - math.exp(-(10 ** (3.5 * (level - truth) / 20)))
            quest.tell(level, responded=bool(rng.random() < 0.1 + 0.86 * seen))
        errors.append(quest.threshold() - truth)
    assert abs(np.mean(errors)) < 2.5
    assert max(map(abs, errors)) < 10


def test_levels_go_down_for_a_mouse_that_always_responds(lab: Lab) -> None:
    found = play(lab, Path("protocols/detection_adaptive.toml"), 120, policy="always")
    last = [e for e in found.events if type(e).__name__ == "TrialStarted"][-20:]
    estimates = [e.draws["threshold_db_spl"] for e in last if "threshold_db_spl" in e.draws]  # type: ignore[union-attr]
    assert max(estimates) < 15


def test_every_sound_is_loaded_at_every_level() -> None:
    params = Detection.Params.model_validate({})
    names = set(Detection(params, np.random.default_rng(1)).sounds())
    assert names == {f"{sound} at {level:g} dB" for sound in "ABC" for level in LEVELS}
