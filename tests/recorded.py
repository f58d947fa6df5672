"""Recorded sessions that tests read: of older layouts, and with signals."""

from __future__ import annotations

import gzip
from pathlib import Path

from helpers import plan_for, run_virtual

from rig.frames import FrameReader
from rig.lab import Lab
from rig.session_folder import SessionFolder

RECORDINGS = Path(__file__).parent / "recordings"
TREADMILL = """[devices.treadmill]
driver = "hardware.analog_input:AnalogInputTwin"
meaning = "how fast the mouse runs, and the light of the screen"
rate_hz = 500
channels = [
  { name = "speed", line = "Dev1/ai0", unit = "cm/s", per_volt = 20.0 },
  { name = "light", line = "Dev1/ai1" },
]

[simulation]
"""


def old_session(name: str, folder: Path) -> SessionFolder:
    """Return a session of `tests/recordings` (``layout-1``, ``layout-2``), unpacked."""
    path = folder / name
    path.mkdir()
    for file in ("session.journal", "session.h5"):
        packed = RECORDINGS / f"{name}.{file.partition('.')[2]}.gz"
        (path / file).write_bytes(gzip.decompress(packed.read_bytes()))
    return SessionFolder(path)


def keep_frames(path: Path, reader: FrameReader, count: int) -> None:
    """Cut a file of frames off behind so many of them; from its end if the number is negative."""
    begins = [reader.sound for _ in reader]
    path.write_bytes(path.read_bytes()[: begins[count]])


def session_with_signals(lab: Lab, trials: int = 2) -> SessionFolder:
    """Return a session of Go/NoGo on a rig with a treadmill."""
    rig = lab.folder / "rigs/box1.toml"
    rig.write_text(rig.read_text(encoding="utf-8").replace("[simulation]\n", TREADMILL), "utf-8")
    return short_session(lab, "go_nogo", trials)


def short_session(lab: Lab, protocol: str, trials: int, seed: int = 1) -> SessionFolder:
    """Return a session of a protocol of the lab with at most so many trials."""
    path = lab.folder / f"protocols/{protocol}.toml"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("max_trials"))
    path.write_text(text.replace(line, f"max_trials = {trials}"), encoding="utf-8")
    return run_virtual(plan_for(lab, Path(f"protocols/{protocol}.toml"), seed=seed)).folder
