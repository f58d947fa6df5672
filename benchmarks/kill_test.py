"""Kills engine, logger and both at random moments of flooded sessions, and counts what is lost.

``python -m benchmarks.kill_test --kills 1000``. A session is flooded with events by its virtual
mouse. What was told of it to a listener, or called safe by a heartbeat, is acknowledged; after
the kill the session is recovered, and every acknowledged event must be there once, in its place.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.flood import flood_lab
from benchmarks.kill_checks import Verdict, judge
from benchmarks.kill_victim import Victim
from rig.errors import ExitCode
from rig.hdf5_file import is_sealed
from rig.journal import digest
from rig.lab import Lab
from rig.logger_link import RESTARTS

MOMENTS = ("start-up", "running", "running", "running", "sealing", "restart")
SHARES = {"engine": 0.35, "logger": 0.4, "both": 0.25}
"""What is killed, and in which share of the kills."""


class Sum(NamedTuple):
    """What all kills of one sort came to; see `Verdict`."""

    kills: int = 0
    sessions: int = 0
    acknowledged: int = 0
    kept: int = 0
    lost: int = 0
    double: int = 0
    wrong: int = 0


def total(sums: Iterable[Sum]) -> Sum:
    """Return what several sorts of kills came to together."""
    return Sum(*map(sum, zip(*sums, strict=True)))


def main() -> int:
    """Run the kill test; return 0 if nothing was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="sessions at a time")
    arguments = parser.parse_args()
    began = time.monotonic()
    jobs = range(arguments.jobs)
    kills = [arguments.kills * (job + 1) // len(jobs) for job in jobs]
    shares = [end - begin for begin, end in zip([0, *kills], kills, strict=False)]
    seeds = [arguments.seed * 100 + job for job in jobs]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(jobs), mp_context=spawn) as pool:
        found = list(pool.map(kill_share, shares, seeds))
    sums = {target: total(each[target] for each in found) for target in SHARES}
    print_table(sums, time.monotonic() - began)
    return int(any(each.lost or each.double or each.wrong for each in sums.values()))


def kill_share(kills: int, seed: int) -> dict[str, Sum]:
    """Kill so many times, one after the other; return what it came to, and print what is wrong."""
    chance = Random(seed)
    sums = dict.fromkeys(SHARES, Sum())
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        os.environ["TMPDIR"] = folder  # killed engines leave their sockets there
        multiprocessing.set_forkserver_preload(["benchmarks.kill_engine"])
        flooded = flood_lab(Path(folder) / "flooded")
        resting = flood_lab(Path(folder) / "resting", edges_per_s=6_000, rest=0.2)
        for target, share in SHARES.items():
            wanted = round(kills * share)
            while (left := wanted - sums[target].kills) > 0:
                if target == "logger":
                    killed, verdict = kill_loggers(resting, chance, left)
                else:
                    killed, verdict = 1, kill_engine(flooded, chance, target)
                sums[target] = total([sums[target], sum_of(killed, verdict)])
                done = total(sums.values()).kills
                print(f"seed {seed}: {done} of {kills} kills", file=sys.stderr, flush=True)
                for what in verdict.wrong:
                    print(f"{target}, seed {seed}, kill {wanted - left}: {what}", flush=True)
    return sums


def sum_of(kills: int, verdict: Verdict) -> Sum:
    """Return what the kills of one session came to."""
    return Sum(
        kills=kills,
        sessions=1,
        acknowledged=verdict.acknowledged,
        kept=verdict.kept,
        lost=verdict.lost,
        double=verdict.double,
        wrong=int(bool(verdict.wrong)),
    )


def kill_engine(lab: Lab, chance: Random, target: str) -> Verdict:
    """Kill an engine, or engine and logger, at a random moment; judge what is left."""
    while True:
        moment = chance.choice(MOMENTS)
        with Victim(lab) as victim:
            reach(victim, moment, chance)
            kills: list[Callable[[], object]] = [victim.kill_engine]
            if target == "both":
                kills.insert(chance.randrange(2), victim.kill_logger)
            logger = victim.logger()
            alive = victim.process.is_alive()
            if alive:
                for kill in kills:
                    kill()
            victim.wait_for_end()
            if alive and victim.process.exitcode == -9:
                verdict = judged(victim)
                wait_for_orphan(victim, logger, verdict)
                clear(lab)
                return verdict
        clear(lab)  # it had ended before it was killed


