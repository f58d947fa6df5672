"""A command asks a person through another program, by lines of JSON; the terminal asks the same."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rig.dialog import Message, Share, Told
from rig.person import DISCARD, PUT_IN_FORCE, Lines, Terminal
from rig.signals import interrupt_once, stop_on_signals


class Window:
    """The program at the other end: it answers as a test says, and keeps what it was told."""

    def __init__(self) -> None:
        self._reads, self._writes = os.pipe()
        self.said = io.StringIO()
        self.person = Lines(io.FileIO(self._reads, closefd=False), self.said)

    def type(self, *lines: str) -> None:
        os.write(self._writes, "".join(f"{line}\n" for line in lines).encode())

    def close(self) -> None:
        if self._writes >= 0:
            os.close(self._writes)
            self._writes = -1

    @property
    def messages(self) -> list[Message]:
        return [
            msgspec.json.decode(each, type=Message)
            for each in self.said.getvalue().split("\n")[:-1]
        ]


@pytest.fixture
def window() -> Iterator[Window]:
    made = Window()
    with made.person:
        yield made
    made.close()


def test_each_question_goes_out_as_a_line_and_takes_the_answer_with_its_number(
    window: Window,
) -> None:
    window.type('{"id": 7, "value": 1}', "nonsense", '{"id": 1, "value": 452}', '{"id": 2}')
    window.person.tell("1 of 2: 100 openings")
    window.person.share(3, 100)
    assert window.person.number("What does it show?", "mg", least=0, expected="About 450.") == 452
    window.person.ready("Empty the dish.")
    told, share, number, ready = window.messages
    assert (told, share) == (Told("1 of 2: 100 openings"), Share(3, 100))
    assert '"type":"number"' in window.said.getvalue()
    assert msgspec.to_builtins(number)["expected"] == "About 450."
    assert msgspec.to_builtins(ready)["words"] == "Empty the dish."


@pytest.mark.parametrize("bad", ["-1", "12", '"many"', "true", "null", "1e999"])
def test_what_is_not_allowed_is_asked_again_with_the_reason(window: Window, bad: str) -> None:
    window.type(f'{{"id": 1, "value": {bad}}}', '{"id": 1, "value": null}', '{"id": 2, "value": 5}')
    assert window.person.number("How much?", "mg", least=0, most=10) == 5
    again = msgspec.to_builtins(window.messages[-1])
    assert again["trouble"] == (
        "That is not allowed; it must be a number of mg, at least 0, at most 10."
    )


def test_a_result_is_shown_with_its_picture_and_put_in_force_or_not(window: Window) -> None:
    def draw(path: Path) -> None:
        path.write_bytes(b"picture")

    window.type(*(f'{{"id": {n}, "value": "{v}"}}' for n, v in ((1, PUT_IN_FORCE), (2, DISCARD))))
    assert window.person.approves("0.14 uL/ms", draw)
    assert not window.person.approves("0.14 uL/ms", draw)
    assert Terminal().approves("0.14 uL/ms", draw)
    assert not Path(msgspec.to_builtins(window.messages[0])["picture"]).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the tests' own signals")
def test_who_ends_the_input_ends_what_runs_as_ctrl_c_does() -> None:
    window = Window()
    with (
        stop_on_signals(interrupt_once()),
        pytest.raises(KeyboardInterrupt),
        window.person,
    ):
        threading.Timer(0.05, window.close).start()
        window.person.number("How much?")
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def test_an_input_that_ends_after_the_last_question_ends_nothing(window: Window) -> None:
    window.type('{"id": 1}')
    window.person.ready("Look.")
    window.person.close()
    window.close()


def test_the_terminal_asks_the_same_until_the_answer_is_allowed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("abc\n-3\n5\n\nblue\n2\n"))
    terminal = Terminal()
    assert not terminal.is_there
    assert terminal.number("How much?", "mg", least=0) == 5
    terminal.ready("Empty the dish.")
    assert terminal.choose("Which?", ("left", "right")) == "right"
    err = capsys.readouterr().err
    assert "How much, in mg?" in err
    assert "it must be a number of mg, at least 0" in err
    assert "it must be one of: left, right" in err
