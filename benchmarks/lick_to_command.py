"""From a lick to the valve's command: the whole loop, everything recorded, beside bare loops.

A second process stands for the board: it writes an edge into a socket and waits for the command
that comes back. A bare loop reads the edge and writes the command, and does nothing else. The fair
one has a thread that reads and a queue behind it: every driver needs these, for a loop that
waits for several devices and for timers cannot wait in the driver of one of them.

On Linux the board has a processor to itself, as hardware has, and what answers it runs on the
others. Left to itself, the system runs board and bare loop in turns on one processor, which saves
them the waking of another: nothing that a loop beside real hardware can have.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import queue
import socket
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np

from benchmarks.board import LET_GO, OPEN, TOUCHED, board_plan
from rig.errors import Problem
from rig.graph import TrialGraph
from rig.session import Session
from rig.trials import TrialRow

LICKS_PER_ROUND = 200
ROUNDS = 15
WARM_UP = 1
"""Rounds that are not counted."""
GAPS = 0.0005, 0.0025
"""Seconds between two licks: from, to."""
ARMS = ("blocking read, no thread", "thread and queue", "whole loop, recorded")


@dataclass(frozen=True)
class Places:
    """Numbers of the processors that the board, and the loops, may run on."""

    board: set[int]
    loops: set[int]


def apart() -> Places:
    """Return a processor for the board and the others for the loops, if there are several."""
    first, *others = range(os.cpu_count() or 1)
    return Places({first}, set(others or [first]))


def anywhere() -> Places:
    """Return all processors for both."""
    everywhere = set(range(os.cpu_count() or 1))
    return Places(everywhere, everywhere)


class Starter:
    """Lets the boards begin when the first trial has begun.

    Parameters
    ----------
    started
        What they wait for.
    """

    def __init__(self, started: Event) -> None:
        self._started = started

    def began(self, trial: int, graph: TrialGraph) -> None:
        """Let them begin."""
        self._started.set()

    def entered(self, trial: int, state: str) -> None:
        """Look away."""

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """Look away."""

    def noticed(self, text: str) -> None:
        """Look away."""

    def warned(self, problem: Problem) -> None:
        """Look away."""


def measure() -> list[tuple[str, str]]:
    """Return the percentiles of all loops, and those of ours against those of the fair one."""
    return compare(ROUNDS, apart())


def compare(rounds: int, places: Places) -> list[tuple[str, str]]:
    """Return the figures of so many rounds, in which the loops take turns.

    p50 and p99 are medians over the rounds, so that what else the computer did in some of them
    does not decide; p99 and p99.9 of all licks are told too.
    """
    latencies = _play(rounds + WARM_UP, places)[:, WARM_UP:] * 1e6
    p50, p99 = np.percentile(latencies, (50, 99), axis=2)
    everything = np.percentile(latencies.reshape(len(ARMS), -1), (99, 99.9), axis=1).T
    figures = []
    for arm, *row in zip(ARMS, np.median(p50, axis=1), np.median(p99, axis=1), strict=True):
        figures.append((f"{arm}, us: p50 / p99", " / ".join(f"{us:.0f}" for us in row)))
    for arm, row in zip(ARMS, everything, strict=True):
        name = f"{arm}, us: p99 / p99.9 of all {latencies[0].size}"
        figures.append((name, " / ".join(f"{us:.0f}" for us in row)))
    for number, arm in ((1, ARMS[1]), (0, ARMS[0])):
        ratios = [np.median(p[2] / p[number]) for p in (p50, p99)]
        ratios += list(everything[2] / everything[number])
        shown = " / ".join(f"{ratio:.2f}" for ratio in ratios)
        figures.append((f"whole loop / {arm}: p50 / p99 / p99 / p99.9", f"{shown} x"))
    return figures


def _play(rounds: int, places: Places) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the seconds of each lick, ``(loops, rounds, licks)``."""
    processes = multiprocessing.get_context("spawn")
    boards, ends = zip(*(socket.socketpair() for _ in ARMS), strict=True)
    told, tell = processes.Pipe(duplex=False)
    started = processes.Event()
    others = [
        processes.Process(target=_block, args=(ends[0], places.loops), daemon=True),
        processes.Process(target=_read_and_queue, args=(ends[1], places.loops), daemon=True),
        processes.Process(
            target=_be_boards, args=(boards, rounds, places.board, started, tell), daemon=True
        ),
    ]
    with board_plan(ends[2].fileno(), rounds, LICKS_PER_ROUND) as plan:
        for process in others:
            process.start()
        for board in boards:
            board.close()
        with Session(plan, "system", watcher=Starter(started)) as session:
            _stay_on(places.loops)  # all but the logger, which is a process of its own
            session.run()
            found: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = told.recv()
    for process in others:
        process.join()
    for end in ends:
        end.close()
    return found


def _be_boards(
    boards: tuple[socket.socket, ...],
    rounds: int,
    cpus: set[int],
    started: Event,
    tell: Connection,
) -> None:
    """Lick at each loop in turn, and tell how long each has taken."""
    gaps = np.random.default_rng(1).uniform(*GAPS, size=(rounds, LICKS_PER_ROUND))
    found = np.empty((len(boards), rounds, LICKS_PER_ROUND))
    _stay_on(cpus)
    started.wait()
    for turn in range(rounds):
        for number, board in enumerate(boards):
            for lick, gap in enumerate(gaps[turn]):
                time.sleep(gap)
                found[number, turn, lick] = _lick(board)
    tell.send(found)
    for board in boards:
        board.close()


def _stay_on(cpus: set[int]) -> None:
    """Run all threads of this process on these processors only, where the system can do that."""
    if sys.platform == "linux":
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setaffinity(int(thread.name), cpus)


def _lick(board: socket.socket) -> float:
    """Return the seconds from a lick to the command."""
    began = time.perf_counter()
    board.send(TOUCHED)
    board.recv(1)
    took = time.perf_counter() - began
    board.send(LET_GO)
    return took


def _block(end: socket.socket, cpus: set[int]) -> None:
    """Be a loop that waits for the board alone."""
    _stay_on(cpus)
    while edge := end.recv(1):
        if edge == TOUCHED:
            end.send(OPEN)


def _read_and_queue(end: socket.socket, cpus: set[int]) -> None:
    """Be a loop that waits for a queue, which a thread fills."""
    _stay_on(cpus)
    edges: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(end, edges), daemon=True).start()
    while edge := edges.get():
        if edge == TOUCHED:
            end.send(OPEN)


def _read(end: socket.socket, edges: queue.SimpleQueue[bytes]) -> None:
    edge = b" "
    while edge:
        edge = end.recv(1)
        edges.put(edge)


def main() -> None:
    """Run as many rounds as the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of 200 licks")
    parser.add_argument("--anywhere", action="store_true", help="let all run on all processors")
    wanted = parser.parse_args()
    for name, value in compare(wanted.rounds, anywhere() if wanted.anywhere else apart()):
        print(f"  {name:<62} {value}")


if __name__ == "__main__":
    main()
