"""Another clock aligned to that of a session: the map, what it rests on, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from analysis.clocks.barcodes import match_barcodes, read_barcodes
from analysis.clocks.mapping import FEWEST, Mapping, fit_mapping, scatter
from analysis.clocks.matching import (
    LEAST_MATCHED,
    NoMatchError,
    Pairs,
    jitter_of,
    match_intervals,
    paired,
    share_matched,
)
from analysis.clocks.pulses import Pulses
from analysis.clocks.seeds import STRETCH, clusters
from models.errors import Floats, ModelError

SHORTEST_GATE = 5e-4
"""Seconds that a pulse may lie off in any case."""
GATE_SDS = 6.0
"""A pulse that lies off by more SDs belongs to no other one."""
REFITS = 3
LEAST_MARGIN = 4
"""So many more pulses must belong together than with any other shift, and `MARGIN_ROOTS` times the
root of the number of those without a partner, in the record that has fewer of them."""
MARGIN_ROOTS = 2.0
SHIFTS = 10
"""Other shifts that are tried: by so many intervals, and so many for each of three stretches."""
LOOKED_AT = 64
"""Pulses by which a jump of a clock is known."""


class AmbiguousShiftError(ModelError):
    """The pulses fit about as well if one record is shifted."""


class JumpedError(ModelError):
    """One of the clocks jumped while both recorded."""


class Alignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an alignment came to; all lists are in seconds.

    Attributes
    ----------
    mapping
        The map between both clocks.
    matched
        When the pulses that belong together were, by the session's clock.
    residuals
        By how much the map misses each: positive if the other clock saw it later.
    missing
        Pulses of the session that the other record lacks, by the session's clock; where both
        overlap.
    extra
        Pulses of the other record that the session lacks, by the other clock; where both overlap.
    session_beyond, other_beyond
        How many pulses of session and other record lie where the other one has none: before it
        began, or after it ended.
    """

    mapping: Mapping
    matched: tuple[float, ...]
    residuals: tuple[float, ...]
    missing: tuple[float, ...]
    extra: tuple[float, ...]
    session_beyond: int
    other_beyond: int

    @property
    def residual_sd(self) -> float:
        """SD of the residuals in seconds, in which outliers hardly count."""
        return scatter(np.array(self.residuals))

    @property
    def worst(self) -> float:
        """The largest residual in seconds, without its sign."""
        return float(np.abs(self.residuals).max())

    @property
    def largest_uncertainty(self) -> float:
        """By how many seconds `to_session` may be off at most, from first to last pulse."""
        return float(self.uncertainty(self.mapping.other).max())

    def to_session(self, times: ArrayLike) -> Floats:
        """Return the session's seconds of times of the other clock; refuses NaN."""
        return self.mapping.to_session(times)

    def to_other(self, times: ArrayLike) -> Floats:
        """Return the other clock's seconds of times of the session; refuses NaN."""
        return self.mapping.to_other(times)

    def uncertainty(self, times: ArrayLike) -> Floats:
        """Return by how many seconds `to_session` may be off at times of the other clock."""
        return self.mapping.uncertainty(times)


@dataclass(frozen=True, eq=False)
class _Overlap:
    """Flags of the pulses of both records that lie where both have some."""

    session: np.ndarray[tuple[int], np.dtype[np.bool_]]
    other: np.ndarray[tuple[int], np.dtype[np.bool_]]


def align_by_intervals(session: Pulses, other: Pulses) -> Alignment:
    """Return the alignment of two records by the intervals between their pulses.

    Raises
    ------
    ModelError
        If too few pulses belong together, if a shift fits about as well, or if a clock jumped.
    """
    found = _aligned(session, other, match_intervals(session, other))
    _check_shifts(found, session.on, other.on)
    return found.alignment


def align_by_barcodes(session: Pulses, other: Pulses) -> Alignment:
    """Return the alignment of two records by the numbers that a generator wrote into the pulses.

    The pulses of the alignment are those that begin a number.

    Raises
    ------
    ModelError
        If too few numbers are in both records, or if a clock jumped.
    """
    own, others = read_barcodes(session), read_barcodes(other)
    return _aligned(own.pulses, others.pulses, match_barcodes(own, others)).alignment


@dataclass(frozen=True)
class _Found:
    """An alignment, and by how many seconds pulses that belong together may lie apart."""

    alignment: Alignment
    gate: float


def _aligned(session: Pulses, other: Pulses, pairs: Pairs) -> _Found:
    """Return the alignment that pairs of pulses lead to.

    The map is fitted to the pairs; then all pulses are paired anew by it, and those that lie off
    too far belong to none.
    """
    jitter = jitter_of(session, other)
    mapping, gate = _fitted(session, other, pairs), jitter
    for _ in range(REFITS):
        pairs = _paired(session, other, mapping, gate)
        mapping = _fitted(session, other, pairs)
        missed = mapping.to_session(other.on[pairs.other]) - session.on[pairs.session]
        gate = float(np.clip(GATE_SDS * scatter(missed), min(SHORTEST_GATE, jitter), jitter))
    pairs = _paired(session, other, mapping, gate)
    if share_matched(pairs, session.on, other.on) < LEAST_MATCHED:
        raise NoMatchError(
            f"only {len(pairs)} pulses lie on a line through both clocks",
            "Both records must be of the same wire. A clock that jumps cannot be aligned as a "
            "whole: cut its record where it does.",
        )
    return _Found(_told(session, other, pairs, mapping, gate), gate)


