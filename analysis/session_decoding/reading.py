"""A session and the recording beside it, brought together: activity in trials that have facts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.neural.calcium import event_traces
from analysis.neural.facts import trial_facts, with_facts
from analysis.neural.nwb_reading import look_inside, read_spikes, read_traces
from analysis.neural.rates import USUAL, Window, changing, event_rates, z_scores
from analysis.neural.recording import Spikes, Traces
from analysis.session_decoding.asked import Asked
from analysis.session_decoding.chosen import Wanted, in_words, rows_with, wanted_of
from analysis.session_decoding.clock import alignment_of, clock_of
from analysis.session_decoding.results import LeftOut
from models.errors import Floats, ModelError
from rig.dataset import SessionData
from rig.errors import BusyError, OptionError, RecordingError

Flags = NDArray[np.bool_]
TRIALS, UNITS = "--only-trials", "--only-units"
SILENCE = 0.5
"""Seconds that a population may be silent before its first spike and after its last."""
PAIRED = "bimodal"
"""The phase of trials with two stimuli. Where one comes alone, it tells the context by itself."""


@dataclass(frozen=True, eq=False)
class Beside:
    """Activity in the trials of a session.

    Attributes
    ----------
    activity
        z scores, (trial, time, neuron), with the facts of the trials as coordinates.
    facts
        A row a trial.
    window
        The bins.
    kind
        ``spikes`` or ``traces``.
    units_left_out, trials_left_out
        What is not in it, and why.
    """

    activity: xr.DataArray
    facts: pd.DataFrame
    window: Window
    kind: str
    units_left_out: tuple[LeftOut, ...]
    trials_left_out: tuple[LeftOut, ...]


def read_beside(session: SessionData, recording: Path, asked: Asked) -> Beside:
    """Return the activity that was recorded beside a session.

    Parameters
    ----------
    session
        What `rig.load` returns.
    recording
        An NWB file with sorted units, or traces of ROIs.
    asked
        Which trials and units, in which bins, by which alignment.

    Raises
    ------
    RigError
        If something cannot be used; it says what.
    """
    name = session.meta["session"]
    if session.record.running:
        raise BusyError("the session still runs", name, "Wait for its end.")
    alignment = None if asked.alignment is None else alignment_of(asked.alignment, name)
    with told_at(name):
        facts, trials_left_out = _facts(session.trials, wanted_of(TRIALS, asked.trials))
    inside = look_inside(recording)
    if not (inside.has_units or inside.has_traces):
        raise RecordingError(
            "the file holds neither sorted units nor traces of ROIs",
            str(recording),
            "Name the file that holds them.",
        )
    clock = clock_of(recording, inside.counts_from, session.meta["started_at"], alignment)
    wanted = wanted_of(UNITS, asked.units)
    with told_at(f"{recording} beside {name}"):
        if inside.has_units and asked.series is None:
            spikes, without = _spikes(read_spikes(recording), wanted)
            neurons: Spikes | Traces = spikes.on_clock(clock)
        else:
            traces, without = _traces(read_traces(recording, asked.series), wanted)
            neurons = traces.on_clock(clock)
        window = _window(asked, neurons)
        covered = _covered(neurons, facts["time"].to_numpy(), window)
        part = facts[covered]
        trials_left_out += _left_out(facts.index[~covered], _partly(neurons))
        rates = _rates(neurons, part["time"].to_numpy(), window, asked.smoothing)
        alive = changing(rates)
        still = np.setdiff1d(rates["neuron"].values, alive["neuron"].values)
        without += _left_out(still, "the same throughout these trials")
        activity = with_facts(z_scores(alive, window.begin), part)
    kind = "spikes" if isinstance(neurons, Spikes) else "traces"
    return Beside(activity, part, window, kind, without, trials_left_out)


@contextmanager
def told_at(where: str) -> Iterator[None]:
    """Tell what is wrong with data, with its place, to the person who gave them."""
    try:
        yield
    except ModelError as error:
        raise RecordingError(error.what, where, error.do) from error


def _facts(trials: pd.DataFrame, wanted: Wanted) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Return the facts of trials that are wanted: pairs of stimuli, if nothing else is asked."""
    facts = trial_facts(trials)
    others = trials.index[~trials.index.isin(facts.index)]
    left_out = _left_out(others, "cut short, or without a stimulus or an answer")
    if "phase" not in wanted and (facts["phase"] == PAIRED).any():
        wanted = {"phase": (PAIRED,), **wanted}
    chosen = rows_with(facts, wanted, TRIALS, "trials")
    left_out += _left_out(facts.index[~chosen], f"not {in_words(wanted)}")
    if not chosen.any():
        raise OptionError(f"no trial has {in_words(wanted)}", TRIALS, "Ask for less at once.")
    return facts[chosen], left_out


