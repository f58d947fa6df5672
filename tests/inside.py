"""Runs the command ``rig`` inside the tests' own process, which takes no time to begin."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from rig.lab import Lab
from rig.main import main
from rig.signals import stop_signals


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


def inside(lab: Lab, *arguments: str, **environment: str) -> Done:
    """Return what ``rig`` came to in the lab's folder, with what it printed as a pipe gets it."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in "oe")
    code: object = 0
    with pytest.MonkeyPatch.context() as patch, _signals_kept():
        patch.chdir(lab.folder)
        for name, value in {"COLUMNS": "200", **environment}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["rig", *arguments])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int)
    return Done(code, _written(out), _written(err))


def _written(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode()


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Put the handlers of signals back, which a program that ends may leave as they are."""
    before = {number: signal.getsignal(number) for number in stop_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
