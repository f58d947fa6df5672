"""The memory of a session's processes while it runs; read from ``/proc`` and so on Linux only."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rig.trials import TrialRow
from rig.watcher import Nobody


class Memory(Nobody):
    """Notes the memory of this process, and of the logger if there is one, when trials end.

    Attributes
    ----------
    noted
        Session time, and megabytes by process. Empty where the system does not tell.
    """

    def __init__(self) -> None:
        self.noted: list[tuple[float, dict[str, float]]] = []

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """Note session time and megabytes."""
        if sys.platform == "linux":
            memory = {name: resident_mb(pid) for name, pid in _processes().items()}
            self.noted.append((row.end_time, memory))

    def at_quarters(self) -> list[tuple[str, str]]:
        """Return the memory at the beginning, at the quarters, and at the end."""
        figures = []
        for name in self.noted[0][1] if self.noted else ():
            last = len(self.noted) - 1
            quarters = [self.noted[last * i // 4][1][name] for i in range(5)]
            shown = ", ".join(f"{mb:.0f}" for mb in quarters)
            figures.append((f"memory of the {name} at the quarters, MB", shown))
        return figures


def _processes() -> dict[str, int]:
    """Return this process, and the logger if there is one."""
    me = os.getpid()
    found = {"engine": me}
    children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
    for child in children:
        if b"rig.logger" in Path(f"/proc/{child}/cmdline").read_bytes():
            found["logger"] = int(child)
    return found


def resident_mb(pid: int) -> float:
    """Return the memory of a process in megabytes; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0.0
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
