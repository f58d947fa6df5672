"""What compiling loops costs a program that uses them first, and a later one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile


def compilation(code: str) -> list[tuple[str, str]]:
    """Return the processor time of a program's first use of its loops, without and with the cache.

    The program prints how many seconds that took.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        first, second = (_first_use(code, environment) for _ in range(2))
    return [
        ("compiling its loops, once on a computer, s", f"{first:.1f}"),
        ("loading them in a later process, s", f"{second:.2f}"),
    ]


def _first_use(code: str, environment: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True
    )
    return float(done.stdout)
