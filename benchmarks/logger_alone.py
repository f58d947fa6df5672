"""The logger alone: frames of a session's journal into HDF5, beside a loop that only decodes them.

The events are those of a long Go/NoGo session: licks, states, orders, reports, trials. The
logger hears them as the bus sends them in a flood, or takes them from the journal.
"""

from __future__ import annotations

import shutil
import statistics
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from benchmarks.lab import bench_lab, bench_plan
from rig.events import decode
from rig.frames import pack
from rig.hdf5_file import Hdf5File
from rig.journal import MAGIC, digest, read_frames
from rig.logger import Logging
from rig.loop import GROUP
from rig.session import Session

TRIALS = 3000
ROUNDS = 7


def measure() -> list[tuple[str, str]]:
    """Return events a second, and the ratios to decoding; medians of rounds that alternate."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal = folder / "session.journal"
        _record(journal)
        payloads = list(read_frames(journal))
        messages = list(_messages(payloads))
        sha256 = digest(journal)

        def hear(logging: Logging) -> None:
            for message in messages:
                logging.hear(message)

        heard, caught_up, decoded = [], [], []
        for _ in range(ROUNDS):
            decoded.append(_decode(payloads))
            heard.append(_log(folder, sha256, hear))
            caught_up.append(_log(folder, sha256, Logging.catch_up))
    events = len(payloads) - 2
    figures = [("events of the session", f"{events:,}")]
    for what, seconds in (
        (f"heard from the bus, {GROUP} at a time", heard),
        ("taken from the journal", caught_up),
        ("decoded only", decoded),
    ):
        shown = f"{events / statistics.median(seconds):,.0f} (best {events / min(seconds):,.0f})"
        figures.append((f"{what}, events/s, median of {ROUNDS}", shown))
    for what, seconds in (("heard", heard), ("taken from the journal", caught_up)):
        ratio = statistics.median(s / d for s, d in zip(seconds, decoded, strict=True))
        figures.append((f"time for an event, {what} / decoded only", f"{ratio:.1f} x"))
    return figures


def _record(journal: Path) -> None:
    """Record a session in virtual time; keep its journal."""
    with bench_lab(TRIALS) as lab:
        with Session(bench_plan(lab), "virtual") as session:
            session.run()
        shutil.copyfile(session.folder.journal, journal)


def _messages(payloads: list[bytes]) -> Iterator[bytes]:
    """Return the frames as messages of the bus."""
    place, rest = len(MAGIC), iter(payloads)
    while some := list(islice(rest, GROUP)):
        frames = b"".join([pack(payload) for payload in some])
        yield struct.pack("<cQ", b"E", place) + frames
        place += len(frames)


def _log(folder: Path, sha256: str, take: Callable[[Logging], object]) -> float:
    """Return the seconds until the file holds everything; seal it, to see that it does."""
    journal = folder / "session.journal"
    began = time.perf_counter()
    with Hdf5File(folder / "session.h5", folder / "streams") as file:
        logging = Logging(journal, file)
        take(logging)
        file.flush()
        took = time.perf_counter() - began
        logging.seal(journal.stat().st_size, sha256)
    return took


def _decode(payloads: list[bytes]) -> float:
    """Return the seconds that it takes to make events of all payloads."""
    began = time.perf_counter()
    for payload in payloads:
        decode(payload)
    return time.perf_counter() - began
