"""Performance and sensitivity of a session so far, taken in trial by trial. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rig.measures import Sensitivity, TypePerformance
from rig.trials import TrialRow


@dataclass(frozen=True)
class Part:
    """A part of a session: a block, or a context in one.

    Attributes
    ----------
    first
        The number of its first trial.
    words
        What it is called, such as ``block 2, visual``.
    """

    first: int
    words: str


class PerformanceData:
    """What the plots of performance and sensitivity show.

    Attributes
    ----------
    types
        The shares of correct trials by trial type.
    sensitivity
        d' and criterion.
    parts
        The parts of the session so far; empty in a task without blocks and contexts.
    taken
        How many trials it has taken in.
    """

    def __init__(self) -> None:
        self.types = TypePerformance()
        self.sensitivity = Sensitivity()
        self.parts: list[Part] = []
        self.taken = 0
        self._part = ""

    def take(self, rows: Sequence[TrialRow]) -> bool:
        """Take in those of a session's trials that are not in yet; return whether there were any.

        The same growing list of trials is to be handed over each time.
        """
        fresh = rows[self.taken :]
        for row in fresh:
            self.types.add(row)
            self.sensitivity.add(row)
            self._note_part(row)
        self.taken += len(fresh)
        return bool(fresh)

    def _note_part(self, row: TrialRow) -> None:
        block = f"block {row.block}" if row.block else ""
        labels = (row.labels.get(name, "") for name in ("context", "phase"))
        words = ", ".join(filter(None, (block, *labels)))
        if words != self._part:
            self._part = words
            self.parts.append(Part(row.trial, words))
