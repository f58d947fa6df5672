"""The same events by frameworks that are not installed with us; left out where they are missing.

``pip install pylsl bluesky`` into the environment brings them in.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from rig.events import InputChanged, as_json

LSL = "pylsl, stream of text to lines in another process"
BLUESKY = "bluesky RunEngine, documents to msgpack"
_SOURCE = "mouserig-benchmark"
_END = "END"


def frameworks() -> dict[str, tuple[Callable[[Sequence[InputChanged], Path], float], int]]:
    """Return what is installed, by name: records events, gives the seconds; and how many."""
    found: dict[str, tuple[Callable[[Sequence[InputChanged], Path], float], int]] = {}
    if find_spec("pylsl") is not None:
        found[LSL] = (_stream, 20_000)
    if find_spec("bluesky") is not None:
        found[BLUESKY] = (_run_engine, 2_000)
    return found


def _stream(events: Sequence[InputChanged], path: Path) -> float:
    """Push events into an outlet; return the seconds until the other process has written all."""
    from pylsl import StreamInfo, StreamOutlet

    outlet = StreamOutlet(StreamInfo("licks", "Markers", 1, 0, "string", _SOURCE))
    processes = multiprocessing.get_context("spawn")
    told, tell = processes.Pipe(duplex=False)
    inlet = processes.Process(target=_pull, args=(path, tell), daemon=True)
    inlet.start()
    told.recv()
    began = time.perf_counter()
    for event in events:
        outlet.push_sample([as_json(event)])
    outlet.push_sample([_END])
    written: int = told.recv()
    took = time.perf_counter() - began
    inlet.join()
    return took * len(events) / written


def _pull(path: Path, tell: Connection) -> None:
    """Be the other process."""
    from pylsl import StreamInlet, resolve_byprop

    inlet = StreamInlet(resolve_byprop("source_id", _SOURCE)[0])
    inlet.open_stream()
    tell.send("ready")
    written = 0
    with path.open("w", encoding="utf-8") as file:
        while True:
            samples, _ = inlet.pull_chunk(timeout=0.01, max_samples=1024)
            lines = [line for (line,) in samples if line != _END]
            file.writelines([line + "\n" for line in lines])
            file.flush()
            written += len(lines)
            if len(lines) < len(samples):
                break
    tell.send(written)


class _Lick:
    """What a run engine reads."""

    name = "lick"
    parent = None

    def __init__(self) -> None:
        self.level = False

    def read(self) -> dict[str, Any]:
        return {"lick": {"value": self.level, "timestamp": time.time()}}

    def describe(self) -> dict[str, Any]:
        return {"lick": {"source": "board", "dtype": "boolean", "shape": []}}

    def read_configuration(self) -> dict[str, Any]:
        return {}

    def describe_configuration(self) -> dict[str, Any]:
        return {}


def _run_engine(events: Sequence[InputChanged], path: Path) -> float:
    """Let a run engine emit an event document for each; return the seconds."""
    from bluesky import Msg, RunEngine

    lick = _Lick()

    def plan() -> Iterator[Any]:
        yield Msg("open_run")
        for event in events:
            lick.level = event.level
            yield Msg("create", name="primary")
            yield Msg("read", lick)
            yield Msg("save")
        yield Msg("close_run")

    engine = RunEngine({})
    with path.open("wb") as file:

        def write(name: str, document: dict[str, Any]) -> None:
            file.write(msgspec.msgpack.encode((name, document)))
            file.flush()

        engine.subscribe(write)
        began = time.perf_counter()
        engine(plan())
        return time.perf_counter() - began
