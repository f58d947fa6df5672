"""What trials were, in one word for each thing, from tables of ours and of others."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corpus import SESSIONS

import rig
from analysis.neural.facts import released_facts, trial_facts, with_facts
from analysis.neural.rates import event_rates
from analysis.neural.recording import Spikes
from models.errors import EmptyDataError, ImpossibleOutcomeError, ShapeError
from rig.dataset import SessionData


def session_trials() -> pd.DataFrame:
    """Return a table of trials as `rig.load` gives it."""
    columns = ["trial_type", "outcome", "aborted", "stimulus_time", "block"]
    labels = ["label_context", "label_phase", "label_congruency"]
    rows = [
        ("go", "hit", False, 5.0, 1, "visual", "priming", None),
        ("nogo", "false_alarm", False, 15.0, 1, "visual", "bimodal", "incongruent"),
        ("go", None, True, 25.0, 1, "visual", "bimodal", "congruent"),
        ("go", "miss", False, 35.0, 2, "auditory", "bimodal", "congruent"),
        ("go", "hit", False, 45.0, 2, "auditory", "bimodal", "incongruent"),
    ]
    index = pd.RangeIndex(1, len(rows) + 1, name="trial")
    return pd.DataFrame(rows, index, [*columns, *labels])


def test_facts_tell_each_trial_in_the_words_of_the_field() -> None:
    facts = trial_facts(session_trials())
    assert facts.index.tolist() == [1, 2, 4, 5]
    assert facts["visual"].tolist() == ["go", "nogo", "go", "nogo"]
    assert facts["auditory"].tolist() == ["", "go", "go", "go"]
    assert facts["licked"].tolist() == [True, True, False, True]
    assert facts["correct"].tolist() == [True, False, False, True]
    assert facts["time"].tolist() == [5.0, 15.0, 35.0, 45.0]
    with pytest.raises(EmptyDataError, match="no trial was completed"):
        trial_facts(session_trials().assign(aborted=True))


def test_sessions_of_other_tasks_have_empty_contexts() -> None:
    facts = trial_facts(
        session_trials()[["trial_type", "outcome", "aborted", "stimulus_time", "block"]]
    )
    assert set(facts["context"]) == set(facts["visual"]) == {""}
    assert facts["go"].tolist() == [True, False, True, True]
    heard = pd.DataFrame(
        {
            "trial_type": ["sound", "sound", "silent", "catch"],
            "outcome": ["hit", "miss", "false_alarm", "catch_lick"],
            "aborted": False, "stimulus_time": [1.0, 2.0, 3.0, 4.0], "block": 0,
        }
    )  # fmt: skip
    facts = trial_facts(heard)
    assert facts["correct"].tolist() == [True, False, False, False]
    assert facts["licked"].tolist() == [True, False, True, True]


@pytest.fixture
def recorded(tmp_path: Path) -> dict[str, SessionData]:
    """Return sessions of the corpus by protocol, all of a mouse that answers at random."""
    found = {}
    with tarfile.open(SESSIONS) as file:
        for entry in file:
            protocol = entry.name.split("-random/")[0]
            if protocol in ("set_shifting", "auditory_discrimination", "imaging_sounds"):
                file.extract(entry, tmp_path, filter="data")
                found[protocol] = rig.load(tmp_path / entry.name)
    return found


def test_facts_of_recorded_sessions(recorded: dict[str, SessionData]) -> None:
    for protocol, modality, silent in (
        ("set_shifting", "visual", "auditory"),
        ("auditory_discrimination", "auditory", "visual"),
    ):
        trials = recorded[protocol].trials
        facts = trial_facts(trials)
        assert facts[modality].tolist() == trials["trial_type"].tolist()
        assert set(facts[silent]) == {""}
        assert facts["licked"].tolist() == (trials["licks"] > 0).tolist()
        assert 0 < facts["licked"].mean() < 1
    with pytest.raises(EmptyDataError, match="take `stimulus_time` and `stimulus`"):
        trial_facts(recorded["imaging_sounds"].trials)


def released_trials() -> pd.DataFrame:
    """Return a table as files of Hajnal et al. 2024 have it."""
    rows = [
        ("simple", "visual", 45, 5000, True, False, True),
        ("complex", "visual", 135, 5000, False, False, False),
        ("complex", "audio", 135, 5000, True, True, False),
        ("complex", "audio", 45, 10000, False, True, True),
    ]
    names = ["difficulty", "context", "degree", "freq", "water", "action", "success"]
    return pd.DataFrame(rows, columns=names).assign(start_time=[0.0, 10.0, 20.0, 30.0])


def test_in_released_files_action_is_true_where_the_mouse_withheld() -> None:
    facts = released_facts(released_trials())
    assert facts["licked"].tolist() == [True, True, False, False]
    assert facts["outcome"].tolist() == ["hit", "false_alarm", "miss", "correct_rejection"]
    assert facts["visual"].tolist() == ["go", "nogo", "nogo", "go"]
    assert facts["auditory"].tolist() == ["", "go", "go", "nogo"]
    assert facts["block"].tolist() == [1, 1, 2, 2]
    assert facts["time"].tolist() == [0.0, 10.0, 20.0, 30.0]


def test_released_files_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ImpossibleOutcomeError, match="contradict"):
        released_facts(released_trials().assign(action=[True, False, True, True]))
    with pytest.raises(ShapeError, match="the trials lack difficulty"):
        released_facts(session_trials())


def test_facts_go_along_with_the_activity() -> None:
    facts = trial_facts(session_trials())
    spikes = Spikes((np.array([4.0, 16.0, 36.0, 45.5]),), np.array([3]))
    rates = with_facts(event_rates(spikes, facts["time"]), facts)
    late = rates[{"trial": rates["context"].values == "auditory"}]
    assert late["trial"].values.tolist() == [4, 5]
    assert late["licked"].values.tolist() == [False, True]
    with pytest.raises(ShapeError, match="2 rows of facts for 4 trials"):
        with_facts(rates, facts[:2])
