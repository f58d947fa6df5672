"""Two NI cards at 10 kHz, one clock fast and one slow: what is lost, and how far times drift.

``python -m benchmarks.two_cards --hours 1`` lets virtual time pass: the tasks of the drivers run on
emulated cards inside this process. ``--minutes 10`` takes real time: whole drivers with their
threads, and a process for each emulated card.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.ni.local import LocalChannel
from hardware.emulators.ni.profiles import PROFILES
from hardware.emulators.ni.tasks import Card
from hardware.emulators.ni.world import World
from hardware.ni.card import NiCard
from hardware.ni.input_tasks import InputTasks
from hardware.ni.watches import LevelWatch, LineWatch, VoltageWatch, Watches
from hardware.ni_analog_input import NiAnalogInput
from hardware.ni_analog_lick import NiAnalogLick
from hardware.ni_digital_input import NiDigitalInput
from hardware.ni_line_record import NiLineRecord
from rig.clock import Clock, SystemClock
from rig.devices import AnalogInput, Context, Device
from rig.inbox import Edge, Failure, Inbox, Message
from rig.room import Room
from rig.stream_store import StreamStore
from rig.streams import read_stream

RATE_HZ = 10_000.0
DRIFTS_PPM = (40.0, -60.0)
PROFILES_USED = ("pci_6221", "pcie_6321")
LOOK_EVERY = 0.05
"""Virtual seconds between two looks at a card."""
LICK, WIDTH = "Dev1/port0/line0", 0.03
INPUTS = tuple(f"Dev1/ai{number}" for number in range(4))
LINES = tuple(f"Dev1/port0/line{number}" for number in range(4))
AHEAD = 2.0
"""Seconds before a touch at which an emulated card is told of it."""
FROM = 10.0
"""Seconds after which times are judged: the drift of a clock is known then."""
Figures = list[tuple[str, str]]


def measure() -> Figures:
    """Return the figures of a minute in virtual time."""
    return virtual(60.0)


@dataclass
class Told:
    """What one card told of the licks that were given to it.

    Attributes
    ----------
    begins
        The begins of the licks, in seconds.
    edges
        What was told: level and time.
    line_rows, voltage_rows
        How many samples came.
    """

    begins: list[float] = field(default_factory=list)
    edges: list[tuple[bool, float]] = field(default_factory=list)
    line_rows: int = 0
    voltage_rows: int = 0

    def errors(self) -> NDArray[np.float64]:
        """Return by how many seconds each begin was told too late, from `FROM` on."""
        begins = np.array(self.begins)
        told = np.array([at for level, at in self.edges if level])
        nearest = begins[np.abs(told[:, np.newaxis] - begins).argmin(axis=1)]
        return np.asarray((told - nearest)[nearest > FROM], np.float64)

    def figures(self, name: str, elapsed: float, drift_ppm: float) -> Figures:
        """Return what was lost and how far times were off."""
        due = elapsed * RATE_HZ * (1 + drift_ppm * 1e-6)
        off = 1000 * np.abs(self.errors())
        quarter = len(off) // 4
        lost = len(self.begins) - sum(level for level, _ in self.edges)
        return [
            (f"{name}: samples of lines and of voltages", f"{self.line_rows} {self.voltage_rows}"),
            (f"{name}: samples less than were due", f"{due - self.line_rows:.0f}"),
            (f"{name}: licks given, and lost", f"{len(self.begins)} {lost}"),
            (f"{name}: error of a time, p50 p99 worst (ms)",
             "{:.3f} {:.3f} {:.3f}".format(*np.percentile(off, [50, 99, 100]))),
            (f"{name}: the same, median of the first and the last quarter",
             f"{np.median(off[:quarter]):.3f} {np.median(off[-quarter:]):.3f}"),
        ]  # fmt: skip


class LocalCard(NiCard):
    """A card inside this process."""

    def __init__(self, card: Card, clock: Clock) -> None:
        from nidaqmx import GrpcSessionOptions

        super().__init__(card.device, "", clock)
        self._local = GrpcSessionOptions(LocalChannel(card), "")

    def way(self) -> Any:
        """Return the way to the emulated card."""
        return self._local


class HandClock(SystemClock):
    """A clock that is set by hand, also for emulated cards."""

    def __init__(self) -> None:
        self.seconds = 0.0
        super().__init__(lambda: self.seconds)


class VirtualCard:
    """The input tasks of one emulated card, and what they told."""

    def __init__(self, profile: str, drift_ppm: float, clock: HandClock) -> None:
        self.world = World(lambda: clock.seconds)
        card = Card("Dev1", PROFILES[profile], self.world, drift_ppm=drift_ppm)
        self.told = Told()
        watches = Watches(
            [LineWatch("lick", LICK, lambda level, at, _: self.told.edges.append((level, at)))],
            [LevelWatch(LINES, RATE_HZ, self._lines)],
            [VoltageWatch(INPUTS, 10.0, RATE_HZ, self._voltages)],
        )
        self.tasks = InputTasks(LocalCard(card, clock), clock, watches, RATE_HZ)

    def lick(self, at: float) -> None:
        """Touch the sensor at a time."""
        self.told.begins.append(at)
        self.world.drive(LICK.lower(), level=True, at=at)
        self.world.drive(LICK.lower(), level=False, at=at + WIDTH)

    def _lines(self, rows: NDArray[Any], first: int, at: float) -> None:
        self.told.line_rows = first + len(rows)

    def _voltages(self, rows: NDArray[Any], first: int, at: float) -> None:
        self.told.voltage_rows = first + len(rows)


def virtual(seconds: float) -> Figures:
    """Return the figures of so many seconds of virtual time."""
    began = time.perf_counter()
    cards = virtual_cards(seconds)
    speed = seconds / (time.perf_counter() - began)
    figures = [(f"virtual time, against real time ({seconds:g} s)", f"{speed:.0f} x faster")]
    for profile, drift, card in zip(PROFILES_USED, DRIFTS_PPM, cards, strict=True):
        figures += card.told.figures(f"{profile}, {drift:+g} ppm", seconds, drift)
    return figures


def virtual_cards(seconds: float) -> list[VirtualCard]:
    """Return both cards after so many seconds of virtual time, in which licks came and went."""
    clock = HandClock()
    cards = [
        VirtualCard(profile, drift, clock)
        for profile, drift in zip(PROFILES_USED, DRIFTS_PPM, strict=True)
    ]
    chance = np.random.default_rng(1)
    steps = round(seconds / LOOK_EVERY)
    for step in range(1, steps + 1):
        if step % 10 == 0 and step < steps - 10:
            for card in cards:
                card.lick(clock.seconds + 0.1 * float(chance.random()))
        clock.seconds = step * LOOK_EVERY
        for card in cards:
            card.tasks.look()
    for card in cards:
        card.tasks.hand_on()
        card.tasks.close()
    return cards


def devices_of(number: int, address: str, context: Context) -> list[Device]:
    """Return the devices of one card: a record of lines, voltages, a lickometer, a lick circuit."""
    made: list[tuple[type[Device], str, dict[str, Any]]] = [
        (NiDigitalInput, f"lick{number}", {"line": LICK}),
        (NiAnalogLick, f"touch{number}", {"line": INPUTS[1], "on_v": 0.3, "off_v": 0.1}),
        (NiAnalogInput, f"volts{number}", {"meaning": "volts", "rate_hz": RATE_HZ,
         "channels": [{"name": line, "line": line} for line in INPUTS]}),
        (NiLineRecord, f"lines{number}", {"meaning": "lines",
         "channels": [{"name": line, "line": line} for line in LINES]}),
    ]  # fmt: skip
    return [
        driver(name, driver.Settings.model_validate({**table, "address": address}), context)
        for driver, name, table in made
    ]


def real(seconds: float) -> Figures:
    """Return the figures of so many seconds of real time, recorded to a disk."""
    clock, inbox, store = SystemClock(time.monotonic), Inbox(), StreamStore()
    began = time.monotonic() - clock.now()
    told = [Told() for _ in DRIFTS_PPM]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cards = [
            stack.enter_context(EmulatedCard(profile, drift_ppm=drift))
            for profile, drift in zip(PROFILES_USED, DRIFTS_PPM, strict=True)
        ]
        context = Context(clock, inbox, Room(), folder, store)
        devices = [d for n, card in enumerate(cards) for d in devices_of(n, card.address, context)]
        specs = [each.stream() for each in devices if isinstance(each, AnalogInput)]
        store.begin(folder, specs)
        for device in devices:
            device.open()
        late = _lick(cards, told, clock, inbox, began, seconds)
        for device in devices:
            device.close()
        store.end()
        store.close()
        elapsed = []
        for number, each in enumerate(told):
            lines, volts = (read_stream(folder / f"{s}{number}.stream") for s in ("lines", "volts"))
            each.line_rows, each.voltage_rows = len(lines.samples), len(volts.samples)
            times = lines.times()
            elapsed.append(float(times[-1] - times[0]))
    figures = [("from an edge to its message, p50 p99 worst (ms)",
                "{:.1f} {:.1f} {:.1f}".format(*np.percentile(1000 * np.array(late), [50, 99, 100])))
               ]  # fmt: skip
    for number, (profile, drift) in enumerate(zip(PROFILES_USED, DRIFTS_PPM, strict=True)):
        figures += told[number].figures(f"{profile}, {drift:+g} ppm", elapsed[number], drift)
    return figures


def _lick(
    cards: list[CardWires], told: list[Told], clock: Clock, inbox: Inbox, began: float,
    seconds: float,
) -> list[float]:  # fmt: skip
    """Touch the sensors of both cards twice a second; return how late each edge was told.

    A touch is ordered ahead, so that the card has not sampled that moment yet.
    """
    late: list[float] = []
    start = clock.now()
    for number in range(int(seconds * 2)):
        at = start + number / 2 + AHEAD
        if clock.now() + AHEAD / 2 < at < start + seconds - AHEAD:
            for card, each in zip(cards, told, strict=True):
                card.pulse(LICK, WIDTH, at + began)
                each.begins.append(at)
        until = start + (number + 1) / 2
        while clock.now() < until:
            message = inbox.wait(max(0.0, until - clock.now()))
            if message is not None:
                _take(message, told, clock.now(), late)
    return late


def _take(message: Message, told: list[Told], now: float, late: list[float]) -> None:
    if isinstance(message, Failure):
        raise RuntimeError(f"{message.device}: {message.what}")
    if isinstance(message, Edge) and message.device.startswith("lick"):
        told[int(message.device[-1])].edges.append((message.level, message.hardware_time))
        late.append(now - message.hardware_time)


def main() -> None:
    """Print the figures of the run that is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=0.0, help="of virtual time")
    parser.add_argument("--minutes", type=float, default=0.0, help="of real time")
    options = parser.parse_args()
    figures = virtual(options.hours * 3600) if options.hours else []
    figures += real(options.minutes * 60) if options.minutes else []
    for name, value in figures or measure():
        print(f"{name:<62} {value}")


if __name__ == "__main__":
    main()
