"""A watcher in a process of its own: follows a session to its end, and writes down what it got."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

from rig.desk import read_address
from rig.events import Record, SessionEnded, encode
from rig.following import Follower


def watch(address: str, delay: float, fate: str, report: str) -> None:
    """Join `delay` seconds after the session has begun; then watch, die or stand still."""
    Path(report).with_suffix(".up").touch()
    while not Path(address).exists():
        time.sleep(0.02)
    found = read_address(Path(address))
    time.sleep(delay)
    sha, last = hashlib.sha256(), None
    with Follower(found) as follower:
        for record in follower.so_far():
            sha.update(encode(record))
            last = record
        if fate != "watches":
            os.kill(os.getpid(), signal.SIGKILL if fate == "dies" else signal.SIGSTOP)
        silent = time.monotonic()
        while not isinstance(last, SessionEnded):
            told = list(follower.hear(0.2))
            if told:
                silent = time.monotonic()
            elif time.monotonic() > silent + 2:  # it is slow: the end was missed, as may be
                told = list(follower.so_far())
            for record in told:
                if isinstance(record, Record):
                    sha.update(encode(record))
                    last = record
    Path(report).write_text(sha.hexdigest(), encoding="utf-8")
