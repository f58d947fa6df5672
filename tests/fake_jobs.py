"""Commands that are not run: a test sees what was asked, and answers when it likes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from PyQt5.QtCore import QObject, pyqtSignal

from gui.jobs import LONGEST, Done
from gui.problems import problem_words


@dataclass
class Asked:
    """A command that waits for its answer."""

    arguments: list[str]
    done: Callable[[Done], None]

    def answer(self, value: object, code: int = 0, error: str = "") -> None:
        """Let the command end; `value` is what it prints as JSON."""
        told = msgspec.to_builtins(value)
        problems = problem_words(told)
        self.done(Done(code, None, " ".join(problems)) if problems else Done(code, told, error))


class FakeJobs(QObject):
    """In place of `gui.jobs.Jobs`."""

    closed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def run(
        self, arguments: Sequence[str], done: Callable[[Done], None], longest: float = LONGEST
    ) -> None:
        self.asked.append(Asked(list(arguments), done))

    def close(self) -> None:
        self.closed.emit()

    def last(self, *words: str) -> Asked:
        """Return the last command that holds all these words."""
        return next(a for a in reversed(self.asked) if set(words) <= set(a.arguments))

    def count(self, *words: Any) -> int:
        """Return how many commands hold all these words."""
        return sum(set(words) <= set(each.arguments) for each in self.asked)
