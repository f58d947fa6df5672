"""What compiling loops costs a program that uses them first, and a later one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile


def compilation(code: str) -> list[tuple[str, str]]:
    """Return the processor time of a program's first use of its loops, without and with the cache.

    The program prints how many seconds that took, and what it computed.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        (first, found), (second, again) = (_first_use(code, environment) for _ in range(2))
    return [
        ("compiling its loops, once on a computer, s", f"{first:.1f}"),
        ("loading them in a later process, s", f"{second:.2f}"),
        ("both compute the same, to the last bit", "yes" if found == again else "no"),
    ]


def _first_use(code: str, environment: dict[str, str]) -> tuple[float, str]:
    """Return the seconds of processor time, and the line of what was computed."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    seconds, found = done.stdout.splitlines()
    return float(seconds), found
