"""The tests of the two papers, by their names in the field; SciPy computes them.

Sources: Ceballo et al. 2019 (P1), Methods, "Statistics"; Hajnal et al. 2024 (P2), Methods and
captions. All tests are two-sided. Numbers that are missing, and too few of them, are refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from models.errors import (
    EmptyDataError,
    Floats,
    OneClassError,
    OutOfBoundsError,
    ShapeError,
    TooFewError,
    UnknownNameError,
    check_same_length,
    floats,
    whole,
)
from models.kolmogorov import ks_distance, ks_p_value

PValue = Literal["exact", "asymptotic"]
"""`asymptotic` is that of Stephens 1970, by which the p-values of P1, Fig. 4c come out."""
Correction = Literal["none", "Yates"]


@dataclass(frozen=True)
class HypothesisTest:
    """What a test came to.

    Attributes
    ----------
    name
        What the test is called.
    statistic
        What it computes: t, D, U, W, r, rho, chi-square, or the number of positive differences.
    p
        How often chance gives such a statistic or one farther off.
    n
        How many numbers each group has; of paired tests the number of pairs, of a sign test and a
        signed-rank test that of the pairs that differ.
    df
        Degrees of freedom; None for a test that has none.
    """

    name: str
    statistic: float
    p: float
    n: tuple[int, ...]
    df: float | None = None

    def __str__(self) -> str:
        sizes = ", ".join(map(str, self.n))
        freedom = "" if self.df is None else f", df = {self.df:g}"
        return f"{self.name}: {self.statistic:.4g}, p = {self.p:.3g}, n = {sizes}{freedom}"


def sign_test(first: ArrayLike, second: ArrayLike = 0.0) -> HypothesisTest:
    """Test whether paired numbers differ, by the signs of their differences ("signed test" of P1).

    Parameters
    ----------
    first, second
        Numbers of the same mice or repetitions, (pairs,). `second` may be one number for all.
        Pairs without a difference do not count.

    Examples
    --------
    >>> print(sign_test([1, 2, 3, 4, 5, -1]))
    sign test: 5, p = 0.219, n = 6
    """
    differences = _differing(first, second)
    positive = int((differences > 0).sum())
    p = stats.binomtest(positive, differences.size).pvalue
    return HypothesisTest("sign test", positive, float(p), (differences.size,))


def signed_rank(first: ArrayLike, second: ArrayLike = 0.0) -> HypothesisTest:
    """Test whether paired numbers differ, by Wilcoxon's signed ranks.

    The p-value is exact for up to 50 pairs without ties, as SciPy chooses.

    Parameters
    ----------
    first, second
        As in `sign_test`.
    """
    differences = _differing(first, second)
    found = stats.wilcoxon(differences)
    return _told("Wilcoxon signed-rank test", found, (differences.size,))


def rank_sum(first: ArrayLike, second: ArrayLike) -> HypothesisTest:
    """Test whether one of two groups has the larger numbers, by Wilcoxon's rank sum.

    The statistic is U of the first group. The p-value is exact where a group has up to 8 numbers
    and there are no ties, as SciPy chooses.

    Examples
    --------
    The smallest p-value of 5 mice against 5 (Ceballo et al. 2019):

    >>> round(rank_sum([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]).p, 4)
    0.0079
    """
    one, two = (_numbers(name, each, 1) for name, each in (("first", first), ("second", second)))
    _not_all_alike("the numbers", np.concatenate([one, two]))
    return _told(
        "Wilcoxon rank-sum test",
        stats.mannwhitneyu(one, two, alternative="two-sided"),
        (one.size, two.size),
    )


def kolmogorov_smirnov(
    first: ArrayLike, second: ArrayLike, p_value: PValue = "exact"
) -> HypothesisTest:
    """Test whether two groups have the same distribution; the statistic is the distance D.

    Parameters
    ----------
    first, second
        Numbers of the two groups.
    p_value
        Which p-value.

    Examples
    --------
    >>> print(kolmogorov_smirnov([1, 2, 3, 4], [3, 4, 5, 6]))
    Kolmogorov-Smirnov test: 0.5, p = 0.771, n = 4, 4
    """
    one, two = (_numbers(name, each, 1) for name, each in (("first", first), ("second", second)))
    distance, sizes = ks_distance(one, two), (one.size, two.size)
    if p_value == "asymptotic":
        p = ks_p_value(distance, *sizes)
    elif p_value == "exact":
        p = float(stats.ks_2samp(one, two, method="exact").pvalue)
    else:
        raise UnknownNameError(f"no p-value {p_value!r}", "There are exact and asymptotic.")
    return HypothesisTest("Kolmogorov-Smirnov test", distance, p, sizes)


def friedman(table: ArrayLike) -> HypothesisTest:
    """Test whether conditions differ in the same mice, by Friedman's ranks.

    Parameters
    ----------
    table
        (mice, conditions); three conditions or more.
    """
    numbers = floats("table", table, 2)
    mice, conditions = numbers.shape
    if conditions < 3 or mice < 2:
        raise TooFewError(
            f"{mice} mice in {conditions} conditions",
            "Give two mice and three conditions, or compare two by sign_test.",
        )
    if (numbers == numbers[:, :1]).all():
        raise OneClassError("no mouse differs between conditions", "There is nothing to test.")
    found = stats.friedmanchisquare(*numbers.T)
    return _told("Friedman test", found, (mice,), conditions - 1)


def chi_square(counts: ArrayLike, correction: Correction = "none") -> HypothesisTest:
    """Test whether proportions differ between groups, by chi-square.

    Parameters
    ----------
    counts
        How many of each group were of each kind, (groups, kinds): for shares of responsive
        neurons a row ``[responsive, others]`` for each group.
    correction
        `Yates` for continuity, where there are two groups and two kinds.

    Examples
    --------
    >>> print(chi_square([[30, 70], [50, 50]]))
    chi-square test: 8.333, p = 0.00389, n = 100, 100, df = 1
    """
    table = whole("counts", counts, 2)
    if min(table.shape) < 2:
        raise TooFewError(f"counts of shape {table.shape}", "Give two groups and two kinds.")
    if (table.sum(axis=0) == 0).any() or (table.sum(axis=1) == 0).any():
        raise OneClassError("a group or a kind is empty", "Leave it out.")
    if correction not in {"none", "Yates"}:
        raise UnknownNameError(f"no correction {correction!r}", "There are none and Yates.")
    found = stats.chi2_contingency(table, correction=correction == "Yates")
    sizes = tuple(table.sum(axis=1).tolist())
    return HypothesisTest(
        "chi-square test", float(found.statistic), float(found.pvalue), sizes, int(found.dof)
    )


def paired_t(first: ArrayLike, second: ArrayLike) -> HypothesisTest:
    """Test whether paired numbers differ, by Student's t of their differences.

    P2 pairs blocks of time: average over blocks (`block_averages`) and mice first.

    Parameters
    ----------
    first, second
        (pairs,)
    """
    differences = _differences(first, second)
    return _t_test("paired t-test", differences, 0.0)


def one_sample_t(values: ArrayLike, expected: float = 0.0) -> HypothesisTest:
    """Test whether numbers differ from what is expected, as angles from 90 degrees.

    Parameters
    ----------
    values
        (values,)
    expected
        What they are compared with.
    """
    return _t_test("one-sample t-test", _numbers("values", values, 2), expected)


def block_averages(series: ArrayLike, size: int) -> Floats:
    """Return means over consecutive blocks of time points, (blocks, ...); a rest is left out.

    Neighbouring time points are not independent; in P2 the autocorrelation has fallen to 0 after
    60 bins of 10 ms, and means over such blocks are what its t-tests compare.

    Parameters
    ----------
    series
        (time points,) or (time points, ...).
    size
        Time points in a block.

    Examples
    --------
    >>> block_averages([1, 3, 5, 7, 9], 2)
    array([2., 6.])
    """
    values = np.asarray(series)
    numbers = floats("series", values, max(values.ndim, 1))
    if not 1 <= size <= len(numbers):
        raise OutOfBoundsError(
            f"blocks of {size} in {len(numbers)} time points", "Give 1 to all of them."
        )
    blocks = len(numbers) // size
    whole_blocks = numbers[: blocks * size].reshape(blocks, size, *numbers.shape[1:])
    return np.asarray(whole_blocks.mean(axis=1))


def pearson(first: ArrayLike, second: ArrayLike) -> HypothesisTest:
    """Test whether paired numbers go along with each other; the statistic is Pearson's r."""
    one, two = _two_that_vary(first, second)
    return _told("Pearson correlation", stats.pearsonr(one, two), (one.size,), one.size - 2)


