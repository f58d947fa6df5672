"""Checks of valves: pulses that outlive their program, latency of a drop, weight of drops."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import numpy as np

from calibration.valve_fit import WATER_MG_PER_UL
from hardware.acceptance.place import Ears, Floats, Place, opened
from hardware.acceptance.results import NotApplicable, Result, Value, judged
from hardware.line_record import LineChannelSettings
from hardware.ni_line_record import NiLineRecord
from hardware.ni_valve import NiValveSettings
from rig.bench import report_of
from rig.devices import Context, Valve
from rig.errors import DeviceError

PULSE = 0.3
"""Seconds of the pulse in which the program is killed; a watchdog would close it after 0.4 s."""
KILL_AFTER = 0.005
RATE_HZ = 10_000.0
READY_WITHIN = 20.0
PATIENCE = 2.0
BETWEEN_DROPS = 0.1
WIDTH_LIMIT_MS = 1.0
KILLED_WITHIN_MS = 150.0
MEDIAN_LIMIT_MS, WORST_LIMIT_MS = 5.0, 20.0
LENGTH_LIMIT_MS = 0.2
WEIGHT_LIMIT = 0.05
_TENTHS_UL = range(1, 1001)


def killed_pulse(place: Place, name: str) -> Result:
    """Kill a program early in a long pulse; the card must end the pulse when it should."""
    settings = _read_back(place, name)
    ears = Ears()
    watcher = read_back_record(settings, ears.context(place.lab.folder))
    valve = place.made(name, ears)

    def edges() -> tuple[Floats, list[int]]:
        times, levels = ears.heard(watcher.stream(), 0)
        return times, np.flatnonzero(np.diff(levels)).tolist()

    try:
        watcher.open()
        dead = _kill_within_a_pulse(place, name, ears)
        is_over = ears.wait(lambda: len(edges()[1]) > 1, PULSE + PATIENCE)
    finally:
        watcher.close()
        valve.force_off()  # the dead program may still hold the counter
    times, rows = edges()
    if not rows:
        return judged("killed-pulse", name, "The read-back line showed no pulse.", ())
    width_ms = 1000 * (rows[1] - rows[0]) / RATE_HZ if is_over else None
    words = f"The program was killed in a pulse of {1000 * PULSE:g} ms."
    if not is_over:
        words += f" The valve was open {PULSE + PATIENCE:g} s later: close the tap."
    asked = 1000 * PULSE
    return judged(
        "killed-pulse",
        name,
        words,
        (
            Value("width", "ms", width_ms, asked - WIDTH_LIMIT_MS, asked + WIDTH_LIMIT_MS),
            Value("killed after", "ms", 1000 * float(dead - times[rows[0]]), 0.0, KILLED_WITHIN_MS),
        ),
    )


def latency(place: Place, name: str) -> Result:
    """Open the valve again and again; its read-back tells when it opened, and for how long."""
    _read_back(place, name)
    ears = Ears()
    late_ms, wrong_ms = [], []
    with opened(place, ears, name) as devices:
        valve: Valve = devices[name]
        volume_ul = _volumes(valve)[0]
        for _ in range(place.pulses):
            ears.pause(BETWEEN_DROPS)
            ordered = ears.clock.now()
            report = report_of(ears, lambda: valve.deliver(volume_ul), PATIENCE)
            late_ms.append(1000 * (report.hardware_time - ordered))
            wrong_ms.append(1000 * (report.achieved - report.requested))
    return judged(
        "latency",
        name,
        f"{place.pulses} drops of {volume_ul:g} uL, from the order to the edge of the valve.",
        (
            Value("median latency", "ms", float(np.median(late_ms)), 0.0, MEDIAN_LIMIT_MS),
            Value("longest latency", "ms", max(late_ms), 0.0, WORST_LIMIT_MS),
            Value("largest error of length", "ms", float(np.abs(wrong_ms).max()), 0.0,
                  LENGTH_LIMIT_MS),
        ),
        {"latency (ms)": late_ms, "error of length (ms)": wrong_ms},
    )  # fmt: skip


def drops(place: Place, name: str) -> Result:
    """Weigh drops: they must be what the calibration says."""
    place.real(name)
    if place.weigh is None:
        raise NotApplicable("there is no balance: name it by --balance, or type the weights")
    ears = Ears()
    before = place.weigh()
    with opened(place, ears, name) as devices:
        valve: Valve = devices[name]
        volumes = _volumes(valve)
        volume_ul = volumes[len(volumes) // 2]
        for _ in range(place.pulses):
            report_of(ears, lambda: valve.deliver(volume_ul), PATIENCE)
            ears.pause(BETWEEN_DROPS)
    weight_mg = place.weigh() - before
    share = weight_mg / (place.pulses * volume_ul * WATER_MG_PER_UL)
    return judged(
        "drops",
        name,
        f"{place.pulses} drops of {volume_ul:g} uL weighed {weight_mg:.1f} mg.",
        (Value("given of ordered", "", share, 1 - WEIGHT_LIMIT, 1 + WEIGHT_LIMIT),),
    )


def _read_back(place: Place, name: str) -> NiValveSettings:
    """Return the settings of a valve that a line of the card shows."""
    place.real(name)
    settings = place.plan.settings[name]
    if not isinstance(settings, NiValveSettings) or not settings.read_back:
        raise NotApplicable(f"no line shows when '{name}' is open: it has no `read_back`")
    return settings


def read_back_record(settings: NiValveSettings, context: Context) -> NiLineRecord:
    """Return a record of the line that shows when a valve is open."""
    line = LineChannelSettings(name="read_back", line=settings.read_back)
    record = NiLineRecord.Settings(
        meaning="the valve, as its read-back line shows it",
        rate_hz=RATE_HZ,
        channels=(line,),
        address=settings.address,
    )
    return NiLineRecord("read_back", record, context)


def _volumes(valve: Valve) -> list[float]:
    """Return the volumes in uL that a valve can deliver, in steps of a tenth."""
    found = [each / 10 for each in _TENTHS_UL if valve.refuse_volume(each / 10) is None]
    if not found:
        raise DeviceError(
            "the valve refuses every volume", "acceptance test",
            "Calibrate it, or raise `max_open_ms`.",
        )  # fmt: skip
    return found


def _kill_within_a_pulse(place: Place, name: str, ears: Ears) -> float:
    """Have a program of its own open the valve, and kill it; return when it was dead."""
    command = [sys.executable, "-P", "-m", "hardware.acceptance.pulse_process"]
    command += [str(place.lab.folder), str(place.plan.path), name, f"{PULSE:g}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        too_long = threading.Timer(READY_WITHIN, process.kill)
        too_long.start()
        try:
            _heard(process, b"ready")
            _tell(process, b"open\n")
            _heard(process, b"opened")
            time.sleep(KILL_AFTER)
        finally:
            too_long.cancel()
            process.kill()
        process.wait()
        return ears.clock.now()


def _tell(process: subprocess.Popen[bytes], words: bytes) -> None:
    if process.stdin is not None:
        process.stdin.write(words)
        process.stdin.flush()


def _heard(process: subprocess.Popen[bytes], word: bytes) -> None:
    """Wait until the program says a word; raise `DeviceError` if it ends instead."""
    line = process.stdout.readline() if process.stdout else b""
    if line.strip() != word:
        raise DeviceError(
            "the program that was to be killed could not open the valve",
            "acceptance test",
            "See what it says above; try the valve by `rig try`.",
        )
