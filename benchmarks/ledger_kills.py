"""Kills sessions with rewards, and the programs that enter their water, and counts what is lost.

``python -m benchmarks.ledger_kills --kills 300``, or ``make drops``. Engine, poster or both are
killed at random moments. The session is recovered then, and the ledger reconciled: its drops must
be those of the journal, each of them once.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from multiprocessing.context import ForkServerProcess
from random import Random
from typing import NamedTuple

import sqlalchemy as sa

from benchmarks.lab import bench_lab
from benchmarks.ledger_victims import make_eager, run_engine, run_poster
from rig.errors import RecordingError
from rig.events import DeviceReported, Header
from rig.journal import read_records
from rig.lab import Lab
from rig.ledger.posting import session_id
from rig.ledger.store import begin_ledger, open_ledger
from rig.ledger.tables import drops
from rig.ledger.taking_in import take_in_sessions
from rig.recovery import recover
from rig.session_folder import SessionFolder, find_sessions

TARGETS = ("engine", "poster", "both")
TRIALS = 100_000
LONGEST = 2.0
"""Seconds that a session runs before something is killed, at most."""
PATIENCE = 60.0
_STEP = 0.01


class Verdict(NamedTuple):
    """What the kills of one sort came to.

    `entered` drops were in the ledger before recovery; `extra` are in it, and in no journal.
    """

    kills: int = 0
    drops: int = 0
    entered: int = 0
    lost: int = 0
    double: int = 0
    extra: int = 0


def main() -> int:
    """Run the kill test; return 0 if no drop was lost or counted twice."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance, found = Random(arguments.seed), dict.fromkeys(TARGETS, Verdict())
    multiprocessing.set_forkserver_preload(["benchmarks.ledger_victims"])
    with tempfile.TemporaryDirectory(prefix="drops-") as folder, bench_lab(TRIALS) as lab:
        os.environ["TMPDIR"] = folder  # killed engines leave their sockets there
        make_eager(lab)
        begin_ledger(lab).close()
        for number in range(arguments.kills):
            target = TARGETS[number % len(TARGETS)]
            one = kill_once(lab, chance, target)
            found[target] = Verdict(*map(sum, zip(found[target], one, strict=True)))
            print(f"{number + 1} of {arguments.kills} kills", file=sys.stderr, flush=True)
    print(f"{'killed':<8}" + "".join(f"{name:>9}" for name in Verdict._fields))
    for target, sums in found.items():
        print(f"{target:<8}" + "".join(f"{count:>9,}" for count in sums))
    return int(any(sums.lost or sums.double or sums.extra for sums in found.values()))


def kill_once(lab: Lab, chance: Random, target: str) -> Verdict:
    """Run a session, kill what is to be killed, recover it, and compare ledger and journal."""
    context = multiprocessing.get_context("forkserver")
    engine = context.Process(target=run_engine, args=(str(lab.folder),), daemon=True)
    engine.start()
    folder = _begun(lab)
    poster = context.Process(
        target=run_poster, args=(str(lab.folder), str(folder.path)), daemon=True
    )
    poster.start()
    time.sleep(chance.uniform(0.1, LONGEST))
    if target != "engine":
        _kill(poster)
        time.sleep(0.2 if target == "poster" else 0.0)
    _kill(engine)
    if target == "engine":
        poster.join(PATIENCE)
    entered = _ledger(lab, folder)
    recover(folder)
    with open_ledger(lab) as ledger:
        take_in_sessions(ledger, lab)
    wanted, got = _journal(folder), _ledger(lab, folder)
    shutil.rmtree(folder.path)
    return Verdict(
        kills=1,
        drops=len(wanted),
        entered=len(entered),
        lost=len(set(wanted) - set(got)),
        double=len(got) - len(set(got)),
        extra=len(set(got) - set(wanted)),
    )


def _begun(lab: Lab) -> SessionFolder:
    """Return the session as soon as its first drop is in the journal."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for folder in find_sessions(lab.data):
            if _journal(folder):
                return folder
        time.sleep(_STEP)
    raise TimeoutError("the session gives no drop")


def _journal(folder: SessionFolder) -> list[tuple[int, float]]:
    """Return the drops of a journal, as far as it can be read: number of the event, volume."""
    reports: list[DeviceReported] = []
    with contextlib.suppress(RecordingError, OSError):  # its end is just being written
        reports.extend(r for r in read_records(folder.journal) if isinstance(r, DeviceReported))
    return [(each.seq, each.volume_ul) for each in reports if each.volume_ul]


def _ledger(lab: Lab, folder: SessionFolder) -> list[tuple[int, float]]:
    """Return the drops of a session in the ledger."""
    header = next(iter(read_records(folder.journal)))
    session = session_id(header) if isinstance(header, Header) else ""
    query = sa.select(drops.c.seq, drops.c.volume_ul).where(drops.c.session == session)
    with open_ledger(lab) as ledger, ledger.reading() as connection:
        return [(row.seq, row.volume_ul) for row in connection.execute(query)]


def _kill(process: ForkServerProcess) -> None:
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()


if __name__ == "__main__":
    sys.exit(main())
