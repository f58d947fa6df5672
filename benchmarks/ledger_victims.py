"""The processes that the kill test of the ledger starts again and again, and kills."""

from __future__ import annotations

import time
from pathlib import Path

import rig.ledger.posting
import rig.ledger.store  # noqa: F401 (loaded once, before the processes are forked)
from benchmarks.lab import bench_plan
from rig.lab import Lab, find_lab
from rig.ledger.poster import follow
from rig.session import Session
from rig.session_folder import SessionFolder

SPEED = 50
_POLL = 0.01
_TIME_OUT = ("time_out = 8.0", "time_out = 0.5")
_EAGER = "body = { visit_interval = 0.2 }\n"


def make_eager(lab: Lab) -> None:
    """Let the mouse of a lab come at once and its trials be short, so that drops fall often."""
    path = lab.folder / "protocols/go_nogo.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(*_TIME_OUT), encoding="utf-8")
    with (lab.folder / "rigs/box1.toml").open("a", encoding="utf-8") as file:
        file.write(_EAGER)


def run_engine(folder: str) -> None:
    """Be the engine."""
    with Session(bench_plan(find_lab(Path(folder))), "paced", speed=SPEED) as session:
        session.run()


def run_poster(lab: str, folder: str) -> None:
    """Be the program that enters the water."""
    follow(find_lab(Path(lab)), SessionFolder(Path(folder)), str, lambda _: time.sleep(_POLL))
