"""Stops, kills and freezes engines whose outputs are on, and looks from outside when they go off.

``python -m benchmarks.kill_outputs --moments 200``. An emulated NI card and an emulated projector
tell when each output changed. A session switches them on again and again; at a random moment
``rig run`` gets a signal. SIGINT and SIGTERM are the engine's own work; for SIGKILL, and for
SIGSTOP, which stands for an engine that hangs, it is the guardian's. Ends with 1 if an output was
on for too long.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from benchmarks.outputs_lab import LINES, READ_BACK, outputs_lab
from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.ni.client import EmulatedCard
from rig.errors import RecordingError
from rig.events import DeviceReported, Record
from rig.journal import read_records
from rig.lab import Lab
from rig.program import RIG_PROGRAM
from rig.session_folder import GUARDIAN_LOG, find_sessions

LIMIT = 0.1
"""Seconds within which an output is to be off."""
BRIEF, USUAL = 0.05, 0.5
"""Longest silences: one that keeps the limit when the engine hangs, and the default."""
PATIENCE = 60.0
PROJECTOR = "projector"
OUTPUTS = (*LINES, PROJECTOR)
HALF = 0.025
"""Seconds of a flash, and of the dark behind it."""
SAMPLE = 1e-4
"""Seconds between two samples of the line that reads the valve back."""


@dataclass(frozen=True)
class Sort:
    """A way to end a session: the signal, and the guardian's longest silence in seconds."""

    name: str
    signal: signal.Signals
    longest_silence: float = USUAL

    @property
    def limit(self) -> float:
        """Seconds within which outputs are to be off."""
        waits = self.signal is signal.SIGSTOP and self.longest_silence > BRIEF
        return LIMIT + (self.longest_silence if waits else 0.0)


SORTS = (
    Sort("SIGINT", signal.SIGINT),
    Sort("SIGTERM", signal.SIGTERM),
    Sort("SIGKILL", signal.SIGKILL),
    Sort(f"hang, {BRIEF:g} s", signal.SIGSTOP, BRIEF),
    Sort(f"hang, {USUAL:g} s", signal.SIGSTOP, USUAL),
)


@dataclass
class Kill:
    """What one kill came to.

    Attributes
    ----------
    off_after
        Output -> seconds from the signal until it was off for good; those that were off are not
        in it.
    still_on
        Outputs that did not go off.
    misses
        By how many seconds openings that nothing cut missed what was asked for: of each the width
        on the wire, and the one that the read-back recorded.
    log
        What the guardian told.
    too_soon
        Whether the outputs were closed before: on a busy computer an engine can be silent for as
        long as the brief silence. Such a kill does not count.
    """

    off_after: dict[str, float] = field(default_factory=dict)
    still_on: list[str] = field(default_factory=list)
    misses: list[tuple[float, float]] = field(default_factory=list)
    log: str = ""
    too_soon: bool = False


@dataclass(frozen=True)
class Outside:
    """The other end of the wires: the emulated card, and the emulated projector."""

    card: CardWires
    projector: EmulatedLightCrafter

    def edges(self, output: str, since: float) -> list[tuple[float, bool]]:
        """Return when an output went on and off since a time, and whether it was on by then.

        Times are those of `time.monotonic`; so are the projector's, on the systems of the tests.
        """
        if output in LINES:
            return self.card.history(LINES[output], since)
        changes = [(max(each.time, since), each.is_bright) for each in self.projector.light(since)]
        before = [(since, False), *changes]
        return [now for now, last in zip(changes, before, strict=False) if now[1] != last[1]]

    def on_now(self) -> list[str]:
        """Return the outputs that are on; a projector that flashes is."""
        on = [name for name, line in LINES.items() if _ends_on(self.card.history(line))]
        flashing = any(level for _, level in self.edges(PROJECTOR, time.monotonic() - 3 * HALF))
        return on + [PROJECTOR] * flashing


def _ends_on(edges: list[tuple[float, bool]]) -> bool:
    return bool(edges) and edges[-1][1]


