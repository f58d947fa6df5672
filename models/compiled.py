"""How numerical loops are compiled, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop over arrays when it is first called; later processes find it on the disk.

    Division by zero gives infinity or NaN, as in NumPy; products and sums may be fused. The loop
    runs without Python's lock, so that threads run side by side.
    """
    fast = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})(function)
    return cast("Callable[P, R]", fast)


def compiled_freely(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop as `compiled` does, and let sums be taken in any order.

    So a sum fills the whole width of the processor. Rounding differs between processors.
    """
    freedom = {"contract", "reassoc", "nsz"}
    fast = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=freedom)(function)
    return cast("Callable[P, R]", fast)


def compiled_within(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop as `compiled_freely` does, for calls from compiled loops alone."""
    freedom = {"contract", "reassoc", "nsz"}
    fast = numba.njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        fastmath=freedom,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )(function)
    return cast("Callable[P, R]", fast)
