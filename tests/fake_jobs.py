"""Commands that are not run: a test sees what was asked, and answers when it likes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from PyQt5.QtCore import QObject, pyqtSignal

from gui.jobs import LONGEST, Done
from gui.problems import problem_words
from rig.dialog import Message, Value


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


class FakeTalk:
    """A command that asks: a test says what it tells, and what the window answers is kept."""

    def __init__(self, asked: Asked, heard: Callable[[Message], None]) -> None:
        self.asked, self._heard = asked, heard
        self.answers: list[tuple[int, Value]] = []
        self.stopped = False

    def say(self, *messages: Message) -> None:
        """Let the command write these lines."""
        for message in messages:
            self._heard(message)

    def answer(self, question: int, value: Value) -> None:
        self.answers.append((question, value))

    def stop(self) -> None:
        self.stopped = True


class FakeJobs(QObject):
    """In place of `gui.jobs.Jobs`."""

    closed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.talks: list[FakeTalk] = []

    def run(
        self, arguments: Sequence[str], done: Callable[[Done], None], longest: float = LONGEST
    ) -> None:
        self.asked.append(Asked(list(arguments), done))

    def talk(
        self,
        arguments: Sequence[str],
        heard: Callable[[Message], None],
        done: Callable[[Done], None],
    ) -> FakeTalk:
        self.talks.append(FakeTalk(Asked(list(arguments), done), heard))
        return self.talks[-1]

    def close(self) -> None:
        self.closed.emit()

    def last(self, *words: str) -> Asked:
        """Return the last command that holds all these words."""
        return next(a for a in reversed(self.asked) if set(words) <= set(a.arguments))

    def count(self, *words: Any) -> int:
        """Return how many commands hold all these words."""
        return sum(set(words) <= set(each.arguments) for each in self.asked)
