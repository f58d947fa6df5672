"""Who is told what happens in a session, for a progress line or a window."""

from __future__ import annotations

from typing import Protocol

from rig.errors import Problem
from rig.graph import TrialGraph
from rig.trials import TrialRow


class Watcher(Protocol):
    """Is told what happens; must be quick and never fail."""

    def began(self, trial: int, graph: TrialGraph) -> None:
        """A trial began."""

    def entered(self, trial: int, state: str) -> None:
        """A state was entered."""

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """A trial ended; `water_ul` is the water so far."""

    def noticed(self, text: str) -> None:
        """Something that a person should read: a pause, a question, an answer to a command."""

    def warned(self, problem: Problem) -> None:
        """Something is wrong, though the session goes on."""


class Nobody:
    """A watcher who does not look."""

    def began(self, trial: int, graph: TrialGraph) -> None:
        """Look away."""

    def entered(self, trial: int, state: str) -> None:
        """Look away."""

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """Look away."""

    def noticed(self, text: str) -> None:
        """Look away."""

    def warned(self, problem: Problem) -> None:
        """Look away."""
