"""Recording as we do and as others do: events a second, and what a kill loses.

The events are the same, of about 100 bytes. Times are from the first event until all are with
the operating system, in their last file. Ours is the whole recorder: journal, bus, logger in a
process of its own, and the sealed HDF5 file.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from ctypes import c_uint64
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks.lab import bench_lab, bench_plan
from benchmarks.peer_bus import publish
from benchmarks.peer_frameworks import frameworks
from benchmarks.peer_writers import PEERS, Peer
from rig.clock import SystemClock
from rig.config import RecordingConfig
from rig.events import Definition, Event, Header, InputChanged
from rig.journal import read_records
from rig.loop import GROUP
from rig.recorder import SessionRecorder
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.stream_store import StreamStore

if sys.platform == "win32":
    _PROCESSES = multiprocessing.get_context("spawn")
else:
    _PROCESSES = multiprocessing.get_context("forkserver")  # these need no imports
    _PROCESSES.set_forkserver_preload(["benchmarks.peer_writers"])

ROUNDS = 3
EVENTS = 40_000
KILLS = 10
OURS = f"our whole recorder, {GROUP} events a step"
BUS = "ZMQ PUB/SUB to lines of JSON in another process"


def measure() -> list[tuple[str, str]]:
    """Return the rates of all, as medians of rounds that alternate, and what kills have lost."""
    header, definition = _head()
    seconds: dict[str, list[float]] = {}
    arrived = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            seconds.setdefault(OURS, []).append(_record(folder / "ours", header, definition))
            took, written = publish(_events(EVENTS), folder / "bus")
            seconds.setdefault(BUS, []).append(took / max(written, 1))
            arrived.append(written / EVENTS)
            for peer in PEERS:
                took = _time(peer, folder / f"peer.{peer.ending}")
                seconds.setdefault(peer.name, []).append(took)
            for what, (record, events) in frameworks().items():
                took = record(_events(events), folder / "framework")
                seconds.setdefault(what, []).append(took / events)
    ours = seconds[OURS]
    figures = []
    for name, each in seconds.items():
        ratio = statistics.median(e / o for e, o in zip(each, ours, strict=True))
        rate = f"{1 / statistics.median(each):,.0f} events/s"
        figures.append((name, f"{rate}, {ratio:.2f} x our time for an event"))
    lost = 1 - statistics.median(arrived)
    figures.append((f"{BUS}: dropped", f"{lost:.0%} of {EVENTS:,}"))
    return [*figures, *(_kills(peer) for peer in PEERS)]


def _head() -> tuple[Header, Definition]:
    """Return the first two records of a session."""
    with bench_lab(1) as lab, Session(bench_plan(lab), "virtual") as session:
        session.run()
        header, definition = islice(read_records(session.folder.journal), 2)
    if not isinstance(header, Header) or not isinstance(definition, Definition):
        raise TypeError("a journal begins with header and definition")
    return header, definition


def _events(count: int) -> list[InputChanged]:
    return [
        InputChanged(seq, seq * 1e-4, seq * 1e-4 + 2e-5, 1, "lick", seq % 2 == 1)
        for seq in range(1, count + 1)
    ]


def _record(path: Path, header: Header, definition: Definition) -> float:
    """Return the seconds for an event with our recorder, the sealing of the file included."""
    folder = SessionFolder(path / "M1" / "2026-01-01" / "1")
    folder.path.mkdir(parents=True)
    events: list[Event] = [*_events(EVENTS)]
    policy = RecordingConfig()
    live = msgspec.structs.replace(definition, clock="system")
    with SessionRecorder(folder, header, live, SystemClock(), StreamStore(), policy) as recorder:
        began = time.perf_counter()
        for first in range(0, EVENTS, GROUP):
            recorder.keep(events[first : first + GROUP])
    return (time.perf_counter() - began) / EVENTS


def _time(peer: Peer, path: Path) -> float:
    """Return the seconds for an event."""
    events = _events(peer.events)
    with peer.open(path) as write:
        began = time.perf_counter()
        for first in range(0, len(events), peer.batch):
            write(events[first : first + peer.batch])
    return (time.perf_counter() - began) / len(events)


def _kills(peer: Peer) -> tuple[str, str]:
    """Return how many files cannot be read, and how many acknowledged events are lost."""
    unreadable = acknowledged = lost = 0
    for _ in range(KILLS):
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / f"file.{peer.ending}"
            told = _kill(peer, path)
            acknowledged += told
            try:
                lost += max(0, told - peer.count(path))
            except Exception:  # whatever a reader says of a file that is torn
                unreadable += 1
                lost += told
    what = f"killed {KILLS} times: {peer.name}"
    return what, f"{unreadable} unreadable, lost {lost:,} of {acknowledged:,} acknowledged events"


def _kill(peer: Peer, path: Path) -> int:
    """Kill a process that writes; return the number of the last event it has acknowledged."""
    acknowledged = _PROCESSES.RawValue(c_uint64, 0)
    number = PEERS.index(peer)
    victim = _PROCESSES.Process(target=_write_on, args=(number, path, acknowledged), daemon=True)
    victim.start()
    while not acknowledged.value and victim.is_alive():
        time.sleep(0.001)
    time.sleep(random.uniform(0.02, 0.1))
    victim.kill()
    victim.join()
    return int(acknowledged.value)


def _write_on(number: int, path: Path, acknowledged: c_uint64) -> None:
    """Write and acknowledge event after event, until killed."""
    with PEERS[number].open(path) as write:
        for seq in itertools.count(1):
            write([InputChanged(seq, seq * 1e-4, seq * 1e-4 + 2e-5, 1, "lick", seq % 2 == 1)])
            acknowledged.value = seq
