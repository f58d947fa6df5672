"""What a fit came to, as it stands in ``fit.json``; what is missing or no number is null."""

from __future__ import annotations

import msgspec

from analysis.fits.sessions import LeftOut

FORMAT = 1
"""Raised whenever something in the file gets another meaning."""


class Value(msgspec.Struct, frozen=True):
    """A parameter that was fitted.

    Attributes
    ----------
    name, value
        Its name in the documentation of the model, and its best value.
    standard_error
        By the curvature of the likelihood; None where the data give none.
    low, high
        Ends of the 95 % interval; None where there is none.
    low_open, high_open
        Whether the data do not limit the parameter on that side: the end is its bound then.
    doubt
        Why the data do not tell it; empty if they do.
    """

    name: str
    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    doubt: str


class Found(msgspec.Struct, frozen=True):
    """One model fitted to one set of data.

    Attributes
    ----------
    part
        What of the data, such as a context; empty if all.
    model
        Its name.
    trials, log_likelihood, aic, bic
        Choices, their log-likelihood without binomial coefficients, and both criteria: None for a
        mouse that was fitted together with others, since they are of the whole fit.
    converged
        Whether the best search ended at a minimum.
    starts, agreeing
        How many searches there were, and how many ended as well as the best; of a mouse that was
        fitted together with others those of all mice.
    intervals
        What the intervals are: ``profile`` or ``standard error``.
    parameters
        Those that were fitted.
    held
        Values of those that were not, by name.
    statement
        Whether it can be relied on, in words.
    """

    part: str
    model: str
    trials: int
    log_likelihood: float
    aic: float | None
    bic: float | None
    converged: bool
    starts: int
    agreeing: int
    intervals: str
    parameters: tuple[Value, ...]
    held: dict[str, float]
    statement: str


class Band(msgspec.Struct, frozen=True):
    """A course with its 95 % range: the middle, the low and the high end at each point."""

    middle: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class Learned(msgspec.Struct, frozen=True):
    """The course of learning of a mouse beside that of the fitted model.

    Attributes
    ----------
    s_plus, s_minus
        What was presented.
    recruitment, recruitment_from
        Activity of the specific units of S+ and S-, and where that is known from.
    session_ends
        Number of the last trial of each session.
    ends
        Number of the last trial of each bin.
    hit_rate, false_alarm_rate
        Of the mouse, by bin; None where a bin has no such trial.
    model_hit_rate, model_false_alarm_rate
        Of simulated mice with the fitted values and the same order of stimuli: their mean, and
        where 95 % of them lie.
    delay, learning
        Both phases in trials, by crossings of the model's curve; None if it does not rise, or if
        pretraining came first.
    sigmoid
        Both phases by a sigmoid that is fitted to the correct trials.
    """

    s_plus: str
    s_minus: str
    recruitment: tuple[float, float]
    recruitment_from: str
    session_ends: tuple[int, ...]
    ends: tuple[int, ...]
    hit_rate: tuple[float | None, ...]
    false_alarm_rate: tuple[float | None, ...]
    model_hit_rate: Band
    model_false_alarm_rate: Band
    delay: float | None
    learning: float | None
    sigmoid: tuple[Value, ...]


class KindScore(msgspec.Struct, frozen=True):
    """Mean log-likelihood of a choice by a model, and its best parameter on a grid."""

    kind: str
    mean_log_likelihood: float
    parameter: float | None


class Block(msgspec.Struct, frozen=True):
    """A block of trials with two modalities: where it stands, and how many were consistent."""

    session: str
    block: int
    trials: int
    consistent: int


class Context(msgspec.Struct, frozen=True):
    """What a mouse did in the blocks of one context.

    Attributes
    ----------
    context
        The relevant modality.
    trials, consistent, scored
        Trials with two modalities; those that are consistent; those that are consistent and
        incongruent, to which the choice models are fitted.
    blocks
        Its blocks.
    lick_rate, lick_rate_of
        Rate of licks of the mouse that licks at random, and from which trials it was taken.
    simulations
        How many blocks of each length were simulated.
    at_least, exactly
        Probability of at least, and of exactly, so many consistent trials by chance.
    chance
        Probability of 0, 1, 2, ... consistent trials by chance.
    scores
        The choice models; empty if no trial is consistent and incongruent.
    """

    context: str
    trials: int
    consistent: int
    scored: int
    blocks: tuple[Block, ...]
    lick_rate: float
    lick_rate_of: str
    simulations: int
    at_least: float
    exactly: float
    chance: tuple[float, ...]
    scores: tuple[KindScore, ...]


class Detected(msgspec.Struct, frozen=True):
    """Responses by level beside the fitted psychometric function.

    Attributes
    ----------
    levels
        In dB SPL; None for trials without a sound.
    responses, trials
        At each level.
    grid
        Levels at which the curve is given.
    curve
        The fitted probability of a response, with its 95 % interval.
    """

    levels: tuple[float | None, ...]
    responses: tuple[int, ...]
    trials: tuple[int, ...]
    grid: tuple[float, ...]
    curve: Band


class MouseFit(msgspec.Struct, frozen=True):
    """What was found for one mouse.

    Attributes
    ----------
    subject, simulated
        The mouse, and whether it was virtual.
    sessions, left_out
        What it was fitted to, and what not, and why.
    found
        The fits: one, or one for each choice model and context.
    learned, contexts, detected
        What else there is to a learning model, to choice models, to a psychometric function.
    notes
        What a reader must know.
    """

    subject: str
    simulated: bool
    sessions: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    found: tuple[Found, ...]
    learned: Learned | None = None
    contexts: tuple[Context, ...] = ()
    detected: Detected | None = None
    notes: tuple[str, ...] = ()


class Shared(msgspec.Struct, frozen=True):
    """Parameters that were fitted in common to all mice.

    Attributes
    ----------
    parameters
        The shared ones.
    log_likelihood, aic, bic, trials, count
        Over all mice; `count` is the number of all parameters.
    converged, starts, agreeing
        As of a single fit.
    """

    parameters: tuple[Value, ...]
    log_likelihood: float
    aic: float
    bic: float
    trials: int
    count: int
    converged: bool
    starts: int
    agreeing: int


class Spread(msgspec.Struct, frozen=True):
    """A parameter over the mice: how many have one, and how their values spread.

    `doubtful` is how many of the mice do not tell it; their values are among the others.
    """

    part: str
    model: str
    name: str
    mice: int
    doubtful: int
    median: float
    mean: float
    sd: float | None
    lowest: float
    highest: float


class Fit(msgspec.Struct, frozen=True):
    """The file ``fit.json``.

    Attributes
    ----------
    format, made_at, mouserig_version
        Number of its layout, when it was made, and by what.
    model, settings
        The model, and what was asked for.
    mice
        What was found, by mouse.
    failed
        Why a mouse could not be fitted, by mouse.
    shared
        What is common to all mice; None if nothing is.
    group
        How the values spread over the mice.
    figures
        Names of the figures beside it.
    """

    format: int
    made_at: str
    mouserig_version: str
    model: str
    settings: dict[str, object]
    mice: dict[str, MouseFit]
    failed: dict[str, str]
    shared: Shared | None
    group: tuple[Spread, ...]
    figures: tuple[str, ...] = ()
