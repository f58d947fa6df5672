"""Streams looked through once: how many rows they have, when, and whether a rate tells that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rig.errors import Problem, RecordingError
from rig.frames import damaged
from rig.session_record import SessionRecord
from rig.streams import SUFFIX, BlockTime, Channel, Samples, StreamReader, StreamSpec

_DECIMALS = 9
"""Times whose differences agree to so many decimals have a constant rate, to nwbinspector."""


@dataclass(frozen=True)
class Survey:
    """A stream's file, looked through once.

    Attributes
    ----------
    path, spec
        The file, and what the stream is.
    rows
        Rows that can be read.
    blocks
        Where the blocks begin.
    damage
        What is wrong with the file, in words; empty if nothing is.
    sha256
        SHA-256 of the whole file.
    first_time
        Session's seconds of the first row.
    rate_hz
        The constant rate that tells the times of all rows; None if none does.
    """

    path: Path
    spec: StreamSpec
    rows: int
    blocks: tuple[BlockTime, ...]
    damage: str
    sha256: str
    first_time: float
    rate_hz: float | None

    def channels_of_data(self) -> Iterator[tuple[int, Channel]]:
        """Return the channels with their numbers, but for the one that holds the times.

        Of a stream of nothing but times, these are the data.
        """
        only_times = len(self.spec.channels) == 1 and not self.spec.external_file
        for number, channel in enumerate(self.spec.channels):
            if self.spec.rate_hz is not None or number > 0 or only_times:
                yield number, channel

    def blocks_again(self) -> Iterator[tuple[int, Samples]]:
        """Return the first row and the samples, ``(rows, channels)``, of each sound block."""
        for block, samples in StreamReader(self.path):
            yield block.row, samples
            if block.row + len(samples) >= self.rows:
                return

    def times(self, row: int, samples: Samples) -> npt.NDArray[np.float64]:
        """Return the session's seconds of some rows, ``(rows,)``, to the microsecond.

        Parameters
        ----------
        row
            Number of the first one.
        samples
            The rows, ``(rows, channels)``.
        """
        if self.spec.rate_hz is None:
            return own_times(self.spec, samples)
        rows = np.arange(row, row + len(samples), dtype=np.float64)
        begins = np.array([block.row for block in self.blocks], dtype=np.float64)
        times = np.array([block.time for block in self.blocks])
        behind = np.maximum(rows - begins[-1], 0.0) / self.spec.rate_hz
        return np.asarray(np.round(np.interp(rows, begins, times) + behind, 6))


def surveys_of(record: SessionRecord) -> tuple[list[Survey], list[Problem]]:
    """Return the streams of a session, and what is wrong with any of them."""
    files = {path.stem: path for path in sorted(record.folder.streams.glob(f"*{SUFFIX}"))}
    files |= {
        spec.name: record.folder.streams / f"{spec.name}{SUFFIX}"
        for spec in record.definition.streams
    }
    surveys, problems = [], []
    for path in files.values():
        try:
            found = survey(path)
        except RecordingError as error:
            do = "This signal is not exported."
            problems.append(Problem(error.what, error.where, do, "warning"))
            continue
        if found.damage:
            do = "All before that place is exported. `rig recover` may mend it."
            problems.append(Problem(found.damage, str(path), do, "warning"))
        surveys.append(found)
    return surveys, problems


def survey(path: Path) -> Survey:
    """Look through a stream's file, as far as it can be read.

    Raises
    ------
    RecordingError
        If not even its description can be read.
    """
    reader = StreamReader(path)
    steps = _Steps()
    blocks, rows, damage = [], 0, ""
    try:
        for block, samples in reader:
            blocks.append(block)
            rows += len(samples)
            if reader.spec is not None and reader.spec.rate_hz is None:
                steps.add(own_times(reader.spec, samples))
    except RecordingError as error:
        if reader.spec is None:
            raise
        damage = error.what
    if reader.spec is None:
        raise damaged("stream", "it is empty", str(path))
    if reader.spec.rate_hz is None:
        first, rate = steps.first, steps.rate_hz(rows)
    else:
        first = blocks[0].time if blocks else 0.0
        rate = _rate(blocks, reader.spec.rate_hz)
    sha256 = _digest(path)
    return Survey(path, reader.spec, rows, tuple(blocks), damage, sha256, first, rate)


def own_times(spec: StreamSpec, samples: Samples) -> npt.NDArray[np.float64]:
    """Return the times, ``(rows,)``, of rows that hold them in their first channel."""
    channel = spec.channels[0]
    return np.asarray(samples[:, 0] * channel.scale + channel.offset, dtype=np.float64)


class _Steps:
    """The differences between times that come block by block."""

    def __init__(self) -> None:
        self.first = 0.0
        self._last: float | None = None
        self._steps: set[float] = set()

    def add(self, times: npt.NDArray[np.float64]) -> None:
        """Take in the times of a block."""
        if self._last is None:
            self.first = float(times[0])
            between = np.diff(times)
        else:
            between = np.diff(times, prepend=self._last)
        self._last = float(times[-1])
        if len(self._steps) < 2:
            self._steps |= set(between.round(_DECIMALS).tolist())

    def rate_hz(self, rows: int) -> float | None:
        """Return the rate, if all steps are the same."""
        if rows < 3 or self._last is None or len(self._steps) > 1 or self._last <= self.first:
            return None
        return (rows - 1) / (self._last - self.first)


def _rate(blocks: list[BlockTime], rate_hz: float) -> float | None:
    """Return the rate that tells the times of all blocks to within half a sample, if one does.

    A card keeps nearly the rate that it was asked for, and then it is that one; or another one.
    """
    begins = np.array([block.row for block in blocks], dtype=np.float64)
    times = np.array([block.time for block in blocks])
    rates = [rate_hz]
    if len(blocks) > 1 and times[-1] > times[0]:
        rates.append(float((begins[-1] - begins[0]) / (times[-1] - times[0])))
    for rate in rates:
        if np.all(np.abs(times - times[:1] - (begins - begins[:1]) / rate) <= 0.5 / rate_hz):
            return rate
    return None


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
