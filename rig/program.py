"""The command ``rig`` of this very installation, for programs that run it."""

from __future__ import annotations

import sys

RIG_PROGRAM = (sys.executable, "-P", "-c", "from rig.main import main; main()")
"""What stands before the arguments; found also where ``rig`` is on no path."""
