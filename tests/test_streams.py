"""Streams: rows are kept in order, timed, and forced to the disk; what does not fit is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.errors import RecordingError
from rig.frames import FrameWriter, pack
from rig.stream_store import StreamStore
from rig.streams import (
    STREAM_MAGIC,
    Block,
    BlockTime,
    Channel,
    Stream,
    StreamSpec,
    pack_block,
    pack_spec,
    read_stream,
)
from rig.syncing import Syncer

SPEC = StreamSpec(
    "wheel", "wheel", "speed", (Channel("speed", "cm/s", 0.5, -1.0), Channel("light", "V")),
    "<i2", 100.0,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StreamStore]:
    """Return a store that has begun its one stream."""
    store = StreamStore()
    store.begin(tmp_path, [SPEC])
    yield store
    store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wheel.stream"


def rows(begin: int, end: int) -> np.ndarray:
    """Return rows of the stream by their numbers."""
    return np.arange(2 * begin, 2 * end, dtype="<i2").reshape(-1, 2)


@given(lengths=st.lists(st.integers(0, 50), max_size=8))
def test_rows_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    store = StreamStore()
    store.begin(folder, [SPEC])
    begins = np.concatenate([[0], np.cumsum(lengths)]).astype(int).tolist()
    for begin, length in zip(begins, lengths, strict=False):
        store.write("wheel", rows(begin, begin + length), begin / 100)
    (ended,) = store.end()
    store.close()
    stream = read_stream(folder / "wheel.stream")
    assert np.array_equal(stream.samples, rows(0, begins[-1]))
    assert stream.spec == SPEC
    assert stream.damage == ""
    assert [block.row for block in stream.blocks] == [
        begin for begin, length in zip(begins, lengths, strict=False) if length
    ]
    assert ended[:2] == ("wheel", begins[-1])


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((4, 3), "<i2"),
        np.zeros(4, "<i2"),
        np.zeros((4, 2, 1), "<i2"),
        np.zeros((4, 2), "<i4"),
        np.zeros((4, 2), ">i2"),
        np.zeros((4, 2), "<f8"),
    ],
)
def test_samples_of_another_shape_or_type_are_refused(
    store: StreamStore, path: Path, samples: np.ndarray
) -> None:
    store.write("wheel", rows(0, 4), 0.0)
    with pytest.raises(ValueError, match="do not fit a stream of 2 channels of type int16"):
        store.write("wheel", samples, 0.04)
    store.write("wheel", rows(4, 8), 0.04)
    assert np.array_equal(read_stream(path).samples, rows(0, 8))


def test_nothing_is_kept_before_the_session_or_behind_its_end(path: Path) -> None:
    store = StreamStore()
    store.write("wheel", rows(0, 4), 0.0)
    store.begin(path.parent, [SPEC])
    store.write("another", rows(0, 4), 0.0)
    store.write("wheel", rows(0, 0), 0.0)
    store.write("wheel", rows(0, 4), 0.0)
    assert store.end()[0][1] == 4
    store.write("wheel", rows(4, 8), 0.04)
    store.close()
    assert len(read_stream(path).samples) == 4


def test_samples_that_are_no_contiguous_array_are_kept_all_the_same(
    store: StreamStore, path: Path
) -> None:
    store.write("wheel", rows(0, 8)[::2], 0.0)
    store.write("wheel", np.asfortranarray(rows(0, 4)), 0.04)
    assert np.array_equal(read_stream(path).samples, [*rows(0, 8)[::2], *rows(0, 4)])


def test_threads_write_streams_of_their_own_at_the_same_time(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(4)]
    store = StreamStore()
    store.begin(tmp_path, [msgspec.structs.replace(SPEC, name=name) for name in names])

    def write(name: str) -> None:
        for begin in range(0, 400, 4):
            store.write(name, rows(begin, begin + 4), begin / 100)

    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    for name in names:
        assert np.array_equal(read_stream(tmp_path / f"{name}.stream").samples, rows(0, 400))


def test_values_have_the_units_of_their_channels() -> None:
    stream = Stream(SPEC, np.array([[4, 3], [-2, 0]], "<i2"), ())
    assert stream.values().tolist() == [[1.0, 3.0], [-2.0, 0.0]]


def stream_of(blocks: list[tuple[int, float]], length: int) -> Stream:
    return Stream(SPEC, rows(0, length), tuple(BlockTime(row, time) for row, time in blocks))


def test_times_follow_the_rate_from_the_first_block_on() -> None:
    assert stream_of([(0, 2.0)], 3).times().tolist() == pytest.approx([2.0, 2.01, 2.02])


def test_times_of_a_card_whose_clock_is_slow_stay_with_the_session() -> None:
    """Ten rows took 0.2 s and not 0.1 s; behind the last block the rate counts."""
    times = stream_of([(0, 1.0), (10, 1.2)], 12).times()
    assert times[[0, 5, 10, 11]].tolist() == pytest.approx([1.0, 1.1, 1.2, 1.21])


def test_times_of_rows_without_a_block_begin_with_the_session() -> None:
    assert stream_of([], 2).times().tolist() == pytest.approx([0.0, 0.01])


def test_times_of_rows_that_come_when_they_come_are_their_first_channel() -> None:
    spec = StreamSpec("video", "video", "frames", (Channel("time", "s"),), "<f8", None)
    assert Stream(spec, np.array([[0.5], [0.7]]), ()).times().tolist() == [0.5, 0.7]


def damage_of(path: Path, *frames: bytes) -> tuple[int, str]:
    """Return how many rows can be read of a stream of these frames, and what is damaged."""
    path.write_bytes(STREAM_MAGIC + b"".join(frames))
    stream = read_stream(path)
    return len(stream.samples), stream.damage


def test_a_damaged_block_ends_what_can_be_read(path: Path) -> None:
    good = [pack_spec(SPEC), pack_block(0, 0.0, rows(0, 4))]
    assert damage_of(path, *good) == (4, "")
    gap = damage_of(path, *good, pack_block(5, 0.05, rows(5, 9)))
    assert gap == (4, "the stream is damaged: row 5 is not 4")
    again = damage_of(path, *good, good[1])
    assert again == (4, "the stream is damaged: row 0 is not 4")
    for odd in (
        Block(4, 0.04, 0, b""),
        Block(4, 0.04, -1, b""),
        Block(4, 0.04, 2**62, b"x\x9c\x03\x00\x00\x00\x00\x01"),
        Block(4, 0.04, 4, b"no such thing"),
    ):
        count, damage = damage_of(path, *good, pack(msgspec.msgpack.encode(odd)))
        assert count == 4
        assert "the stream is damaged: it cannot be read" in damage


@pytest.mark.parametrize("dtype", ["O", "S4", "2(", "i2,i2", "<i3", "", "V8"])
def test_a_description_of_what_are_no_numbers_is_damaged(path: Path, dtype: str) -> None:
    path.write_bytes(STREAM_MAGIC + pack_spec(msgspec.structs.replace(SPEC, dtype=dtype)))
    with pytest.raises(RecordingError, match="the stream is damaged"):
        read_stream(path)


class Disk:
    """Files whose syncing is watched by a test: it waits for leave, and may fail."""

    def __init__(self, path: Path) -> None:
        self.file = FrameWriter(path, b"MAGIC\n", pack(b"first"))
        self.synced = threading.Semaphore(0)
        self.leave = threading.Semaphore(0)
        self.failing = False

    def files(self) -> Iterator[FrameWriter]:
        self.synced.release()
        self.leave.acquire(timeout=10)
        if self.failing:
            raise RecordingError("the disk is broken", "here", "Replace it.")
        yield self.file


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "file")


def test_a_syncer_syncs_when_asked_and_nobody_waits_for_it(disk: Disk) -> None:
    syncer = Syncer(disk.files, every=60.0)
    syncer.start()
    size = disk.file.size
    syncer.soon()
    assert disk.synced.acquire(timeout=10)
    disk.file.append(pack(b"while it syncs"))
    assert disk.file.synced == 0
    syncer.soon()
    disk.leave.release()
    assert disk.synced.acquire(timeout=10), "asked again while it was busy, it syncs again"
    assert disk.file.synced > size
    disk.leave.release()
    syncer.close()
    assert disk.file.synced == disk.file.size
    syncer.close()


def test_a_syncer_syncs_again_and_again(disk: Disk) -> None:
    syncer = Syncer(disk.files, every=0.01)
    syncer.start()
    for _ in range(3):
        assert disk.synced.acquire(timeout=10)
        disk.leave.release()
    disk.leave.release(10)
    syncer.close()
    assert syncer.error is None


def test_a_syncer_that_fails_keeps_the_error_and_ends(disk: Disk) -> None:
    disk.failing = True
    disk.leave.release(2)
    syncer = Syncer(disk.files, every=0.01)
    syncer.start()
    syncer._thread.join(timeout=10)
    assert str(syncer.error) == "the disk is broken (here). Replace it."
    syncer.soon()
    syncer.close()
    assert disk.synced.acquire(blocking=False)
    assert not disk.synced.acquire(blocking=False), "it tried once"
