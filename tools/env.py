r"""Make the environment ``.venv``: pinned, hashed packages and this checkout itself.

Needs Python 3.11 or later and pip, and nothing of ours. Run it with any Python:
``python3 tools/env.py`` (Linux, macOS) or ``py tools\env.py`` (Windows). It does nothing
when the environment is up to date. What follows on the line is run in the environment:
``py tools\env.py rig demo``.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "mouserig-lock.sha256"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Need(NamedTuple):
    """What a part of the work needs of the system, where pip cannot give it.

    Attributes
    ----------
    what
        What does not work without it, as the beginning of a sentence.
    programs, libraries
        The package (Debian, Ubuntu) of each program and of each shared library.
    systems
        Where it is looked for (`sys.platform`); elsewhere there is nothing to install.
    elsewhere
        How to install it on other systems, as the rest of a sentence.
    """

    what: str
    programs: Mapping[str, str] = {}
    libraries: Mapping[str, str] = {}
    systems: tuple[str, ...] = ("linux",)
    elsewhere: str = ""

    def missing(self) -> list[str]:
        """Return the packages that this system lacks, each once, in their order."""
        if sys.platform not in self.systems:
            return []
        lacks = [package for each, package in self.programs.items() if not shutil.which(each)]
        lacks += [package for each, package in self.libraries.items() if not can_be_loaded(each)]
        return list(dict.fromkeys(lacks))

    def note(self) -> str:
        """Return what does not work for want of packages, and how to install them."""
        packages = " ".join(self.missing())
        return (
            f"Note: {self.what} will not work; everything else does. Missing: {packages}.\n"
            f"  Install: `sudo apt install {packages}` (Debian, Ubuntu){self.elsewhere}, "
            "then run this again."
        )


NEEDS = (
    Need(
        "`rig draw` and its tests",
        programs={"dot": "graphviz"},
        systems=("linux", "darwin", "win32"),
        elsewhere=", `brew install graphviz` (macOS)\n  or `winget install Graphviz.Graphviz` "
        "(Windows)",
    ),
    Need(
        "the operator window (`rig gui`)",
        # What the platform plugin of Qt for X11 is linked with. The wheel of PyQt5 brings the
        # rest of Qt, but none of these; on macOS and Windows it brings all that it needs.
        libraries={
            "libGL.so.1": "libgl1",
            "libEGL.so.1": "libegl1",
            "libdbus-1.so.3": "libdbus-1-3",
            "libfontconfig.so.1": "libfontconfig1",
            "libX11-xcb.so.1": "libx11-xcb1",
            "libxcb-icccm.so.4": "libxcb-icccm4",
            "libxcb-image.so.0": "libxcb-image0",
            "libxcb-keysyms.so.1": "libxcb-keysyms1",
            "libxcb-randr.so.0": "libxcb-randr0",
            "libxcb-render-util.so.0": "libxcb-render-util0",
            "libxcb-render.so.0": "libxcb-render0",
            "libxcb-shape.so.0": "libxcb-shape0",
            "libxcb-shm.so.0": "libxcb-shm0",
            "libxcb-sync.so.1": "libxcb-sync1",
            "libxcb-xfixes.so.0": "libxcb-xfixes0",
            "libxcb-xinerama.so.0": "libxcb-xinerama0",
            "libxcb-xkb.so.1": "libxcb-xkb1",
            "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
        },
    ),
    Need(
        "sounds that a person can hear",
        # The wheel of sounddevice brings PortAudio to macOS and Windows.
        libraries={"libportaudio.so.2": "libportaudio2"},
    ),
    Need(
        "screens for mice (PsychoPy)",
        libraries={
            "libGL.so.1": "libgl1",
            "libGLU.so.1": "libglu1-mesa",
            "libXxf86vm.so.1": "libxxf86vm1",
        },
    ),
    Need("virtual screens and their tests", programs={"Xvfb": "xvfb"}),
    Need("the tests of failing disks", programs={"strace": "strace"}),
    # pg_ctlcluster comes with the server only, which Debian keeps out of the path.
    Need("the tests of a ledger in PostgreSQL", programs={"pg_ctlcluster": "postgresql"}),
    Need(
        "the tests of the operator window on a display",
        programs={"Xvfb": "xvfb", "xdotool": "xdotool"},
    ),
    Need(
        "the virtual sound output, and its tests",
        # With it come pulseaudio-utils and libasound2-plugins, which lead PortAudio to it.
        programs={"pulseaudio": "pulseaudio"},
    ),
)


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
    # --no-deps: the lock is complete, and leaves out what PsychoPy does not need to draw.
    if run(*pip, "--require-hashes", "--no-deps", "--requirement", str(LOCK)):
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
    """Install what the system lacks and pip cannot give, where that is allowed; else say how."""
    names = list(dict.fromkeys(package for need in NEEDS for package in need.missing()))
    may_install = shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0
    if names and may_install:
        print(f"Installing system packages: {', '.join(names)} ...", flush=True)
        if run_quietly("apt-get", "update", "-qq") == 0:
            run_quietly("apt-get", "install", "-y", "-qq", "--no-install-recommends", *names)
    for need in NEEDS:
        if need.missing():
            print(need.note(), file=sys.stderr)


def can_be_loaded(library: str) -> bool:
    """Whether this system has a shared library of that file name, for programs like this one."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


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
