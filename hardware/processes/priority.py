"""Lets a process that must be in time go before others, where the system allows it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path

FIRST = -15
"""What Unix calls niceness: 0 is usual, -20 the most urgent."""
HIGH_PRIORITY_CLASS = 0x80


def go_first() -> None:
    """Let this process go before others; call it before there are other threads.

    Linux allows it to root, and to users that ``/etc/security/limits.conf`` gives a niceness.
    """
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = ctypes.c_void_p  # a handle has the width of a pointer
        kernel.SetPriorityClass.argtypes = ctypes.c_void_p, ctypes.c_uint32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), HIGH_PRIORITY_CLASS)
        return
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    session_goes_first(os.getpid())


def session_goes_first(process: int) -> None:
    """Let a process and its whole session go before other sessions, on Linux.

    Linux shares the processor between sessions before it looks at the niceness of a process.
    """
    with contextlib.suppress(OSError):  # not allowed, or no such thing
        Path(f"/proc/{process}/autogroup").write_text(str(FIRST), encoding="ascii")
