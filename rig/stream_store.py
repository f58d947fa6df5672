"""Where the devices of a session put what they sample: a file for each stream."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from rig.errors import RecordingError
from rig.frames import FrameWriter
from rig.streams import STREAM_MAGIC, SUFFIX, Samples, StreamSpec, pack_block, pack_spec


class StreamSink(Protocol):
    """Takes what devices sample."""

    def write(self, stream: str, samples: Samples, time: float) -> None:
        """Keep rows of a stream.

        Parameters
        ----------
        stream
            Name of the stream.
        samples
            ``(rows, channels)`` of the stream's type; a tenth of a second is a good length.
        time
            Session's seconds of the first row.
        """


class Drain:
    """Lets everything go: for rehearsals and checks."""

    def write(self, stream: str, samples: Samples, time: float) -> None:
        """Keep nothing."""


class StreamStore:
    """The files of all streams of a session.

    A stream is written by one thread, that of its device, so that compressing and writing never
    hold up the loop. Before `begin` and behind `end` nothing is kept, and nothing more of a stream
    whose file could not be written: what came behind its torn end could not be read.
    """

    def __init__(self) -> None:
        self._streams: dict[str, _Written] = {}
        self._ended = False
        self._lock = threading.Lock()

    def begin(self, folder: Path, specs: Sequence[StreamSpec]) -> None:
        """Make the files; raise `RecordingError` if one cannot be written."""
        if specs:
            folder.mkdir(exist_ok=True)
        for spec in specs:
            self._streams[spec.name] = _Written(spec, folder / f"{spec.name}{SUFFIX}")

    def write(self, stream: str, samples: Samples, time: float) -> None:
        """Keep rows of a stream; see `StreamSink`.

        Raises
        ------
        RecordingError
            If the file cannot be written; that is told once.
        ValueError
            If the samples have another shape or type than the stream.
        """
        with self._lock:
            written = self._streams.get(stream)
            if written is not None and len(samples) and not self._ended and not written.torn:
                written.write(samples, time)

    def files(self) -> Iterator[FrameWriter]:
        """Return the files, to be forced to the disk."""
        for written in self._streams.values():
            yield written.file

    def end(self) -> list[tuple[str, int, str]]:
        """Keep nothing any more; return name, number of rows and digest of each stream."""
        with self._lock:
            self._ended = True
        return [
            (name, written.rows, written.file.digest.hexdigest())
            for name, written in self._streams.items()
        ]

    def close(self) -> None:
        """Close all files; closing again does nothing."""
        for written in self._streams.values():
            written.file.close()


class _Written:
    """One stream that is written."""

    def __init__(self, spec: StreamSpec, path: Path) -> None:
        self.rows = 0
        self.torn = False
        self.file = FrameWriter(path, STREAM_MAGIC, pack_spec(spec))
        self._shape = (len(spec.channels),)
        self._dtype = np.dtype(spec.dtype)

    def write(self, samples: Samples, time: float) -> None:
        if samples.shape[1:] != self._shape or samples.dtype != self._dtype:
            raise ValueError(
                f"samples of shape {samples.shape} and type {samples.dtype} do not fit a stream "
                f"of {self._shape[0]} channels of type {self._dtype}"
            )
        try:
            self.file.append(pack_block(self.rows, time, samples))
        except RecordingError:
            self.torn = True
            raise
        self.rows += len(samples)
