"""What is mixed into an output, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.sound.player import RAMP, Player, Track
from hardware.sound.stream_clock import StreamClock

RATE_HZ = 1000.0
FALL = round(RAMP * RATE_HZ)


def player(trigger: int | None = 1, peak: float = 1.0) -> Player:
    return Player(RATE_HZ, 0, trigger, peak, pulse=0.003)


def filled(player: Player, *blocks: int) -> np.ndarray:
    """Return what is filled into blocks of so many frames, shape (frames, channels)."""
    made = [np.full((count, 2), np.nan, dtype=np.float32) for count in blocks]
    for block in made:
        player.fill(block)
    return np.concatenate(made)


def ones(count: int) -> np.ndarray:
    return np.full(count, 0.5, dtype=np.float32)


@given(
    onset=st.integers(0, 40),
    length=st.integers(1, 40),
    blocks=st.lists(st.integers(1, 17), min_size=12, max_size=12),
)
def test_a_track_is_played_whole_from_its_onset_whatever_the_blocks(
    onset: int, length: int, blocks: list[int]
) -> None:
    samples = np.arange(1, length + 1, dtype=np.float32) / 100
    made, track = player(), Track(samples, onset)
    made.play(track)
    out = filled(made, *blocks, 100)
    expected = np.zeros(len(out), dtype=np.float32)
    expected[onset : onset + length] = samples
    assert np.array_equal(out[:, 0], expected)
    assert np.flatnonzero(out[:, 1]).tolist() == [onset, onset + 1, onset + 2]
    assert (track.began, made.end_of(track)) == (onset, onset + length)


@given(cut=st.integers(0, 60), blocks=st.lists(st.integers(1, 17), min_size=12, max_size=12))
def test_a_track_that_is_cut_falls_to_zero_in_five_milliseconds(
    cut: int, blocks: list[int]
) -> None:
    made, track = player(), Track(ones(40), 10)
    made.play(track)
    track.cut = cut
    out = filled(made, *blocks, 100)[:, 0]
    if cut <= 10:
        assert not out.any(), "a sound that is replaced before it begins is not heard"
        return
    assert np.all(out[10 : min(cut, 50)] == 0.5)
    fall = out[cut : min(cut + FALL, 50)]
    assert fall == pytest.approx(0.5 * (1 - np.arange(1, FALL + 1) / FALL)[: len(fall)])
    assert not out[cut + FALL :].any()
    assert track.frames == min(cut - 10, 40)


def test_orders_that_come_too_late_are_carried_out_at_the_next_block() -> None:
    made = player()
    filled(made, 20)
    track = Track(ones(30), 5)
    made.play(track)
    assert np.flatnonzero(filled(made, 10)[:, 0])[0] == 0
    assert track.began == 20
    track.cut = 0
    fallen = filled(made, 10)[:, 0]
    assert np.count_nonzero(fallen) == FALL - 1
    assert (track.frames, made.end_of(track)) == (10, 30 + FALL)


def test_the_next_sound_begins_where_the_one_before_falls_and_no_sum_exceeds_the_peak() -> None:
    made = player(peak=0.6)
    first, second = Track(ones(50), 0), Track(ones(50), 10)
    first.cut = 10
    made.play(first)
    made.play(second)
    out = filled(made, 100)
    assert np.flatnonzero(out[:, 0])[[0, -1]].tolist() == [0, 59]
    assert np.all(out[10 + FALL : 60, 0] == 0.5)
    assert out.max() == np.float32(0.6)
    assert np.flatnonzero(out[:, 1]).tolist() == [0, 1, 2, 10, 11, 12], "a pulse for each"


def test_without_a_trigger_nothing_but_the_sound_is_played() -> None:
    made = player(trigger=None)
    made.play(Track(ones(10), 0))
    assert not filled(made, 20)[:, 1].any()


def test_a_frame_is_placed_by_many_blocks_and_anew_when_the_stream_has_lost_its_place() -> None:
    clock = StreamClock(RATE_HZ)
    assert not clock.knows
    for block, late in enumerate([0.0, 0.004, 0.0, 0.0]):
        clock.note(10 * block, 5.0 + 0.01 * block + late, ahead=0.02)
    assert clock.time_of(100) == pytest.approx(5.12)
    assert clock.frame_at(5.12) == 100
    assert clock.spread() == pytest.approx(0.004)
    clock.forget()
    assert not clock.knows
    clock.note(40, 6.0, ahead=0.02)
    assert clock.time_of(40) == pytest.approx(6.02)
    assert clock.spread() == 0
