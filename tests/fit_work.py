"""Work that workers of fits are given by tests; they load nothing else with it."""

from __future__ import annotations

import os
import sys
import time


def doubled(order: int) -> int:
    """Return twice the order; die over 3, and fail over 4."""
    if order == 3:
        os._exit(1)
    if order == 4:
        raise ValueError("four is too many")
    return 2 * order


def working(order: int) -> int:
    """Say that it works, and go on for longer than any test."""
    sys.stdout.write(f"{order} works\n")
    sys.stdout.flush()
    time.sleep(600)
    return order
