"""Arrays that grow at their end without being copied each time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_FIRST = 256


class Growing:
    """Numbers that are appended one by one and read as an array.

    Examples
    --------
    >>> numbers = Growing()
    >>> numbers.append(1.5)
    >>> numbers.values
    array([1.5])
    """

    def __init__(self) -> None:
        self._held: npt.NDArray[np.float64] = np.empty(_FIRST)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, value: float) -> None:
        """Append a number."""
        if self._count == len(self._held):
            self._held = np.concatenate([self._held, np.empty_like(self._held)])
        self._held[self._count] = value
        self._count += 1

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """The numbers so far, ``(count,)``; a view, to be read only."""
        return self._held[: self._count]
