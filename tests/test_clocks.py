"""Clocks are aligned as well as is stated, whatever was lost, and not at all where in doubt."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from clock_bench import Device, barcode_pulses, random_train, seen_by
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.clocks.alignment import (
    Alignment,
    AmbiguousShiftError,
    JumpedError,
    align_by_barcodes,
    align_by_intervals,
)
from analysis.clocks.figure import alignment_figure
from analysis.clocks.matching import NoMatchError, paired
from analysis.clocks.pulses import Pulses, pulses_of_edges, pulses_of_samples
from models.errors import (
    Floats,
    ModelError,
    NotFiniteError,
    OutOfBoundsError,
    TooFewError,
    UnsortedTrialsError,
)

PAGE = Path(__file__).parent.parent / "docs/reference/clocks.md"


def wrong_by(found: Alignment, device: Device, on: Floats) -> tuple[Floats, Floats]:
    """Return by how much a map errs at times of the session, and by how much it says it may."""
    there = device.clock(on)
    return np.abs(found.to_session(there) - on), found.uncertainty(there)


@settings(max_examples=40)
@given(
    drift_ppm=st.floats(-100, 100),
    offset=st.floats(-1e5, 1e9),
    lost=st.floats(0, 0.4),
    spurious=st.floats(0, 0.4),
    jitter=st.floats(1e-5, 5e-4),
    seed=st.integers(0, 2**32),
)
def test_the_map_is_as_good_as_it_says_whatever_goes_wrong(
    drift_ppm: float, offset: float, lost: float, spurious: float, jitter: float, seed: int
) -> None:
    device = Device(drift_ppm, offset, lost, spurious, jitter)
    on = random_train(200, seed)
    seen = seen_by(device, on, seed)
    found = align_by_intervals(Pulses.at(on), seen.pulses)
    error, stated = wrong_by(found, device, np.linspace(on[0], on[-1], 50))
    assert (error <= 3 * stated + 1e-6).all(), "three times twice the standard error"
    assert stated.max() < 10 * jitter / np.sqrt(50) + 1e-6
    assert abs(found.mapping.drift_ppm - drift_ppm) < 6e6 * jitter / 50 / np.sqrt(100) + 0.1
    real = np.setdiff1d(np.arange(200), seen.truth)
    overlap = (on >= found.matched[0]) & (on <= found.matched[-1])
    missed = on[real[overlap[real]]]
    unlisted = np.setdiff1d(missed, found.missing)
    assert len(unlisted) <= 3, "a spurious pulse may lie where one was lost"


@given(begin=st.integers(0, 1980), length=st.integers(12, 200), seed=st.integers(0, 1000))
@settings(max_examples=25)
def test_a_recorder_that_saw_a_part_of_the_session_is_placed(
    begin: int, length: int, seed: int
) -> None:
    device = Device(drift_ppm=-80.0, jitter=1e-4)
    on = random_train(2000, seed)
    part = on[begin : begin + length]
    found = align_by_intervals(Pulses.at(on), seen_by(device, part, seed).pulses)
    assert found.matched == tuple(part)
    assert found.session_beyond == 2000 - len(part)
    assert found.missing == found.extra == ()


def test_the_stated_uncertainty_holds_for_95_of_100() -> None:
    """Twice the standard error; a few fewer where a bend is hardly seen, and more with a lack."""
    within = []
    for seed in range(80):
        device = Device(jitter=3e-4, lost=0.05)
        on = random_train(150, seed)
        found = align_by_intervals(Pulses.at(on), seen_by(device, on, seed).pulses)
        error, stated = wrong_by(found, device, on[[10, 75, 140]])
        within += list(error <= stated)
    assert 0.9 <= np.mean(within) <= 0.99


def test_the_map_is_best_known_in_the_middle_and_less_and_less_beyond() -> None:
    on, device = random_train(100, 2), Device(jitter=3e-4)
    found = align_by_intervals(Pulses.at(on), seen_by(device, on).pulses)
    _, stated = wrong_by(found, device, np.array([50.0, on[-1], 1000.0]))
    assert stated[0] < 0.6 * stated[1]
    assert stated[2] > 5 * stated[1]


def test_lost_and_spurious_pulses_are_listed_by_their_times() -> None:
    on = random_train(100, 3)
    device = Device(jitter=5e-5)
    lost, spurious = on[[20, 21, 60]], device.clock(np.array([30.2, 55.5]))
    there = device.clock(np.setdiff1d(on, lost))
    found = align_by_intervals(Pulses.at(on), Pulses.at(np.union1d(there, spurious)))
    assert found.missing == tuple(lost)
    assert found.extra == tuple(spurious)
    assert (len(found.matched), found.session_beyond, found.other_beyond) == (97, 0, 0)


def test_a_clock_that_bends_gets_a_map_of_several_pieces() -> None:
    device = Device(bend=30e-3, jitter=1e-4)
    on = random_train(3000, 5)
    found = align_by_intervals(Pulses.at(on), seen_by(device, on).pulses)
    error, stated = wrong_by(found, device, np.linspace(on[0], on[-1], 500))
    assert len(found.mapping.session) > 3
    assert error.max() < 1.5e-4, "one straight line would be off by milliseconds"
    assert (error <= 2 * stated).all()
    straight = align_by_intervals(Pulses.at(on), seen_by(Device(jitter=1e-4), on).pulses)
    assert len(straight.mapping.session) == 2


def test_what_the_recorders_state_is_part_of_the_uncertainty() -> None:
    """All pulses may be late by the whole length of the calls: no number of them mends that."""
    on, device = random_train(400, 7), Device(jitter=1e-6)
    late = np.full(400, 2e-3)
    session = Pulses.at(on + late, uncertainty=late)
    found = align_by_intervals(session, seen_by(device, on).pulses)
    error, stated = wrong_by(found, device, on)
    assert error.min() == pytest.approx(2e-3, rel=1e-2)
    assert (error <= stated).all()


def test_pulses_that_state_to_be_uncertain_count_less() -> None:
    on, device = random_train(400, 8), Device(jitter=2e-5)
    vague = np.random.default_rng(8).random(400) < 0.3
    session = Pulses.at(on + 4e-3 * vague, uncertainty=4e-3 * vague)
    found = align_by_intervals(session, seen_by(device, on).pulses)
    error, _ = wrong_by(found, device, on)
    assert error.max() < 5e-5
    assert found.missing == ()


def test_single_pulses_that_are_late_hardly_move_the_map() -> None:
    """A fifth of them by 1.1 ms: their mean would be late by 0.22 ms."""
    on, device = random_train(1000, 8), Device(jitter=2e-4)
    late = np.random.default_rng(2).random(1000) < 0.2
    found = align_by_intervals(Pulses.at(on), seen_by(device, on + 1.1e-3 * late).pulses)
    error, _ = wrong_by(found, device, on)
    assert len(found.matched) > 950
    assert error.max() < 1.5e-4


def test_a_bend_that_is_hardly_seen_is_part_of_the_uncertainty() -> None:
    within = []
    for seed in range(4):
        device = Device(bend=1e-3, jitter=3e-4)
        on = random_train(3000, seed)
        found = align_by_intervals(Pulses.at(on), seen_by(device, on, seed).pulses)
        error, stated = wrong_by(found, device, on)
        within.append(np.mean(error <= stated))
    assert np.mean(within) > 0.9


def test_sparse_pulses_are_found_though_the_clocks_drift_between_them() -> None:
    on = np.cumsum(np.random.default_rng(1).uniform(30, 90, 60))
    device = Device(drift_ppm=100.0, jitter=1e-4)
    found = align_by_intervals(Pulses.at(on), seen_by(device, on).pulses)
    assert len(found.matched) == 60


def test_short_parts_between_long_losses_belong_together() -> None:
    """No part has half of the pulses: each must lead over a quarter of an hour to the next one."""
    on = random_train(2000, 3)
    kept = np.r_[0:20, 900:920, 1900:1920]
    there = seen_by(Device(jitter=3e-4), on).pulses.on[kept]
    found = align_by_intervals(Pulses.at(on), Pulses.at(there))
    assert found.matched == tuple(on[kept])


def test_what_was_on_the_line_before_the_session_does_no_harm() -> None:
    """The clock bends so much that the pairs must be followed back to their begin."""
    on = random_train(3000, 6)
    there = Device(bend=30e-3).clock(on)[100:]
    before = there[0] - random_train(60, 7)[::-1]
    found = align_by_intervals(Pulses.at(on), Pulses.at(np.concatenate([before, there])))
    assert set(on[100:]) <= set(found.matched)


def test_a_pulse_belongs_to_one_other_only() -> None:
    found = paired(np.array([1.0, 1.002, 2.0]), np.array([1.0015, 2.0]), np.full(3, 0.01))
    assert (found.session.tolist(), found.other.tolist()) == ([1, 2], [0, 1])


def test_a_line_that_is_sampled_slowly_is_aligned_within_its_samples() -> None:
    """A lamp that a camera films: each pulse is seen with the next frame."""
    on, frame = random_train(300, 9), 1 / 10
    device = Device()
    seen = Pulses.at(frame * (np.ceil(device.clock(on) / frame) - 0.5), uncertainty=frame / 2)
    found = align_by_intervals(Pulses.at(on), seen)
    error, stated = wrong_by(found, device, on)
    assert found.missing == found.extra == ()
    assert error.max() < 0.012
    assert (error <= stated).all()


@given(st.lists(st.floats(-1e6, 1e6), max_size=20), st.integers(0, 100))
@settings(max_examples=30)
def test_times_go_to_the_other_clock_and_back(times: list[float], seed: int) -> None:
    on = random_train(60, seed)
    device = Device(jitter=1e-4)
    found = align_by_intervals(Pulses.at(on), seen_by(device, on, seed).pulses)
    there = found.to_other(times)
    assert found.to_session(there) == pytest.approx(np.array(times), abs=1e-8)
    square = np.resize(there, (2, len(times)))
    assert found.to_session(square).shape == square.shape


@pytest.mark.parametrize("times", [[1.0, np.nan], np.inf])
def test_a_time_that_is_missing_is_refused(times: object) -> None:
    on = random_train(60, 1)
    found = align_by_intervals(Pulses.at(on), Pulses.at(on))
    for move in (found.to_session, found.to_other, found.uncertainty):
        with pytest.raises(NotFiniteError, match="1 of"):
            move(times)


FRAMES = np.arange(2000) / 30.0
REPEATED = np.cumsum(np.tile(np.random.default_rng(3).uniform(0.5, 1.5, 20), 12))


def frames(count: int, pauses: int) -> Floats:
    """Return when a camera exposed that paused now and then, for some seconds."""
    rng = np.random.default_rng(5)
    intervals = np.full(count, 1 / 30)
    intervals[rng.choice(count, pauses, replace=False)] += rng.uniform(1, 4, pauses)
    return np.cumsum(intervals)


REFUSED = [
    (random_train(300, 1), random_train(300, 2), NoMatchError, "no pulses in common"),
    (random_train(300, 1), random_train(300, 1) * 1e3, NoMatchError, "in seconds"),
    (random_train(300, 1), random_train(300, 1) * 1.002, NoMatchError, "no pulses in common"),
    (random_train(300, 1), random_train(300, 1)[:7], TooFewError, "other record has 7 pulses"),
    (np.zeros(0), random_train(300, 1), TooFewError, "session's line has 0 pulses"),
    (FRAMES, FRAMES + 5.0, AmbiguousShiftError, "1999 if one clock is shifted by 0.0333"),
    (FRAMES, FRAMES[100:1500], AmbiguousShiftError, "1400 pulses belong together, and 1400"),
    (REPEATED, REPEATED[50:150], AmbiguousShiftError, "100 pulses belong together, and 100"),
    (np.arange(60) * 8.0, np.arange(60) * 8.0, AmbiguousShiftError, "shifted by 8 s"),
]  # fmt: skip


@pytest.mark.parametrize(("session", "other", "error", "told"), REFUSED)
def test_what_cannot_be_aligned_is_refused_in_words(
    session: Floats, other: Floats, error: type[ModelError], told: str
) -> None:
    with pytest.raises(error, match=told):
        align_by_intervals(Pulses.at(session), Pulses.at(other))


def test_regular_frames_that_pause_now_and_then_are_aligned() -> None:
    late = frames(3000, 20)
    exposed = np.concatenate([np.arange(-9000, 0) / 30 + late[0], late])
    seen = seen_by(Device(lost=0.001, jitter=1e-4), exposed)
    found = align_by_intervals(Pulses.at(exposed), seen.pulses)
    assert np.isin(exposed[seen.truth], found.matched).all()


@pytest.mark.parametrize("pauses", [1, 5])
def test_too_few_pauses_tell_no_shift_where_frames_are_lost(pauses: int) -> None:
    exposed = frames(8000, pauses)
    seen = seen_by(Device(lost=0.003, spurious=0.003, jitter=1e-4), exposed)
    with pytest.raises(AmbiguousShiftError):
        align_by_intervals(Pulses.at(exposed), seen.pulses)


@pytest.mark.parametrize(("place", "when"), [(100, "before"), (350, "after")])
def test_a_clock_that_jumps_is_refused_and_a_long_loss_is_not(place: int, when: str) -> None:
    on = random_train(450, 4)
    there = Device(jitter=1e-4).clock(on)
    jumped = there + 0.2 * (np.arange(450) >= place)
    with pytest.raises(JumpedError, match=rf"about 0\.2 s, {when}"):
        align_by_intervals(Pulses.at(on), Pulses.at(jumped))
    noise = np.random.default_rng(1).uniform(there[100], there[200], 20)
    lossy = np.sort(np.concatenate([there[:100], noise, there[200:]]))
    assert len(align_by_intervals(Pulses.at(on), Pulses.at(lossy)).missing) == 100


def test_barcodes_of_a_generator_are_matched_by_their_numbers() -> None:
    """They come at regular intervals: only the numbers tell which is which."""
    numbers = [0xDEADBE00 + place for place in range(30)]
    device = Device()
    session, sent = barcode_pulses(numbers), barcode_pulses(numbers[4:])
    later = 4 * 31.0
    other = Pulses.at(device.clock(sent.on + later), device.clock(sent.off + later))
    kept = np.ones(len(other), bool)
    kept[40:60] = False  # some numbers are spoilt, and match nothing
    found = align_by_barcodes(session, other.chosen(kept))
    error, _ = wrong_by(found, device, session.on)
    assert error.max() < 1e-6
    assert found.mapping.drift_ppm == pytest.approx(50.0, abs=0.01)
    assert found.session_beyond == 4
    assert 1 <= len(found.missing) <= 3


@pytest.mark.parametrize(
    ("other", "error", "told"),
    [
        (barcode_pulses(list(range(100, 130))), NoMatchError, "0 barcodes are in both"),
        (Pulses.at(random_train(50, 1)), TooFewError, "when its pulses ended"),
        (barcode_pulses([7] * 30), TooFewError, "0 barcodes"),
    ],
)
def test_barcodes_that_have_nothing_in_common_are_refused(
    other: Pulses, error: type[ModelError], told: str
) -> None:
    with pytest.raises(error, match=told):
        align_by_barcodes(barcode_pulses(list(range(1, 31))), other)


@pytest.mark.parametrize("chunk", [3, 100])
def test_samples_become_pulses_midway_between_them(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.clocks.pulses.CHUNK", chunk)
    level = np.array([3.3, 3.3, 0.1, 0.0, 2.1, 1.4, 1.9, 3.2, 0.2, 3.1])
    found = pulses_of_samples(lambda rows: level[rows], len(level), lambda numbers: numbers / 10)
    assert found.on.tolist() == [0.35, 0.85]
    assert found.off.tolist()[0] == 0.75
    assert np.isnan(found.off[1])
    assert found.uncertainty == pytest.approx([0.05, 0.05])
    with pytest.raises(TooFewError, match="never changes"):
        pulses_of_samples(lambda rows: np.ones(9)[rows], 9, lambda numbers: numbers)


def test_repeated_levels_are_no_edges_and_an_end_without_a_begin_is_left_out() -> None:
    found = pulses_of_edges([1.0, 2.0, 2.5, 3.0, 4.0], [False, True, True, False, True])
    assert found.on.tolist() == [2.0, 4.0]
    assert found.off[0] == 3.0
    assert np.isnan(found.off[1])


@pytest.mark.parametrize(
    ("times", "error"),
    [([0.0, np.nan, 2.0], NotFiniteError), ([0.0, 2.0, 1.0], UnsortedTrialsError),
     ([0.0, 1.0, 1.0], UnsortedTrialsError), ([1.7e15, 1.7e15 + 1e6], OutOfBoundsError)],
)  # fmt: skip
def test_times_that_are_missing_or_do_not_rise_are_refused(
    times: list[float], error: type[ModelError]
) -> None:
    with pytest.raises(error):
        Pulses.at(times)


def test_the_example_of_the_page_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    names: dict[str, object] = {}
    exec(compile(program[1], str(PAGE), "exec"), names)
    told = capsys.readouterr().out.strip()
    assert told == "50 ppm, 3 missing"
    assert f"# {told}" in program[1]
    assert names["back"] == pytest.approx([80.0, 90.0])


def test_clocks_that_agree_are_drawn_as_such() -> None:
    """Rounding is not blown up to fill the axes, and the pulses are counted at 0."""
    pulses = Pulses.at(np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 60)))
    top, side, _ = alignment_figure(align_by_intervals(pulses, pulses), "same").axes
    assert top.get_ylabel() == "residual (µs)"
    assert top.get_ylim() == (-1, 1)
    counted = {bar.get_y() + bar.get_height() / 2: bar.get_width() for bar in side.patches}
    assert counted[min(counted, key=abs)] == 60
