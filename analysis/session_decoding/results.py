"""What decoding a session came to, as ``rig decode --json`` prints it; what is missing is null."""

from __future__ import annotations

import msgspec


class LeftOut(msgspec.Struct, frozen=True):
    """Trials or units, by their numbers, that do not count, and why."""

    which: tuple[int, ...]
    why: str


class Drift(msgspec.Struct, frozen=True):
    """How well a context is told in trials that were left out: means over the whole window.

    Attributes
    ----------
    middle
        In the last trials of the first context and the first ones of the second.
    edges
        In the first and the last trials of the session.
    """

    middle: float
    edges: float


class Variable(msgspec.Struct, frozen=True):
    """What was found of one variable.

    Attributes
    ----------
    of
        Its name.
    classes, trials
        The two classes, and how many trials each has.
    peak, peak_sem, peak_time
        The highest accuracy, its standard error over folds, and when (s from the stimulus).
    chance
        Level of shuffled labels.
    threshold
        Accuracy that 5 % of the shuffles exceed at whatever time.
    threshold_of_bin
        That of Hajnal et al. 2024, for a single bin.
    above_from, above_until
        The first and the last bin whose accuracy is above the threshold; null if none is.
    above_share
        Share of the bins between them, both included, in which it is.
    in_angle
        Mean accuracy in the stretch whose decision vectors are compared.
    drift
        The drift control; null if it cannot be made, or the variable is no context.
    no_drift
        Why it cannot be made.
    """

    of: str
    classes: tuple[str, str]
    trials: tuple[int, int]
    peak: float
    peak_sem: float
    peak_time: float
    chance: float
    threshold: float
    threshold_of_bin: float
    above_from: float | None
    above_until: float | None
    above_share: float | None
    in_angle: float | None
    drift: Drift | None
    no_drift: str


class Angle(msgspec.Struct, frozen=True):
    """Between the decision vectors of two variables, in degrees."""

    one: str
    other: str
    degrees: float


class Result(msgspec.Struct, frozen=True):
    """What decoding a session came to.

    Attributes
    ----------
    session, recording, alignment
        What was read; `alignment` is empty if none was needed.
    simulated
        What of the session was simulated, in words; empty if nothing was.
    kind
        ``spikes`` or ``traces``.
    window, bin
        Begin and end, and width of a bin, in seconds.
    smoothing
        SD of the Gaussian, in seconds; 0 for none.
    neighbours, strength, folds, shuffles, seed
        As they were asked for.
    units, units_left_out
        Those that were used, and others.
    trials, trials_left_out
        How many were used, and others.
    overlapping
        Trials that begin within the window of the one before.
    variables, angles
        What was found. `angle` is the stretch of time of the angles.
    """

    session: str
    recording: str
    alignment: str
    simulated: str
    kind: str
    window: tuple[float, float]
    bin: float
    smoothing: float
    neighbours: int
    strength: float
    folds: int
    shuffles: int
    seed: int
    units: tuple[int, ...]
    units_left_out: tuple[LeftOut, ...]
    trials: int
    trials_left_out: tuple[LeftOut, ...]
    overlapping: int
    angle: tuple[float, float]
    variables: tuple[Variable, ...]
    angles: tuple[Angle, ...]
