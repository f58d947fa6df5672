"""Whether a window can be shown here: where it cannot, Qt ends the whole program without a word.

So another program is asked first. No Qt here: it may be what is missing.
"""

from __future__ import annotations

import subprocess
import sys

from rig.errors import ConfigError

_TRIED = "from PyQt5.QtWidgets import QApplication; import pyqtgraph; QApplication([])"
_WITHIN = 60.0
"""Seconds: a computer that is busy may take some to load Qt."""


def check_display() -> None:
    """Raise `ConfigError` if no window can be shown here."""
    try:
        tried = subprocess.run(
            [sys.executable, "-P", "-c", _TRIED],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused(f"the display does not answer within {_WITHIN:.0f} s") from None
    if tried.returncode:
        raise _refused(_why(tried.stderr))


def _refused(why: str) -> ConfigError:
    return ConfigError(
        f"no window can be opened: {why}",
        "display",
        "Sit at a computer with a screen, or set DISPLAY; `rig doctor` looks at the computer. "
        "Sessions need no window: see `rig run --help`, and `rig watch` to look at one.",
    )


def _why(said: str) -> str:
    """Return in words what Qt or Python has said.

    Examples
    --------
    >>> _why('qt.qpa.xcb: could not connect to display ')
    'there is no display, or it takes no programs of yours'
    """
    if "could not connect to display" in said:
        return "there is no display, or it takes no programs of yours"
    lines = [line for line in said.splitlines() if line.strip()]
    if lines and "Error: " in lines[-1]:
        return f"Qt cannot be loaded ({lines[-1].strip()})"
    return " ".join(lines[:2]) or "Qt has ended without a word"
