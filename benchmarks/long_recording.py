"""Hours of 10 kHz x 8 channels beside a session: memory at its quarters, and size on disk.

``python -m benchmarks.long_recording --hours 8`` runs in virtual time, ``--minutes 10`` in real
time, with the logger in its own process. Memory is read from ``/proc`` and so on Linux only.
"""

from __future__ import annotations

import argparse
import time
from typing import Literal

import h5py

from benchmarks.lab import bench_lab, bench_plan
from benchmarks.memory import Memory
from rig.lab import Lab
from rig.session import Session

RATE_HZ = 10_000
CHANNELS = 8
_ANALOG = """[devices.analog]
driver = "hardware.analog_input:AnalogInputTwin"
meaning = "eight lines of a card"
rate_hz = {rate}
channels = [{channels}]

[devices.port]"""
_CHANNEL = '{{ name = "ai{0}", line = "Dev1/ai{0}" }}'


def measure() -> list[tuple[str, str]]:
    """Return the figures of a quarter of an hour in virtual time."""
    return record(900.0, "virtual")


def record(duration: float, clock: Literal["virtual", "system"]) -> list[tuple[str, str]]:
    """Return the figures of a session of that many seconds."""
    with bench_lab(100_000) as lab:
        _prepare(lab, duration)
        memory = Memory()
        began = time.perf_counter()
        with Session(bench_plan(lab), clock, watcher=memory) as session:
            result = session.run()
            ran = time.perf_counter() - began
        sealed = time.perf_counter() - began
        folder = result.folder
        stream = folder.streams / "analog.stream"
        with h5py.File(folder.hdf5, "r") as file:
            rows = len(file["signals/analog/samples"])
        figures = [
            ("session time, s", f"{result.duration:,.0f} ({clock} time)"),
            ("rows of samples in the sealed file, and missing", f"{rows:,} and "
             f"{int(result.duration * RATE_HZ) - rows}"),
            ("session time / time to run; and to run and seal",
             f"{result.duration / ran:,.0f} x; {result.duration / sealed:,.0f} x"),
            ("samples as numbers of 16 bits, MB", f"{rows * CHANNELS * 2 / 1e6:,.0f}"),
            ("stream file, HDF5 file, journal, MB", ", ".join(
                f"{path.stat().st_size / 1e6:,.1f}"
                for path in (stream, folder.hdf5, folder.journal))),
        ]  # fmt: skip
    return [*figures, *memory.at_quarters()]


def _prepare(lab: Lab, duration: float) -> None:
    """Give the rig its card, and the session its length."""
    path = lab.folder / "rigs/box1.toml"
    channels = ", ".join(_CHANNEL.format(number) for number in range(CHANNELS))
    table = _ANALOG.format(rate=RATE_HZ, channels=channels)
    path.write_text(path.read_text(encoding="utf-8").replace("[devices.port]", table))
    path = lab.folder / "protocols/go_nogo.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("max_duration = 86400", f"max_duration = {duration:g}"))


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, help="hours of session time in virtual time")
    parser.add_argument("--minutes", type=float, help="minutes in real time")
    wanted = parser.parse_args()
    if wanted.hours:
        _print(record(wanted.hours * 3600, "virtual"))
    if wanted.minutes:
        _print(record(wanted.minutes * 60, "system"))


def _print(figures: list[tuple[str, str]]) -> None:
    for name, value in figures:
        print(f"  {name:<62} {value}", flush=True)


if __name__ == "__main__":
    main()
