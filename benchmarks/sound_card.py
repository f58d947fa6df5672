"""From order to sound: the driver of sound cards and `sounddevice.play`, on a virtual output.

Both play the same clicks, at random moments, and a monitor of the output hears when they come:
alone, and beside two processes that compute all the time. The monitor's own times are wrong by
the same 5 ms at most for all clicks.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.sound_monitor import SoundMonitor, sounds
from hardware.emulators.sound_server import DEVICE, RATE_HZ, sound_server
from hardware.sound_card import SoundCard, SoundCardSettings
from rig.clock import SystemClock
from rig.commands.init import make_lab
from rig.devices import Context
from rig.inbox import Inbox
from rig.room import Room
from rig.sound import Chord, Sound
from rig.stream_store import Drain
from rig.streams import Samples

CLICKS = 100
CLICK = 0.002
"""Seconds of a click."""
BETWEEN = 0.15, 0.25
"""Seconds between two clicks: from, to."""
BUSY = 2
LATE = 0.1


class Rows(Drain):
    """Keeps what the driver records of each sound."""

    def __init__(self) -> None:
        self.kept: list[NDArray[np.float64]] = []

    def write(self, stream: str, samples: Samples, time: float) -> None:
        """Keep the rows."""
        self.kept += list(samples)


def measure() -> list[tuple[str, str]]:
    """Return what was measured, in words."""
    found: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        (place / "server").mkdir()
        server = stack.enter_context(sound_server(place / "server"))
        os.environ.update(server.environment)
        make_lab(place / "lab")
        ear = stack.enter_context(SoundMonitor(server))
        for beside in (0, BUSY):
            with busy(beside):
                where = f"{beside} busy processes beside it"
                found += [(f"{name}, {where}", told) for name, told in by_driver(place, ear)]
                found.append((f"sounddevice.play, {where}", by_play(ear)))
    return found


def by_driver(place: Path, ear: SoundMonitor) -> Iterator[tuple[str, str]]:
    """Play clicks by the driver."""
    rows = Rows()
    settings = SoundCardSettings(
        line=DEVICE,
        host_api="ALSA",
        rate_hz=RATE_HZ,
        calibration="calibration/box1-speaker.toml",
        trigger_channel=0,
    )
    context = Context(SystemClock(), Inbox(), Room(), place / "lab", rows)
    card = SoundCard("speaker", settings, context)
    card.load({"click": Sound((Chord((4000.0,), CLICK, 80.0, gate=0.0),))})
    card.open()
    took: list[float] = []

    def play() -> float:
        ordered = time.perf_counter()
        card.present("click")
        took.append(time.perf_counter() - ordered)
        return ordered

    first = ear.frames
    ordered = orders(play)
    onsets = heard(ear, first)
    card.close()
    frames = np.array([row[1] for row in rows.kept])
    gaps = int(sum(row[4] for row in rows.kept))
    yield "the driver", told(ear, onsets, ordered)
    same = len(frames) == len(onsets) and len(set(onsets - frames)) == 1
    yield "  its frames are those heard; gaps noted", f"{'all' if same else 'not all'}; {gaps}"
    uncertainty = 1000 * max(row[2] for row in rows.kept)
    yield "  largest uncertainty stated", f"{uncertainty:.1f} ms"
    yield "  order, in the caller", f"{1e6 * np.median(took):.0f} us, 99 %: {worst(took):.0f} us"


def worst(took: list[float]) -> float:
    """Return the 99th percentile, in us."""
    return float(1e6 * np.percentile(took, 99))


def by_play(ear: SoundMonitor) -> str:
    """Play the same clicks one by one, as it is done most simply."""
    import sounddevice

    click = np.sin(2 * np.pi * 4000 * np.arange(round(CLICK * RATE_HZ)) / RATE_HZ + 0.1)
    stereo = np.zeros((len(click), 2), dtype=np.float32)
    stereo[:, 0] = 0.1 * click

    def play() -> float:
        ordered = time.perf_counter()
        sounddevice.play(stereo, RATE_HZ, device=DEVICE)
        return ordered

    first = ear.frames
    ordered = orders(play)
    sounddevice.stop()
    return told(ear, heard(ear, first), ordered)


def orders(play: Callable[[], float]) -> NDArray[np.float64]:
    """Play clicks; return when each was ordered."""
    chance = random.Random(1)
    ordered = []
    for _ in range(CLICKS):
        time.sleep(chance.uniform(*BETWEEN))
        ordered.append(play())
    time.sleep(BETWEEN[1])
    return np.array(ordered)


def heard(ear: SoundMonitor, first: int) -> NDArray[np.int64]:
    """Return the frames at which sounds were heard to begin, since `first`."""
    ear.wait_until(time.perf_counter())
    channel = ear.samples(first, ear.frames)[:, 0]
    return np.array([first + begin for begin, _ in sounds(channel, RATE_HZ, 0.02)])


def told(ear: SoundMonitor, onsets: NDArray[np.int64], ordered: NDArray[np.float64]) -> str:
    """Return how long after its order each click was heard, in words."""
    times = np.array([ear.time_of(int(frame)) for frame in onsets])
    first = np.searchsorted(times, ordered)
    after = [times[at] - order for at, order in zip(first, ordered, strict=True) if at < len(times)]
    delays = 1000 * np.array([each for each in after if each < LATE])
    if not len(delays):
        return "none was heard"
    return (
        f"{np.median(delays):.1f} ms, SD {delays.std():.2f}, range {np.ptp(delays):.1f}; "
        f"{CLICKS - len(delays)} of {CLICKS} later than {1000 * LATE:g} ms or lost"
    )


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Let so many processes compute meanwhile."""
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_compute, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _compute() -> None:
    while True:
        sum(range(1000))


def main() -> int:
    """Print the figures."""
    for name, value in measure():
        print(f"  {name:<62} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
