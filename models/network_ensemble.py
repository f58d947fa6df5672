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
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import ModelError
from models.network import Network
from models.network_products import Array
from models.network_training import PUBLISHED, SLICE, Report, Trained, Trainer, Training

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
        Is told how far they are. What it raises stops all of them, and what they did is saved.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()

    def one(seed: int) -> Trained:
        path = None if folder is None else folder / f"network_{seed}.npz"
        trainer = Trainer(Network.initial(seed, options.units, options.output), options)
        if path is not None and path.exists():
            restore(trainer, path)
        _run(trainer, path, stop, None if report is None else partial(report, seed))
        return trainer.result()

    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        futures = {pool.submit(one, seed): seed for seed in dict.fromkeys(seeds)}
        try:
            return _gathered(futures)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _run(trainer: Trainer, path: Path | None, stop: threading.Event, report: Report | None) -> None:
    """Train to the end or until `stop`, and save what was done, whatever ends it."""
    try:
        while trainer.epoch < trainer.options.epochs and not stop.is_set():
            trainer.run(SLICE)
            if path is not None and trainer.epoch % SAVED_EVERY == 0:
                save(trainer, path)
            if report is not None:
                report(trainer.epoch)
    finally:
        if path is not None and trainer.finite:
            save(trainer, path)


def _gathered(futures: Mapping[Future[Trained], int]) -> Ensemble:
    """Return what became of the networks, by seed, when all have ended."""
    networks: dict[int, Trained] = {}
    failed: dict[int, str] = {}
    for future in as_completed(futures):
        try:
            networks[futures[future]] = future.result()
        except (ModelError, OSError) as error:
            failed[futures[future]] = str(error)
    return Ensemble(dict(sorted(networks.items())), dict(sorted(failed.items())))


def save(trainer: Trainer, path: Path) -> None:
    """Write a checkpoint; the one before it stays whole until this one is."""
    whole: dict[str, Any] = {
        "options": np.array(repr(trainer.options)),
        "epoch": trainer.epoch,
        "seconds": trainer.seconds,
        **_arrays(trainer),
    }
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **whole)
    part.replace(path)


def restore(trainer: Trainer, path: Path) -> None:
    """Let a trainer go on from a checkpoint.

    Raises
    ------
    ModelError
        If the file is none, or one of a training with other options.
    """
    own = _arrays(trainer)
    try:
        with path.open("rb") as file, np.load(file) as saved:
            options = str(saved["options"])
            epoch, seconds = int(saved["epoch"]), float(saved["seconds"])
            arrays = {name: saved[name] for name in own}
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path.name} is no checkpoint ({error})", "Delete it.") from error
    if options != repr(trainer.options):
        raise ModelError(
            f"{path.name} is a checkpoint of {options}, not of {trainer.options!r}",
            "Give the options that it was made with, or another folder.",
        )
    if any(arrays[name].shape != array.shape for name, array in own.items()):
        raise ModelError(f"{path.name} is no checkpoint (shapes do not fit)", "Delete it.")
    trainer.epoch, trainer.seconds = epoch, seconds
    for name, array in own.items():
        array[...] = arrays[name]


def _arrays(trainer: Trainer) -> dict[str, Array]:
    """Return the arrays of a trainer by which it goes on."""
    return {
        "weights": trainer.weights,
        "mean": trainer.mean,
        "square": trainer.square,
        "course": trainer.course,
        "kept": trainer.kept,
    }
