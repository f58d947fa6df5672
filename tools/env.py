r"""Make the environment ``.venv``: pinned, hashed packages and this checkout itself.

Needs Python 3.11 or later and pip, and nothing of ours. Run it with any Python:
``python3 tools/env.py`` (Linux, macOS) or ``py tools\env.py`` (Windows). It does nothing
when the environment is up to date. What follows on the line is run in the environment:
``py tools\env.py rig demo``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "mouserig-lock.sha256"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def main() -> int:
    """Bring ``.venv`` and the system packages up to date; say what to do when that fails."""
    if sys.version_info < (3, 11):  # noqa: UP036 (any Python may run this file)
        return complain(
            f"This is Python {sys.version.split()[0]}; mouserig needs 3.11 or later.",
            "Install a newer Python and run this again with it.",
        )
    wanted = fingerprint()
    if not STAMP.exists() or STAMP.read_text() != wanted:
        if Path(sys.prefix).resolve() == VENV:
            return complain(
                f"The environment {VENV} must be made anew, and this Python lives in it.",
                "Run `deactivate`, then this again.",
            )
        failure = make_environment()
        if failure:
            return failure
        STAMP.write_text(wanted)
    install_system_packages()
    if sys.argv[1:]:
        program, *arguments = sys.argv[1:]
        suffix = ".exe" if os.name == "nt" else ""
        return run(str(PYTHON.with_name(program + suffix)), *arguments)
    return 0


def fingerprint() -> str:
    """Return the SHA-256 of all that the environment is made from."""
    import tomllib  # not at the top: an older Python must get as far as its error message

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = repr((settings["project"], settings["build-system"], sys.version, ROOT))
    return hashlib.sha256(LOCK.read_bytes() + project.encode()).hexdigest()


def make_environment() -> int:
    """Create ``.venv`` and install into it; return an exit code."""
    print(f"Making the environment {VENV} (a minute or two, once) ...", flush=True)
    if VENV.exists():
        shutil.rmtree(VENV)
    # --without-pip: Debian ships ensurepip apart (python3-venv), but the pip that is
    # already here can install into any environment.
    if run(sys.executable, "-m", "venv", "--without-pip", str(VENV)):
        return complain(
            f"Python could not create the environment {VENV}.",
            "On Debian and Ubuntu: apt install python3-venv. Then run this again.",
        )
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet"]
    pip += ["--disable-pip-version-check", "--no-warn-script-location"]
    if run(*pip, "--require-hashes", "--requirement", str(LOCK)):
        return complain(
            "pip could not install the locked packages (its own message stands above).",
            "It needs pip 22.3 or later (apt install python3-pip) and a package index it can "
            "reach. Then run this again.",
        )
    if run(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)):
        return complain(
            "pip could not install this checkout into the environment.",
            f"Delete {VENV} and run this again.",
        )
    return 0


def install_system_packages() -> None:
    """Install Graphviz, and on Linux what tests break disks with, where allowed; else say how."""
    needed = {"dot": "graphviz"} | ({"strace": "strace"} if sys.platform == "linux" else {})
    missing = [package for program, package in needed.items() if not shutil.which(program)]
    may_install = shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0
    if missing and may_install:
        print(f"Installing the system packages {' '.join(missing)} ...", flush=True)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        if run_quietly("apt-get", "update", "-qq") == 0 and run_quietly(*command) == 0:
            return
    if "graphviz" in missing:
        print(
            "Note: Graphviz is missing, so `rig draw` and its tests will not work. Everything else "
            "does.\n  Install it: `sudo apt install graphviz` (Debian, Ubuntu), `brew install "
            "graphviz` (macOS)\n  or `winget install Graphviz.Graphviz` (Windows), then run this "
            "again.",
            file=sys.stderr,
        )
    if "strace" in missing:
        print(
            "Note: strace is missing, so tests with failing disks will not work. Everything else "
            "does.\n  Install it: `sudo apt install strace`, then run this again.",
            file=sys.stderr,
        )


def run(*command: str) -> int:
    """Run a command with its output shown; return its exit code."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(command, check=False, env=environment).returncode


def run_quietly(*command: str) -> int:
    """Run a system command without asking questions or showing output; return its exit code."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, check=False, env=environment, capture_output=True)
    return done.returncode


def complain(what: str, do: str) -> int:
    """Say what is wrong and what to do; return the exit code for it."""
    print(f"{what}\n  {do}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
