"""A sound server of the tests' own, with an output that nobody hears and that can be recorded."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RATE_HZ = 48_000
LONGEST = 20.0
"""Seconds that the server may take to start."""


@dataclass(frozen=True)
class SoundServer:
    """A running server; `environment` leads programs to it."""

    environment: dict[str, str]

    def recorded(self, act: Callable[[], object]) -> np.ndarray:
        """Return what comes out of the output while `act` runs, shape (samples,), full scale 1."""
        command = ["parec", "--device=out.monitor", "--raw", "--channels=1", "--format=float32le"]
        command += [f"--rate={RATE_HZ}", "--latency-msec=5"]
        environment = {**os.environ, **self.environment}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as recorder:
            assert recorder.stdout is not None
            first = recorder.stdout.read(4)
            act()
            recorder.terminate()
            rest = recorder.stdout.read()
        data = first + rest
        return np.frombuffer(data[: len(data) // 4 * 4], dtype="<f4")


@contextmanager
def started(folder: Path) -> Iterator[SoundServer]:
    """Start a server that keeps all it has in `folder`, and stop it afterwards.

    Should nobody stop it, it ends by itself when nothing was played for ten minutes.
    """
    for name in ("runtime", "state", "home"):
        (folder / name).mkdir(mode=0o700)
    alsa = folder / "alsa.conf"
    alsa.write_text("pcm.default { type pulse }\nctl.default { type pulse }\n", encoding="utf-8")
    socket = folder / "runtime" / "native"
    places = {
        "HOME": str(folder / "home"),
        "PULSE_RUNTIME_PATH": str(folder / "runtime"),
        "PULSE_STATE_PATH": str(folder / "state"),
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
    }
    command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=600"]
    command += ["--load=module-null-sink sink_name=out", "--log-target=stderr"]
    command += [f"--load=module-native-protocol-unix auth-anonymous=1 socket={socket}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env={**os.environ, **places}, stderr=log)
        try:
            clients = {"PULSE_SERVER": f"unix:{socket}", "ALSA_CONFIG_PATH": str(alsa)}
            _wait_until_it_answers(server, {**os.environ, **clients}, folder / "log")
            yield SoundServer(clients)
        finally:
            server.terminate()
            server.wait(LONGEST)


def _wait_until_it_answers(
    server: subprocess.Popen[bytes], environment: dict[str, str], log: Path
) -> None:
    deadline = time.monotonic() + LONGEST
    while subprocess.run(["pactl", "info"], env=environment, capture_output=True).returncode:
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
