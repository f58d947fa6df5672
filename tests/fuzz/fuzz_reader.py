"""Tries readers and recovery with damaged records: ``python tests/fuzz/fuzz_reader.py -runs=1000``.

An input is one byte for the mode, then the rest: what a file holds behind its first line, either
as it is, or as payloads (length as u16, then the payload) that are made into frames with a right
checksum, so that what stands behind the checksum is tried too. Nothing but a `RecordingError` may
come out, and no event out of its order. Options are those of libFuzzer.
"""

from __future__ import annotations

import contextlib
import shutil
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rig"]):
    import msgspec
    import numpy as np

    from rig.errors import RecordingError
    from rig.events import Definition, Header, InputChanged, StreamEnded, TrialEnded, encode
    from rig.frames import pack, split
    from rig.hdf5_file import is_sealed
    from rig.hdf5_reading import read_trials
    from rig.journal import MAGIC, digest, read_frames, records_of
    from rig.recovery import recover
    from rig.session_folder import SessionFolder
    from rig.session_record import load_session
    from rig.streams import (
        STREAM_MAGIC,
        Channel,
        StreamReader,
        StreamSpec,
        pack_block,
        pack_spec,
        read_stream,
    )

_LENGTH = struct.Struct("<H")
_RAW_JOURNAL, _JOURNAL, _RAW_STREAM, _STREAM, _RECOVER, _RECOVER_STREAM = range(6)
SPEC = StreamSpec("wheel", "wheel", "m", (Channel("a", "V"), Channel("b", "V")), "<i2", 100.0)
HEADER = Header(3, "M1/2026-01-01/1", "2026-01-01T09:00:00+01:00", "pc", "3", "0", None, None, "")
DEFINITION = Definition(
    "box1", "M1", "go", "p:P", "", "", "", "", "", {}, {}, {"a": 1}, {}, {}, (), {}, None, {}, {},
    1, "virtual", streams=(SPEC,),
)  # fmt: skip
HEAD = [encode(HEADER), encode(DEFINITION)]
EVENTS = [
    encode(InputChanged(1, 0.1, 0.1, 1, "lick", level=True)),
    encode(TrialEnded(2, 0.2, 0.2, 1, "timeout", "hit", aborted=False, measures={"licks": 2.0})),
    encode(StreamEnded(3, 0.3, 0.3, 1, "wheel", 8, "00")),
]
ROWS = np.arange(8, dtype="<i2").reshape(4, 2)
BLOCKS = list(split(pack_spec(SPEC) + pack_block(0, 0.0, ROWS) + pack_block(4, 0.04, ROWS)))


def main() -> None:
    """Try as long as libFuzzer is told to."""
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        for number, seed in enumerate(seeds_of()):
            (seeds / str(number)).write_bytes(seed)
        session = SessionFolder(Path(folder) / "M1" / "2026-01-01" / "1")
        atheris.Setup([*sys.argv, str(seeds)], lambda data: try_one(session, data))
        atheris.Fuzz()


def seeds_of() -> Iterator[bytes]:
    """Return a sound input for each mode."""
    journal, stream = [*HEAD, *EVENTS], BLOCKS
    yield bytes([_RAW_JOURNAL]) + b"".join(map(pack, journal))
    yield bytes([_RAW_STREAM]) + b"".join(map(pack, stream))
    for mode, payloads in (
        (_JOURNAL, journal), (_STREAM, stream), (_RECOVER, EVENTS), (_RECOVER, journal),
        (_RECOVER_STREAM, stream),
    ):  # fmt: skip
        yield bytes([mode]) + b"".join(_LENGTH.pack(len(each)) + each for each in payloads)


def try_one(session: SessionFolder, data: bytes) -> None:
    """Read one input, and recover the session that it makes."""
    if not data:
        return
    mode, rest = data[0] % 6, data[1:]
    framed = b"".join(map(pack, payloads_of(rest)))
    stream = session.streams / "wheel.stream"
    shutil.rmtree(session.path, ignore_errors=True)
    session.streams.mkdir(parents=True)
    match mode:
        case 0 | 1:
            session.journal.write_bytes(MAGIC + (rest if mode == _RAW_JOURNAL else framed))
            read_journal(session.journal)
        case 2 | 3:
            stream.write_bytes(STREAM_MAGIC + (rest if mode == _RAW_STREAM else framed))
            read_blocks(stream)
        case 4:
            begun = b"" if framed.startswith(pack(HEAD[0])) else b"".join(map(pack, HEAD))
            session.journal.write_bytes(MAGIC + begun + framed)
            recover_twice(session)
        case _:
            session.journal.write_bytes(MAGIC + b"".join(map(pack, HEAD + EVENTS[:2])))
            stream.write_bytes(STREAM_MAGIC + framed)
            recover_twice(session)


def payloads_of(data: bytes) -> Iterator[bytes]:
    """Return the payloads that an input is made of."""
    place = 0
    while place + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, place)
        place += _LENGTH.size
        yield data[place : place + length]
        place += length


def read_journal(path: Path) -> None:
    """Read a journal as far as that goes: the events must have the numbers 1, 2, 3, ..."""
    with contextlib.suppress(RecordingError):
        for number, record in enumerate(records_of(read_frames(path), "journal")):
            if not isinstance(record, Header | Definition):
                assert record.seq == number - 1
            msgspec.json.encode(record.__struct_fields__)


def read_blocks(path: Path) -> None:
    """Read a stream as far as that goes: its rows must follow each other."""
    rows = 0
    with contextlib.suppress(RecordingError):
        for begin, samples in StreamReader(path):
            assert begin.row == rows
            rows += len(samples)
    with contextlib.suppress(RecordingError):
        read_stream(path).times()


def recover_twice(session: SessionFolder) -> None:
    """Recover a session; the second time there is nothing to do."""
    try:
        recovery = recover(session)
    except RecordingError:
        return
    record = load_session(session)
    assert record.damage == ""
    assert len(record.events) == recovery.events
    assert is_sealed(session.hdf5, digest(session.journal))
    assert read_trials(session.hdf5) == record.rows
    assert not recover(session).built


if __name__ == "__main__":
    main()
