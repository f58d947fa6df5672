"""The progress line of a running session."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter

from rig.trials import TrialRow, short_outcome


class ProgressLine:
    """Shows trial, state, outcomes and water on one line of standard error.

    On a terminal the line is renewed at most ten times a second; elsewhere (a log file) a new
    one is written every ten seconds.
    """

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._interval = 0.1 if self._terminal else 10.0
        self._next = 0.0
        self._outcomes: Counter[str] = Counter()
        self._trial = 0
        self._state = ""
        self._water_ul = 0.0

    def entered(self, trial: int, state: str) -> None:
        """Show the state that was entered."""
        self._trial, self._state = trial, state
        self._show()

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """Count the outcome of a trial."""
        self._outcomes[row.outcome or "aborted"] += 1
        self._water_ul = water_ul

    def close(self) -> None:
        """Show the last line and end it."""
        self._next = 0.0
        self._show()
        if self._terminal:
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _show(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._interval
        outcomes = "  ".join(
            f"{short_outcome(name)} {count}" for name, count in sorted(self._outcomes.items())
        )
        line = (
            f"trial {self._trial:4d}  {self._state:<18} {outcomes}  "
            f"water {self._water_ul / 1000:.3f} mL"
        )
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r{line[:width]:<{width}}" if self._terminal else line + "\n")
        sys.stderr.flush()
