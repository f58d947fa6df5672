"""A sound server of its own, with an output that nobody hears: a sound card of 192 kHz.

The output is a null sink of PulseAudio, which is bit exact: what is played comes out of its
monitor, sample by sample (`hardware.emulators.sound_monitor` records it). PortAudio finds it as
`DEVICE` of the host API ``ALSA``. Linux only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hardware.processes.priority import session_goes_first
from rig.errors import DeviceError
from rig.signals import apart

RATE_HZ = 192_000
CHANNELS = 2
DEVICE = "pulse"
SINK = "rig"
LONGEST_START = 20.0
"""Seconds that the server may take to start, and to end."""
INSTALL = "Install them: sudo apt install pulseaudio pulseaudio-utils libasound2-plugins"
_ALSA = "pcm.{0} {{ type pulse }}\nctl.{0} {{ type pulse }}\n"
_UNTIL_INPUT_ENDS = ("sh", "-c", '("$@"; kill 0) & read _; kill 0', "sh")
"""Runs a program until it ends, or standard input does: whoever started it was killed."""


@dataclass(frozen=True)
class SoundServer:
    """A running server; `environment` leads programs to it, and PortAudio in them."""

    environment: dict[str, str]


@contextmanager
def sound_server(folder: Path, rate_hz: int = RATE_HZ) -> Iterator[SoundServer]:
    """Start a server that keeps all it has in an empty `folder`, and stop it afterwards.

    It also ends when whoever started it is killed.

    Raises
    ------
    DeviceError
        If PulseAudio is not installed, or does not start.
    """
    if not (shutil.which("pulseaudio") and shutil.which("pacat")):
        raise DeviceError("PulseAudio is not installed", "sound server", INSTALL)
    for name in ("runtime", "state", "home"):
        (folder / name).mkdir(mode=0o700)
    alsa, socket = folder / "alsa.conf", folder / "runtime" / "native"
    alsa.write_text(_ALSA.format(DEVICE) + _ALSA.format("default"), encoding="utf-8")
    places = {
        "HOME": str(folder / "home"),
        "PULSE_RUNTIME_PATH": str(folder / "runtime"),
        "PULSE_STATE_PATH": str(folder / "state"),
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
    }
    server = SoundServer({"PULSE_SERVER": f"unix:{socket}", "ALSA_CONFIG_PATH": str(alsa)})
    sink = f"module-null-sink sink_name={SINK} rate={rate_hz} channels={CHANNELS} format=float32le"
    command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
    command += ["--log-target=stderr", f"--load={sink}"]
    command += [f"--load=module-native-protocol-unix auth-anonymous=1 socket={socket}"]
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("w"))
        process = subprocess.Popen(
            [*_UNTIL_INPUT_ENDS, *command],
            env={**os.environ, **places},
            stdin=subprocess.PIPE,
            stderr=log,
            **apart(),
        )
        stack.callback(_end, process)
        session_goes_first(process.pid)
        environment = {**os.environ, **server.environment}
        _wait_for(["info"], process, environment, folder / "log")
        player = stack.enter_context(_silence(environment))
        stack.callback(player.kill)
        _wait_for(["list", "short", "sink-inputs"], player, environment, folder / "log")
        # The sink is 2 s ahead since its start; it counts from now again when it wakes.
        for asleep in ("1", "0"):
            _told(["suspend-sink", SINK, asleep], environment)
        yield server


def _silence(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Play silence all the time: a null sink that nobody plays to gives 2 s away at once."""
    command = ["pacat", "--playback", f"--device={SINK}", "--raw", "--rate=8000", "--channels=1"]
    command += ["--format=s16le", "--latency-msec=5"]
    with Path("/dev/zero").open("rb") as silence:
        return subprocess.Popen(command, env=environment, stdin=silence, **apart())


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.stdin is not None:
        server.stdin.close()
    try:
        server.wait(LONGEST_START)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_for(
    order: list[str], process: subprocess.Popen[bytes], environment: dict[str, str], log: Path
) -> None:
    """Wait until the server has an answer to an order."""
    end = time.monotonic() + LONGEST_START
    while not _told(order, environment):
        if process.poll() is not None or time.monotonic() > end:
            last = log.read_text().strip().rpartition("\n")[2]
            raise DeviceError(f"PulseAudio did not start: {last}", "sound server", INSTALL)


def _told(order: list[str], environment: dict[str, str]) -> bytes | None:
    """Return what the server answers to an order; None if it does not."""
    done = subprocess.run(["pactl", *order], env=environment, capture_output=True)
    return None if done.returncode else done.stdout
