"""The course of a mouse's training over its sessions: what ``rig curve`` tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version

import msgspec
import numpy as np
import pandas as pd

from analysis.behaviour.bins import BIN_TRIALS, CORRECT, correct_in_bins
from analysis.behaviour.learning import curve_table, fit_sigmoid, sigmoid_curve
from analysis.fits.found import values_of
from analysis.fits.reading import Trial
from analysis.fits.results import Value
from analysis.fits.sessions import (
    LeftOut,
    Past,
    Recorded,
    Wanted,
    folders_of,
    is_discrimination,
    is_pretraining,
    read_past,
)
from models.errors import EmptyDataError, ModelError
from models.fitting import FitResult
from rig.lab import Lab
from rig.performance import criterion, performance_of
from rig.psychometric import wilson

TYPES = frozenset({"go", "nogo"})
PHASES = ("delay", "learning", "lapse")
"""What a sigmoid tells of a learning curve."""


class SessionRates(msgspec.Struct, frozen=True):
    """What a mouse did in one session; go and nogo trials that were completed count.

    Attributes
    ----------
    session, protocol, stage
        Which one, of what; the stage is empty if the protocol has none.
    first, last
        Numbers of its first and last trial over all sessions of the curve, from 1.
    go, nogo
        Trials of either type.
    hit_rate, false_alarm_rate, correct
        Shares of trials; None without such trials.
    hit_interval, false_alarm_interval
        95 % score intervals; None without such trials.
    d_prime, criterion
        With rates clipped to 0.01 and 0.99; None below 10 trials of either type.
    """

    session: str
    protocol: str
    stage: str
    first: int
    last: int
    go: int
    nogo: int
    hit_rate: float | None
    hit_interval: tuple[float, float] | None
    false_alarm_rate: float | None
    false_alarm_interval: tuple[float, float] | None
    correct: float | None
    d_prime: float | None
    criterion: float | None


class CurveBin(msgspec.Struct, frozen=True):
    """A bin of a learning curve.

    Attributes
    ----------
    first, last, trials, correct
        Its trials, counted over all sessions from 1, and how many were correct.
    fraction, low, high
        Fraction correct, with its 95 % score interval.
    sigmoid, sigmoid_low, sigmoid_high
        The fitted sigmoid in the middle of the bin, with its 95 % interval; None without a fit.
    """

    first: int
    last: int
    correct: int
    trials: int
    fraction: float
    low: float
    high: float
    sigmoid: float | None = None
    sigmoid_low: float | None = None
    sigmoid_high: float | None = None


class Course(msgspec.Struct, frozen=True):
    """The learning curve of one mouse.

    Attributes
    ----------
    subject, simulated
        The mouse, and whether any of its sessions was with a virtual one.
    sessions, bins
        By session, and in bins over all of them.
    sigmoid
        Delay, learning phase (trials) and lapse; empty without a fit.
    statement
        Whether these can be relied on, or why there is no fit.
    left_out
        Sessions that are not in the curve, or not as a whole.
    holes
        Which of these lie between others: trials behind them are counted too low.
    """

    subject: str
    simulated: bool
    sessions: tuple[SessionRates, ...]
    bins: tuple[CurveBin, ...]
    sigmoid: tuple[Value, ...]
    statement: str
    left_out: tuple[LeftOut, ...]
    holes: tuple[LeftOut, ...]

    def bin_table(self) -> pd.DataFrame:
        """Return the bins as a table, a row each."""
        return pd.DataFrame([msgspec.structs.asdict(each) for each in self.bins])


class Courses(msgspec.Struct, frozen=True):
    """Learning curves of some mice, as ``--json`` prints them and as they stand beside the figure.

    Attributes
    ----------
    made_at, mouserig_version
        When, and by what.
    bin_trials
        Trials of a bin.
    mice, failed
        The curves, and by mouse why there is none.
    """

    made_at: str
    mouserig_version: str
    bin_trials: int
    mice: tuple[Course, ...]
    failed: dict[str, str]


def courses_in(lab: Lab, subjects: Iterable[str], bin_trials: int = BIN_TRIALS) -> Courses:
    """Return the learning curves of mice of a lab, as `rig curve` shows them.

    Parameters
    ----------
    lab, subjects
        Which mice; all their sessions of S+ and S- count.
    bin_trials
        Trials of a bin.

    Raises
    ------
    RecordingError
        If the lab knows no such mouse.
    """
    pasts = [read_past(name, folders_of(lab, name), Wanted()) for name in subjects]
    return courses_of(pasts, (), bin_trials)


def phase_table(courses: Sequence[Course]) -> pd.DataFrame:
    """Return the phases of learning by the fitted sigmoids.

    Returns
    -------
    pandas.DataFrame
        A row for each mouse, by its name: ``delay`` and ``learning`` (trials) and ``lapse``, each
        with ``_low`` and ``_high``, the ends of its 95 % interval. What the trials of a mouse do
        not tell is NaN.
    """
    rows = [
        {
            f"{each.name}{end}": number if number is not None and not each.doubt else np.nan
            for each in course.sigmoid
            for end, number in (("", each.value), ("_low", each.low), ("_high", each.high))
        }
        for course in courses
    ]
    names = pd.Index([course.subject for course in courses], name="mouse")
    columns = [f"{name}{end}" for name in PHASES for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, index=names, columns=columns, dtype=np.float64)


def courses_of(pasts: Sequence[Past], named: Sequence[str], bin_trials: int) -> Courses:
    """Return the learning curves of mice; a mouse without one does not stop the others.

    Parameters
    ----------
    pasts
        The sessions of each mouse.
    named
        Protocols that were asked for by name: all their sessions count then, and not those of
        S+ and S- alone.
    bin_trials
        Trials of a bin.
    """
    mice, failed = [], {}
    for past in pasts:
        try:
            mice.append(course_of(past, named, bin_trials))
        except ModelError as error:
            failed[past.subject] = str(error)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return Courses(now, version("mouserig"), bin_trials, tuple(mice), failed)


def course_of(past: Past, named: Sequence[str], bin_trials: int) -> Course:
    """Return the learning curve of one mouse; parameters as for `courses_of`.

    Raises
    ------
    EmptyDataError
        If no session is of go and nogo trials.
    """
    kept = past.only(_has_trials, "it has no completed go or nogo trial")
    if not named:
        kept = kept.only(is_discrimination, "it is of set-shifting, which --protocol takes")
    kept = kept.only(lambda each: not is_pretraining(each), "it is of pretraining: S+ alone")
    if not kept.sessions:
        raise EmptyDataError(kept.why_empty(), "`rig ls` lists the sessions.")
    trials = [[row for row in each.rows if row.trial_type in TYPES] for each in kept.sessions]
    bins, sigmoid, statement = _in_bins(trials, bin_trials)
    return Course(
        subject=past.subject,
        simulated=kept.simulated,
        sessions=tuple(_by_session(kept.sessions, trials)),
        bins=bins,
        sigmoid=sigmoid,
        statement=statement,
        left_out=kept.left_out,
        holes=tuple(kept.holes()),
    )


def _has_trials(session: Recorded) -> bool:
    return any(row.trial_type in TYPES for row in session.rows)


def _by_session(
    sessions: Sequence[Recorded], trials: Sequence[Sequence[Trial]]
) -> list[SessionRates]:
    """Return what the mouse did in each session."""
    lasts = np.cumsum([len(own) for own in trials]).tolist()
    found = []
    for session, own, last in zip(sessions, trials, lasts, strict=True):
        done = performance_of(Counter(row.outcome for row in own))
        go, nogo = done.hits + done.misses, done.false_alarms + done.correct_rejections
        rates = done.hit_rate, done.false_alarm_rate
        found.append(
            SessionRates(
                session=session.name,
                protocol=session.protocol,
                stage=session.stage,
                first=last - len(own) + 1,
                last=last,
                go=go,
                nogo=nogo,
                hit_rate=done.hit_rate,
                hit_interval=wilson(done.hits, go) if go else None,
                false_alarm_rate=done.false_alarm_rate,
                false_alarm_interval=wilson(done.false_alarms, nogo) if nogo else None,
                correct=done.correct,
                d_prime=done.d_prime,
                criterion=None if done.d_prime is None else criterion(*rates),
            )
        )
    return found


def _in_bins(
    trials: Sequence[Sequence[Trial]], bin_trials: int
) -> tuple[tuple[CurveBin, ...], tuple[Value, ...], str]:
    """Return the bins, the fitted phases, and whether these can be relied on."""
    correct = [row.outcome in CORRECT for own in trials for row in own]
    if len(correct) < bin_trials:
        return (), (), f"{len(correct)} trials do not fill a bin of {bin_trials}."
    curve = curve_table(correct_in_bins(correct, bin_trials))
    try:
        result = fit_sigmoid(curve)
    except ModelError as error:
        return _bins(curve), (), f"No sigmoid: {error}"
    return _bins(curve, result), values_of(result), result.statement


def _bins(curve: pd.DataFrame, result: FitResult | None = None) -> tuple[CurveBin, ...]:
    rows = curve
    if result is not None:
        fitted = sigmoid_curve(curve, result)
        rows = curve.assign(
            sigmoid=fitted["fraction"], sigmoid_low=fitted["low"], sigmoid_high=fitted["high"]
        )
    return tuple(msgspec.convert(row, CurveBin) for row in rows.to_dict("records"))
