"""The person whom a command asks: at a terminal, or through a program such as the window."""

from __future__ import annotations

import abc
import contextlib
import io
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self, TextIO

import msgspec
import typer

from rig.dialog import (
    Answer,
    ChoiceAsked,
    Message,
    NumberAsked,
    OnBalance,
    Question,
    ReadyAsked,
    Share,
    Told,
    Value,
)
from rig.signals import interrupt_main_thread


def _named(by: str) -> str:
    """Return a name without blanks around it; refuse an empty one before anything is measured."""
    if not by.strip():
        raise typer.BadParameter("who measures has a name")
    return by.strip()


ByOption = Annotated[str, typer.Option(help="Who measures.", callback=_named)]
DialogOption = Annotated[
    bool,
    typer.Option("--dialog", help="Ask and tell by lines of JSON: for programs, with --json."),
]
Draw = Callable[[Path], None]
"""Draws a picture into a file."""
PUT_IN_FORCE, DISCARD = "Put in force", "Discard"


class Person(abc.ABC):
    """Who sits before a command; entered with ``with``, inside what handles stop signals.

    A question waits as long as it takes, and is put again until its answer is allowed.
    """

    def number(
        self,
        words: str,
        unit: str = "",
        *,
        least: float | None = None,
        most: float | None = None,
        expected: str = "",
        trouble: str = "",
    ) -> float:
        """Ask for a number within limits; `trouble` says why the one before was none."""
        asked = NumberAsked(
            words=words, unit=unit, least=least, most=most, expected=expected, trouble=trouble
        )
        return float(self._ask(asked) or 0)

    def ready(self, words: str) -> None:
        """Ask to do something, and wait until it is done."""
        self._ask(ReadyAsked(words=words))

    def choose(self, words: str, choices: Sequence[str], picture: Path | None = None) -> str:
        """Ask for one of two or more choices; the first is the usual one."""
        shown = str(picture or "")
        return str(self._ask(ChoiceAsked(words=words, choices=tuple(choices), picture=shown)))

    @property
    @abc.abstractmethod
    def is_there(self) -> bool:
        """Whether anybody can answer; if not, what would be asked must come from options."""

    @abc.abstractmethod
    def tell(self, words: str) -> None:
        """Say what comes next, or what was read."""

    @abc.abstractmethod
    def share(self, done: int, of: int) -> None:
        """Say how much is done of what was told last."""

    @abc.abstractmethod
    def watch_balance(self, shown: OnBalance) -> None:
        """Say what a balance shows while it is watched."""

    @abc.abstractmethod
    def approves(self, words: str, draw: Draw) -> bool:
        """Show a result and its picture; return whether it is to be put in force."""

    @abc.abstractmethod
    def looks_at(self, words: str, draw: Draw) -> None:
        """Show a result and its picture, of which nothing is kept."""

    @abc.abstractmethod
    def _answer(self, question: Question) -> Value:
        """Put a question once, and return what is answered, be it allowed or not."""

    def _ask(self, question: Question) -> Value:
        answer = self._answer(question)
        while not question.holds(answer):
            trouble = f"That is not allowed; it must be {question.wanted}."
            answer = self._answer(msgspec.structs.replace(question, trouble=trouble))
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abc.abstractmethod
    def close(self) -> None:
        """Ask nothing more."""


def the_person(dialog: bool) -> Person:
    """Return who is asked: the program at the other end with ``--dialog``, else the terminal.

    To be called before standard output is redirected.
    """
    if not dialog:
        return Terminal()
    return Lines(io.FileIO(sys.stdin.fileno(), closefd=False), sys.stdout)


