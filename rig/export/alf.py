"""A session as arrays of NumPy, named as ALF files are: ``object.attribute.npy``.

Names that other labs read in the same way have no namespace: ``trials.intervals``,
``licks.times``. All others begin with ``_mouserig_``. Files of one object have as many rows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

from rig.dataset import SessionData
from rig.export.about import heading, readable_signals, write_lines, write_meta
from rig.export.whole import whole_folder
from rig.streams import Stream

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "alf"
META = "_mouserig_session.metadata.json"


class Dataset(msgspec.Struct, frozen=True):
    """One file: its name without ``.npy``, its rows, and what they are."""

    name: str
    rows: npt.NDArray[Any]
    meaning: str


def export(session: SessionData, out: Path | None = None) -> list[Path]:
    """Write a session as ALF files.

    Parameters
    ----------
    session
        The session.
    out
        The folder to write; ``alf`` in the session's folder by default.

    Returns
    -------
    list of Path
        The files: arrays, ``_mouserig_session.metadata.json`` and ``README.txt``.

    Raises
    ------
    RecordingError
        If they cannot be written, or the folder holds other files.
    """
    folder = out or session.source.parent / FOLDER
    signals, _ = readable_signals(session)
    datasets = [
        *_trials(session),
        *_labels_draws_measures(session),
        *_licks(session),
        *_water(session),
        *_stimuli(session),
        *_states(session),
        *_notes(session),
    ]
    for stream in signals.values():
        datasets += _signal(stream)
    with whole_folder(folder) as new:
        for dataset in datasets:
            np.save(new / f"{dataset.name}.npy", dataset.rows, allow_pickle=False)
        write_meta(session, new / META)
        write_lines(new / "README.txt", _readme(session, datasets))
        names = sorted(path.name for path in new.iterdir())
    return [folder / name for name in names]


def _trials(session: SessionData) -> list[Dataset]:
    trials, water = session.trials, session.water
    own = water[water.author.isna()].drop_duplicates("trial").set_index("trial").time
    feedback = own.reindex(trials.index).to_numpy()
    start_end = trials[["start_time", "end_time"]].to_numpy()
    return [
        Dataset("trials.intervals", start_end, "start and end of the trials, s, (rows, 2)"),
        Dataset("trials.stimOn_times", _numbers(trials.stimulus_time), "onset of the stimulus, s"),
        Dataset("trials.feedback_times", feedback, "when the trial's first drop fell, s"),
        Dataset("trials.rewardVolume", _numbers(trials.reward_ul), "volume of its drops, uL"),
        Dataset("_mouserig_trials.number", trials.index.to_numpy(), "number of the trial"),
        Dataset("_mouserig_trials.type", _texts(trials.trial_type), "type of the trial"),
        Dataset("_mouserig_trials.stimulus", _texts(trials.stimulus), "what was presented"),
        Dataset("_mouserig_trials.outcome", _texts(trials.outcome), "outcome; empty if aborted"),
        Dataset("_mouserig_trials.aborted", trials.aborted.to_numpy(), "whether it was cut short"),
        Dataset("_mouserig_trials.block", trials.block.to_numpy(), "block; 0 without blocks"),
        Dataset(
            "_mouserig_trials.firstLick_times",
            _numbers(trials.first_lick_time),
            "first lick at or after the onset, s",
        ),
        Dataset("_mouserig_trials.lickCount", trials.lick_count.to_numpy(), "licks in the trial"),
        Dataset("_mouserig_trials.dwell", _numbers(trials.dwell), "beam broken in the window, s"),
        Dataset("_mouserig_trials.licks", _numbers(trials.licks), "licks in the window"),
        Dataset(
            "_mouserig_trials.removedVolume",
            _numbers(trials.removed_ul),
            "how much of its drops the vacuum removed, uL",
        ),
    ]


def _labels_draws_measures(session: SessionData) -> list[Dataset]:
    """Return the columns of trials that depend on the protocol."""
    trials = session.trials
    found: dict[str, Dataset] = {}
    for column in map(str, trials.columns):
        sort, _, name = column.partition("_")
        if sort in ("label", "draw", "measure"):
            values = _texts(trials[column]) if sort == "label" else _numbers(trials[column])
            file = _unique(f"_mouserig_trials.{_camel(column)}", found)
            found[file] = Dataset(file, values, f"the {sort} '{name}'")
    return list(found.values())


def _licks(session: SessionData) -> list[Dataset]:
    licks = session.licks
    return [
        Dataset("licks.times", _numbers(licks.time), "when the tongue touched the spout, s"),
        Dataset("_mouserig_licks.durations", _numbers(licks.duration), "how long it did, s"),
        Dataset("_mouserig_licks.spout", _texts(licks.spout), "name of the input"),
        Dataset("_mouserig_licks.trial", licks.trial.to_numpy(), "trial; 0 before the first"),
    ]


def _water(session: SessionData) -> list[Dataset]:
    water = session.water
    return [
        Dataset("_mouserig_water.times", _numbers(water.time), "when the valve opened, s"),
        Dataset("_mouserig_water.durations", _numbers(water.duration), "how long it was open, s"),
        Dataset("_mouserig_water.volume", _numbers(water.volume_ul), "volume of the drop, uL"),
        Dataset("_mouserig_water.valve", _texts(water.device), "name of the valve"),
        Dataset("_mouserig_water.author", _texts(water.author), "who gave it; empty: protocol"),
        Dataset("_mouserig_water.trial", water.trial.to_numpy(), "trial; 0 before the first"),
    ]


def _stimuli(session: SessionData) -> list[Dataset]:
    stimuli = session.stimuli
    intervals = np.c_[stimuli.time, stimuli.time + stimuli.duration]
    return [
        Dataset("_mouserig_stimuli.intervals", intervals, "begin and end, s, (rows, 2)"),
        Dataset("_mouserig_stimuli.name", _texts(stimuli.stimulus), "name of the stimulus"),
        Dataset("_mouserig_stimuli.type", _texts(stimuli.what), "sound, grating or flashes"),
        Dataset("_mouserig_stimuli.device", _texts(stimuli.device), "what presented it"),
        Dataset("_mouserig_stimuli.trial", stimuli.trial.to_numpy(), "the trial that ordered it"),
    ]


def _states(session: SessionData) -> list[Dataset]:
    states = session.states
    intervals = states[["enter_time", "exit_time"]].to_numpy()
    return [
        Dataset("_mouserig_states.intervals", intervals, "entered and left, s, (rows, 2)"),
        Dataset("_mouserig_states.name", _texts(states.state), "name of the state"),
        Dataset("_mouserig_states.cause", _texts(states.cause), "what led to it"),
        Dataset("_mouserig_states.trial", states.trial.to_numpy(), "its trial"),
    ]


def _notes(session: SessionData) -> list[Dataset]:
    notes = session.notes
    return [
        Dataset("_mouserig_notes.times", _numbers(notes.time), "when it was noted, s"),
        Dataset("_mouserig_notes.text", _texts(notes.text), "what was noted"),
        Dataset("_mouserig_notes.author", _texts(notes.author), "who noted it"),
    ]


def _signal(stream: Stream) -> list[Dataset]:
    """Return the times and the values of a signal; where times are a channel, it stands apart."""
    spec, values = stream.spec, stream.values()
    first = 1 if spec.rate_hz is None else 0
    name, attribute = f"_mouserig_{_camel(spec.name)}", "times" if first else "timestamps"
    datasets = [Dataset(f"{name}.{attribute}", stream.times(), f"{spec.meaning}: when, s")]
    channels = [f"{each.name} ({each.unit})" for each in spec.channels[first:]]
    if channels:
        told = f"(rows, channels): {', '.join(channels)}"
        datasets.append(Dataset(f"{name}.values", values[:, first:], told))
    return datasets


def _readme(session: SessionData, datasets: list[Dataset]) -> list[str]:
    """Return what the files are."""
    return [
        *heading(session, "as arrays of NumPy with ALF names"),
        "Numbers that are missing are NaN, texts that are missing are empty.",
        "Files of one object (the word before the dot) have as many rows.",
        "",
        f"{META}: what the session was: subject, parameters, devices, seed, versions, end.",
        *(f"{dataset.name}.npy: {dataset.meaning}" for dataset in datasets),
    ]


def _numbers(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    return column.to_numpy(dtype=np.float64)


def _texts(column: pd.Series[Any]) -> npt.NDArray[np.str_]:
    """Return texts as an array of equally long ones; what is missing is empty."""
    return np.array(column.fillna("").tolist(), dtype=np.str_)


def _camel(name: str) -> str:
    """Return a name as ALF writes names.

    Examples
    --------
    >>> _camel("label_context"), _camel("body_cam-2")
    ('labelContext', 'bodyCam2')
    """
    words: list[str] = re.findall(r"[^\W_]+", name) or ["unnamed"]
    return words[0] + "".join(word[0].upper() + word[1:] for word in words[1:])


def _unique(name: str, taken: dict[str, Dataset]) -> str:
    """Return a name that no file has yet."""
    return name if name not in taken else _unique(f"{name}x", taken)
