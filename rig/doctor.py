"""Looks at the computer: what a session will need, and what to do where it is missing."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from ctypes.util import find_library
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec
import zmq

from rig.errors import RigError
from rig.lab import Lab
from rig.session_folder import check_data_folder, nearest_folder

CLOCK_RESOLUTION = 1e-4


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    state: Literal["good", "missing", "bad"]
    detail: str
    do: str = ""


def examine(lab: Lab | None) -> list[Finding]:
    """Return what was found; nothing that is ``missing`` is needed by a simulated session."""
    findings = [_python(), _clock(), _sockets(), _messages(), _graphviz(), _display(), _sound()]
    findings += [_ni_card(), *(_driver(*driver) for driver in _DRIVERS)]
    findings += [_emulator(*emulator) for emulator in _EMULATORS]
    findings += [_priority(), _precedence()]
    findings.append(
        _data(lab)
        if lab
        else Finding(
            "data folder",
            "missing",
            "no lab folder here",
            "Make one with `rig init`, or name one with --lab.",
        )
    )
    return findings


_DRIVERS = (
    ("sound card", "sounddevice", "`pip install sounddevice`; on Linux also libportaudio2."),
    ("serial devices", "serial", "`pip install pyserial`."),
    ("screen stimuli", "psychopy", "docs/how-to/screen.md says how; it needs Python below 3.13."),
    ("cameras", "cv2", "`pip install opencv-python`."),
)
_EMULATORS = (
    ("screens", ("Xvfb",), "sudo apt install xvfb"),
    (
        "sound cards",
        ("pulseaudio", "pacat"),
        "sudo apt install pulseaudio pulseaudio-utils libasound2-plugins",
    ),
)
"""What ``--emulate`` needs for a rig with such devices: programs, and how they are installed."""


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "good", version)


def _clock() -> Finding:
    """Look at the clock that sessions use, as it really ticks."""
    ticks = [time.perf_counter() for _ in range(1000)]
    steps = [later - earlier for earlier, later in pairwise(ticks)]
    detail = f"steps of at most {max(steps) * 1e6:.1f} us"
    if min(steps) < 0:
        return Finding("clock", "bad", "it goes backwards", "Update the system or virtual machine.")
    if sorted(steps)[len(steps) // 2] > CLOCK_RESOLUTION:
        return Finding("clock", "bad", detail, "Choose another clock source in the system.")
    return Finding("clock", "good", detail)


def _sockets() -> Finding:
    """Look whether this machine can talk to itself."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
            with socket.create_connection(address, timeout=2):
                return Finding("loopback network", "good", f"127.0.0.1, port {address[1]}")
    except OSError as error:
        return Finding("loopback network", "bad", str(error), "Allow programs to use 127.0.0.1.")


def _messages() -> Finding:
    kind = "ipc" if zmq.has("ipc") and sys.platform != "win32" else "tcp"
    return Finding("messages between processes", "good", f"ZMQ {zmq.zmq_version()} over {kind}")


def _graphviz() -> Finding:
    found = shutil.which("dot")
    if found:
        return Finding("Graphviz", "good", found)
    return Finding(
        "Graphviz",
        "missing",
        "`rig draw` will not work",
        "`sudo apt install graphviz` or `winget install Graphviz.Graphviz`.",
    )


def _display() -> Finding:
    if sys.platform in {"win32", "darwin"}:
        return Finding("display", "good", "the system's own")
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if shown:
        return Finding("display", "good", shown)
    return Finding(
        "display",
        "missing",
        "neither DISPLAY nor WAYLAND_DISPLAY is set",
        "Log in on the screen; all but the window and the screens of mice works without.",
    )


def _sound() -> Finding:
    """Look for sound devices, where the system shows them as files."""
    if sys.platform != "linux":
        return Finding("sound devices", "good", "asked for by the driver when it opens")
    cards = Path("/proc/asound/cards")
    try:
        listed = [line.strip() for line in cards.read_text().splitlines() if "]:" in line]
    except OSError:
        listed = []
    if listed:
        return Finding("sound devices", "good", "; ".join(listed))
    return Finding(
        "sound devices",
        "missing",
        "the system lists none",
        "Plug the sound card in; simulated speakers need none.",
    )


def _driver(what: str, package: str, do: str) -> Finding:
    if find_spec(package) is not None:
        return Finding(f"driver: {what}", "good", f"package {package}")
    return Finding(f"driver: {what}", "missing", f"package {package} is not installed", do)


def _ni_card() -> Finding:
    """Look for the package and for NI's own driver, which the package alone does not bring."""
    what, without = "driver: NI DAQ", "`rig run --emulate` needs no card."
    if find_spec("nidaqmx") is None:
        do = f"`pip install nidaqmx`, and install NI-DAQmx from ni.com; {without}"
        return Finding(what, "missing", "package nidaqmx is not installed", do)
    library = find_library("nicaiu" if sys.platform == "win32" else "nidaqmx")
    if library is None:
        return Finding(
            what,
            "missing",
            "package nidaqmx is there, and NI-DAQmx is not installed on this computer",
            f"Install it from ni.com, or set `address` to a computer that has the card; {without}",
        )
    return Finding(what, "good", f"package nidaqmx and NI-DAQmx ({library})")


def _emulator(devices: str, programs: tuple[str, ...], do: str) -> Finding:
    """Look for the programs that `rig run --emulate` needs for a kind of device."""
    what = f"emulated {devices}"
    absent = [program for program in programs if shutil.which(program) is None]
    if not absent:
        return Finding(what, "good", ", ".join(programs))
    return Finding(
        what,
        "missing",
        f"without {' and '.join(absent)}, --emulate runs no rig with {devices}",
        f"`{do}`." if sys.platform == "linux" else "They are emulated on Linux only.",
    )


def _priority() -> Finding:
    """Look whether the engine may ask for a higher priority."""
    if sys.platform == "win32":
        return Finding("priority", "good", "the system lets programs ask for it")
    import resource

    soft, _ = (
        resource.getrlimit(resource.RLIMIT_NICE) if hasattr(resource, "RLIMIT_NICE") else (0, 0)
    )
    if os.geteuid() == 0 or soft > 20:
        return Finding("priority", "good", "may be raised")
    return Finding(
        "priority",
        "missing",
        "may not be raised",
        "On a rig, give your user `nice -20` in /etc/security/limits.conf.",
    )


def _precedence() -> Finding:
    """Look whether the guardian may run before other programs, by doing so for a moment."""
    what = "guardian's precedence"
    if sys.platform != "linux":
        return Finding(what, "missing", "asked for on Linux only")
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        return Finding(
            what,
            "missing",
            "may not run before other programs",
            "On a rig, give your user `rtprio 1` in /etc/security/limits.conf.",
        )
    os.sched_setscheduler(0, policy, parameter)
    return Finding(what, "good", "may run before other programs")


def _data(lab: Lab) -> Finding:
    """Look whether sessions can be written, by writing."""
    try:
        check_data_folder(lab.data, lab.config.min_free_mb)
        nearest = nearest_folder(lab.data)
        with tempfile.TemporaryFile(dir=nearest) as file:
            began = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            seconds = time.perf_counter() - began
        free_gb = shutil.disk_usage(nearest).free / 1e9
        return Finding(
            "data folder",
            "good",
            f"{lab.data}: {free_gb:.0f} GB free, safe on disk in {seconds * 1e3:.1f} ms",
        )
    except RigError as error:
        return Finding("data folder", "bad", error.what, error.do)
    except OSError as error:
        return Finding("data folder", "bad", str(error), "Check the rights on the folder.")
