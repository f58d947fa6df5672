"""How often a mouse responds at each level, and in catch trials, with the doubt of the share."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from rig.events import Record, TrialEnded, TrialStarted

LEVEL = "level_db_spl"
"""The draw of a trial that tells the level of its sound, in dB SPL."""
CATCH_TYPES = frozenset({"catch", "silent"})
"""Types of trials that tell how often the mouse responds without what it learned."""
RESPONDED = {
    "hit": True,
    "false_alarm": True,
    "catch_lick": True,
    "miss": False,
    "correct_rejection": False,
    "catch_no_lick": False,
}
"""Whether the mouse responded in a trial of each outcome; trials of other outcomes tell nothing."""
_Z_95 = 1.959963984540054


class Share(msgspec.Struct, frozen=True):
    """How often the mouse responded in trials that are alike.

    Attributes
    ----------
    level_db_spl
        Level of the sound, dB SPL; None in catch trials.
    what
        What was presented, such as ``A`` or ``silence``; empty for all sounds together.
    responses, trials
        How often it responded, and in how many trials.
    low, high
        95 % interval of the share of responses.
    """

    level_db_spl: float | None
    what: str
    responses: int
    trials: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Share of trials with a response."""
        return self.responses / self.trials


def wilson(responses: int, trials: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22:209).

    Examples
    --------
    >>> [round(edge, 3) for edge in wilson(8, 10)]
    [0.49, 0.943]
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if not trials:
        return 0.0, 1.0
    share, square = responses / trials, _Z_95**2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    half *= _Z_95 / (1 + square / trials)
    low = middle - half if responses else 0.0
    high = middle + half if responses < trials else 1.0
    return max(low, 0.0), min(high, 1.0)


class Psychometric:
    """Counts responses by level, and in catch trials apart; takes the events one by one."""

    def __init__(self) -> None:
        self._started: TrialStarted | None = None
        self._trials: Counter[tuple[float, str]] = Counter()
        self._responses: Counter[tuple[float, str]] = Counter()
        self._catch_trials: Counter[str] = Counter()
        self._catch_responses: Counter[str] = Counter()

    def add(self, record: Record) -> bool:
        """Take in an event; return whether it changed a count."""
        if type(record) is TrialStarted:
            self._started = record
        elif type(record) is TrialEnded and self._started is not None:
            started, self._started = self._started, None
            return self._count(started, record)
        return False

    @property
    def sounds(self) -> tuple[str, ...]:
        """The sounds that were presented at some level, by name."""
        return tuple(sorted({what for _, what in self._trials}))

    def points(self, sound: str = "") -> list[Share]:
        """Return the share of responses at each level, lowest first; of all sounds or of one."""
        trials: Counter[float] = Counter()
        responses: Counter[float] = Counter()
        for (level, what), count in self._trials.items():
            if sound in {"", what}:
                trials[level] += count
                responses[level] += self._responses[level, what]
        return [
            _share(level, sound, responses[level], count) for level, count in sorted(trials.items())
        ]

    def catch(self) -> list[Share]:
        """Return the share of responses in catch trials, by what they presented."""
        counts: Mapping[str, int] = self._catch_trials
        return [
            _share(None, what, self._catch_responses[what], count)
            for what, count in sorted(counts.items())
        ]

    def _count(self, started: TrialStarted, ended: TrialEnded) -> bool:
        responded = RESPONDED.get(ended.outcome or "")
        if ended.aborted or responded is None:
            return False
        level = started.draws.get(LEVEL)
        if started.trial_type in CATCH_TYPES:
            self._catch_trials[started.stimulus] += 1
            self._catch_responses[started.stimulus] += responded
        elif level is not None:
            self._trials[level, started.stimulus] += 1
            self._responses[level, started.stimulus] += responded
        else:
            return False
        return True


def psychometric(records: Iterable[Record]) -> Psychometric:
    """Return the responses by level, and in catch trials, of a session."""
    found = Psychometric()
    for record in records:
        found.add(record)
    return found


def _share(level: float | None, what: str, responses: int, trials: int) -> Share:
    return Share(level, what, responses, trials, *wilson(responses, trials))
