"""Which pulses of two clocks belong together, by the intervals between them.

A stretch of one record is found in the other one; from there the pairs are followed in both
directions. So pulses that were lost, pulses that were never sent, and clocks that run unequally
fast do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clocks.mapping import FEWEST
from analysis.clocks.pulses import Pulses
from analysis.clocks.seeds import Stretch, stretches
from models.errors import Floats, ModelError, TooFewError, Whole

MOST_DRIFT = 5e-4
"""By how much one clock may run faster, as a share: 500 ppm."""
MOST_JITTER = 0.005
"""Seconds that a pulse may lie off, beyond what its recorder states."""
JITTER_SHARE = 0.1
"""At most, a pulse may lie off by so much of the interval between pulses."""
LEAST_MATCHED = 0.5
"""Of the pulses that one of both has where they overlap, so many must belong together."""
CLEARLY_MATCHED, TRIES = 0.9, 5
"""With so many no other place is looked for; with fewer the best one of some tries is taken."""
LOCAL = 64
"""Pairs from which the next ones are foreseen."""


class NoMatchError(ModelError):
    """Two records have no pulses in common."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pulses that belong together: numbers of pulses of both records, (pairs,), rising."""

    session: Whole
    other: Whole

    def __len__(self) -> int:
        return len(self.session)


def match_intervals(session: Pulses, other: Pulses) -> Pairs:
    """Return which pulses belong together.

    Raises
    ------
    TooFewError
        If one of both has fewer than `FEWEST` pulses.
    NoMatchError
        If nowhere do enough of them belong together.
    """
    for name, pulses in (("session's line", session), ("other record", other)):
        if len(pulses) < FEWEST:
            raise TooFewError(
                f"the {name} has {len(pulses)} pulses, and {FEWEST} are needed",
                "Name another line, or record a longer part of the session.",
            )
    if len(other) < len(session):  # stretches of the shorter record are sooner found
        found = _matched(other, session)
        return Pairs(found.other, found.session)
    return _matched(session, other)


def _matched(one: Pulses, other: Pulses) -> Pairs:
    """Return which pulses belong together, by stretches of the first record."""
    best, share, tries = None, 0.0, 0
    jitter = jitter_of(one, other)
    for stretch in stretches(one.on, other.on, jitter, MOST_DRIFT):
        found = [_followed(one.on, other.on, stretch, each, jitter) for each in stretch.places]
        longest = max(found, key=len)
        matched = share_matched(longest, one.on, other.on)
        if matched < LEAST_MATCHED:
            continue
        if matched > share:
            best, share = longest, matched
        tries += 1
        if share >= CLEARLY_MATCHED or tries == TRIES:
            break
    if best is not None:
        return best
    raise NoMatchError(
        "the two records have no pulses in common",
        "Both must be of the same wire, of times that overlap, in seconds. Look at the line, the "
        "channel and the file.",
    )


def jitter_of(session: Pulses, other: Pulses) -> float:
    """Return by how many seconds pulses may lie off: less where they follow each other fast.

    What their recorders state comes beside it.
    """
    shortest = min(float(np.median(np.diff(each.on))) for each in (session, other))
    stated = sum(float(np.median(each.uncertainty)) for each in (session, other))
    return min(MOST_JITTER, JITTER_SHARE * shortest) + stated


def share_matched(pairs: Pairs, session: Floats, other: Floats) -> float:
    """Return which share of the pulses of one record belongs to pulses of the other one.

    Those count that lie where both records overlap, as the first and the last pair tell, and
    that record counts which has fewer. The share is 0 of fewer pairs than `FEWEST`.
    """
    if len(pairs) < FEWEST:
        return 0.0
    ahead, behind = _beyond(pairs, session, other)
    counts = [
        np.count_nonzero((own >= own[places[0]] - ahead) & (own <= own[places[-1]] + behind))
        for own, places in ((session, pairs.session), (other, pairs.other))
    ]
    return len(pairs) / min(counts)


def _beyond(pairs: Pairs, session: Floats, other: Floats) -> tuple[float, float]:
    """Return for how many seconds both go on before the first pair and behind the last one."""
    ahead = min(session[pairs.session[0]] - session[0], other[pairs.other[0]] - other[0])
    behind = min(session[-1] - session[pairs.session[-1]], other[-1] - other[pairs.other[-1]])
    return float(ahead), float(behind)