def spearman(first: ArrayLike, second: ArrayLike) -> HypothesisTest:
    """Test whether the ranks of paired numbers go along; the statistic is Spearman's rho."""
    one, two = _two_that_vary(first, second)
    return _told("Spearman correlation", stats.spearmanr(one, two), (one.size,), one.size - 2)


def t_of_correlation(r: float, n: int) -> float:
    """Return the t, with n - 2 degrees of freedom, that a correlation over n pairs stands for.

    Examples
    --------
    P2, Fig. 5f tells r = -0.97 and t = -18; that is of 30 points, not of the 2640 of the caption:

    >>> round(t_of_correlation(-0.959, 30), 1), round(t_of_correlation(-0.97, 2640))
    (-17.9, -205)
    """
    if not -1 < r < 1 or n < 3:
        raise OutOfBoundsError(
            f"r = {r:g} over {n} pairs", "Give r between -1 and 1, and three pairs or more."
        )
    return r * math.sqrt((n - 2) / (1 - r**2))


def _told(name: str, found: Any, n: tuple[int, ...], df: float | None = None) -> HypothesisTest:
    """Return what SciPy found."""
    return HypothesisTest(name, float(found.statistic), float(found.pvalue), n, df)


def _t_test(name: str, values: Floats, expected: float) -> HypothesisTest:
    _not_all_alike("the numbers" if expected else "the differences", values)
    found = stats.ttest_1samp(values, expected)
    return _told(name, found, (values.size,), values.size - 1)