def _spikes(spikes: Spikes, wanted: Wanted) -> tuple[Spikes, tuple[LeftOut, ...]]:
    about = pd.DataFrame(index=spikes.units) if spikes.about is None else spikes.about
    chosen = rows_with(about, wanted, UNITS, "units")
    fired = ~np.isin(spikes.units, spikes.silent)
    if not (chosen & fired).any():
        raise OptionError(f"no unit with {in_words(wanted)} has a spike", UNITS, "Take others.")
    left_out = _left_out(spikes.units[~chosen], f"not {in_words(wanted)}")
    left_out += _left_out(spikes.units[chosen & ~fired], "without a spike")
    return spikes.chosen(chosen & fired), left_out


def _traces(traces: Traces, wanted: Wanted) -> tuple[Traces, tuple[LeftOut, ...]]:
    if wanted:
        raise OptionError("ROIs of traces are not chosen by columns", UNITS, "Leave it out.")
    neurons = traces.values["neuron"].values
    whole = np.isfinite(traces.values.values).all(axis=0)
    if not whole.any():
        raise RecordingError("each trace has missing numbers (NaN)", "the traces", "Mend them.")
    kept = Traces(traces.values[:, np.flatnonzero(whole)], traces.unit)
    return kept, _left_out(neurons[~whole], "with missing numbers (NaN)")


def _window(asked: Asked, neurons: Spikes | Traces) -> Window:
    """Return the bins; those of traces are no shorter than a frame, unless asked for."""
    begin, end = asked.window
    if not -np.inf < begin < 0 < end < np.inf:
        raise OptionError(
            f"{begin:g} to {end:g} s does not hold the stimulus",
            "--window",
            "Begin before it (the z scores need a baseline), and end after it.",
        )
    frame = 1 / neurons.rate_hz if isinstance(neurons, Traces) else 0.0
    width = asked.bin or max(USUAL.bin, round(frame, 3))
    if not width <= min(-begin, end):
        raise OptionError(
            f"bins of {width:g} s are too wide for {begin:g} to {end:g} s",
            "--bin",
            "Let one or more fit before the stimulus, and after it.",
        )
    return Window(begin, end, width)


def _ends(neurons: Spikes | Traces) -> tuple[float, float]:
    """Return when a recording begins and ends, in seconds."""
    if isinstance(neurons, Traces):
        return float(neurons.times[0]), float(neurons.times[-1])
    trains = [times for times in neurons.times if times.size]
    return min(float(times[0]) for times in trains), max(float(times[-1]) for times in trains)


def _covered(neurons: Spikes | Traces, onsets: Floats, window: Window) -> Flags:
    """Return the trials that were recorded whole; refuse a recording of none."""
    first, last = _ends(neurons)
    slack = 0.0 if isinstance(neurons, Traces) else SILENCE
    begins, ends = onsets + window.times[0], onsets + window.times[-1]
    covered = (begins >= first - slack) & (ends <= last + slack)
    if not covered.any():
        raise ModelError(
            f"no trial was recorded: the trials last from {begins[0]:.1f} to {ends[-1]:.1f} s of "
            f"the session, the recording from {first:.1f} to {last:.1f} s",
            "Name the recording of this session; if it is, look at its clock.",
        )
    return np.asarray(covered)


def _partly(neurons: Spikes | Traces) -> str:
    first, last = _ends(neurons)
    return f"not recorded whole: the recording lasts from {first:.1f} to {last:.1f} s"


def _rates(
    neurons: Spikes | Traces, onsets: Floats, window: Window, smoothing: float
) -> xr.DataArray:
    if isinstance(neurons, Traces):
        return event_traces(neurons, onsets, window)
    if smoothing == 0:
        return event_rates(neurons, onsets, window, "none")
    return event_rates(neurons, onsets, window, sigma=smoothing)


def _left_out(which: object, why: str) -> tuple[LeftOut, ...]:
    numbers = tuple(int(each) for each in np.asarray(which).tolist())
    return (LeftOut(numbers, why),) if numbers else ()