def paired(foreseen: Floats, other: Floats, gate: Floats) -> Pairs:
    """Return pulses that are nearest to each other, and not farther apart than allowed.

    Parameters
    ----------
    foreseen
        When the session's pulses should be by the other clock, (pulses,), rising.
    other
        When its pulses were, rising.
    gate
        How far apart they may be, in seconds, (pulses,).
    """
    place = _nearest(other, foreseen)
    own = np.arange(len(foreseen))
    kept = (_nearest(foreseen, other)[place] == own) & (np.abs(other[place] - foreseen) <= gate)
    return Pairs(own[kept], place[kept])


def _nearest(times: Floats, wanted: Floats) -> Whole:
    behind = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
    nearer = wanted - times[behind - 1] <= times[behind] - wanted
    return np.asarray(behind - nearer, dtype=np.int64)


def _followed(
    session: Floats, other: Floats, stretch: Stretch, place: float, jitter: float
) -> Pairs:
    """Return the pairs that a stretch leads to, if it lies at a place of the other clock."""
    inside = session[stretch.begin : stretch.end]
    gate = jitter + MOST_DRIFT * (inside[-1] - inside[0]) / 2
    near = paired(inside - stretch.centre + place, other, np.full(len(inside), gate))
    seed = Pairs(near.session + stretch.begin, near.other)
    seed = _on_a_line(seed, session, other, jitter)
    if len(seed) < 4:
        return seed
    ahead = _walked(session, other, seed, jitter)
    back = _walked(-session[::-1], -other[::-1], _mirrored(seed, session, other), jitter)
    return _joined(_mirrored(back, session, other), ahead)


def _on_a_line(pairs: Pairs, session: Floats, other: Floats, jitter: float) -> Pairs:
    """Return the pairs that lie on one line, if its slope can be that of a clock."""
    if len(pairs) < 4:
        return pairs
    x, y = session[pairs.session], other[pairs.other]
    line = _line(x, y)
    kept = np.abs(line.at(x) - y) <= jitter
    if abs(line.slope - 1) > 2 * MOST_DRIFT + 2 * line.error:
        kept[:] = False
    return Pairs(pairs.session[kept], pairs.other[kept])


def _mirrored(pairs: Pairs, session: Floats, other: Floats) -> Pairs:
    """Return the same pairs of records that run backwards."""
    return Pairs(len(session) - 1 - pairs.session[::-1], len(other) - 1 - pairs.other[::-1])


def _joined(back: Pairs, ahead: Pairs) -> Pairs:
    """Return pairs of both directions, each once; none of them goes back in the other record."""
    own, first = np.unique(np.concatenate([back.session, ahead.session]), return_index=True)
    place = np.concatenate([back.other, ahead.other])[first]
    rising = place > np.maximum.accumulate(np.concatenate([[-1], place[:-1]]))
    return Pairs(own[rising], place[rising])


@dataclass(frozen=True)
class _Line:
    """A straight line through pairs of times: slope with its standard error, and a point."""

    slope: float
    error: float
    x: float
    y: float

    def at(self, times: Floats) -> Floats:
        return np.asarray(self.y + self.slope * (times - self.x))


def _line(x: Floats, y: Floats) -> _Line:
    """Return the line through pairs of times by the median of all slopes (Theil and Sen)."""
    left, right = np.triu_indices(len(x), 1)
    away = y - x  # near 0 for clocks: no digits are lost
    slope = float(np.median((away[right] - away[left]) / (x[right] - x[left])))
    centre = float(np.mean(x))
    apart = away - slope * (x - centre)
    middle = float(np.median(apart))
    noise = 1.4826 * float(np.median(np.abs(apart - middle)))
    error = noise / float(np.sqrt(np.sum((x - centre) ** 2)))
    return _Line(1 + slope, error, centre, centre + middle)


def _walked(session: Floats, other: Floats, seed: Pairs, jitter: float) -> Pairs:
    """Return the pairs of a seed and all behind it, each foreseen from those before."""
    own, place = list(seed.session), list(seed.other)
    begin = int(seed.session[-1]) + 1
    while begin < len(session):
        near = min(len(own), LOCAL)
        line = _line(session[own[-near:]], other[place[-near:]])
        end = min(begin + near, len(session))
        pulses = session[begin:end]
        foreseen = line.at(pulses)
        if foreseen[0] > other[-1] + jitter:
            break
        gate = jitter + 3 * line.error * (pulses - line.x)
        low, high = np.searchsorted(other, [foreseen[0] - gate[-1], foreseen[-1] + gate[-1]])
        low = min(max(low - 1, 0), len(other) - 2)
        high = min(max(high + 1, low + 2), len(other))
        found = paired(foreseen, other[low:high], gate)
        fresh = found.other + low > place[-1]
        own += list(found.session[fresh] + begin)
        place += list(found.other[fresh] + low)
        begin = end
    return Pairs(np.array(own, dtype=np.int64), np.array(place, dtype=np.int64))