def _numbers(name: str, values: ArrayLike, fewest: int) -> Floats:
    """Return numbers, (values,), of which there are enough."""
    array = np.asarray(values)
    if array.ndim == 1 and array.size == 0:
        raise EmptyDataError(f"{name} is empty", f"Give at least {fewest}.")
    numbers = floats(name, array, 1)
    if numbers.size < fewest:
        raise TooFewError(f"{name} has {numbers.size} number", f"Give at least {fewest}.")
    return numbers


def _differences(first: ArrayLike, second: ArrayLike, fewest: int = 2) -> Floats:
    """Return the differences of pairs, (pairs,)."""
    one = _numbers("first", first, fewest)
    two = floats("second", np.atleast_1d(np.asarray(second)), 1)
    if np.ndim(second) and one.size != two.size:
        raise ShapeError(
            f"{one.size} and {two.size} numbers are no pairs", "Give both of each mouse."
        )
    return np.asarray(one - two, np.float64)


def _differing(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return the differences of pairs that differ."""
    every = _differences(first, second, 1)
    differing: Floats = every[every != 0]
    if not differing.size:
        raise OneClassError("no pair differs", "There is nothing to test.")
    return differing


def _two_that_vary(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    one, two = _numbers("first", first, 3), _numbers("second", second, 3)
    check_same_length(first=one, second=two)
    _not_all_alike("first", one)
    _not_all_alike("second", two)
    return one, two


def _not_all_alike(name: str, values: Floats) -> None:
    if np.ptp(values) == 0:
        raise OneClassError(f"{name}: all are alike", "There is nothing to test.")
