"""Train the 100 networks of Hajnal et al. 2024, check what they show, and write their page.

``python -m benchmarks.network_ensemble`` (``make networks``), ten minutes of two cores. A run that
was stopped goes on where it was. It ends with 1 if the ensemble is not as it should be.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.network_page import write
from benchmarks.network_results import DECODED, bands, results
from models.network_ensemble import Ensemble, train_ensemble
from models.network_training import PUBLISHED

FIRST_SEED = 101
COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())


def main() -> int:
    """Train, check and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--folder", type=Path, default=Path("networks"), help="of checkpoints")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    began = time.monotonic()
    with Progress(*COLUMNS, TimeRemainingColumn()) as progress:
        ensemble = _trained(progress, given.networks, given.folder, given.workers)
        trained = time.monotonic() - began
        looking = progress.add_task("looking", total=given.networks + DECODED)
        found = results(ensemble.networks, lambda: progress.advance(looking))
    for seed, why in ensemble.failed.items():
        print(f"network {seed} failed: {why}")
    seconds = [each.seconds for each in ensemble.networks.values()]
    cost = (
        f"{len(seconds)} networks took {sum(seconds):.0f} s of processor time to train, "
        f"{sum(seconds) / len(seconds):.1f} s each."
    )
    print(cost, f"{trained:.0f} s passed, with {given.workers} at a time.")
    write(found, cost)
    for band in bands(found):
        print(f"{'met   ' if band.met else 'MISSED'}  {band.what}: {band.found}")
    return int(bool(ensemble.failed) or not all(band.met for band in bands(found)))


def _trained(progress: Progress, networks: int, folder: Path, workers: int) -> Ensemble:
    training = progress.add_task("epochs", total=networks * PUBLISHED.epochs)
    done: dict[int, int] = {}

    def report(seed: int, epoch: int) -> None:
        done[seed] = epoch
        progress.update(training, completed=sum(list(done.values())))

    seeds = range(FIRST_SEED, FIRST_SEED + networks)
    return train_ensemble(seeds, folder=folder, workers=workers, report=report)


if __name__ == "__main__":
    raise SystemExit(main())
