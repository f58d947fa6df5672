"""Training of many networks over the cores of a computer, which can be stopped and resumed.

Each core trains one network at a time, in a thread of its own. On one computer a training that
was resumed ends in the same bits as one that ran through.
"""

from __future__ import annotations

import os
import threading
import zipfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import ModelError
from models.network import Network
from models.network_training import PUBLISHED, SLICE, Trained, Trainer, Training

SAVED_EVERY = 500
"""Epochs between two checkpoints of a network."""
EnsembleReport = Callable[[int, int], None]
"""Is told the seed of a network and how many of its epochs are done, in the thread of its own."""


@dataclass(frozen=True)
class Ensemble:
    """What the training of many networks made.

    Attributes
    ----------
    networks
        By seed.
    failed
        Why a network could not be trained, by seed; the others were trained without it.
    """

    networks: Mapping[int, Trained]
    failed: Mapping[int, str]


def train_ensemble(
    seeds: Iterable[int],
    options: Training = PUBLISHED,
    folder: Path | None = None,
    workers: int | None = None,
    report: EnsembleReport | None = None,
) -> Ensemble:
    """Train a network for each seed.

    Parameters
    ----------
    seeds
        Of the initial weights.
    options
        How they are trained.
    folder
        Where checkpoints are kept. Call it again with the same folder to go on where it stopped.
    workers
        Networks at a time; all cores if not given.
    report
        Is told how far they are.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()

    def one(seed: int) -> Trained:
        path = None if folder is None else folder / f"network_{seed}.npz"
        trainer = Trainer(Network.initial(seed, options.units, options.output), options)
        if path is not None and path.exists():
            restore(trainer, path)
        while trainer.epoch < options.epochs and not stop.is_set():
            trainer.run(SLICE)
            if path is not None and trainer.epoch % SAVED_EVERY == 0:
                save(trainer, path)
            if report is not None:
                report(seed, trainer.epoch)
        if path is not None:
            save(trainer, path)
        return trainer.result()

    networks: dict[int, Trained] = {}
    failed: dict[int, str] = {}
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        futures: dict[Future[Trained], int] = {pool.submit(one, seed): seed for seed in seeds}
        try:
            for future in as_completed(futures):
                try:
                    networks[futures[future]] = future.result()
                except (ModelError, OSError) as error:
                    failed[futures[future]] = str(error)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    return Ensemble(dict(sorted(networks.items())), dict(sorted(failed.items())))


def save(trainer: Trainer, path: Path) -> None:
    """Write a checkpoint; the one before it stays whole until this one is."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(
            file,
            options=np.array(repr(trainer.options)),
            epoch=trainer.epoch,
            seconds=trainer.seconds,
            weights=trainer.weights,
            mean=trainer.mean,
            square=trainer.square,
            course=trainer.course,
            kept=trainer.kept,
        )
    part.replace(path)


def restore(trainer: Trainer, path: Path) -> None:
    """Let a trainer go on from a checkpoint.

    Raises
    ------
    ModelError
        If the file is none, or one of a training with other options.
    """
    try:
        with np.load(path) as saved:
            options = str(saved["options"])
            epoch, seconds = int(saved["epoch"]), float(saved["seconds"])
            arrays = {name: saved[name] for name in ("weights", "mean", "square", "course", "kept")}
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path.name} is no checkpoint ({error})", "Delete it.") from error
    if options != repr(trainer.options):
        raise ModelError(
            f"{path.name} is a checkpoint of {options}, not of {trainer.options!r}",
            "Give the options that it was made with, or another folder.",
        )
    trainer.epoch, trainer.seconds = epoch, seconds
    for own, array in (
        (trainer.weights, arrays["weights"]),
        (trainer.mean, arrays["mean"]),
        (trainer.square, arrays["square"]),
        (trainer.course, arrays["course"]),
        (trainer.kept, arrays["kept"]),
    ):
        own[...] = array
