"""Work that workers of fits are given by tests; they load nothing else with it."""

from __future__ import annotations

import os


def doubled(order: int) -> int:
    """Return twice the order; die over 3, and fail over 4."""
    if order == 3:
        os._exit(1)
    if order == 4:
        raise ValueError("four is too many")
    return 2 * order
