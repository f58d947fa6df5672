"""What is wrong with the arrays that a model is given; each mistake has a name of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class ModelError(ValueError):
    """Data or settings that a model cannot use; says what, and what to do about it.

    Examples
    --------
    >>> print(EmptyDataError("no trials", "Give at least one trial."))
    no trials. Give at least one trial.
    """

    def __init__(self, what: str, do: str) -> None:
        super().__init__(f"{what}. {do}")
        self.what = what
        self.do = do


class EmptyDataError(ModelError):
    """There is not one trial."""


class TooFewError(ModelError):
    """Fewer numbers than are needed."""


class NotFiniteError(ModelError):
    """A number is missing (NaN) or infinite."""


class ShapeError(ModelError):
    """Arrays do not fit each other, or the model."""


class UnsortedTrialsError(ModelError):
    """Trials are out of order, or one comes twice."""


class ImpossibleOutcomeError(ModelError):
    """More responses than trials, a fraction of a trial, a stimulus that the task lacks."""


class OneClassError(ModelError):
    """All trials are alike, so that nothing can be told apart."""


class OutOfBoundsError(ModelError):
    """A parameter lies outside its bounds."""


class UnknownNameError(ModelError):
    """A parameter, variant or model has no such name."""


def floats(name: str, values: ArrayLike, ndim: int) -> Floats:
    """Return numbers as an array of their own, shape as given.

    Raises
    ------
    ShapeError
        If they are no numbers, or have not `ndim` dimensions.
    EmptyDataError
        If there are none.
    NotFiniteError
        If one is missing or infinite.
    """
    try:
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{name} is no array of numbers ({error})", "Give numbers.") from error
    if array.ndim != ndim:
        raise ShapeError(f"{name} has {array.ndim} dimensions", f"It needs {ndim}.")
    if not array.size:
        raise EmptyDataError(f"{name} is empty", "Give at least one trial.")
    if not np.isfinite(array).all():
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise NotFiniteError(
            f"{name} has a missing or infinite number at {first}", "Leave such trials out."
        )
    return array


def whole(name: str, values: ArrayLike, ndim: int) -> Whole:
    """Return whole numbers of at least zero as an array of their own, shape as given.

    Raises
    ------
    ImpossibleOutcomeError
        If one is negative or a fraction; else as `floats`.
    """
    array = floats(name, values, ndim)
    if (array < 0).any() or (array != np.round(array)).any():
        raise ImpossibleOutcomeError(
            f"{name} has a number that is negative or a fraction", "Give counts, 0 or 1 or more."
        )
    return array.astype(np.int64)


def flags(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """Return answers to a yes-or-no question as an array of their own, (trials,).

    Raises
    ------
    ImpossibleOutcomeError
        If one is neither 0 nor 1; else as `floats`.
    """
    array = floats(name, values, 1)
    if ((array != 0) & (array != 1)).any():
        raise ImpossibleOutcomeError(f"{name} has a number that is not 0 or 1", "Give 0 or 1.")
    return np.asarray(array == 1)


def check_same_length(**arrays: NDArray[np.generic]) -> None:
    """Refuse arrays that are not about the same trials.

    Raises
    ------
    ShapeError
        If their first dimensions differ.
    """
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ShapeError(f"arrays differ in length ({said})", "Give one entry a trial in each.")


def check_some(**counts: int) -> None:
    """Refuse counts below one, by name.

    Raises
    ------
    EmptyDataError
        If there is one.
    """
    for name, count in counts.items():
        if count < 1:
            raise EmptyDataError(f"{name} is {count}", "Give at least one.")


def check_rising(name: str, numbers: NDArray[np.generic]) -> None:
    """Refuse trial numbers that do not rise.

    Raises
    ------
    UnsortedTrialsError
        If one is not greater than the one before it.
    """
    behind = np.flatnonzero(np.diff(numbers) <= 0)
    if behind.size:
        raise UnsortedTrialsError(
            f"{name} does not rise at entry {int(behind[0]) + 1}", "Sort the trials by number."
        )


def check_numbers(numbers: Whole) -> None:
    """Refuse trial numbers that do not begin at 1 or later, or do not rise."""
    if numbers[0] < 1:
        raise ImpossibleOutcomeError("the first trial has the number 0", "Count from 1.")
    check_rising("numbers of trials", numbers)


def check_bins(ends: Whole, trials: Whole) -> None:
    """Refuse bins, (bins,), in which there are more trials than pass until their end."""
    if (trials > np.diff(ends, prepend=0)).any():
        raise ImpossibleOutcomeError("a bin has more trials than pass in it", "Mend ends.")
