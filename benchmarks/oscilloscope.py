"""The oscilloscope test: what an emulated session did, seen from outside, against its record.

``python -m benchmarks.oscilloscope`` runs a whole set-shifting session, in real time. It needs
PsychoPy and Xvfb.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.oscilloscope_lab import (
    HURRIED,
    LINES,
    RIG,
    SHORT,
    WHOLE,
    oscilloscope_lab,
    probes,
)
from calibration.valve import ValveCalibration
from hardware.emulators.oscilloscope import Oscilloscope, Traces
from rig.emulation_link import (
    EmulationLink,
    MouseElsewhere,
    led_to_emulation,
    order_for,
    stimuli_of,
)
from rig.events import ClockRead, DeviceReported, InputChanged, SyncSwitched
from rig.lab import Lab
from rig.plan import make_plan
from rig.session import Session
from rig.session_record import SessionRecord, load_session
from rig.trials import TrialRow

NEAR = 0.03
"""Seconds around a border of the engine's window in which a lick may count or not."""
EARLY = 0.3
"""Seconds by which a screen may be ahead of the onset pulse, on a computer that is busy."""
BOUNCE = 0.002
"""Seconds: edges that follow each other so soon may be left out, as bouncing."""
SAME = 0.05
"""Seconds within which an edge that was recorded is one that was seen."""
LAST_LICKS = 4
"""Edges that may come while the session ends, and are not taken in any more."""
SOON = 0.6
"""Seconds after an onset within which a screen shows something, on a computer that is busy."""
TWO_SAMPLES = 0.0002
"""Seconds by which a time of the card may be wrong, by what its drivers state."""
STATED = {
    "lick": TWO_SAMPLES,
    "reward": TWO_SAMPLES,
    "sound onset": TWO_SAMPLES,
    "grating onset": 1 / 60,
    "sync line": TWO_SAMPLES,
}
"""Seconds by which a recorded time may be wrong, by what the drivers state; that of a sync line in
addition to what its event states."""


@dataclass
class Findings:
    """What the oscilloscope tells of a session.

    Attributes
    ----------
    wrong
        What is not as it should be, in words.
    outcomes
        How often there was each outcome in each context.
    trials, unsure
        How many trials there were, and how many had a lick at a border of their window.
    seen
        By what was measured: seconds, as seen from outside.
    recorded
        By what was measured: recorded times less those that were seen, seconds.
    stated
        By how much each of these may be wrong, by what is stated, seconds.
    """

    wrong: list[str] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    trials: int = 0
    unsure: int = 0
    seen: dict[str, list[float]] = field(default_factory=dict)
    recorded: dict[str, list[float]] = field(default_factory=dict)
    stated: dict[str, list[float]] = field(default_factory=dict)

    def expect(self, is_so: bool, trial: int, what: str) -> None:
        """Note what is not so."""
        if not is_so:
            self.wrong.append(f"trial {trial}: {what}")

    def within(self, what: str) -> float:
        """Return the share of recorded times that are as exact as is stated."""
        return float(np.mean(np.abs(self.recorded[what]) <= np.array(self.stated[what])))

    def note(self, what: str, seconds: float) -> None:
        """Note what was measured from outside."""
        self.seen.setdefault(what, []).append(seconds)


def run(lab: Lab, protocol: Path, seed: int) -> tuple[SessionRecord, Traces]:
    """Run an emulated session under the oscilloscope; return its record and what was seen."""
    plan = make_plan(lab, RIG, protocol, "SIM01", simulate=False, emulate=True, seed=seed)
    order = order_for(lab, plan.rig, stimuli_of(plan.protocol, seed), plan.mouse, seed)
    with EmulationLink(order, str) as link:
        looked_at = probes(link.ways.observed, link.ways.environment)
        plan = led_to_emulation(plan, link)
        with Oscilloscope(looked_at) as scope:
            with Session(plan, "system", mouse=MouseElsewhere(link, {})) as session:
                result = session.run()
            return load_session(result.folder), scope.traces()


