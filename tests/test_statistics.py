"""The tests of the papers: their published t, p and degrees of freedom, SciPy, and bad input."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from analysis.statistics import (
    HypothesisTest,
    block_averages,
    chi_square,
    friedman,
    kolmogorov_smirnov,
    one_sample_t,
    paired_t,
    pearson,
    rank_sum,
    sign_test,
    signed_rank,
    spearman,
    t_of_correlation,
)
from models.errors import Floats, ModelError

RNG = np.random.default_rng(1)
ONE, TWO = RNG.normal(size=12), RNG.normal(0.8, 1.3, size=12)


def with_t(t: float, n: int) -> Floats:
    """Return numbers whose one-sample t against 0 is t."""
    spread = np.arange(n) - (n - 1) / 2
    return np.asarray(spread / (spread.std(ddof=1) / math.sqrt(n)) + t)


def with_r(r: float, n: int) -> tuple[Floats, Floats]:
    """Return pairs whose correlation is r."""
    x = np.arange(n) - (n - 1) / 2
    z = x**2 - (x**2).mean()  # does not go along with x
    x, z = x / np.linalg.norm(x), z / np.linalg.norm(z)
    return x, r * x + math.sqrt(1 - r**2) * z


@pytest.mark.parametrize(("t", "p"), [(5.3, 0.013), (3.3, 0.0465), (2.8, 0.07), (0.9, 0.43)])
def test_suppression_is_compared_over_four_blocks(t: float, p: float) -> None:
    """P2, Fig. 2l: the 240 bins of 0.6 to 3 s are four blocks of 60, with 3 degrees of freedom."""
    differences = np.repeat(with_t(t, 4), 60) + np.tile(np.linspace(-1, 1, 60), 4)
    exploratory = np.sin(np.arange(240))
    blocks = [block_averages(each, 60) for each in (exploratory + differences, exploratory)]
    found = paired_t(*blocks)
    assert (found.df, found.n) == (3, (4,))
    assert found.statistic == pytest.approx(t)
    assert found.p == pytest.approx(p, rel=0.05)


@pytest.mark.parametrize(("t", "p"), [(0.75, 0.51), (-1.87, 0.16), (-0.12, 0.91), (-1.59, 0.21)])
def test_angles_of_four_mice_are_compared_with_right_angles(t: float, p: float) -> None:
    """P2, Fig. 3."""
    found = one_sample_t(90 + with_t(t, 4), 90)
    assert (found.df, found.n) == (3, (4,))
    assert found.statistic == pytest.approx(t)
    assert found.p == pytest.approx(p, abs=0.006)


@pytest.mark.parametrize(
    ("r", "n", "t", "p"),
    [
        (-0.959, 30, -18, 6e-17),  # P2, Fig. 5f: 30 rank means
        (0.464, 200, 7.37, 4.57e-12),  # Fig. 4i: go and nogo cells stacked
        (-0.404, 122, -4.84, 4e-6),  # Fig. 5g
        (-0.0595, 196, -0.83, 0.41),
        (-0.28, 122, -3.19, 0.002),
        (-0.2064, 122, -2.31, 0.023),
        (-0.2988, 122, -3.43, 0.001),
        (-0.61, 15, -2.78, 0.015),  # P1, Fig. 4d
        (-0.70, 15, -3.53, 0.0034),
    ],
)
def test_published_correlations(r: float, n: int, t: float, p: float) -> None:
    found = pearson(*with_r(r, n))
    assert (found.n, found.df) == ((n,), n - 2)
    assert found.statistic == pytest.approx(r)
    assert t_of_correlation(found.statistic, n) == pytest.approx(t, rel=0.02)
    assert found.p == pytest.approx(p, rel=0.2)


def test_the_smallest_p_of_five_pairs_and_of_five_against_five() -> None:
    weak, strong = [1.9, 2.2, 2.6, 3.0, 3.3], [1.1, 1.2, 1.3, 1.4, 1.5]
    assert rank_sum(weak, strong).p == pytest.approx(2 / 252)
    assert sign_test(weak, strong).p == pytest.approx(2 * 2**-5)


def test_the_distances_of_fifteen_mice() -> None:
    """P1, Fig. 4c: its p-values are the asymptotic ones."""
    first = np.arange(15.0)
    for apart, asymptotic, exact in ((14, 8.77e-7, 3.9e-7), (6, 0.136, 0.184)):
        second = first + apart - 0.5
        found = kolmogorov_smirnov(first, second, "asymptotic")
        assert found.statistic == pytest.approx(apart / 15)
        assert found.p == pytest.approx(asymptotic, rel=0.01)
        assert kolmogorov_smirnov(first, second).p == pytest.approx(exact, rel=0.01)


def told(found: HypothesisTest) -> tuple[float, float]:
    return found.statistic, found.p


def test_scipy_agrees() -> None:
    table = np.column_stack([ONE, TWO, ONE * TWO])
    for found, wanted in (
        (signed_rank(ONE, TWO), stats.wilcoxon(ONE, TWO)),
        (rank_sum(ONE, TWO), stats.mannwhitneyu(ONE, TWO)),
        (paired_t(ONE, TWO), stats.ttest_rel(ONE, TWO)),
        (pearson(ONE, TWO), stats.pearsonr(ONE, TWO)),
        (spearman(ONE, TWO), stats.spearmanr(ONE, TWO)),
        (kolmogorov_smirnov(ONE, TWO), stats.ks_2samp(ONE, TWO, method="exact")),
        (friedman(table), stats.friedmanchisquare(*table.T)),
    ):
        assert told(found) == pytest.approx((wanted.statistic, wanted.pvalue)), found.name
    assert friedman(table).df == 2


def test_chi_square_by_hand() -> None:
    """18 % of 1000 neurons respond to A, 25 % of 1000 to C (P1 compares such shares)."""
    counts = np.array([[180, 820], [250, 750]])
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    found = chi_square(counts)
    assert found.statistic == pytest.approx(((counts - expected) ** 2 / expected).sum())
    assert (found.n, found.df) == ((1000, 1000), 1)
    assert found.p == pytest.approx(math.erfc(math.sqrt(found.statistic / 2)))
    with_yates = ((np.abs(counts - expected) - 0.5) ** 2 / expected).sum()
    assert chi_square(counts, "Yates").statistic == pytest.approx(with_yates)


def test_pairs_that_do_not_differ_tell_nothing_of_a_sign() -> None:
    found = sign_test([3, 1, 2, 5, 4, 2], [1, 1, 1, 1, 1, 3])
    assert (found.statistic, found.n) == (4, (5,))
    assert found.p == pytest.approx(2 * (5 + 1) / 32)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: paired_t([1, math.nan], [1, 2]), "missing or infinite"),
        (lambda: paired_t([1], [2]), "Give at least 2"),
        (lambda: paired_t([1, 2], [1, 2]), "all are alike"),
        (lambda: paired_t([1, 2], [1, 2, 3]), "no pairs"),
        (lambda: sign_test([1, 2], [1, 2]), "no pair differs"),
        (lambda: rank_sum([], [1]), "first is empty"),
        (lambda: rank_sum([1, 1], [1, 1]), "all are alike"),
        (lambda: signed_rank([]), "first is empty"),
        (lambda: pearson([1, 2], [1, 2]), "Give at least 3"),
        (lambda: spearman([1, 1, 1], [1, 2, 3]), "all are alike"),
        (lambda: pearson([1, 2, 3], [1, 2]), "Give at least 3"),
        (lambda: kolmogorov_smirnov([1], [math.inf]), "missing or infinite"),
        (lambda: kolmogorov_smirnov([1], [2], "guessed"), "exact and asymptotic"),  # type: ignore[arg-type]
        (lambda: friedman([[1, 2], [3, 4]]), "three conditions"),
        (lambda: friedman([[1, 1, 1], [2, 2, 2]]), "no mouse differs"),
        (lambda: chi_square([[1, 0], [3, 0]]), "is empty"),
        (lambda: chi_square([[1, 2.5], [3, 4]]), "fraction"),
        (lambda: chi_square([1, 2]), "dimensions"),
        (lambda: block_averages([1, 2], 3), "blocks of 3"),
        (lambda: t_of_correlation(1.0, 5), "between -1 and 1"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        call()
