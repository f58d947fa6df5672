"""Every protocol with mice of known behaviour: the outcomes are those that behaviour implies."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import PROTOCOLS, Played, play

from rig.lab import Lab
from rig.trials import TrialRow

TRIALS = 300
GO = ("A", "up", "noise_1_hz", "low", "? at *", "S+ and C", "45 deg", "5 kHz")
"""The stimuli of all protocols that mean water."""
POLICIES = ("always", "never", "perfect", "random", "impulsive")
OUTCOMES = {
    "go": ("hit", "miss"),
    "sound": ("hit", "miss"),
    "nogo": ("false_alarm", "correct_rejection"),
    "catch": ("catch_lick", "catch_no_lick"),
    "presentation": ("presented", "presented"),
}
"""Trial type -> outcome of a trial with and without a response."""
WRONG: dict[str, set[str]] = {
    "always": {"miss", "correct_rejection", "catch_no_lick"},
    "never": {"hit", "false_alarm", "catch_lick"},
    "impulsive": {"hit", "false_alarm", "catch_lick"},
    "perfect": {"miss", "false_alarm", "catch_lick"},
    "random": set(),
}
"""Policy -> the outcomes that a mouse never has, said without asking it."""


def sessions(lab: Lab, protocol: str, policy: str, trials: int) -> list[Played]:
    """Play as many sessions as that many trials take; some protocols end by themselves."""
    path = Path(f"protocols/{protocol}.toml")
    played: list[Played] = []
    while trials > 0:
        played.append(play(lab, path, trials, seed=len(played), policy=policy, go=GO))
        trials -= len(played[-1].rows)
    return played


def implied(played: Played, policy: str) -> list[str]:
    """Return the outcome of each trial that the mouse's decisions imply."""
    decisions = iter(played.decisions)
    return [outcome(row, policy, lambda: next(decisions)) for row in played.rows]


def outcome(row: TrialRow, policy: str, decide: object) -> str:
    """Return the outcome that the behaviour implies in one trial."""
    assert callable(decide)
    if row.trial_type == "silent":
        return "correct_rejection"
    if row.trial_type == "reward":
        return "miss" if policy in {"never", "impulsive"} else "hit"
    responded, withheld = OUTCOMES[row.trial_type]
    return responded if decide() else withheld


def test_the_table_names_every_protocol_of_a_new_lab(lab: Lab) -> None:
    assert tuple(path.stem for path in lab.files("protocols")) == PROTOCOLS


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_outcomes_are_what_the_behaviour_implies(lab: Lab, protocol: str, policy: str) -> None:
    """Those of each trial's decision, and of a simple mouse only those that its policy means."""
    trials = 0
    for played in sessions(lab, protocol, policy, TRIALS):
        trials += len(played.rows)
        assert [row.outcome for row in played.rows] == implied(played, policy)
        found = {row.outcome for row in played.rows if row.trial_type != "silent"}
        assert not WRONG[policy] & found
    assert trials >= TRIALS


def test_pretraining_ends_when_four_of_five_rewards_are_collected(lab: Lab) -> None:
    path = Path("protocols/optogenetic_pretraining.toml")
    assert play(lab, path, 500, policy="always").reason == "80% of rewards collected"
    rows = play(lab, path, 500, policy="random", lick_probability=0.9).rows
    assert len(rows) >= 50
    assert sum(row.outcome == "hit" for row in rows[-50:]) >= 40
    assert sum(row.outcome == "hit" for row in rows[-51:-1]) < 40 or len(rows) == 50
    assert play(lab, path, 200, policy="random", lick_probability=0.5).reason == "200 trials"
