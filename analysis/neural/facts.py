"""What each trial was, in columns of one name each, made of a table of trials.

In files of Hajnal et al. 2024 `action` is true where the mouse withheld its licks. Here `licked` is
true where it licked, whatever the file.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from models.errors import EmptyDataError, Floats, ImpossibleOutcomeError, ShapeError
from rig.psychometric import RESPONDED

CONTEXTS = ("visual", "auditory")
GO_DEGREES, GO_HZ = 45.0, 5000.0
"""The go grating and the go tone of Hajnal et al. 2024."""
RELEASED = ("difficulty", "context", "degree", "freq", "water", "action", "success", "start_time")
"""Columns that files of Hajnal et al. 2024 have."""


def trial_facts(trials: pd.DataFrame) -> pd.DataFrame:
    """Return what the completed trials of a session were.

    Parameters
    ----------
    trials
        `rig.load(path).trials`.

    Returns
    -------
    DataFrame
        A row a trial, its number as index: `time` of the stimulus (s), `block`, `context` and
        `phase` (empty if the task has none), `congruency` (empty if one stimulus came alone),
        `visual` and `auditory` (`go`, `nogo`, or empty if that modality was silent), `go` (a lick
        was right), `licked`, `correct`, `outcome`. In catch trials no answer is right. Trials that
        were aborted, had no stimulus, or ended otherwise than in a lick or none are left out.

    Raises
    ------
    EmptyDataError
        If no trial is left.
    """
    known = trials["outcome"].isin(list(RESPONDED)) & trials["stimulus_time"].notna()
    kept = trials[known & ~trials["aborted"].astype(bool)]
    if not len(kept):
        raise EmptyDataError(
            "no trial was completed with a stimulus and an answer",
            "Name another session; of sounds without a task take `stimulus_time` and `stimulus`.",
        )
    labels = {name: _label(kept, f"label_{name}") for name in ("context", "phase", "congruency")}
    return _table(
        kept.index.to_numpy(),
        kept["stimulus_time"].to_numpy(dtype=np.float64),
        kept["block"].to_numpy(dtype=np.int64),
        labels,
        kept["outcome"].astype(str).to_numpy(),
    )


def released_facts(trials: pd.DataFrame) -> pd.DataFrame:
    """Return what the trials of a file of Hajnal et al. 2024 were, as `trial_facts` does.

    Parameters
    ----------
    trials
        As `analysis.neural.nwb_reading.read_trials` returns them. `action` is true where the mouse
        withheld; `start_time` is the onset of the stimulus.

    Raises
    ------
    ModelError
        If a column is missing, or `action` contradicts `water` and `success`.
    """
    lacking = [name for name in RELEASED if name not in trials]
    if lacking:
        raise ShapeError(
            f"the trials lack {', '.join(lacking)}", "Use `trial_facts` for sessions of mouserig."
        )
    go = trials["water"].to_numpy(dtype=bool)
    licked = ~trials["action"].to_numpy(dtype=bool)
    if ((licked == go) != trials["success"].to_numpy(dtype=bool)).any():
        raise ImpossibleOutcomeError(
            "action, water and success contradict each other",
            "In these files `action` is true where the mouse withheld its licks.",
        )
    context = trials["context"].replace({"audio": "auditory"}).astype(str).to_numpy()
    paired = trials["difficulty"].eq("complex").to_numpy(dtype=bool)
    visual_go = trials["degree"].eq(GO_DEGREES).to_numpy(dtype=bool)
    alike = visual_go == trials["freq"].eq(GO_HZ).to_numpy(dtype=bool)
    congruency = np.where(alike, "congruent", "incongruent")
    labels = {
        "context": context,
        "phase": np.where(paired, "bimodal", "priming"),
        "congruency": np.where(paired, congruency, ""),
    }
    block = 1 + np.cumsum(np.append(False, context[1:] != context[:-1]))
    times = trials["start_time"].to_numpy(dtype=np.float64)
    return _table(trials.index.to_numpy(), times, block, labels, _outcomes(go, licked))


def with_facts(activity: xr.DataArray, facts: pd.DataFrame) -> xr.DataArray:
    """Return activity whose trials have their facts as coordinates.

    Parameters
    ----------
    activity
        With the dimension trial.
    facts
        A row a trial, in the same order.
    """
    if len(facts) != activity.sizes["trial"]:
        raise ShapeError(
            f"{len(facts)} rows of facts for {activity.sizes['trial']} trials",
            "Align the activity to the times of these facts.",
        )
    columns = {str(name): ("trial", _plain(facts[name])) for name in facts if name != "time"}
    onset = {"onset": ("trial", facts["time"].to_numpy())} if "time" in facts else {}
    return activity.assign_coords({"trial": facts.index.to_numpy(), **columns, **onset})


def _table(
    numbers: NDArray[np.generic],
    times: Floats,
    block: NDArray[np.int64],
    labels: dict[str, NDArray[np.object_]],
    outcome: NDArray[np.generic],
) -> pd.DataFrame:
    go = np.isin(outcome, ("hit", "miss"))
    alike = labels["congruency"] != "incongruent"
    columns = {
        modality: _shown(modality, labels, np.where(labels["context"] == modality, go, go == alike))
        for modality in CONTEXTS
    }
    answers = {
        "go": go,
        "licked": [RESPONDED[each] for each in outcome.tolist()],
        "correct": np.isin(outcome, ("hit", "correct_rejection")),
        "outcome": outcome,
    }
    index = pd.Index(numbers, name="trial")
    return pd.DataFrame({"time": times, "block": block, **labels, **columns, **answers}, index)


def _shown(
    modality: str, labels: dict[str, NDArray[np.object_]], go: NDArray[np.bool_]
) -> NDArray[np.str_]:
    """Return `go` or `nogo` where a modality was shown: with the other, or in its own context."""
    shown = (labels["congruency"] != "") | (labels["context"] == modality)
    return np.where(shown, np.where(go, "go", "nogo"), "")


def _label(trials: pd.DataFrame, name: str) -> NDArray[np.object_]:
    if name not in trials:
        return np.full(len(trials), "", dtype=object)
    return trials[name].fillna("").astype(str).to_numpy(dtype=object)


def _outcomes(go: NDArray[np.bool_], licked: NDArray[np.bool_]) -> NDArray[np.str_]:
    answered = np.where(licked, "hit", "miss")
    return np.where(go, answered, np.where(licked, "false_alarm", "correct_rejection"))


def _plain(column: pd.Series) -> NDArray[np.generic]:
    """Return a column as an array; texts as texts of NumPy, which are compared by ==."""
    values = column.to_numpy()
    return values if values.dtype.kind in "biuf" else values.astype(str)