def compare(record: SessionRecord, traces: Traces, lab: Lab) -> Findings:
    """Return what the oscilloscope saw of each trial, and how far the record is from it."""
    found = Findings()
    zero = _zero(record)
    lines = {name: traces.lines[line] for name, line in LINES.items()}
    onsets = [at for at, level in lines["onset"] if level]
    rows = [row for row in record.rows if not row.aborted]
    found.trials = len(rows)
    counted = Counter(f"{row.labels.get('context', '')} {row.outcome}" for row in rows)
    found.outcomes = dict(sorted(counted.items()))
    found.expect(len(onsets) == len(record.rows), 0, f"{len(onsets)} onsets were seen")
    for index, (row, onset) in enumerate(zip(record.rows, onsets, strict=False)):
        next_onset = onsets[index + 1] if index + 1 < len(onsets) else float("inf")
        if not row.aborted:
            _look_at_trial(found, row, record, traces, lines, (onset, next_onset), lab, zero)
    _compare_times(found, record, traces, lines, zero)
    return found


def _look_at_trial(
    found: Findings,
    row: TrialRow,
    record: SessionRecord,
    traces: Traces,
    lines: dict[str, list[tuple[float, bool]]],
    between: tuple[float, float],
    lab: Lab,
    zero: float,
) -> None:
    onset, next_onset = between
    if row.stimulus_time is not None:
        found.note("onset pulse after the state that begins", onset - zero - row.stimulus_time)
    trial = record.definition.params["trial"]
    end = onset + trial["stimulus_time"]
    sounds = [each for each in traces.sounds if onset - 0.001 <= each[0] < next_onset - 0.001]
    has_sound = "kHz" in row.stimulus
    found.expect(len(sounds) == int(has_sound), row.trial, f"{len(sounds)} sounds were heard")
    for began, ended in sounds:
        found.note("sound after the onset pulse", began - onset)
        found.note("length of the sound", ended - began)
    shown = [each for each in traces.screen if onset - EARLY <= each.before < next_onset - EARLY]
    gratings = [each for each in shown if each.orientation_deg is not None]
    wanted = float(row.stimulus.split(" deg")[0]) if "deg" in row.stimulus else None
    found.expect(len(gratings) == int(wanted is not None), row.trial,
                 f"{len(gratings)} gratings were seen")  # fmt: skip
    for each in gratings:
        turned = abs((each.orientation_deg or 0.0) - (wanted or 0.0))
        found.expect(turned < 10, row.trial, f"a grating of {each.orientation_deg} deg was seen")
        began = (each.after + each.before) / 2
        found.expect(began - onset < SOON, row.trial, "the grating came late")
        found.note("grating after the onset pulse", began - onset)
    _look_at_drop(found, row, record, lines, between, lab)
    _look_at_response(found, row, record, lines, between, zero)
    if next_onset < float("inf") and row.outcome is not None:
        wrong = row.outcome in ("miss", "false_alarm")
        kind = "interval after an error" if wrong else "interval after a right answer"
        found.note(kind, next_onset - end)


def _look_at_drop(
    found: Findings,
    row: TrialRow,
    record: SessionRecord,
    lines: dict[str, list[tuple[float, bool]]],
    between: tuple[float, float],
    lab: Lab,
) -> None:
    """Look at the drop: one in go trials, at its time and of its length; none in others."""
    trial = record.definition.params["trial"]
    pulses = [each for each in _pulses(lines["valve"]) if between[0] <= each[0] < between[1]]
    found.expect(len(pulses) == int(row.trial_type == "go"), row.trial,
                 f"the valve opened {len(pulses)} times")  # fmt: skip
    calibration = ValveCalibration(lab.folder, "calibration/box1-valve.toml")
    wanted = calibration.open_time(trial["reward_ul"])
    for rose, fell in pulses:
        found.note("drop after the onset pulse", rose - between[0])
        found.expect(abs(fell - rose - wanted) < 1e-6, row.trial, "the drop had another length")


