r"""Inference of the context of set-shifting from outcomes, trial by trial.

An observer holds the log-odds L of the visual context against the auditory one, L = ln(b / (1 - b))
with b its belief. Before each trial the context may have changed, with the hazard rate h (Glaze et
al. 2015, eLife 4:e08825, eq. 2):

    L- = ln((1 - h) e^L + h) - ln(h e^L + 1 - h)

In context c the stimulus of modality c says whether a reward falls. It falls with probability 1 - e
after go and e after nogo, 1/2 if c has no stimulus in the trial. It is seen after a lick, and with
probability q without one, so it is seen with the probability r(c) = s p(c), s = 1 or q. Then

    L = L- + w ln(l(visual) / l(auditory)) + n x,    l(c) = r(c) if a reward was seen, else 1 - r(c)

w is 1, and `priming_weight` in trials with one stimulus; x is standard normal noise. The mouse
attends to the visual stimulus with probability 1 / (1 + exp(-L / d)), or to the only one, and
licks to go with probability 1 - lapse + bias, to nogo with lapse + bias, held within 0 and 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.errors import OutOfBoundsError


@dataclass(frozen=True)
class Inference:
    """How an observer infers the context; the symbols are those of the equations above.

    Attributes
    ----------
    hazard
        h, the probability that the context changes between two trials, 0 to 0.5.
    outcome_noise
        e, how often outcomes are taken to mislead, above 0, at most 0.5.
    notice
        q, the probability of seeing a reward without licking, 0 to 1.
    priming_weight
        w in trials with one stimulus, 0 to 1.
    inference_noise
        n, standard deviation of the noise that each trial adds, in log-odds.

    Raises
    ------
    OutOfBoundsError
        If one of them is out of its range.
    """

    hazard: float = 0.02
    outcome_noise: float = 0.2
    notice: float = 0.2
    priming_weight: float = 0.2
    inference_noise: float = 0.8

    def __post_init__(self) -> None:
        _check("hazard", self.hazard, 0.0, 0.5)
        _check("outcome_noise", self.outcome_noise, 1e-6, 0.5)
        _check("notice", self.notice, 0.0, 1.0)
        _check("priming_weight", self.priming_weight, 0.0, 1.0)
        _check("inference_noise", self.inference_noise, 0.0, math.inf)


@dataclass(frozen=True)
class Choice:
    """How an observer chooses by its belief.

    Attributes
    ----------
    decision_noise
        d, in log-odds; at 0 it always attends to the more probable modality.
    lapse
        Probability of the wrong answer to the stimulus that it attends to, 0 to 0.5.
    bias
        What is added to the probability of a lick, -1 to 1.

    Raises
    ------
    OutOfBoundsError
        If one of them is out of its range.
    """

    decision_noise: float = 0.5
    lapse: float = 0.01
    bias: float = 0.0

    def __post_init__(self) -> None:
        _check("decision_noise", self.decision_noise, 0.0, math.inf)
        _check("lapse", self.lapse, 0.0, 0.5)
        _check("bias", self.bias, -1.0, 1.0)


@dataclass(frozen=True)
class Outcome:
    """A trial that is over.

    Attributes
    ----------
    visual, auditory
        Whether the stimulus of each modality asks for a lick; None if there was none.
    licked
        Whether the observer licked.
    rewarded
        Whether it saw a reward.
    """

    visual: bool | None
    auditory: bool | None
    licked: bool
    rewarded: bool


def belief(log_odds: float, noise: float = 1.0) -> float:
    """Return 1 / (1 + exp(-log_odds / noise)): a step, with one half at 0, if `noise` is 0.

    Examples
    --------
    >>> belief(0.0), belief(2.0, noise=0.0), round(belief(1.0), 3)
    (0.5, 1.0, 0.731)
    """
    if noise == 0:
        return 0.5 if log_odds == 0 else float(log_odds > 0)
    return 0.5 * (1 + math.tanh(0.5 * log_odds / noise))


def expect(log_odds: float, hazard: float) -> float:
    """Return the log-odds before the next trial, when the context may have changed.

    Examples
    --------
    >>> round(expect(3.0, 0.1), 3), round(expect(300.0, 0.1), 3)
    (1.833, 2.197)
    """
    if hazard == 0:
        return log_odds
    size = math.exp(-abs(log_odds))
    changed = math.log(1 - hazard + hazard * size) - math.log(hazard + (1 - hazard) * size)
    return math.copysign(changed, log_odds)


def learn(log_odds: float, trial: Outcome, inference: Inference, noise: float = 0.0) -> float:
    """Return the log-odds of the visual context after a trial.

    Parameters
    ----------
    log_odds
        After the trial before.
    trial
        What was presented, done and seen.
    inference
        How it infers.
    noise
        x of the equation, one standard normal number.

    Examples
    --------
    >>> missed = Outcome(visual=True, auditory=False, licked=True, rewarded=False)
    >>> round(learn(2.0, missed, Inference()), 2)
    0.48
    """
    visual = _log_likelihood(trial.visual, trial, inference)
    auditory = _log_likelihood(trial.auditory, trial, inference)
    alone = trial.visual is None or trial.auditory is None
    evidence = (inference.priming_weight if alone else 1.0) * (visual - auditory)
    return expect(log_odds, inference.hazard) + evidence + inference.inference_noise * noise


def lick_probability(
    log_odds: float, visual: bool | None, auditory: bool | None, choice: Choice
) -> float:
    """Return the probability of a lick.

    Parameters
    ----------
    log_odds
        Of the visual context, before the trial (`expect`).
    visual, auditory
        Whether the stimulus of each modality asks for a lick; None if there is none.
    choice
        How it chooses.

    Examples
    --------
    >>> choice = Choice(decision_noise=0.5, lapse=0.1)
    >>> [round(lick_probability(5.0, go, not go, choice), 2) for go in (True, False)]
    [0.9, 0.1]
    >>> lick_probability(5.0, None, None, choice)
    0.0
    """
    if visual is None and auditory is None:
        return 0.0
    attends = belief(log_odds, choice.decision_noise)
    if visual is None or auditory is None:
        attends = float(auditory is None)
    go = attends * bool(visual) + (1 - attends) * bool(auditory)
    licks = (1 - choice.lapse) * go + choice.lapse * (1 - go) + choice.bias
    return min(max(licks, 0.0), 1.0)


def _log_likelihood(answer: bool | None, trial: Outcome, inference: Inference) -> float:
    """Return ln l in the context whose stimulus asks for `answer`, but for what is common to all.

    That is the s of a reward that was seen.
    """
    falls = {True: 1 - inference.outcome_noise, False: inference.outcome_noise, None: 0.5}[answer]
    if trial.rewarded:
        return math.log(falls)
    return math.log(1 - (falls if trial.licked else falls * inference.notice))


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise OutOfBoundsError(f"{name} is {value}", f"It lies within {low:g} and {high:g}.")
