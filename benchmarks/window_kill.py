"""How late the engine is without a window, beside one, and after the window was killed.

A window follows a simulated session of go/nogo trials at twenty times real time, and is killed;
this is done several times in one session. How late the engine dealt with timeouts and licks is
compared between these times; opening a window, which loads much of it, is told apart.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from benchmarks.lab import bench_lab
from benchmarks.window_beside import PATIENCE, WindowBeside
from rig.desk import address_file, tell
from rig.errors import ConfigError
from rig.events import CommandGiven, InputChanged, StateEntered
from rig.inbox import Command
from rig.lab import Lab
from rig.program import RIG_PROGRAM
from rig.session_folder import find_sessions
from rig.session_record import SessionRecord, load_session

SPEED = 20
ROUNDS = 6
SECONDS = 4.0
"""Real time of each stretch."""
ALONE, OPENING, BESIDE, KILLED = "without a window", "a window opens", "beside a window", "after"
STRETCHES = {
    ALONE: "no window",
    BESIDE: "a window follows",
    KILLED: "the window was killed",
    OPENING: "a window is being opened",
}


def measure() -> list[tuple[str, str]]:
    """Return how late the engine was, against how late it was without a window."""
    with bench_lab(100_000) as lab, tempfile.TemporaryDirectory() as settings:
        attached = _play(lab, Path(settings))
        record = load_session(next(iter(find_sessions(lab.data))))
    late = lateness_ms(record)
    figures = [
        (f"{words}, late by, ms: median / p99 of {len(late[name])}", " / ".join(
            f"{value:.2f}" for value in np.percentile(late[name], (50, 99))))
        for name, words in STRETCHES.items()
    ]  # fmt: skip
    alone = np.percentile(late[ALONE], (50, 99))
    for name in (BESIDE, KILLED):
        ratios = np.percentile(late[name], (50, 99)) / alone
        shown = " / ".join(f"{ratio:.2f}" for ratio in ratios)
        figures.append((f"{STRETCHES[name]} / no window: median / p99", f"{shown} x"))
    missing = len(record.events) - record.events[-1].seq
    figures.append((f"events that are missing, of {len(record.events):,}", f"{missing}"))
    figures.append(("all of the past is in a window after, s: worst", f"{max(attached):.2f}"))
    return figures


def lateness_ms(record: SessionRecord) -> dict[str, list[float]]:
    """Return how late the engine was in each stretch, in milliseconds of real time."""
    late: dict[str, list[float]] = defaultdict(list)
    stretch = OPENING
    for event in record.events:
        match event:
            case CommandGiven(verb="note", reason=name):
                stretch = name
            case InputChanged() | StateEntered(cause="timeout"):
                late[stretch].append(1000 * (event.engine_time - event.hardware_time) / SPEED)
    return late


def _play(lab: Lab, settings: Path) -> list[float]:
    """Open and kill windows beside a session; return how long they took to take in the past."""
    arguments = ["run", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml"]
    arguments += ["--subject", "SIM01", "--simulate", "--speed", str(SPEED)]
    engine = subprocess.Popen(
        [*RIG_PROGRAM, *arguments],
        cwd=lab.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    attached: list[float] = []
    _begin(lab, ALONE)
    for _ in range(ROUNDS):
        time.sleep(SECONDS)
        _begin(lab, OPENING)
        with WindowBeside(lab.folder, "box1", settings) as window:
            shown = window.wait_for("the past", lambda shown: shown.attached is not None)
            attached.append(shown.attached or 0.0)
            window.press("Run")
            _begin(lab, BESIDE)
            time.sleep(SECONDS)
        _begin(lab, KILLED)
        time.sleep(SECONDS)
        _begin(lab, ALONE)
    engine.terminate()
    engine.wait()
    return attached


def _begin(lab: Lab, stretch: str) -> None:
    """Let the session note that a stretch begins, as soon as it takes notes."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            note = Command("note", stretch, author="benchmark")
            tell(address_file(lab.locks, "box1"), note)
        except ConfigError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def main() -> None:
    """Print the figures."""
    for name, value in measure():
        print(f"  {name:<62} {value}")


if __name__ == "__main__":
    main()
