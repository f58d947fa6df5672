"""What is shown of a running session and reported of a finished one, trial by trial.

Each class takes the rows of trials one by one, at the same cost for the first and the last one.
Trials that were cut short, and those that are neither right nor wrong, are left out.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from rig.performance import MIN_TRIALS, criterion, d_prime
from rig.trials import TrialRow

TYPE_WINDOW = 21
"""Trials over which the performance of the trial types is taken. The paper's window has 10 trials
on both sides of a trial (Hajnal et al. 2024, Methods); one that is shown live must end with it."""
SENSITIVITY_WINDOW = 50
"""Trials over which d' and the criterion are taken."""
Group = tuple[str, str]
"""Trial type and congruency of trials; the latter is empty for trials that have none."""
FOUR_TYPES: tuple[Group, ...] = (
    ("go", "congruent"),
    ("go", "incongruent"),
    ("nogo", "congruent"),
    ("nogo", "incongruent"),
)
_CORRECT = {"hit": True, "miss": False, "false_alarm": False, "correct_rejection": True}
_FIRST_ROOM = 64

Floats = npt.NDArray[np.float64]


def group_of(row: TrialRow) -> Group:
    """Return trial type and congruency of a trial."""
    return row.trial_type, row.labels.get("congruency", "")


class Growing:
    """Numbers in a row that grows; what is missing is NaN.

    Parameters
    ----------
    missing
        How many missing numbers it begins with.
    """

    def __init__(self, missing: int = 0) -> None:
        self._count = missing
        self._room = np.full(max(_FIRST_ROOM, 2 * missing), np.nan)

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> Floats:
        """All numbers so far, (count,); not a copy."""
        return self._room[: self._count]

    def append(self, value: float | None) -> None:
        """Add a number; None is one that is missing."""
        if self._count == len(self._room):
            self._room = np.concatenate([self._room, np.full(len(self._room), np.nan)])
        if value is not None:
            self._room[self._count] = value
        self._count += 1


class TypePerformance:
    """The share of correct trials of each trial type over the last trials, after each trial.

    The window begins anew with each block, context and phase. A mouse is provisionally
    consistent where all four types, go and nogo, congruent and incongruent, have a share above
    0.5; where the window lacks one of the types it is not. (Hajnal et al. 2024, Methods, with a
    window around each trial in place of one that ends with it.)

    Parameters
    ----------
    window
        Trials over which the shares are taken.
    """

    def __init__(self, window: int = TYPE_WINDOW) -> None:
        self._window = window
        self._last: deque[tuple[Group, bool]] = deque()
        self._trials: Counter[Group] = Counter()
        self._correct: Counter[Group] = Counter()
        self._numbers = Growing()
        self._consistent = Growing()
        self._shares: dict[Group, Growing] = {}
        self._part: object = None

    @property
    def groups(self) -> tuple[Group, ...]:
        """The trial types so far, in the order in which they first came."""
        return tuple(self._shares)

    @property
    def numbers(self) -> Floats:
        """The numbers of the trials that count, (count,)."""
        return self._numbers.values

    @property
    def consistent(self) -> npt.NDArray[np.bool_]:
        """Whether the mouse was provisionally consistent after each of these trials, (count,)."""
        return self._consistent.values > 0

    def shares(self, group: Group) -> Floats:
        """Return the share of correct trials of a type after each trial, (count,).

        NaN where the window holds no trial of the type.

        Raises
        ------
        KeyError
            If there was no trial of the type.
        """
        return self._shares[group].values

    def count(self, group: Group) -> int:
        """Return how many trials of a type the last window holds."""
        return self._trials[group]

    def periods(self) -> list[tuple[int, int]]:
        """Return first and last trial of each provisionally consistent period."""
        edges = np.diff(np.concatenate([[False], self.consistent, [False]]).astype(int))
        first, behind = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
        numbers = self.numbers.astype(int).tolist()
        return [(numbers[a], numbers[b - 1]) for a, b in zip(first, behind, strict=True)]

    def add(self, row: TrialRow) -> bool:
        """Take in a trial that has ended; return whether it counts."""
        correct = _CORRECT.get(row.outcome or "")
        if row.aborted or correct is None:
            return False
        part = row.block, row.labels.get("context"), row.labels.get("phase")
        if part != self._part:
            self._begin(part)
        self._take(group_of(row), correct=correct)
        self._numbers.append(row.trial)
        for group, shares in self._shares.items():
            shares.append(self._share(group))
        self._consistent.append(all((self._share(group) or 0.0) > 0.5 for group in FOUR_TYPES))
        return True

    def _begin(self, part: object) -> None:
        """Begin a block, context or phase with an empty window."""
        self._part = part
        self._last.clear()
        self._trials.clear()
        self._correct.clear()

    def _take(self, group: Group, *, correct: bool) -> None:
        if group not in self._shares:
            self._shares[group] = Growing(missing=len(self._numbers.values))
        self._last.append((group, correct))
        self._trials[group] += 1
        self._correct[group] += correct
        if len(self._last) > self._window:
            old, was_correct = self._last.popleft()
            self._trials[old] -= 1
            self._correct[old] -= was_correct

    def _share(self, group: Group) -> float | None:
        trials = self._trials[group]
        return self._correct[group] / trials if trials else None


