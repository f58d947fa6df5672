"""The bench on which sound cards are tried: an output that nobody hears, and a monitor of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from hardware.emulators.sound_monitor import SoundMonitor, sounds
from hardware.emulators.sound_server import DEVICE, RATE_HZ
from rig.clock import SystemClock
from rig.devices import Context, Device
from rig.inbox import Inbox, Message, Notice
from rig.room import Room
from rig.stream_store import Drain
from rig.streams import Samples

SOUND_CARD: dict[str, Any] = {
    "line": DEVICE,
    "host_api": "ALSA",
    "rate_hz": RATE_HZ,
    "calibration": "calibration/box1-speaker.toml",
}
PATIENT: dict[str, Any] = {**SOUND_CARD, "latency": 0.1, "delay": 0.12}
"""Settings that a computer with much other work can keep up with."""


class Rows(Drain):
    """Keeps the rows of the one stream there is."""

    def __init__(self) -> None:
        self.kept: list[np.ndarray] = []

    def write(self, stream: str, samples: Samples, time: float) -> None:
        self.kept += list(samples)


class SoundBench:
    """A sound card in real time; what it plays is heard by the monitor.

    Parameters
    ----------
    driver, settings
        What is tried.
    folder
        A lab's folder.
    ear
        The monitor.
    """

    ul_per_second = 0.0  # no valve
    tolerance = 0.03
    """Seconds by which times may differ: a computer with other work notes them late."""
    late = 0.0

    def __init__(
        self, driver: type[Device], settings: dict[str, object], folder: Path, ear: SoundMonitor
    ) -> None:
        self.ear = ear
        self.clock = SystemClock()
        self.inbox = Inbox()
        self._began = time.perf_counter() - self.clock.now()
        self._first = ear.frames
        self.rows = Rows()
        context = Context(self.clock, self.inbox, Room(), folder, self.rows)
        self.device = driver("box", driver.Settings.model_validate(settings), context)

    def close(self) -> None:
        """Close the device."""
        self.device.close()

    def now(self) -> float:
        """Return the session's time."""
        return self.clock.now()

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def touch(self, level: bool) -> float:
        """Nothing of a sound card can be touched."""
        raise NotImplementedError

    def drunk(self) -> list[tuple[float, float]]:
        """Return nothing: no water comes out of a sound card."""
        return []

    def heard(self) -> np.ndarray:
        """Return what was heard since the bench was made, shape (frames, channels)."""
        self.ear.wait_until(time.perf_counter())
        return self.ear.samples(self._first, self.ear.frames)

    def session_time(self, frame: int) -> float:
        """Return when a frame of what was heard sounded."""
        return self.ear.time_of(self._first + frame) - self._began

    def sensed(self) -> list[tuple[str, float]]:
        """Return the sounds that were heard, with their onsets; `short` is of 4 kHz."""
        sound = self.heard()[:, 0]
        found = []
        for first, _ in sounds(sound, RATE_HZ, 0.01):
            strength = np.abs(np.fft.rfft(sound[first : first + RATE_HZ // 20]))
            name = {4000: "short", 5000: "long"}[int(strength.argmax()) * 20]
            found.append((name, self.session_time(first)))
        return found

    def messages(self) -> list[Message]:
        """Take all messages of the device; notices of a busy computer are left out."""
        found = []
        while (message := self.inbox.take()) is not None:
            if not isinstance(message, Notice):
                found.append(message)
        return found