def _fitted(session: Pulses, other: Pulses, pairs: Pairs) -> Mapping:
    within = session.uncertainty[pairs.session] + other.uncertainty[pairs.other]
    return fit_mapping(other.on[pairs.other], session.on[pairs.session], within)


def _paired(session: Pulses, other: Pulses, mapping: Mapping, gate: float) -> Pairs:
    within = session.uncertainty + float(other.uncertainty.max())
    return paired(mapping.to_other(session.on), other.on, gate + within)


def _told(session: Pulses, other: Pulses, pairs: Pairs, mapping: Mapping, gate: float) -> Alignment:
    at, seen = session.on[pairs.session], mapping.to_session(other.on)
    overlap = _overlap(session.on, seen, gate)
    missing = np.setdiff1d(np.flatnonzero(overlap.session), pairs.session)
    extra = np.setdiff1d(np.flatnonzero(overlap.other), pairs.other)
    _check_jumps(at, session.on[missing], seen[extra], gate)
    return Alignment(
        mapping=mapping,
        matched=tuple(at.tolist()),
        residuals=tuple((seen[pairs.other] - at).tolist()),
        missing=tuple(session.on[missing].tolist()),
        extra=tuple(other.on[extra].tolist()),
        session_beyond=int(np.count_nonzero(~overlap.session)),
        other_beyond=int(np.count_nonzero(~overlap.other)),
    )


def _overlap(session: Floats, seen: Floats, gate: float) -> _Overlap:
    begin = max(session[0], seen[0]) - gate
    end = min(session[-1], seen[-1]) + gate
    return _Overlap(
        (session >= begin) & (session <= end),
        (seen >= begin) & (seen <= end),
    )


def _check_jumps(matched: Floats, missing: Floats, extra: Floats, gate: float) -> None:
    """Refuse a stretch without a pair in which a shift makes pairs of many pulses."""
    borders = np.concatenate([[-np.inf], matched, [np.inf]])
    own, others = (np.searchsorted(borders, each) for each in (missing, extra))
    lone = np.minimum(*(np.bincount(each, minlength=len(borders) + 1) for each in (own, others)))
    for place in np.flatnonzero(lone >= FEWEST).tolist():
        pulses, there = missing[own == place][:LOOKED_AT], extra[others == place]
        shifts, counts = clusters(pulses, there, 2 * gate, 1)
        if counts[0] < max(FEWEST, LEAST_MATCHED * min(len(pulses), len(there))):
            continue
        begin, end = borders[place - 1], borders[place]
        when = f"before {end:.1f}" if place == 1 else f"after {begin:.1f}"
        raise JumpedError(
            f"a clock jumped by about {abs(shifts[0]):.2g} s, {when} s of the session",
            "Cut the other record there, and align each part by itself.",
        )


def _check_shifts(found: _Found, session: Floats, other: Floats) -> None:
    """Refuse an alignment that is about as good if one record is shifted.

    Parameters
    ----------
    found
        The alignment.
    session, other
        When the pulses of both were, each by its own clock.
    """
    alignment, gate = found.alignment, found.gate
    seen = alignment.to_session(other)
    best, at = 0, 0.0
    for shift in _other_shifts(np.array(alignment.matched), seen, gate):
        count = len(paired(session + shift, seen, np.full(len(session), gate)))
        best, at = max((best, at), (count, shift))
    matched = len(alignment.matched)
    alone = min(len(alignment.missing), len(alignment.extra))
    if matched - best < max(LEAST_MARGIN, MARGIN_ROOTS * alone**0.5):
        raise AmbiguousShiftError(
            f"the shift between the clocks is ambiguous: {matched} pulses belong together, and "
            f"{best} if one clock is shifted by {abs(at):.4g} s",
            "Use a line whose intervals differ, such as the barcode of [sync], or one that pauses "
            "now and then.",
        )


def _other_shifts(matched: Floats, seen: Floats, gate: float) -> list[float]:
    """Return shifts with which pulses may fit as well, in seconds.

    They are those by some of the usual intervals, and those that fit at the begin, in the middle or
    at the end.
    """
    found = []
    for pulses in range(1, min(SHIFTS, len(matched) - 1) + 1):
        usual = float(np.median(matched[pulses:] - matched[:-pulses]))
        found += [-usual, usual]
    last = max(len(matched) - STRETCH, 0)
    for begin in sorted({0, last // 2, last}):
        stretch = matched[begin : begin + STRETCH]
        found += clusters(stretch, seen, 2 * gate, SHIFTS)[0].tolist()
    return [shift for shift in found if abs(shift) > 3 * gate]
