"""Makes damaged journals and streams anew from a sealed HDF5 file, where that proves to be whole.

The HDF5 file keeps the digests of what it was made from. What is made from it is put in place
only if it has the same digest, and so is the same byte for byte.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import h5py

from rig.errors import RecordingError
from rig.events import Header
from rig.frames import FrameWriter
from rig.hdf5_reading import read_hdf5
from rig.journal import MAGIC, frame
from rig.streams import STREAM_MAGIC, StreamSpec, pack_block, pack_spec


def restore_journal(hdf5: Path, header: Header | None, target: Path) -> bool:
    """Write the journal that a sealed HDF5 file was made from.

    Parameters
    ----------
    hdf5
        The HDF5 file; it may be missing, unsealed or damaged.
    header
        The header that the journal had, so that no other session takes its place; None if that
        cannot be read.
    target
        The new file.

    Returns
    -------
    bool
        Whether the journal was restored byte for byte; there is no new file otherwise.
    """
    try:
        first, *others = read_hdf5(hdf5)
        with h5py.File(hdf5, "r") as file:
            wanted = file.attrs["journal_sha256"]
    except (OSError, KeyError, RecordingError):
        return False
    if header not in (None, first):
        return False
    with _new(FrameWriter(target, MAGIC, frame(first)), target, wanted) as writer:
        for record in others:
            writer.append(frame(record))
    return target.exists()


def restore_stream(hdf5: Path, spec: StreamSpec, sha256: str, target: Path) -> bool:
    """Write the stream's file that a sealed HDF5 file was made from; see `restore_journal`.

    `sha256` is the digest that the journal tells of its blocks.
    """
    try:
        with h5py.File(hdf5, "r") as file:
            signal = file[f"signals/{spec.name}"]
            samples, blocks = signal["samples"], signal["blocks"]
            writer = FrameWriter(target, STREAM_MAGIC, pack_spec(spec))
            with _new(writer, target, sha256):
                begins = [*blocks["row"].tolist(), len(samples)]
                for number, time in enumerate(blocks["time"].tolist()):
                    row, end = begins[number], begins[number + 1]
                    writer.append(pack_block(row, time, samples[row:end]))
    except (OSError, KeyError):
        return False
    return target.exists()


@contextlib.contextmanager
def _new(writer: FrameWriter, target: Path, wanted: str) -> Iterator[FrameWriter]:
    """Write a new file; keep it only if it has the wanted digest."""
    kept = False
    try:
        yield writer
        writer.sync()
        kept = writer.digest.hexdigest() == wanted
    finally:
        writer.close()
        if not kept:
            target.unlink(missing_ok=True)
