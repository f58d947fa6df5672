"""The signals in a session's HDF5 file: what the stream files hold, in chunks and compressed.

``/signals/NAME`` has a dataset ``samples`` of rows and channels, with the stream's description as
JSON in its attribute ``spec``, and a dataset ``blocks`` that tells when the rows were sampled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import h5py
import msgspec
import numpy as np

from rig.errors import RecordingError
from rig.frames import damaged, pack, split
from rig.hdf5_layout import BLOCKS
from rig.streams import STREAM_MAGIC, SUFFIX, Samples, StreamDecoder, StreamSpec
from rig.tail import Tail

CHUNK_BYTES = 128 * 1024


class Hdf5Signals:
    """Takes the blocks of all streams of a session into its HDF5 file.

    Parameters
    ----------
    file
        The open HDF5 file.
    folder
        Folder with the streams' own files.
    """

    def __init__(self, file: h5py.File, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._signals: list[_Signal] = []

    def begin(self, specs: Sequence[StreamSpec]) -> None:
        """Make room for the streams that the session records."""
        for spec in specs:
            group = self._file.create_group(f"signals/{spec.name}")
            self._signals.append(_Signal(group, spec, self._folder / f"{spec.name}{SUFFIX}"))

    def take_new_blocks(self) -> None:
        """Take in what the streams' files hold that was not there before."""
        for signal in self._signals:
            signal.take_new_blocks()

    def seal(self) -> None:
        """Write down how much each stream holds, and the digest of what it was made from."""
        for signal in self._signals:
            signal.seal()


class _Signal:
    """One stream in the HDF5 file."""

    def __init__(self, group: h5py.Group, spec: StreamSpec, path: Path) -> None:
        row_bytes = len(spec.channels) * np.dtype(spec.dtype).itemsize
        self._spec = spec
        self._path = path
        self._tail = Tail(path, STREAM_MAGIC)
        self._decoder = StreamDecoder(str(path))
        self._sha = hashlib.sha256()
        self._damage = ""
        self._samples = group.create_dataset(
            "samples",
            (0, len(spec.channels)),
            spec.dtype,
            maxshape=(None, len(spec.channels)),
            chunks=(max(1, CHUNK_BYTES // row_bytes), len(spec.channels)),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
            fletcher32=True,
        )
        self._samples.attrs["spec"] = msgspec.json.encode(spec).decode()
        self._blocks = group.create_dataset(
            "blocks", (0,), BLOCKS, maxshape=(None,), chunks=(1024,), fletcher32=True
        )

    def take_new_blocks(self) -> None:
        """Take in what is new; behind a damaged place nothing is taken in any more."""
        if self._damage or not self._path.exists():
            return
        try:
            for piece in self._tail.read():
                self._take(piece)
        except RecordingError as error:
            self._damage = str(error)

    def _take(self, piece: bytes) -> None:
        """Take in some whole frames of the file."""
        parts: list[Samples] = []
        begins: list[tuple[int, float]] = []
        for payload in split(piece):
            block = self._decoder.take(payload)
            if block is None:  # the description, which is no block
                if self._decoder.spec != self._spec:
                    raise damaged("stream", "it is that of another stream", str(self._path))
                continue
            self._sha.update(pack(payload))
            begins.append((block[0].row, block[0].time))
            parts.append(block[1])
        if parts:
            _append(self._samples, np.concatenate(parts))
            _append(self._blocks, np.array(begins, dtype=BLOCKS))

    def seal(self) -> None:
        """Write down the number of rows, the digest of the blocks, and what is damaged."""
        self._samples.attrs["rows"] = len(self._samples)
        self._samples.attrs["sha256"] = self._sha.hexdigest()
        self._samples.attrs["damage"] = self._damage


def _append(dataset: h5py.Dataset, rows: Samples) -> None:
    dataset.resize(len(dataset) + len(rows), axis=0)
    dataset[-len(rows) :] = rows
