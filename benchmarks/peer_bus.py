"""Events by PUB/SUB to a process that writes lines of JSON: the peer whose sender never waits."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import zmq

from rig.events import InputChanged

_END = b"END"


def publish(events: Sequence[InputChanged], path: Path) -> tuple[float, int]:
    """Publish events to a subscriber; return seconds until it has written, and how many it got."""
    processes = multiprocessing.get_context("spawn")
    told, tell = processes.Pipe(duplex=False)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    publisher = context.socket(zmq.PUB)
    port = publisher.bind_to_random_port("tcp://127.0.0.1")
    subscriber = processes.Process(target=_subscribe, args=(port, path, tell), daemon=True)
    subscriber.start()
    while subscriber.is_alive() and not told.poll(0.01):
        publisher.send(b"are you there?")
    told.recv()
    began = time.perf_counter()
    for event in events:
        publisher.send(msgspec.json.encode(event))
    while subscriber.is_alive() and not told.poll(0.001):  # the end may be dropped as anything else
        publisher.send(_END)
    took = time.perf_counter() - began
    written: int = told.recv()
    subscriber.join()
    context.destroy(linger=0)
    return took, written


def _subscribe(port: int, path: Path, tell: Connection) -> None:
    """Be the subscriber."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    events = context.socket(zmq.SUB)
    events.subscribe(b"")
    events.connect(f"tcp://127.0.0.1:{port}")
    events.recv()
    tell.send("ready")
    written = 0
    with path.open("wb") as file:
        while (message := events.recv()) != _END:
            if message.startswith(b"{"):
                file.write(message + b"\n")
                file.flush()
                written += 1
    tell.send(written)
    context.destroy(linger=0)
