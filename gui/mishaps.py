"""A mistake in the window itself: it is told and kept, and the window goes on.

Qt ends a program in which an error reaches it. No session depends on the window, but who works
with it does.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType

FILE = "window-mishaps.txt"
"""Among the lab's locks: what went wrong in windows, for whoever mends it."""
LONGEST = 1_000_000
"""Bytes of that file, after which nothing more is written to it."""


def survive(tell: Callable[[str, str], None], folder: Path) -> None:
    """Tell of errors that nothing else takes care of, keep them in a file, and go on.

    Parameters
    ----------
    tell
        Shows level and text to the operator; the same text is shown once.
    folder
        Where the file is.
    """

    def take(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        file = folder / FILE
        _keep(file, "".join(traceback.format_exception(kind, error, trace)))
        tell(
            "warn",
            f"The window made a mistake: {kind.__name__}: {error}. Sessions are programs of their "
            f"own and go on. Close the window and open it again; the details are in {file}.",
        )

    sys.excepthook = take


def _keep(file: Path, detail: str) -> None:
    """Write down what went wrong; a file that cannot be written is no further mishap."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.stat().st_size < LONGEST:
            with file.open("a", encoding="utf-8") as opened:
                opened.write(f"{datetime.now().astimezone().isoformat()}\n{detail}\n")
