"""What a mouse did, in numbers: outcomes, hit and false-alarm rates, d', criterion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist

import msgspec

from rig.trials import TrialRow

MIN_TRIALS = 10
"""Fewer trials of a type than this are too few for d'."""
CLIP = 0.01
"""Rates are clipped to [CLIP, 1 - CLIP] before d' is taken (Hajnal et al. 2024, Methods)."""


class Performance(msgspec.Struct, frozen=True):
    """Counts and rates of a series of trials; None where the trials give no answer.

    Attributes
    ----------
    trials
        Trials that were not aborted.
    hits, misses, false_alarms, correct_rejections
        How many of each.
    hit_rate, false_alarm_rate
        Share of S+ (S-) trials with a response; None without such trials.
    correct
        Share of trials that were hit or correct rejection; None without trials.
    d_prime
        z(hit rate) - z(false-alarm rate), rates clipped; None below 10 trials of either type.
    """

    trials: int
    hits: int
    misses: int
    false_alarms: int
    correct_rejections: int
    hit_rate: float | None
    false_alarm_rate: float | None
    correct: float | None
    d_prime: float | None


def performance(rows: Sequence[TrialRow]) -> Performance:
    """Return counts and rates of the trials; aborted ones are left out.

    Examples
    --------
    >>> performance([]).hit_rate is None
    True
    """
    return performance_of(Counter(row.outcome or "" for row in rows if not row.aborted))


def performance_of(counts: Counter[str]) -> Performance:
    """Return counts and rates of completed trials by how often each outcome came."""
    hits, misses = counts["hit"], counts["miss"]
    false_alarms, rejections = counts["false_alarm"], counts["correct_rejection"]
    hit_rate = _share(hits, hits + misses)
    false_alarm_rate = _share(false_alarms, false_alarms + rejections)
    enough = min(hits + misses, false_alarms + rejections) >= MIN_TRIALS
    return Performance(
        trials=counts.total(),
        hits=hits,
        misses=misses,
        false_alarms=false_alarms,
        correct_rejections=rejections,
        hit_rate=hit_rate,
        false_alarm_rate=false_alarm_rate,
        correct=_share(hits + rejections, hits + misses + false_alarms + rejections),
        d_prime=d_prime(hit_rate, false_alarm_rate) if enough else None,
    )


def d_prime(
    hit_rate: float | None, false_alarm_rate: float | None, clip: float = CLIP
) -> float | None:
    """Return d' = z(hit rate) - z(false-alarm rate), with rates clipped to [clip, 1 - clip].

    Source: Hajnal et al. 2024, Methods. None if one of the rates is None.

    Examples
    --------
    >>> round(d_prime(1.0, 0.0), 4)
    4.6527
    >>> d_prime(0.5, 0.5)
    0.0
    """
    if hit_rate is None or false_alarm_rate is None:
        return None
    z = NormalDist().inv_cdf
    return z(_clip(hit_rate, clip)) - z(_clip(false_alarm_rate, clip))


def criterion(
    hit_rate: float | None, false_alarm_rate: float | None, clip: float = CLIP
) -> float | None:
    """Return the criterion c = -(z(hit rate) + z(false-alarm rate)) / 2, rates clipped as for d'.

    Below 0 the mouse tends to respond, above 0 to withhold. None if one of the rates is None.
    Source: Macmillan and Creelman 2005, Detection Theory, eq. 2.1.

    Examples
    --------
    >>> criterion(0.5, 0.5), round(criterion(0.99, 0.5), 3)
    (0.0, -1.163)
    """
    if hit_rate is None or false_alarm_rate is None:
        return None
    z = NormalDist().inv_cdf
    return 0.0 - (z(_clip(hit_rate, clip)) + z(_clip(false_alarm_rate, clip))) / 2


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _clip(rate: float, clip: float) -> float:
    return min(max(rate, clip), 1 - clip)
