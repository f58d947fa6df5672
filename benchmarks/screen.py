"""From an order to the flip that obeys it, on a virtual screen of 60 Hz: looking late or early."""

from __future__ import annotations

import os
import queue
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from hardware.emulators.x_display import x_display
from hardware.screen.pace import ClockPace
from hardware.screen.picture import Picture
from hardware.screen.window import ScreenWindow

ORDERS = 60
PERIOD = 1 / 60
MARGIN = 0.006
"""Seconds before a refresh at which the late loop looks for orders: drawing takes most of them."""
SIZE = 640, 480


def measure() -> Iterator[tuple[str, str]]:
    """Return name and value of each figure."""
    with x_display(SIZE) as display:
        before = os.environ.get("DISPLAY")
        os.environ.update(display.environment)
        try:
            yield from _both()
        finally:
            os.environ.pop("DISPLAY")
            if before is not None:
                os.environ["DISPLAY"] = before


def _both() -> Iterator[tuple[str, str]]:
    window = ScreenWindow(0)
    phases = np.zeros((window.height_px, window.width_px), np.float32)
    window.load("it", Picture(phases, np.full((1, 3), 128, np.uint8), 1))
    for name, round_ in (
        ("wait, poll, draw, flip (as the driver does)", _late),
        ("poll, draw, wait, flip", _early),
    ):
        latencies = _latencies(window, round_)
        figures = statistics.median(latencies), statistics.quantiles(latencies, n=20)[-1]
        yield name, f"{1000 * figures[0]:.1f} ms median, {1000 * figures[1]:.1f} ms 95th percentile"
    window.close()


Orders = queue.SimpleQueue[float]
Round = Callable[[ScreenWindow, ClockPace, Orders], list[float]]


def _latencies(window: ScreenWindow, round_: Round) -> list[float]:
    """Return the seconds from each order to its flip."""
    orders: Orders = queue.SimpleQueue()
    sender = threading.Thread(target=_send, args=(orders,))
    sender.start()
    pace = ClockPace(PERIOD)
    found: list[float] = []
    while len(found) < ORDERS:
        obeyed = round_(window, pace, orders)
        asked, taken = window.flip()
        pace.flipped(asked, taken)
        found += [asked - ordered for ordered in obeyed]
    sender.join()
    return found


def _send(orders: Orders) -> None:
    chance = random.Random(1)
    for _ in range(ORDERS):
        time.sleep(chance.uniform(0.03, 0.07))
        orders.put(time.perf_counter())


def _late(window: ScreenWindow, pace: ClockPace, orders: Orders) -> list[float]:
    time.sleep(max(0.0, pace.next() - MARGIN - time.perf_counter()))
    found = _taken(orders)
    _draw(window)
    pace.hold()
    return found


def _early(window: ScreenWindow, pace: ClockPace, orders: Orders) -> list[float]:
    found = _taken(orders)
    _draw(window)
    pace.hold()
    return found


def _draw(window: ScreenWindow) -> None:
    window.draw("it", 0.0)
    window.finish()


def _taken(orders: Orders) -> list[float]:
    found = []
    while not orders.empty():
        found.append(orders.get())
    return found


def main() -> None:
    """Print the figures."""
    for name, value in measure():
        print(f"{name:<50} {value}")


if __name__ == "__main__":
    main()
