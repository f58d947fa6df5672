"""Orders on their way: none waits for another box, and none goes to another session."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gui_helpers import Bench, Script

from gui.answers import take_answers
from gui.reader import Unreadable
from gui.sender import Sender
from rig.errors import ConfigError
from rig.inbox import Command, Reply
from rig.lab import Lab


class Engines:
    """Engines that answer when a test lets them."""

    def __init__(self) -> None:
        self.got: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.answers = threading.Event()

    def send(self, file: Path, command: Command, session: str) -> Reply:
        """Take an order; box1 does not answer before it is let."""
        self.got.put((file.stem, command.verb))
        if file.stem == "rig-box1":
            self.answers.wait(20)
        return Reply(True, "done")


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[tuple[Engines, Sender]]:
    made = Engines()
    sender = Sender(tmp_path, made.send)
    yield made, sender
    made.answers.set()
    sender.close()


def test_an_engine_that_hangs_makes_no_other_one_wait(engines: tuple[Engines, Sender]) -> None:
    hung, sender = engines
    sender.order("box1", "", "reward", "anna")
    assert hung.got.get(timeout=10) == ("rig-box1", "reward")
    number = sender.order("box2", "", "stop_after_trial", "anna")
    assert hung.got.get(timeout=10) == ("rig-box2", "stop_after_trial")
    assert sender.answers.get(timeout=10).id == number


def test_what_makes_a_rig_safe_overtakes_what_waits(engines: tuple[Engines, Sender]) -> None:
    hung, sender = engines
    sender.order("box1", "", "reward", "anna")
    assert hung.got.get(timeout=10) == ("rig-box1", "reward")
    sender.order("box1", "", "note", "anna", text="what is it doing?")
    sender.order("box1", "", "stop_now", "anna")
    assert hung.got.get(timeout=10) == ("rig-box1", "stop_now")
    hung.answers.set()
    assert hung.got.get(timeout=10) == ("rig-box1", "note")


def test_an_order_names_the_session_that_is_shown(bench: Bench, lab: Lab) -> None:
    meant: queue.SimpleQueue[str] = queue.SimpleQueue()

    def send(file: Path, command: Command, session: str) -> Reply:
        meant.put(session)
        raise ConfigError("the session has ended", "box1", "Look at the box.")

    bench.sender._send = send
    box = bench.begin("box1", Script().trial().records)
    bench.place.order("reward")
    assert box.address is not None
    assert meant.get(timeout=10) == box.address.session


def test_an_order_waits_no_more_when_its_session_cannot_answer(bench: Bench) -> None:
    """Else its button would say for ever that it was asked for."""
    bench.begin("box1", Script().trial().records)
    bench.begin("box2", Script("M014", "box2").trial().records)
    place = bench.place
    for rig in ("box1", "box2"):
        place.order_to(rig, "reward")
        bench.next_order()
    take_answers(place, bench.sender.answers)
    assert {asked.rig for asked in place.asked.values()} == {"box1", "box2"}
    bench.lose("box1")
    take_answers(place, bench.sender.answers)
    assert [asked.rig for asked in place.asked.values()] == ["box2"]
    bench.begin("box2", Script("M015", "box2").records)
    take_answers(place, bench.sender.answers)
    assert not place.asked


def test_what_a_session_accepts_that_cannot_be_followed_is_taken_as_done(bench: Bench) -> None:
    bench.begin("box1", Script().trial().records)
    bench.place.boxes.take(Unreadable("box1", "it is of schema 99"))
    bench.place.order("stop_now")
    sent = bench.sender.answers.get(timeout=10)
    bench.sender.answers.put(sent)
    take_answers(bench.place, bench.sender.answers)
    assert not bench.place.asked
