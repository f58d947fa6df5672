"""The one thread that listens: sessions in real time, in order and without a gap, to their end."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from conftest import RIG_COMMAND
from gui_helpers import HEADER
from helpers import plan_for

from gui.boxes import Boxes
from gui.reader import CaughtUp, Found, Gone, Message, Reader, Told, Unreadable
from rig.bus import Bus, Heartbeat
from rig.desk import Address
from rig.events import SessionEnded
from rig.journal import frame, new_journal, read_records
from rig.lab import Lab
from rig.locks import hold
from rig.session import Session
from rig.watcher import Nobody

Edit = Callable[[str, str, str], None]


class Counter(Nobody):
    """Counts the states that a session enters."""

    def __init__(self) -> None:
        self._states: queue.SimpleQueue[str] = queue.SimpleQueue()

    def entered(self, trial: int, state: str) -> None:
        self._states.put(state)

    def wait_for(self, states: int) -> None:
        """Wait until so many more states were entered."""
        for _ in range(states):
            self._states.get(timeout=60)


@pytest.fixture
def reader(lab: Lab) -> Iterator[Reader]:
    made = Reader(lab.locks)
    made.start()
    yield made
    made.close()


def heard_until(reader: Reader, kind: type[Message], seconds: float = 30.0) -> list[Message]:
    """Return what the reader tells up to a message of that kind."""
    heard: list[Message] = []
    end = time.monotonic() + seconds
    while not heard or not isinstance(heard[-1], kind):
        heard.append(reader.queue.get(timeout=max(end - time.monotonic(), 0.001)))
    return heard


def records_of(heard: list[Message]) -> list[object]:
    return [
        record
        for message in heard
        if isinstance(message, Told)
        for record in message.records
        if not isinstance(record, Heartbeat)
    ]


class Live:
    """A session in real time, in a thread of this program."""

    def __init__(self, lab: Lab, subject: str = "SIM01") -> None:
        self.counter = Counter()
        self.session = Session(plan_for(lab, subject=subject), "system", watcher=self.counter)
        self.session.__enter__()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.session.run()
        self.session.__exit__(None, None, None)

    def end(self) -> list[object]:
        """Stop it; return what it has recorded."""
        self.session.stop("stop_now", "end of test")
        self._thread.join()
        return list(read_records(self.session.folder.journal))


@pytest.fixture
def live(eager: Lab) -> Iterator[Live]:
    made = Live(eager)
    yield made
    made.end()


def test_a_session_is_found_late_and_told_in_order_to_its_end(live: Live, lab: Lab) -> None:
    live.counter.wait_for(2)
    reader = Reader(lab.locks)
    reader.start()
    try:
        heard = heard_until(reader, CaughtUp)
        live.counter.wait_for(2)
        recorded = live.end()
        heard += heard_until(reader, Gone)
    finally:
        reader.close()
    assert isinstance(heard[0], Found)
    assert heard[0].address.session == live.session.folder.name
    assert records_of(heard) == recorded
    assert isinstance(recorded[-1], SessionEnded)
    beats = [r for m in heard if isinstance(m, Told) for r in m.records if isinstance(r, Heartbeat)]
    assert beats
    boxes = Boxes(["box1"])
    for message in heard:
        boxes.take(message)
    box = boxes.by_rig["box1"]
    assert (box.state()[1], box.died, box.caught_up) == ("ended: wrap up", False, True)


def test_a_rig_that_is_detached_tells_nothing_until_it_is_attached(
    live: Live, reader: Reader
) -> None:
    heard_until(reader, CaughtUp)
    heard_until(reader, Told)
    reader.detach(["box1"])
    while _next(reader) is not None:  # heartbeats would come five times a second
        pass
    reader.detach([])
    heard = heard_until(reader, CaughtUp)
    recorded = live.end()
    heard += heard_until(reader, Gone)
    assert records_of(heard) == recorded


def _next(reader: Reader) -> Message | None:
    """Return what is told next; None if nothing is."""
    try:
        return reader.queue.get(timeout=0.6)
    except queue.Empty:
        return None


def test_a_killed_engine_is_gone_and_all_that_it_recorded_is_told(
    eager: Lab, reader: Reader
) -> None:
    arguments = ("--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml",
                 "--subject", "SIM01", "--simulate")  # fmt: skip
    engine = subprocess.Popen(
        [*RIG_COMMAND, "run", *arguments], cwd=eager.folder, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        heard = heard_until(reader, CaughtUp, 60)
        heard += heard_until(reader, Told)
    finally:
        os.killpg(engine.pid, signal.SIGKILL)
        engine.wait()
    heard += heard_until(reader, Gone)
    boxes = Boxes(["box1"])
    for message in heard:
        boxes.take(message)
    box = boxes.by_rig["box1"]
    assert (box.died, box.state()) == (True, ("bad", "engine died"))
    assert "is safe" in box.trouble()
    assert box.address is not None
    kept = list(read_records(Path(box.address.journal)))
    assert records_of(heard) == kept


@pytest.fixture
def fake(lab: Lab) -> Iterator[Bus]:
    """Return the bus of a session whose program holds its rig; it has told its header."""
    bus = Bus()
    journal = lab.folder / "fake.journal"
    new_journal(journal, frame(HEADER)).close()
    address = Address("tcp://127.0.0.1:1", "", HEADER.session, bus.endpoint, str(journal))
    with hold(lab.locks, "rig", "box1", "test"):
        (lab.locks / "rig-box1.address").write_bytes(msgspec.json.encode(address))
        yield bus
    bus.close()


@pytest.mark.parametrize("message", [b"X unknown", b"E", b"B\xff", b"", b"E" + bytes([9] * 40)])
def test_what_the_reader_does_not_know_is_told_and_ends_nothing(
    fake: Bus, lab: Lab, reader: Reader, message: bytes
) -> None:
    heard_until(reader, CaughtUp)
    end = time.monotonic() + 20
    while reader.queue.empty() and time.monotonic() < end:
        fake._events.send(message)
        time.sleep(0.05)  # a listener hears what is sent after it has come, and nobody says when
    lost = heard_until(reader, Unreadable)[-1]
    assert isinstance(lost, Unreadable)
    assert lost.why
    boxes = Boxes(["box1"])
    for each in (Found("box1", Address("", "", "")), lost):
        boxes.take(each)
    box = boxes.by_rig["box1"]
    assert (box.state()[1], box.is_running) == ("cannot be followed", True)
    assert "It may well go on" in box.trouble()


def test_a_session_of_a_later_schema_and_a_damaged_one_are_told_of(lab: Lab) -> None:
    newer = msgspec.structs.replace(HEADER, schema_version=99)
    damaged = frame(HEADER)[:-1] + b"?" + frame(HEADER)
    why = {}
    for rig, content in {"box1": frame(newer), "box2": damaged}.items():
        journal = lab.folder / f"{rig}.journal"
        new_journal(journal, content).close()
        address = Address("tcp://127.0.0.1:1", "", rig, "tcp://127.0.0.1:1", str(journal))
        lab.locks.mkdir(exist_ok=True)
        (lab.locks / f"rig-{rig}.address").write_bytes(msgspec.json.encode(address))
    reader = Reader(lab.locks)
    reader.start()
    try:
        for message in heard_until(reader, Gone) + heard_until(reader, Gone):
            if isinstance(message, Unreadable):
                why[message.rig] = message.why
    finally:
        reader.close()
    assert "schema 99" in why["box1"]
    assert "damaged" in why["box2"]


@pytest.mark.parametrize("events", ["", "nowhere", "tcp://"])
def test_an_address_that_leads_nowhere_is_told_and_others_are_followed(
    fake: Bus, lab: Lab, reader: Reader, events: str
) -> None:
    heard_until(reader, CaughtUp)
    address = Address("tcp://127.0.0.1:1", "", "SIM02/2026-11-25/1", events, "nowhere")
    (lab.locks / "rig-box2.address").write_bytes(msgspec.json.encode(address))
    with hold(lab.locks, "rig", "box2", "test"):
        lost = heard_until(reader, Unreadable)[-1]
    assert (lost.rig, "nothing can be heard" in str(lost)) == ("box2", True)
    assert heard_until(reader, Gone)[-1].rig == "box2"
    end = time.monotonic() + 20
    while reader.queue.empty() and time.monotonic() < end:
        fake._events.send(b"X unknown")
        time.sleep(0.05)
    assert heard_until(reader, Unreadable)[-1].rig == "box1"
    assert reader.trouble == ""


def test_half_an_address_is_no_session(lab: Lab, reader: Reader) -> None:
    lab.locks.mkdir(exist_ok=True)
    (lab.locks / "rig-box1.address").write_bytes(b'{"endpoint": "tcp')
    with pytest.raises(queue.Empty):
        reader.queue.get(timeout=0.6)