def reach(victim: Victim, moment: str, chance: Random) -> None:
    """Let the session come to the moment at which it is to be killed."""
    if moment == "start-up":
        victim.listen_for(chance.uniform(0.0, 0.7))
        return
    victim.wait_until_it_runs()
    victim.listen_for(chance.uniform(0.0, 0.6))
    if moment == "sealing":
        victim.stop()
        victim.listen_for(chance.uniform(0.0, 0.25))
    elif moment == "restart":
        victim.kill_logger()
        victim.listen_for(chance.uniform(0.0, 0.6))


def kill_loggers(lab: Lab, chance: Random, most: int) -> tuple[int, Verdict]:
    """Kill the loggers of one session one after the other; return how many, and judge the rest."""
    kills = 0
    wrong = []
    with Victim(lab) as victim:
        early = chance.random() < 0.1
        if early:
            victim.wait_for_logger(None)
            victim.listen_for(chance.uniform(0.0, 0.5))
            kills += victim.kill_logger() is not None
        elif not victim.wait_until_it_runs():
            wrong.append("the session does not begin")
        for _ in range(min(RESTARTS - early, most - kills)):
            if not victim.process.is_alive():
                break
            victim.listen_for(chance.uniform(0.0, 0.4))
            killed = victim.kill_logger()
            kills += killed is not None
            if victim.wait_for_logger(killed) is None:
                break
            if chance.random() < 0.7 and not victim.wait_until_caught_up():
                wrong.append("the logger does not catch up")
        at_sealing = kills < most and chance.random() < 0.25
        wrong += end(victim, chance, at_sealing=at_sealing)
        kills += at_sealing
        verdict = judged(victim)
        verdict.wrong += wrong
    clear(lab)
    return kills, verdict


def end(victim: Victim, chance: Random, *, at_sealing: bool) -> list[str]:
    """End a session whose loggers were killed; return what is wrong with its end."""
    folder = victim.folder
    if not victim.told.pieces:  # a session whose first logger was killed does not begin
        code = victim.wait_for_end()
        clean = code == ExitCode.RECORDING and folder is None
        return [] if clean else [f"a session that could not begin ended with {code}: {folder}"]
    assert folder is not None  # noqa: S101 (it has told something)
    caught_up = at_sealing or victim.wait_until_caught_up()
    live = folder.live_hdf5.stat().st_ino if folder.live_hdf5.exists() else 0
    victim.stop()
    if at_sealing:
        victim.listen_for(chance.uniform(0.0, 0.2))
        victim.kill_logger()
    code = victim.wait_for_end()
    wrong = [] if caught_up else ["the logger does not catch up"]
    if code != ExitCode.STOPPED:
        wrong.append(f"the session ended with {code}")
    if not folder.hdf5.exists():
        wrong.append("the file was not sealed")
    elif not at_sealing and folder.hdf5.stat().st_ino != live:
        wrong.append("the file was not sealed by the logger")
    return wrong


def judged(victim: Victim) -> Verdict:
    """Return the verdict on what a session has left."""
    folder = victim.folder
    verdict = judge(folder, victim.told) if folder is not None else Verdict()
    verdict.wrong += victim.wrong
    return verdict


def wait_for_orphan(victim: Victim, logger: int | None, verdict: Verdict) -> None:
    """See that a logger whose engine is gone ends, and has not harmed what was recovered."""
    end = time.monotonic() + 20
    while logger is not None and Path(f"/proc/{logger}/cmdline").exists():
        if not Path(f"/proc/{logger}/cmdline").read_bytes():
            break  # it has ended, and nobody has asked how
        if time.monotonic() > end:
            verdict.wrong.append("the logger has outlived its engine")
            return
        time.sleep(0.01)
    folder = victim.folder
    if folder is not None and verdict.acknowledged:
        if not is_sealed(folder.hdf5, digest(folder.journal)):
            verdict.wrong.append("what was recovered is not sealed any more")
        if folder.live_hdf5.exists() and logger is not None:
            verdict.wrong.append("a live file was left behind")


def clear(lab: Lab) -> None:
    """Remove the session that was judged."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(lab.data)


def print_table(sums: dict[str, Sum], seconds: float) -> None:
    """Print what all kills came to."""
    columns = ("killed", "kills", "sessions", "acknowledged", "kept beside", "lost", "double",
               "wrong")  # fmt: skip
    print(("{:<8}" + "{:>13}" * 7).format(*columns))
    for target, each in sums.items():
        values = (each.kills, each.sessions, each.acknowledged, each.kept, each.lost, each.double,
                  each.wrong)  # fmt: skip
        print(("{:<8}" + "{:>13,}" * 7).format(target, *values))
    print(f"{seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
