"""Faults of the machine, made on purpose: small disks, slow ones, failing ones. Needs root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Let a folder be a disk of its own of that size (``3m``), in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, option: str) -> None:
    """Change a disk: ``size=64m``, ``ro``, ``rw``."""
    _mount("-o", f"remount,{option}", str(folder))


def under_strace(faults: str, lab: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """Run a flooded session in a process whose system calls have faults.

    Parameters
    ----------
    faults
        What happens to which call: ``fdatasync:error=EIO:when=5`` (see ``man strace``).
    lab
        The folder of the flooded lab; the session ends when its trials are over.
    files
        Only calls about these files; all if there are none.
    """
    strace = shutil.which("strace")
    assert strace, "strace is missing: run `make env` as root, or `apt install strace`"
    call, log = faults.partition(":")[0], lab / "strace.log"
    command = [strace, "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", f"trace={call}"]
    command += ["-e", f"inject={faults}", *(part for file in files for part in ("-P", str(file)))]
    code = f"from benchmarks.kill_engine import run_engine; run_engine({str(lab)!r})"
    done = subprocess.run(
        [*command, sys.executable, "-c", code],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    told = log.read_text(encoding="utf-8")
    assert "INJECTED" in told or "DELAYED" in told, f"the fault never happened: {done}"
    return done


def _mount(*arguments: str) -> None:
    assert os.geteuid() == 0, "these tests mount small disks: run them as root (`sudo make test`)"
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"mount is not allowed here, use a machine where it is: {done}"
