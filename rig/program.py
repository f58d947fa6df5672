"""The command ``rig`` of this very installation, for programs that run it, and run others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import TextIO

RIG_PROGRAM = (sys.executable, "-P", "-c", "from rig.main import main; main()")
"""What stands before the arguments; found also where ``rig`` is on no path."""
NICENESS = 10


def start_apart(command: Sequence[str], log: TextIO) -> None:
    """Start a program that goes on when this one ends and when the terminal is closed.

    It calls `be_nice` first, where it is one of ours.

    Parameters
    ----------
    command
        The program and its arguments.
    log
        Where it writes what it has to say.

    Raises
    ------
    OSError
        If it cannot be started.
    """
    if sys.platform == "win32":
        own = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            creationflags=own | subprocess.BELOW_NORMAL_PRIORITY_CLASS,
        )
    else:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def be_nice() -> None:
    """Let this process wait for others; on Windows it was started so."""
    if sys.platform != "win32":
        os.nice(NICENESS)
