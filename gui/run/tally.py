"""Counts of a session's trials, taken in trial by trial. No Qt here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rig.psychometric import CATCH_TYPES
from rig.trials import TrialRow

RESPONDED = frozenset({"hit", "false_alarm", "catch_lick"})


class Tally:
    """How often each outcome came, and what was done in catch trials.

    Attributes
    ----------
    outcomes
        Trials by outcome; those that were aborted stand at None.
    catch, catch_licked
        Catch trials, and those with a response.
    taken
        How many trials it has taken in.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[str | None] = Counter()
        self.catch = self.catch_licked = 0
        self.taken = 0

    def take(self, rows: Sequence[TrialRow]) -> bool:
        """Take in those of a session's trials that are not in yet; return whether there were any.

        The same growing list of trials is to be handed over each time.
        """
        fresh = rows[self.taken :]
        for row in fresh:
            self.outcomes[row.outcome] += 1
            if row.trial_type in CATCH_TYPES and not row.aborted:
                self.catch += 1
                self.catch_licked += row.outcome in RESPONDED
        self.taken += len(fresh)
        return bool(fresh)

    def in_words(self) -> str:
        """Return what was done in catch trials; empty without any.

        Examples
        --------
        >>> tally = Tally()
        >>> tally.catch, tally.catch_licked = 12, 2
        >>> tally.in_words()
        '12 catch trials, licks in 2'
        """
        if not self.catch:
            return ""
        trials = "catch trial" if self.catch == 1 else "catch trials"
        return f"{self.catch} {trials}, licks in {self.catch_licked}"