@contextlib.contextmanager
def outside() -> Iterator[Outside]:
    """Start an emulated card, whose valve is wired to its read-back, and an emulated projector."""
    with EmulatedCard() as card, EmulatedLightCrafter() as projector:
        card.wire(LINES["valve"], READ_BACK)
        yield Outside(card, projector)


def kill_once(lab: Lab, world: Outside, how: signal.Signals, after: float) -> Kill:
    """Run a session, and give its engine a signal `after` seconds of outputs that are on.

    Raises
    ------
    RuntimeError
        If the session does not begin, or the outputs stay on for longer than a person would wait.
    """
    began = time.monotonic()
    arguments = ("--rig", "rigs/outputs.toml", "--protocol", "protocols/bright.toml")
    engine = subprocess.Popen(
        [*RIG_PROGRAM, "run", *arguments, "--subject", "M1"],
        cwd=lab.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        while not world.edges("led", began):
            if engine.poll() is not None or time.monotonic() > began + PATIENCE:
                told = engine.stderr.read().decode() if engine.stderr and engine.poll() else ""
                raise RuntimeError(f"the session did not begin: {told}")
            time.sleep(0.02)
        time.sleep(after)
        wall, at = datetime.now().astimezone(), time.monotonic()
        os.kill(engine.pid, how)
        found = _wait_until_off(world, at)
    finally:
        if how is signal.SIGSTOP:
            engine.kill()
        _wait_for_end(engine)
    folder = list(find_sessions(lab.data))[-1]
    found.log = _log_when_ended(folder.path / GUARDIAN_LOG)
    found.too_soon = any(_closed_at(line) < wall for line in found.log.splitlines())
    found.misses = _misses(world.card, folder.journal, began, at)
    return found


def _wait_until_off(world: Outside, at: float) -> Kill:
    """Wait until nothing is on any more, and a little longer: nothing may go on again."""
    end = time.monotonic() + 5.0
    while world.on_now() and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)
    found = Kill(still_on=world.on_now())
    for name in OUTPUTS:
        falls = [edge for edge, level in world.edges(name, at) if not level and edge > at]
        if name not in found.still_on and falls:
            found.off_after[name] = falls[-1] - at
    return found


def _wait_for_end(engine: subprocess.Popen[bytes]) -> None:
    """Wait until the engine has ended."""
    try:
        engine.wait(PATIENCE)
    finally:
        engine.kill()
        engine.wait()
        if engine.stderr is not None:
            engine.stderr.close()


def _log_when_ended(path: Path) -> str:
    """Return what the guardian has told, when it has told all."""
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        text = path.read_text(encoding="utf-8")
        after = text.partition("the engine is gone")[2]
        if "turned its outputs off" in text or "done within" in after:
            return text
        time.sleep(0.02)
    return path.read_text(encoding="utf-8")


def _closed_at(line: str) -> datetime:
    """Return when outputs were closed by a line of the log; far in the future if it tells of none.

    The log counts milliseconds.
    """
    time, _, words = line.partition(" ")
    if "closes every output" in words or "turned its outputs off" in words:
        return datetime.fromisoformat(time) + timedelta(milliseconds=1)
    return datetime.max.replace(tzinfo=UTC)


def _misses(card: CardWires, journal: Path, since: float, at: float) -> list[tuple[float, float]]:
    """Return by how much each opening of the valve that ended by itself missed its length.

    An opening that was still reported when the engine died is not in the record.
    """
    edges = card.history(LINES["valve"], since)
    rises = [pair for pair in pairwise(edges) if pair[0][1] and pair[1][0] < at]
    widths = [end - begin for (begin, _), (end, _) in rises]
    records: list[Record] = []
    with contextlib.suppress(RecordingError):  # the last record may be torn
        records.extend(read_records(journal))
    reports = [r for r in records if isinstance(r, DeviceReported) and r.device == "valve"]
    return [
        (abs(width - report.requested), abs(report.achieved - report.requested))
        for width, report in zip(widths, reports, strict=False)
    ]


