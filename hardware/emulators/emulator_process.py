"""Starts an emulator in a process of its own, which ends with the program that started it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rig.errors import DeviceError

LONGEST_END = 5.0
"""Seconds that the emulator may take to end before it is killed."""
CHECKOUT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def emulator_process(module: str, arguments: Sequence[str]) -> Iterator[bytes]:
    """Run the emulator in a module until the end of the block; give the line that it prints first.

    Raises
    ------
    DeviceError
        If it ends before it has printed one.
    """
    command = [sys.executable, "-m", module, "--until-input-ends", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT)
    try:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise DeviceError(
                "the emulator did not start",
                " ".join(command),
                "Run this command and read what it says.",
            )
        yield line
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the emulator by the end of its input, as it ends when its caller dies."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(LONGEST_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
