"""The engine that the kill test starts again and again, in processes that need no imports."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.flood import flood_plan
from rig.errors import ExitCode, RigError
from rig.lab import find_lab
from rig.session import Session
from rig.signals import ignore_stop_signals, stop_on_signals


def run_engine(folder: str) -> None:
    """Run a flooded session until it is stopped by a signal, as ``rig run`` does."""
    try:
        session = Session(flood_plan(find_lab(Path(folder))), "system")
        with stop_on_signals(lambda reason: session.stop("stop_now", reason)), session:
            session.run()
        ignore_stop_signals()
    except RigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    sys.exit(ExitCode.STOPPED)
