"""The progress line of a running session."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
from collections import Counter

from rig.errors import Problem
from rig.graph import TrialGraph
from rig.trials import TrialRow, short_outcome


class ProgressLine:
    """Shows trial, state, outcomes and water on one line of standard error.

    On a terminal the line is renewed ten times a second; elsewhere (a log file) a new one is
    written every ten seconds. A thread of its own writes it: a terminal that stands still
    (Ctrl-S, text being selected) must not make the engine wait.
    """

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._outcomes: Counter[str] = Counter()
        self._trial = 0
        self._state = ""
        self._water_ul = 0.0
        self._shown = ""
        self._lines: list[str] = []
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._write_lines, name="progress", daemon=True)
        self._writer.start()

    def began(self, trial: int, graph: TrialGraph) -> None:
        """Note nothing: the states tell."""

    def entered(self, trial: int, state: str) -> None:
        """Note the state that was entered."""
        self._trial, self._state = trial, state

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """Count the outcome of a trial."""
        self._outcomes[row.outcome or "aborted"] += 1
        self._water_ul = water_ul

    def noticed(self, text: str) -> None:
        """Show what a person should read on a line of its own."""
        self._lines.append(text)

    def warned(self, problem: Problem) -> None:
        """Show a warning on a line of its own."""
        self._lines.append(f"warning: {problem}")

    def close(self) -> None:
        """Show the last line and end it; a terminal that stands still is not waited for."""
        self._closing.set()
        self._writer.join(timeout=1)

    def _write_lines(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # a terminal that is closed shows nothing
            while not self._closing.wait(0.1 if self._terminal else 10):
                self._write()
            self._write()
            if self._terminal:
                sys.stderr.write("\n")
                sys.stderr.flush()

    def _write(self) -> None:
        while self._lines:
            sys.stderr.write(f"\n{self._lines.pop(0)}\n")
        if not self._trial:
            return
        outcomes = "  ".join(
            f"{short_outcome(name)} {count}" for name, count in sorted(dict(self._outcomes).items())
        )
        line = (
            f"trial {self._trial:4d}  {self._state:<18} {outcomes}  "
            f"water {self._water_ul / 1000:.3f} mL"
        )
        if line == self._shown:
            return
        self._shown = line
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r{line[:width]:<{width}}" if self._terminal else line + "\n")
        sys.stderr.flush()
