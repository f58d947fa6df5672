"""The window on four boxes at x20: its ticks against their budget, its memory, and long sessions.

``python -m benchmarks.window --hours 1`` runs the boxes for that much session time. The window is
drawn without a display. Memory is read from ``/proc`` and so on Linux only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication

from benchmarks.lab import bench_lab, bench_plan
from benchmarks.memory import resident_mb
from gui import theme
from gui.app import make_window
from gui.session_view import SessionView
from gui.ticks import BUDGET
from gui.window import Window
from rig.events import Event, TrialEnded
from rig.lab import Lab
from rig.program import RIG_PROGRAM
from rig.session import Session
from rig.session_record import load_session

BOXES = 4
SPEED = 20
SHORT, FULL, LONG = 50, 400, 5000
"""Trials of the sessions whose redrawing is compared: in the second one the plots are full."""
REDRAWN = 40


def measure() -> list[tuple[str, str]]:
    """Return the figures of six minutes of session time."""
    return soak(0.1) + long_sessions()


def soak(hours: float) -> list[tuple[str, str]]:
    """Return ticks and memory of a window that watches four boxes for so much session time."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with bench_lab(100_000) as lab:
        _copy_boxes(lab)
        engines = [_engine(lab, number) for number in range(1, BOXES + 1)]
        app = theme.make_app([])
        window = make_window(lab)
        window.show()
        window.start()
        memory: list[float] = []
        seconds = hours * 3600 / SPEED
        _alternate(window)
        notes = QTimer()
        notes.timeout.connect(lambda: memory.append(resident_mb(os.getpid())))
        notes.start(max(100, round(seconds * 1000 / 40)))
        QTimer.singleShot(round(seconds * 1000), app.quit)
        app.exec_()
        notes.stop()
        figures = _told(window, memory)
        for engine in engines:
            engine.terminate()
        for engine in engines:
            engine.wait()
        window.tick()
        window.leave()
    return figures


def _told(window: Window, memory: list[float]) -> list[tuple[str, str]]:
    """Return the figures of a soak."""
    ticks = window.ticks.summary()
    budget_ms = BUDGET * 1000
    views = [box.view for box in window.boxes_watched() if box.view is not None]
    settled = memory[len(memory) // 4 :] or [0.0]
    return [
        ("boxes, session time of each, trials of all", f"{len(views)}, "
         f"{min((view.time for view in views), default=0.0):,.0f} s, "
         f"{sum(len(view.rows) for view in views):,}"),
        ("ticks", f"{ticks['ticks']:,.0f}"),
        ("a tick / its budget of 33 ms: median, p95, worst", ", ".join(
            f"{ticks[name] / budget_ms:.2f}" for name in ("median_ms", "p95_ms", "worst_ms"))),
        ("memory of the window after a quarter, at the end, MB",
         f"{settled[0]:.0f}, {settled[-1]:.0f}"),
    ]  # fmt: skip


def long_sessions() -> list[tuple[str, str]]:
    """Return what it costs to redraw after a trial, in a long session and in a short one."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with bench_lab(LONG) as lab:
        with Session(bench_plan(lab), "virtual") as session:
            folder = session.run().folder
        records = load_session(folder)
        theme.make_app([])
        window = make_window(lab)
        window.show()
        costs = {}
        for trials in (SHORT, FULL, LONG):
            view = SessionView()
            events = iter(records.events)
            view.take(records.header)
            view.take(records.definition)
            _take_trials(view, events, trials - REDRAWN)
            window.boxes_watched()[0].view = view
            window.go_to("run")
            QApplication.processEvents()
            costs[trials] = statistics.median(_redraw(window, view, events))
        window.leave()
    return [
        ("redrawing after a trial / the budget of a tick: trials "
         f"{', '.join(f'{trials:,}' for trials in costs)}",
         ", ".join(f"{cost / BUDGET:.2f}" for cost in costs.values())),
        (f"redrawing after trial {LONG:,} / after trials {SHORT} and {FULL}",
         f"{costs[LONG] / costs[SHORT]:.2f} x, {costs[LONG] / costs[FULL]:.2f} x"),
    ]  # fmt: skip


def _redraw(window: Window, view: SessionView, events: Iterator[Event]) -> list[float]:
    """Take in trials one by one; return the seconds of each tick and its drawing."""
    costs = []
    for _ in range(REDRAWN):
        _take_trials(view, events, len(view.rows) + 1)
        began = time.perf_counter()
        window.tick()
        QApplication.processEvents()
        costs.append(time.perf_counter() - began)
    return costs


def _take_trials(view: SessionView, events: Iterator[Event], until: int) -> None:
    for event in events:
        view.take(event)
        if isinstance(event, TrialEnded) and len(view.rows) >= until:
            return


def _copy_boxes(lab: Lab) -> None:
    """Make four boxes of one kind, each with its mouse."""
    (lab.folder / "rigs/box2.toml").unlink()
    for number in range(2, BOXES + 1):
        shutil.copyfile(lab.folder / "rigs/box1.toml", lab.folder / f"rigs/box{number}.toml")


def _engine(lab: Lab, number: int) -> subprocess.Popen[bytes]:
    """Start a session in a box."""
    arguments = ["run", "--rig", f"rigs/box{number}.toml", "--protocol", "protocols/go_nogo.toml"]
    arguments += ["--subject", f"SIM0{number}", "--simulate", "--speed", str(SPEED)]
    return subprocess.Popen(
        [*RIG_PROGRAM, *arguments],
        cwd=lab.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _alternate(window: Window) -> None:
    """Look at all boxes and at each single one in turn, as an operator does."""
    rigs = [box.rig for box in window.boxes_watched()]
    steps: list[Callable[[], None]] = [partial(window.go_to, "boxes")]
    steps += [_looking(window, rig) for rig in rigs]
    turns = QTimer(window)
    number = 0

    def turn() -> None:
        nonlocal number
        steps[number % len(steps)]()
        number += 1

    turns.timeout.connect(turn)
    turns.start(2000)


def _looking(window: Window, rig: str) -> Callable[[], None]:
    def look() -> None:
        window.look_at(rig)
        window.go_to("run")

    return look


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=0.1, help="session time of each box")
    wanted = parser.parse_args()
    for name, value in soak(wanted.hours) + long_sessions():
        sys.stdout.write(f"  {name:<62} {value}\n")


if __name__ == "__main__":
    main()