class Sensitivity:
    """d' and criterion over the last trials, after each trial; with how many they are of.

    Both are missing below 10 go and 10 nogo trials. What a catch trial without an answer came to
    does not count; a silent one does, as a nogo trial.

    Parameters
    ----------
    window
        Trials over which they are taken.

    Attributes
    ----------
    go, nogo
        How many trials of either sort the last window holds.
    """

    def __init__(self, window: int = SENSITIVITY_WINDOW) -> None:
        self._window = window
        self._last: deque[str] = deque()
        self._counts: Counter[str] = Counter()
        self._numbers = Growing()
        self._d_prime = Growing()
        self._criterion = Growing()

    @property
    def numbers(self) -> Floats:
        """The numbers of the trials that count, (count,)."""
        return self._numbers.values

    @property
    def d_prime(self) -> Floats:
        """The d' after each of these trials, (count,); NaN where there were too few."""
        return self._d_prime.values

    @property
    def criterion(self) -> Floats:
        """The criterion after each of these trials, (count,); NaN where there were too few."""
        return self._criterion.values

    @property
    def go(self) -> int:
        """How many go trials the last window holds."""
        return self._counts["hit"] + self._counts["miss"]

    @property
    def nogo(self) -> int:
        """How many nogo trials the last window holds."""
        return self._counts["false_alarm"] + self._counts["correct_rejection"]

    def add(self, row: TrialRow) -> bool:
        """Take in a trial that has ended; return whether it counts."""
        outcome = row.outcome
        if row.aborted or outcome not in _CORRECT:
            return False
        self._last.append(outcome)
        self._counts[outcome] += 1
        if len(self._last) > self._window:
            self._counts[self._last.popleft()] -= 1
        self._numbers.append(row.trial)
        rates = self._rates()
        self._d_prime.append(d_prime(*rates))
        self._criterion.append(criterion(*rates))
        return True

    def _rates(self) -> tuple[float | None, float | None]:
        """Return hit and false-alarm rate; None, None if there are too few trials."""
        if min(self.go, self.nogo) < MIN_TRIALS:
            return None, None
        return self._counts["hit"] / self.go, self._counts["false_alarm"] / self.nogo


def type_performance(rows: Iterable[TrialRow]) -> TypePerformance:
    """Return the performance of the trial types in a session."""
    found = TypePerformance()
    for row in rows:
        found.add(row)
    return found


def sensitivity(rows: Iterable[TrialRow]) -> Sensitivity:
    """Return d' and criterion in the course of a session."""
    found = Sensitivity()
    for row in rows:
        found.add(row)
    return found
