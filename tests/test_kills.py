"""A small kill test; ``make kills`` kills a thousand times."""

from __future__ import annotations

import subprocess
import sys

from machine import ROOT


def test_killed_sessions_lose_nothing_that_was_acknowledged() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kill_test", "--kills", "12", "--seed", "5"],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for target in ("engine", "logger", "both"):
        line = next(line for line in done.stdout.splitlines() if line.startswith(target))
        kills, _, acknowledged, _, lost, double, unreadable = (
            int(cell.replace(",", "")) for cell in line.split()[1:]
        )
        assert kills >= 3
        assert acknowledged > 1000
        assert (lost, double, unreadable) == (0, 0, 0)


def test_killed_sessions_have_each_drop_of_their_journal_in_the_ledger_once() -> None:
    """`make drops` kills 300."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ledger_kills", "--kills", "3", "--seed", "5"],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for target in ("engine", "poster", "both"):
        line = next(line for line in done.stdout.splitlines() if line.startswith(target))
        kills, drops, _, *wrong = map(int, line.split()[1:])
        assert kills == 1
        assert drops >= 1
        assert wrong == [0, 0, 0], "lost, double, in no journal"