def _look_at_response(
    found: Findings,
    row: TrialRow,
    record: SessionRecord,
    lines: dict[str, list[tuple[float, bool]]],
    between: tuple[float, float],
    zero: float,
) -> None:
    """Look at the licks in the window, at what they came to, and at the vacuum after a miss."""
    trial = record.definition.params["trial"]
    began = zero + (row.stimulus_time or 0.0)  # the engine counts from there on
    first, last = began + trial["reward_time"], began + trial["stimulus_time"]
    licks = [at for at in _touches(lines["lick"]) if began <= at < between[1]]
    counted = any(first <= at < last for at in licks)
    unsure = any(abs(at - border) < NEAR for at in licks for border in (first, last))
    found.unsure += unsure
    responded = row.outcome in ("hit", "false_alarm")
    found.expect(counted == responded or unsure, row.trial,
                 f"{[round(at - began, 4) for at in licks]} were seen, "
                 f"outcome: {row.outcome}")  # fmt: skip
    end = between[0] + trial["stimulus_time"]
    vacuum = [each for each in _pulses(lines["vacuum"]) if between[0] <= each[0] < between[1]]
    found.expect(len(vacuum) == int(row.outcome == "miss"), row.trial,
                 f"the vacuum ran {len(vacuum)} times after a {row.outcome}")  # fmt: skip
    for rose, fell in vacuum:
        found.note("vacuum after the end of the stimuli", rose - end)
        found.note("length of the vacuum", fell - rose)


def _compare_times(
    found: Findings,
    record: SessionRecord,
    traces: Traces,
    lines: dict[str, list[tuple[float, bool]]],
    zero: float,
) -> None:
    """Compare each recorded time with what was seen, one by one, in order."""
    events = record.events
    licks = [(e.hardware_time, e.level) for e in events if isinstance(e, InputChanged)]
    syncs = [(e.hardware_time, e.level) for e in events if isinstance(e, SyncSwitched)]
    reports = [e for e in events if isinstance(e, DeviceReported)]
    ended = zero + max(event.engine_time for event in events)
    seen_licks = [each for each in lines["lick"] if zero <= each[0] < ended]
    _match(found, "lick", licks, seen_licks, zero)
    _pair(found, "sync line", syncs, lines["onset"], zero)
    called = [e.uncertainty for e in events if isinstance(e, SyncSwitched)]
    found.stated["sync line"] = [each + STATED["sync line"] for each in called]
    drops = [(e.hardware_time, True) for e in reports if e.what == "opening"]
    rose = [(at, True) for at, level in lines["valve"] if level]
    _pair(found, "reward", drops, rose, zero)
    sounds = [(e.hardware_time, True) for e in reports if e.what == "sound"]
    heard = [(began, True) for began, _ in traces.sounds]
    _pair(found, "sound onset", sounds, heard, zero)
    shown = [(e.hardware_time, True) for e in reports if e.what == "grating"]
    gratings = [each for each in traces.screen if each.orientation_deg is not None]
    looked = [((each.after + each.before) / 2, True) for each in gratings]
    _pair(found, "grating onset", shown, looked, zero)


def _pair(
    found: Findings,
    what: str,
    told: list[tuple[float, bool]],
    seen: list[tuple[float, bool]],
    zero: float,
) -> None:
    """Compare what was told with what was seen; there must be as many, in the same order."""
    levels = [level for _, level in told], [level for _, level in seen]
    is_same = levels[0] == levels[1]
    found.expect(is_same, 0, f"{what}: {len(told)} recorded, {len(seen)} seen, or another order")
    if is_same:
        pairs = zip(told, seen, strict=True)
        found.recorded[what] = [time + zero - at for (time, _), (at, _) in pairs]
        found.stated[what] = [STATED[what]] * len(told)


