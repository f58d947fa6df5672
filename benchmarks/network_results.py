"""What an ensemble of trained networks shows, beside what Hajnal et al. 2024 published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from models.errors import Floats
from models.network import Network
from models.network_analysis import (
    GOOD,
    Correlation,
    angles,
    block_means,
    context_accuracy,
    context_by_rank,
    correlation,
    last_trials,
    performance,
    powers,
    projections,
    selectivity,
    sorted_recurrent,
)
from models.network_task import CONTEXTS, STIMULUS
from models.network_training import Trained

DECODED = 20
"""Networks in which the context is decoded, as in Fig. 4b."""
NEAR = 0.05
"""How far the decoder's accuracy may be from that of incongruent trials."""
NEAR_DEG = 10
"""How far mean angles may be from 90 degrees."""
EARLY = 50
"""Epoch by which all congruent trials are right."""


@dataclass(frozen=True)
class Results:
    """Arrays have a row for each network, or are means over the good ones.

    Attributes
    ----------
    congruent, incongruent
        Fraction of last trials right in each epoch, (networks, epochs + 1).
    performance
        In the end, (networks,).
    epochs
        Of snapshots.
    decoded
        Accuracy of the context decoder at snapshots, (20, snapshots).
    decoded_incongruent, decoded_congruent
        Fractions right of the same networks, (20, snapshots).
    by_rank
        Context index by rank of the modality index, good networks, (good, units).
    powers
        Of the mean sorted recurrent matrix of good networks, (6, units, units).
    projections
        (2, 2, 15) and angles (good, 4).
    worst, selectivity
        Of every network, go and nogo cells, (2 networks,).
    """

    congruent: Floats
    incongruent: Floats
    performance: Floats
    epochs: tuple[int, ...]
    decoded: Floats
    decoded_congruent: Floats
    decoded_incongruent: Floats
    by_rank: Floats
    powers: Floats
    projections: Floats
    angles: Floats
    worst: Floats
    selectivity: Floats

    @property
    def good(self) -> int:
        """How many networks are."""
        return int((self.performance > GOOD).sum())

    @property
    def rank_correlation(self) -> Correlation:
        """Of the rank and the mean context index: Fig. 5f."""
        return correlation(range(self.by_rank.shape[1]), self.by_rank.mean(axis=0))

    @property
    def cell_correlation(self) -> Correlation:
        """Of the worst incongruent performance and the preference of output cells: Fig. 4i."""
        return correlation(self.worst, self.selectivity)

    @property
    def blocks(self) -> Floats:
        """Mean recurrent weight within and between halves, for each power, (6, 2, 2)."""
        return np.array([block_means(power) for power in self.powers])


def results(networks: Mapping[int, Trained], advance: Callable[[], None]) -> Results:
    """Analyse networks by seed; `advance` is called after each."""
    trained = list(networks.values())
    single: list[Single] = []
    for each in trained:
        single.append(_single(each.network))
        advance()
    good = [each for each in single if each.performance.mean() > GOOD]
    epochs = tuple(sorted(trained[0].snapshots))
    decoded = []
    for each in trained[:DECODED]:
        decoded.append([context_accuracy(last_trials(each.snapshots[k])) for k in epochs])
        advance()
    places = list(epochs)
    return Results(
        np.array([each.course.congruent for each in trained]),
        np.array([each.course.incongruent for each in trained]),
        np.array([each.performance.mean() for each in single]),
        epochs,
        np.array(decoded),
        np.array([each.course.congruent[places] for each in trained[:DECODED]]),
        np.array([each.course.incongruent[places] for each in trained[:DECODED]]),
        np.array([each.by_rank for each in good]),
        powers(np.mean([each.recurrent for each in good], axis=0)),
        np.mean([each.projections for each in good], axis=0),
        np.array([each.angles for each in good]),
        np.repeat([each.performance[:, :, 1].min() for each in single], 2),
        np.concatenate([each.selectivity for each in single]),
    )


@dataclass(frozen=True)
class Single:
    """What one network shows."""

    performance: Floats
    by_rank: Floats
    recurrent: Floats
    projections: Floats
    angles: Floats
    selectivity: Floats


def _single(network: Network) -> Single:
    trials = last_trials(network)
    return Single(
        performance(trials),
        context_by_rank(network, trials),
        sorted_recurrent(network),
        projections(network, trials),
        angles(trials),
        selectivity(network, trials),
    )