class Terminal(Person):
    """The person at the terminal; nobody, if standard input is none."""

    @property
    def is_there(self) -> bool:
        """Whether standard input is a terminal."""
        return sys.stdin.isatty()

    def tell(self, words: str) -> None:
        """Write to standard error."""
        typer.echo(words, err=True)

    def share(self, done: int, of: int) -> None:
        """Say nothing: a terminal keeps the lines that tell of steps."""

    def watch_balance(self, shown: OnBalance) -> None:
        """Say nothing: at a terminal a balance is read once."""

    def approves(self, words: str, draw: Draw) -> bool:
        """Take every result: the record before it is kept, and can be put back."""
        return True

    def looks_at(self, words: str, draw: Draw) -> None:
        """Do nothing: the command prints its result."""

    def close(self) -> None:
        """Do nothing."""

    def _answer(self, question: Question) -> Value:
        if question.trouble:
            self.tell(question.trouble)
        match question:
            case NumberAsked(words=words, unit=unit, expected=expected):
                if expected and not question.trouble:
                    self.tell(expected)
                text = f"{words.removesuffix('?')}, in {unit}?" if unit else words
                return float(_prompt(text, float))
            case ReadyAsked(words=words):
                _prompt(f"{words} Then press Enter.", str, default="")
                return None
            case ChoiceAsked(words=words, choices=choices, picture=picture):
                if picture:
                    self.tell(f"Look at {picture}.")
                numbered = ", ".join(f"{n} {choice}" for n, choice in enumerate(choices, start=1))
                return _chosen(_prompt(f"{words} ({numbered})", str), choices)


class Lines(Person):
    """A program that shows questions to a person, and sends the answers.

    Parameters
    ----------
    heard
        Where answers come in, a line each; unbuffered.
    said
        Where messages go out.
    """

    def __init__(self, heard: io.RawIOBase, said: TextIO) -> None:
        self._heard, self._said = heard, said
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._asked = 0
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        # A daemon, on an unbuffered file: it waits for a line when the command ends.
        threading.Thread(target=self._listen, name="dialog", daemon=True).start()
        return self

    @property
    def is_there(self) -> bool:
        """Somebody is: who is not ends the input."""
        return True

    def tell(self, words: str) -> None:
        """Send what comes next."""
        self._say(Told(words))

    def share(self, done: int, of: int) -> None:
        """Send how much is done."""
        self._say(Share(done, of))

    def watch_balance(self, shown: OnBalance) -> None:
        """Send it."""
        self._say(shown)

    def approves(self, words: str, draw: Draw) -> bool:
        """Let it be chosen."""
        with _drawn(draw) as picture:
            return self.choose(words, (PUT_IN_FORCE, DISCARD), picture) == PUT_IN_FORCE

    def looks_at(self, words: str, draw: Draw) -> None:
        """Wait until it was looked at."""
        with _drawn(draw) as picture:
            self._ask(ReadyAsked(words=words, picture=str(picture)))

    def close(self) -> None:
        """Ask nothing more: that the input ends stops nothing any more."""
        self._closed.set()

    def _answer(self, question: Question) -> Value:
        """Send a question, and wait for its answer; answers to earlier ones are passed over."""
        self._asked += 1
        self._say(msgspec.structs.replace(question, id=self._asked))
        while True:
            answer = self._answers.get()
            # With None the main thread has been interrupted: it leaves in the next turn.
            if answer is not None and answer.id == self._asked:
                return answer.value

    def _listen(self) -> None:
        """Take in answers; the end of the input interrupts what runs."""
        for line in iter(self._heard.readline, b""):
            with contextlib.suppress(msgspec.DecodeError):  # what is no answer answers nothing
                self._answers.put(msgspec.json.decode(line, type=Answer))
        if not self._closed.is_set():
            interrupt_main_thread()
            self._answers.put(None)

    def _say(self, message: Message) -> None:
        with contextlib.suppress(OSError):  # who hears no more has ended the input as well
            self._said.write(msgspec.json.encode(message).decode() + "\n")
            self._said.flush()


@contextlib.contextmanager
def _drawn(draw: Draw) -> Iterator[Path]:
    """Give the file of a picture, which is there as long as somebody looks at it."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "result.png"
        draw(picture)
        yield picture


def _prompt(words: str, kind: type[float] | type[str], default: str | None = None) -> str:
    return str(
        typer.prompt(
            words, type=kind, default=default, show_default=False, prompt_suffix=" ", err=True
        )
    )


def _chosen(typed: str, choices: Sequence[str]) -> str:
    """Return the choice that was typed, or whose number was; else what was typed."""
    for number, choice in enumerate(choices, start=1):
        if typed.strip().lower() in (str(number), choice.lower()):
            return choice
    return typed
