"""A lab whose mice were recorded once, for all tests of fits."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from helpers import plan_for, run_virtual

from analysis.fits.reading import Trial
from analysis.fits.sessions import Past, Recorded, Wanted, folders_of, read_past
from benchmarks.recovery_through_rig import make_mice, named_weights, train_some
from models.errors import Floats
from models.task import draw_initial_weights
from rig.lab import Lab
from rig.psychometric import Psychometric

DAYS, TRIALS = 2, 300
TRUTHS = named_weights(draw_initial_weights(3, seed=7))
"""Initial weights of the mice that learn, by their names."""
SHIFTER, DETECTOR, CAUGHT = "SHIFTER", "DETECTOR", "CAUGHT"
HEARING = {"threshold": 40.0, "slope": 0.05, "guess": 0.05, "lapse": 0.02}
"""The psychometric function of the mouse that detects."""
_SHIFTER = """id = "SHIFTER"
simulated = true
mouse_class = "hardware.policy_mouse:PolicyMouse"
[mouse]
policy = "perfect"
go = ["45 deg", "5 kHz"]
"""
_DETECTOR = f"""id = "DETECTOR"
simulated = true
mouse_class = "hardware.detecting_mouse:DetectingMouse"
[mouse]
threshold_db_spl = {HEARING["threshold"]}
slope_per_db = {HEARING["slope"]}
guess = {HEARING["guess"]}
lapse = {HEARING["lapse"]}
body = {{ notice_probability = 1.0, find_probability = 1.0 }}
"""
_CAUGHT = """id = "CAUGHT"
simulated = true
[mouse]
common_excitation = 2.0
common_inhibition = 1.0
specific_weight = 0.01
body = { impulsive_probability = 0.0, spontaneous_interval = 1e12 }
[params.optogenetic.catch]
after_correct = 0.0
after_trials = 1
"""


def recorded_lab(folder: Path) -> Lab:
    """Return a lab with sessions of mice that learn, one with catch trials, shift and detect."""
    lab = make_mice(folder, TRUTHS, TRIALS, rigs=1)
    train_some(folder, DAYS, (0, list(TRUTHS)))
    for name, text, protocol in (
        (SHIFTER, _SHIFTER, "set_shifting"),
        (DETECTOR, _DETECTOR, "detection"),
        (CAUGHT, _CAUGHT, "optogenetic"),
    ):
        lab.subject_file(name).write_text(text, encoding="utf-8")
        run_virtual(plan_for(lab, Path(f"protocols/{protocol}.toml"), name))
    return lab


def past_of(lab: Lab, name: str) -> Past:
    """Return the past of a mouse."""
    return read_past(name, folders_of(lab, name), Wanted())


def truth_of(name: str) -> Floats:
    """Return the initial weights of a mouse."""
    return np.array([2.0, 1.0, 0.01]) if name == CAUGHT else TRUTHS[name]


def trial(trial_type: str, stimulus: str, outcome: str, **more: Any) -> Trial:
    """Return a trial of a session that was never run."""
    return Trial(trial_type, stimulus, outcome, **more)


def session(rows: Sequence[Trial], name: str = "M1/2026-01-01/1", **more: str) -> Recorded:
    """Return a session that was never run."""
    recorded = Recorded(name, "go_nogo", "discrimination", tuple(rows), Psychometric(), {}, False)
    return dataclasses.replace(recorded, **more)
