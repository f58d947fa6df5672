"""The whole path of the data, in real time: loop, journal, bus, logger process, sealed HDF5.

A mouse licks thousands of times a second; each edge leads to another state, which switches a
light, and so makes three events. A stream of 10 kHz is recorded beside it. In the first session
the edges come at a rate that the loop can hold, in the second one faster than it can.
``python -m benchmarks.data_path --seconds 30`` takes longer sessions.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import zmq

from benchmarks.flood import flood_lab, flood_plan
from benchmarks.memory import Memory
from rig.bus import Heartbeat, parse
from rig.desk import address_file, read_address
from rig.hdf5_layout import STREAMS
from rig.session import Session

SECONDS = 6.0
STEADY, TOO_MANY = 35_000, 200_000
"""Edges a second."""
LICKS_PER_TRIAL = 5000


@dataclass(frozen=True)
class Flooded:
    """What a flooded session came to.

    Attributes
    ----------
    events, missing
        Events in the sealed file, and numbers of events that are not in it.
    ran, sealed
        Seconds of the session, and until its file was sealed.
    busy
        Seconds of processor time that the engine's process took.
    backlog
        Bytes of the journal that the logger had not got yet, one for each heartbeat.
    by_logger
        Whether the logger sealed the file, which it does only if it got the whole journal.
    memory
        The memory of engine and logger.
    """

    events: int
    missing: int
    ran: float
    sealed: float
    busy: float
    backlog: list[int]
    by_logger: bool
    memory: list[tuple[str, str]]


def measure() -> list[tuple[str, str]]:
    """Return the figures of short sessions."""
    return figures(SECONDS)


def figures(seconds: float) -> list[tuple[str, str]]:
    """Return the figures of sessions of so many seconds."""
    steady, full = flood(STEADY, seconds), flood(TOO_MANY, seconds)
    found = [
        (f"{STEADY * 3:,} events a second asked for: events/s", _rates(steady)),
        ("processor time of the engine / time", f"{steady.busy / steady.ran:.2f} x"),
        ("more asked for than the loop can do: events/s", _rates(full)),
    ]
    for name, one in (("first", steady), ("second", full)):
        sealed_by = "the logger" if one.by_logger else "the engine, from the journal"
        found += [
            (f"{name} session, s: ran / sealed after", f"{one.ran:.1f} / {one.sealed:.1f}"),
            ("events in the sealed file, missing", f"{one.events:,}, {one.missing}"),
            ("sealed by", sealed_by),
            ("greatest backlog of the logger, MB", f"{max(one.backlog) / 1e6:.1f}"),
            *one.memory,
        ]
    return found


def flood(edges_per_s: float, seconds: float) -> Flooded:
    """Run a flooded session for so long, and look at what it has recorded."""
    with tempfile.TemporaryDirectory() as folder:
        lab = flood_lab(Path(folder) / "lab", edges_per_s, licks=LICKS_PER_TRIAL)
        memory = Memory()
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        beats = context.socket(zmq.SUB)
        beats.subscribe(b"B")
        with Session(flood_plan(lab), "system", watcher=memory) as session:
            beats.connect(read_address(address_file(lab.locks, "flood")).events)
            written = session.folder.live_hdf5.stat().st_ino
            stop = threading.Timer(seconds, session.stop, ("stop_now", "time is up"))
            stop.start()
            began, busy = time.perf_counter(), time.process_time()
            session.run()
            ran, busy = time.perf_counter() - began, time.process_time() - busy
        sealed = time.perf_counter() - began
        backlog = []
        while beats.poll(0):
            told = parse(beats.recv())
            if isinstance(told, Heartbeat):
                backlog.append(told.backlog)
        context.destroy(linger=0)
        with h5py.File(session.folder.hdf5, "r") as file:
            return Flooded(
                events=int(file.attrs["events"]),
                missing=_missing(file),
                ran=ran,
                sealed=sealed,
                busy=busy,
                backlog=backlog,
                by_logger=session.folder.hdf5.stat().st_ino == written,
                memory=memory.at_quarters(),
            )


def _missing(file: h5py.File) -> int:
    """Return how many numbers of events are nowhere in a sealed file."""
    rows = [file[stream]["seq"] for stream in STREAMS]
    texts = [json.loads(text)["seq"] for name in ("graphs", "other_events") for text in file[name]]
    found = np.concatenate([*rows, np.array(texts)])
    wanted = np.arange(1, int(file.attrs["events"]) + 1)
    return len(np.setdiff1d(wanted, found))


def _rates(one: Flooded) -> str:
    """Return events a second in the session, and until the file was sealed."""
    rate, until_sealed = one.events / one.ran, one.events / one.sealed
    return f"{rate:,.0f}; until sealed {until_sealed:,.0f}"


def main() -> None:
    """Run sessions as long as the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each session")
    for name, value in figures(parser.parse_args().seconds):
        print(f"  {name:<62} {value}", flush=True)


if __name__ == "__main__":
    main()
