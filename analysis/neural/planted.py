"""Populations made up with known geometry: an analysis can be tried where the truth is known.

Two blocks of a set-shifting task: go and nogo of two modalities, first alone (priming), then
together. What a trial is moves the population along axes of its own, by sizes in SDs of the noise.
Nothing moves that has the size 0: an analysis must find what was planted, and must not find the
rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from analysis.decoding.geometry import ROUNDING, orthonormal
from analysis.neural.facts import CONTEXTS, trial_facts, with_facts
from analysis.neural.rates import Window
from analysis.neural.recording import Spikes
from models.errors import Floats, OutOfBoundsError

AXES = ("visual", "auditory", "context", "decision", "mixed", "history", "drift")
STIMULUS_END = 3.0
SPACING = 8.0
"""From one stimulus to the next, s."""
FIRST = 10.0
"""When the first stimulus comes, s."""
COARSE = Window(-1.5, 4.5, 0.1)
"""60 bins: an analysis of them is quick."""


@dataclass(frozen=True)
class Plan:
    """What is planted. All sizes are distances of two class means, in SDs of the noise of a bin.

    Attributes
    ----------
    priming, paired
        Trials of each context with one stimulus, and with two. They are multiples of 4, and go and
        nogo, congruent and incongruent are as frequent as each other.
    neurons
        At least 7: there are so many axes.
    window
        Times of each trial.
    visual, auditory
        Go against nogo, from 0 to 3 s.
    angle_deg
        Between the visual and the auditory axis.
    suppression, suppressed_from
        Share of a stimulus' size that is taken away where its modality is irrelevant, and from
        when on (s).
    context
        Visual against auditory context, throughout each trial.
    decision, decided_at
        Lick against none, from so many seconds on.
    mixed
        Congruent against incongruent pairs of stimuli, from 0 to 3 s: selectivity for a conjunction
        that no sum of the two stimuli has.
    history
        A lick in the trial before against none, throughout each trial.
    drift
        From the first to the last trial of the session, in a straight line, whatever the context.
    lapse
        How often the mouse does what is wrong.
    smooth
        SD of the Gaussian that smooths the noise in time, s; the noise of a bin has the SD 1 all
        the same.
    """

    priming: int = 20
    paired: int = 100
    neurons: int = 30
    window: Window = COARSE
    visual: float = 0.0
    auditory: float = 0.0
    angle_deg: float = 90.0
    suppression: float = 0.0
    suppressed_from: float = 0.6
    context: float = 0.0
    decision: float = 0.0
    decided_at: float = 1.0
    mixed: float = 0.0
    history: float = 0.0
    drift: float = 0.0
    lapse: float = 0.1
    smooth: float = 0.0

    def __post_init__(self) -> None:
        if self.priming < 0 or self.paired < 4 or self.priming % 4 or self.paired % 4:
            raise OutOfBoundsError(
                f"{self.priming} and {self.paired} trials", "Give multiples of 4, and some pairs."
            )
        if self.neurons < len(AXES):
            raise OutOfBoundsError(f"{self.neurons} neurons", f"Give {len(AXES)} or more.")
        if not (0 <= self.lapse <= 1 and 0 <= self.suppression <= 1 and self.smooth >= 0):
            raise OutOfBoundsError(
                f"lapse {self.lapse}, suppression {self.suppression}, smooth {self.smooth}",
                "Give shares from 0 to 1, and no negative time.",
            )


@dataclass(frozen=True, eq=False)
class Planted:
    """A session that was made up.

    Attributes
    ----------
    plan, seed
        What it was made of.
    facts
        As `trial_facts` returns them.
    activity
        (trial, time, neuron), with the facts as coordinates: z scores, as it were.
    axes
        Name (one of `AXES`) -> direction of length 1, (neuron,).
    """

    plan: Plan
    seed: int
    facts: pd.DataFrame
    activity: xr.DataArray
    axes: dict[str, Floats]


def plant(plan: Plan, seed: int) -> Planted:
    """Return a session in which things are as planned.

    The same plan and seed give the same session.

    Examples
    --------
    >>> session = plant(Plan(visual=2.0), seed=1)
    >>> session.activity.sizes["trial"], session.activity.sizes["neuron"]
    (240, 30)
    """
    rng = np.random.default_rng(seed)
    return _planted(plan, seed, trial_facts(_trials(plan, rng)), rng)


def plant_beside(facts: pd.DataFrame, plan: Plan, seed: int) -> Planted:
    """Return a population that was recorded beside a session, as it were.

    Parameters
    ----------
    facts
        Of the session, as `trial_facts` returns them.
    plan
        What is planted; the trials are those of the session, whatever it says of them.
    seed
        Of axes and noise.

    Raises
    ------
    OutOfBoundsError
        If the windows of two trials overlap: a neuron would do two things at once.
    """
    shortest = float(np.diff(facts["time"].to_numpy()).min(initial=np.inf))
    length = plan.window.end - plan.window.begin
    if shortest < length - ROUNDING:
        raise OutOfBoundsError(
            f"two stimuli are {shortest:g} s apart, and the window of a trial is {length:g} s",
            "Plan a shorter window.",
        )
    return _planted(plan, seed, facts, np.random.default_rng(seed))


def _planted(plan: Plan, seed: int, facts: pd.DataFrame, rng: np.random.Generator) -> Planted:
    axes = _axes(plan, rng)
    times = plan.window.times
    noise = rng.normal(size=(len(facts), times.size, plan.neurons))
    if plan.smooth:
        noise = gaussian_filter1d(noise, plan.smooth / plan.window.bin, axis=1, mode="wrap")
        noise /= noise.std()
    for name, moves in _moves(plan, facts, times):
        noise += moves[:, :, None] * axes[name]
    coordinates = {"time": times, "neuron": np.arange(plan.neurons)}
    activity = xr.DataArray(noise, coordinates, ("trial", "time", "neuron"))
    return Planted(plan, seed, facts, with_facts(activity, facts), axes)


def fired(session: Planted, mean_hz: float = 20.0, hz_per_sd: float = 4.0) -> Spikes:
    """Return Poisson spikes that a session's activity makes neurons fire.

    Parameters
    ----------
    session
        What `plant` returns.
    mean_hz, hz_per_sd
        The rate at an activity of 0, and by how much 1 raises it; no rate is below 0.
    """
    rng = np.random.default_rng([session.seed, 1])
    window = session.plan.window
    rates = np.maximum(mean_hz + hz_per_sd * session.activity.values, 0.0)
    counts = rng.poisson(rates * window.bin)
    begins = session.facts["time"].to_numpy()[:, None] + window.times
    trains = []
    for neuron in range(session.plan.neurons):
        bins = np.repeat(begins.ravel(), counts[:, :, neuron].ravel())
        trains.append(np.sort(bins + window.bin * rng.random(bins.size)))
    return Spikes(tuple(trains), np.arange(session.plan.neurons))


def _axes(plan: Plan, rng: np.random.Generator) -> dict[str, Floats]:
    found = dict(
        zip(AXES, orthonormal(list(rng.normal(size=(len(AXES), plan.neurons)))), strict=True)
    )
    turn = np.radians(plan.angle_deg)
    found["auditory"] = np.cos(turn) * found["visual"] + np.sin(turn) * found["auditory"]
    return found


def _trials(plan: Plan, rng: np.random.Generator) -> pd.DataFrame:
    """Return a table of trials with those columns of `rig.load(path).trials` that are needed."""
    rows = []
    for block, context in enumerate(CONTEXTS, start=1):
        for phase, count in (("priming", plan.priming), ("bimodal", plan.paired)):
            kinds = [(go, alike) for go in (True, False) for alike in (True, False)]
            for place in rng.permutation(count):
                go, alike = kinds[place % len(kinds)]
                licked = go != (rng.random() < plan.lapse)
                rows.append((block, context, phase, go, alike, licked))
    table = pd.DataFrame(rows, columns=["block", "context", "phase", "go", "alike", "licked"])
    priming = table["phase"] == "priming"
    answers = {(True, True): "hit", (True, False): "miss"}
    answers |= {(False, True): "false_alarm", (False, False): "correct_rejection"}
    pairs = zip(table["go"], table["licked"], strict=True)
    congruency = np.where(table["alike"], "congruent", "incongruent")
    return pd.DataFrame(
        {
            "trial_type": np.where(table["go"], "go", "nogo"),
            "outcome": [answers[bool(go), bool(licked)] for go, licked in pairs],
            "aborted": False,
            "stimulus_time": FIRST + SPACING * np.arange(len(table)),
            "block": table["block"].to_numpy(),
            "label_context": table["context"].to_numpy(),
            "label_phase": table["phase"].to_numpy(),
            "label_congruency": np.where(priming, "", congruency),
        },
        index=pd.RangeIndex(1, len(table) + 1, name="trial"),
    )


def _moves(plan: Plan, facts: pd.DataFrame, times: Floats) -> Iterator[tuple[str, Floats]]:
    """Return how far each axis is gone along in each trial and bin, (trials, bins)."""
    shown = ((times >= 0) & (times < STIMULUS_END)).astype(float)
    always = np.ones_like(times)
    late = np.where(times >= plan.suppressed_from, 1 - plan.suppression, 1.0)
    for name, size in (("visual", plan.visual), ("auditory", plan.auditory)):
        relevant = facts["context"].to_numpy() == name
        course = np.where(relevant[:, None], shown, shown * late)
        yield name, size * _side(facts[name], "go", "nogo")[:, None] * course
    licked = facts["licked"].to_numpy(dtype=float)
    before = np.append(np.nan, licked[:-1])
    before[facts["block"].diff().to_numpy() != 0] = np.nan
    for name, size, sides, course in (
        ("context", plan.context, _side(facts["context"], *CONTEXTS), always),
        ("decision", plan.decision, licked - 0.5, (times >= plan.decided_at).astype(float)),
        ("mixed", plan.mixed, _side(facts["congruency"], "congruent", "incongruent"), shown),
        ("history", plan.history, np.nan_to_num(before - 0.5), always),
        ("drift", plan.drift, np.linspace(-0.5, 0.5, len(facts)), always),
    ):
        yield name, size * sides[:, None] * course


def _side(facts: pd.Series, one: str, other: str) -> NDArray[np.float64]:
    """Return half a step to the one side or the other; 0 for trials that are neither."""
    texts = facts.to_numpy()
    return np.where(texts == one, 0.5, np.where(texts == other, -0.5, 0.0))