def kill_share(moments: dict[str, int], seed: int) -> dict[str, list[Kill]]:
    """Kill so often in each way, one session after the other; return what came of each."""
    chance = Random(seed)
    found: dict[str, list[Kill]] = {}
    for sort in SORTS:
        with outside() as world, tempfile.TemporaryDirectory(prefix="kill-") as folder:
            path, silence = Path(folder) / "lab", sort.longest_silence
            lab = outputs_lab(path, world.card.address, world.projector.address, silence)
            found[sort.name] = []
            while sum(not kill.too_soon for kill in found[sort.name]) < moments[sort.name]:
                after = chance.uniform(0.0, 2.0)
                found[sort.name].append(kill_once(lab, world, sort.signal, after))
        print(f"seed {seed}: {sort.name} done", file=sys.stderr, flush=True)
    return found


def shares(moments: int, jobs: int) -> list[dict[str, int]]:
    """Return for each job how often it kills in each way: signals as often as asked for in all.

    Engines are frozen beside that: a fifth as often with the brief silence, a tenth with the usual.
    """
    parts = {sort.name: moments // 3 for sort in SORTS}
    parts[SORTS[0].name] += moments % 3
    for sort, share in ((SORTS[-2], 5), (SORTS[-1], 10)):
        parts[sort.name] = max(1, moments // share)
    each = [(name, count * (job + 1) // jobs - count * job // jobs)
            for job in range(jobs) for name, count in parts.items()]  # fmt: skip
    return [dict(each[begin : begin + len(parts)]) for begin in range(0, len(each), len(parts))]


def print_table(kills: dict[str, list[Kill]]) -> int:
    """Print what all kills came to; return how many outputs were on for too long."""
    columns = ("", "moments", "output", "was on", "median ms", "95 % ms", "worst ms", "too late")
    print(("{:<14}{:>8}  {:<10}" + "{:>10}" * 5).format(*columns))
    wrong = 0
    for sort in SORTS:
        counted = [kill for kill in kills[sort.name] if not kill.too_soon]
        for name in OUTPUTS:
            times = sorted(kill.off_after[name] for kill in counted if name in kill.off_after)
            stuck = sum(name in kill.still_on for kill in counted)
            late = stuck + sum(time > sort.limit for time in times)
            wrong += late
            row = f"{sort.name:<14}{len(counted):>8}  {name:<10}{len(times) + stuck:>10}"
            print(row + "".join(f"{ms:>10}" for ms in _in_ms(times)) + f"{late:>10}")
    every = [kill for each in kills.values() for kill in each]
    misses = [miss for kill in every if not kill.too_soon for miss in kill.misses]
    print(f"{sum(k.too_soon for k in every)} sessions had ended by themselves, and were run again")
    wire, read = (max((miss[i] for miss in misses), default=0.0) for i in (0, 1))
    print(f"{len(misses)} openings of the valve that nothing cut: off by {wire * 1e6:.1f} us on "
          f"the wire, by {read / SAMPLE:.2f} samples as read back, at most")  # fmt: skip
    return wrong + sum(read > 1.001 * SAMPLE for _, read in misses)


def _in_ms(times: list[float]) -> list[str]:
    """Return median, 95th percentile and longest of sorted seconds, as texts in milliseconds."""
    if not times:
        return ["-"] * 3
    high = times[int(0.95 * (len(times) - 1))]
    return [f"{each * 1e3:.1f}" for each in (statistics.median(times), high, times[-1])]


def main() -> int:
    """Run the kills and print what they came to; return 0 if every output went off in time."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moments", type=int, default=200, help="of signals, in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="sessions at a time")
    arguments = parser.parse_args()
    parts = shares(arguments.moments, arguments.jobs)
    seeds = [arguments.seed * 100 + job for job in range(arguments.jobs)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(parts), mp_context=spawn) as pool:
        found = list(pool.map(kill_share, parts, seeds))
    kills = {s.name: [kill for each in found for kill in each[s.name]] for s in SORTS}
    return int(print_table(kills) > 0)


if __name__ == "__main__":
    sys.exit(main())