def _match(
    found: Findings,
    what: str,
    told: list[tuple[float, bool]],
    seen: list[tuple[float, bool]],
    zero: float,
) -> None:
    """Compare each edge that was told with the nearest one of its kind that was seen."""
    offs, met = [], set()
    for recorded, level in told:
        at = zero + recorded
        near = min(seen, key=lambda each: (each[1] != level, abs(each[0] - at)))
        offs.append(at - near[0])
        met.add(near)
    found.expect(all(abs(off) < SAME for off in offs), 0, f"{what}: an edge that nobody saw")
    found.expect(len(met) == len(told), 0, f"{what}: an edge was recorded twice")
    times = np.array([-np.inf, *(at for at, _ in seen), np.inf])
    apart = np.minimum(np.diff(times)[:-1], np.diff(times)[1:]) > BOUNCE
    lost = [each for each, is_apart in zip(seen, apart, strict=True)
            if is_apart and each not in met]  # fmt: skip
    found.expect(set(lost) <= set(seen[-LAST_LICKS:]), 0, f"{what}: {len(lost)} were not recorded")
    found.recorded[what] = offs
    found.stated[what] = [STATED[what]] * len(offs)


def _zero(record: SessionRecord) -> float:
    """Return the `time.perf_counter` at which the session's clock showed 0, by its best reading."""
    reads = [e for e in record.events if isinstance(e, ClockRead) and e.clock == "utc"]
    best = min(reads, key=lambda read: read.uncertainty)
    looks = []
    for _ in range(100):
        before, utc, after = time.perf_counter(), time.time(), time.perf_counter()
        looks.append((after - before, utc - (before + after) / 2))
    return best.reading - best.hardware_time - min(looks)[1]


def _touches(edges: list[tuple[float, bool]]) -> list[float]:
    """Return when the spout began to be touched, but for what a driver takes for bouncing."""
    return [
        at for index, (at, level) in enumerate(edges)
        if level and (index == 0 or at - edges[index - 1][0] > BOUNCE)
    ]  # fmt: skip


def _pulses(edges: list[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Return begin and end of each time in which a line was on."""
    rises = [at for at, level in edges if level]
    falls = [at for at, level in edges if not level]
    falls = [at for at in falls if rises and at > rises[0]]
    return list(zip(rises, falls, strict=False))


def told(found: Findings) -> str:
    """Return the distributions, in ms, as a table."""
    rows = [f"{found.trials} trials, {found.unsure} with a lick at a border of the window"]
    rows.append(", ".join(f"{name} {count}" for name, count in found.outcomes.items()))
    rows.append(f"{'seen from outside, ms':44}{'n':>6}{'least':>11}{'median':>11}{'most':>11}")
    for what, values in found.seen.items():
        low, middle, high = (1e3 * np.percentile(values, q) for q in (0, 50, 100))
        rows.append(f"{what:44}{len(values):6d}{low:11.3f}{middle:11.3f}{high:11.3f}")
    rows.append(f"{'recorded less seen, ms':44}{'n':>6}{'median':>11}{'95 %':>11}{'most':>11}"
                f"{'stated':>9}{'within':>9}")  # fmt: skip
    for what, values in found.recorded.items():
        off = 1e3 * np.abs(values)
        middle, far, most = (np.percentile(off, q) for q in (50, 95, 100))
        stated = 1e3 * float(np.median(found.stated[what]))
        rows.append(f"{what:44}{len(values):6d}{middle:11.3f}{far:11.3f}{most:11.3f}"
                    f"{stated:9.2f}{found.within(what):9.1%}")  # fmt: skip
    rows += [f"WRONG: {each}" for each in found.wrong]
    return "\n".join(rows)


def main() -> None:
    """Run a session under the oscilloscope, and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="12 short trials")
    parser.add_argument("--hurried", action="store_true", help="a whole one, intervals cut short")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mouserig-scope-") as folder:
        lab = oscilloscope_lab(Path(folder) / "lab", 0.5 if options.short else 2.5)
        protocol = SHORT if options.short else HURRIED if options.hurried else WHOLE
        record, traces = run(lab, protocol, options.seed)
        print(told(compare(record, traces, lab)))


if __name__ == "__main__":
    main()