@dataclass(frozen=True)
class Band:
    """What is wanted of an ensemble, and whether it is so.

    Attributes
    ----------
    what, published, wanted, found
        In words.
    met
        Whether the ensemble has it.
    """

    what: str
    published: str
    wanted: str
    found: str
    met: bool


def bands(found: Results) -> list[Band]:
    """Return the acceptance bands of an ensemble of 100 networks."""
    return [
        _good(found),
        _ranks(found),
        _blocks(found),
        _courses(found),
        _context(found),
        _projections(found),
        _angles(found),
        _cells(found),
    ]


def _good(found: Results) -> Band:
    good, count = found.good, len(found.performance)
    return Band(
        "networks above 0.9",
        "88 of 100",
        "75 to 95 of 100",
        f"{good} of {count}",
        75 * count <= 100 * good <= 95 * count,
    )


def _ranks(found: Results) -> Band:
    rank = found.rank_correlation
    return Band(
        "Fig. 5f: context index by rank of modality index, over 30 rank means",
        "r = -0.97, t = -18 (of 28 degrees of freedom: r = -0.96)",
        "r <= -0.9",
        f"r = {rank.r:.3f}, t({rank.freedom}) = {rank.t:.1f}",
        rank.r <= -0.9,
    )


def _blocks(found: Results) -> Band:
    blocks = found.blocks
    diagonal = (blocks[:, 0, 0] + blocks[:, 1, 1]) / 2
    other = (blocks[:, 0, 1] + blocks[:, 1, 0]) / 2
    signs = (np.sign(blocks[-1]) == [[1, -1], [-1, 1]]).all()
    contrast = diagonal - other
    return Band(
        "Fig. 5e: same-modality minus other-modality weights of powers 1 and 6",
        "signs + - - +, growing",
        "signs + - - + at power 6, greater than at power 1",
        f"{contrast[0]:.3f}, {contrast[-1]:.3f}; at power 6 "
        + ", ".join(f"{value:+.3f}" for value in blocks[-1].ravel()),
        bool(signs and contrast[-1] > contrast[0]),
    )


def _courses(found: Results) -> Band:
    congruent = found.congruent[:, EARLY].mean()
    early, late = (found.incongruent[:, epoch].mean() for epoch in (EARLY, -1))
    return Band(
        f"Fig. 4b: congruent trials at epoch {EARLY}; incongruent ones there and in the end",
        "1; rising",
        "1.000; rising",
        f"{congruent:.3f}; {early:.3f}, {late:.3f}",
        bool(congruent > 0.9995 and late > early),
    )


def _context(found: Results) -> Band:
    decoded, incongruent = found.decoded[:, -1].mean(), found.decoded_incongruent[:, -1].mean()
    return Band(
        f"Fig. 4b: context decoder beside incongruent trials, {len(found.decoded)} networks",
        "as high",
        f"within {NEAR}",
        f"{decoded:.3f} beside {incongruent:.3f}",
        bool(abs(decoded - incongruent) <= NEAR),
    )


def _projections(found: Results) -> Band:
    along = found.projections[:, :, STIMULUS.start - 1]
    return Band(
        "Fig. 4g: activity along input weights in the first step with stimuli",
        "relevant greater",
        "relevant greater",
        "; ".join(
            f"{name} {relevant:.2f}, {other:.2f}"
            for name, (relevant, other) in zip(CONTEXTS, along, strict=True)
        ),
        bool((along[:, 0] > along[:, 1]).all()),
    )


def _angles(found: Results) -> Band:
    means = found.angles.mean(axis=0)
    return Band(
        "Fig. 4e, f: mean angles between decoders, degrees",
        "none different from 90",
        f"within {NEAR_DEG} of 90",
        ", ".join(f"{mean:.1f}" for mean in means),
        bool((np.abs(means - 90) <= NEAR_DEG).all()),
    )


def _cells(found: Results) -> Band:
    cells = found.cell_correlation
    p = 2 * student.sf(abs(cells.t), cells.freedom)
    return Band(
        "Fig. 4i: preference of output cells and worst incongruent case",
        "r = 0.46, t = 7.37",
        "r > 0, p < 1e-10",
        f"r = {cells.r:.2f}, t({cells.freedom}) = {cells.t:.1f}",
        bool(cells.r > 0 and p < 1e-10),
    )
