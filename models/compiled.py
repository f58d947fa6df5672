"""How numerical loops are compiled, in one place, and where they are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")
HERE = Path(__file__).parent


def version_of(folder: Path) -> str:
    """Return a word that changes with every change of the modules in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


# Numba notices a change of the file that a loop is in, by its time and size, but none of a loop
# that is called from another file. So each version of these modules has a store of its own.
_config: Any = numba.config
_config.CACHE_DIR = str(
    Path(_config.CACHE_DIR or HERE / "__pycache__") / f"loops-{version_of(HERE)}"
)


FUSED = {"contract"}
ANY_ORDER = {"contract", "reassoc", "nsz"}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop over arrays when it is first called; later processes find it on the disk.

    Division by zero gives infinity or NaN, as in NumPy; products and sums may be fused. The loop
    runs without Python's lock, so that threads run side by side.

    A loop that assigns a whole array to a part of another one compiles for two or three seconds
    more: Numba then compiles the sentence for shapes that do not fit, too. So loops copy number by
    number.
    """
    return _compiled(function, fastmath=FUSED)


def compiled_freely(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop as `compiled` does, and let sums be taken in any order.

    So a sum fills the whole width of the processor. Rounding differs between processors.
    """
    return _compiled(function, fastmath=ANY_ORDER)


def compiled_apart(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop as `compiled_freely` does, in less time, for callers that are compiled."""
    return _compiled(function, fastmath=ANY_ORDER, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def compiled_within(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop as `compiled_apart` does, as a part of each of its callers.

    What is not, is there twice: as the process that compiled it has it, and as later processes
    load it with its caller. Then its sums can be taken in two orders.
    """
    return _compiled(
        function,
        fastmath=ANY_ORDER,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        forceinline=True,
    )


def _compiled(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    """Compile a loop with options of Numba, besides those that all loops have."""
    fast = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    return cast("Callable[P, R]", fast)
