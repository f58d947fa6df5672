"""Hears what comes out of the sound server's output, as a microphone in front of it would.

It knows nothing of what was played, nor of who played it. The samples are those that were played,
bit by bit. Their times are those of `time.perf_counter`, which all programs on a computer share.

The server hands samples out in blocks of `BLOCK` seconds, at the moment when the first of them is
due. A block is heard no earlier than that, so that the earliest arrival of all, less the length of
what came before it, places the first sample; all others follow at the rate, which is exact.
Compared with the times that PortAudio gives for the same samples, the two differ by up to 3 ms.
"""

from __future__ import annotations

import math
import os
import subprocess
import threading
import time
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.sound_server import CHANNELS, RATE_HZ, SINK, SoundServer
from rig.errors import DeviceError
from rig.signals import apart

BLOCK = 0.005
"""Seconds: what the least patient listener asks for, which is this one."""
UNCERTAINTY = 0.005
"""Seconds by which the time of a frame may be wrong."""
KEPT = 60.0
"""Seconds of sound that are kept."""
STARTS_WITHIN = 10.0
_FRAME_BYTES = 4 * CHANNELS
_READ_BYTES = 64 * 1024


class SoundMonitor:
    """Records the output, from ``with`` to the end of the block; any thread may ask.

    A frame is one sample of each channel; frames are numbered from 0.

    Parameters
    ----------
    server
        The server.
    rate_hz
        The rate of its output.
    """

    def __init__(self, server: SoundServer, rate_hz: int = RATE_HZ) -> None:
        self._rate_hz = rate_hz
        self._command = ["parec", f"--device={SINK}.monitor", "--raw", "--format=float32le"]
        self._command += [f"--channels={CHANNELS}", f"--rate={rate_hz}"]
        self._command += [f"--latency-msec={round(1000 * BLOCK)}"]
        self._environment = {**os.environ, **server.environment}
        self._kept = np.zeros((round(KEPT * rate_hz), CHANNELS), dtype=np.float32)
        self._news = threading.Condition()
        self._frames = 0
        self._began = math.inf

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, **apart()
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        if not self.wait_for(1, STARTS_WITHIN):
            self._end()
            raise DeviceError("nothing is heard", "sound monitor", "Start the sound server first.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def frames(self) -> int:
        """How many frames were heard so far."""
        return self._frames

    def wait_for(self, frames: int, timeout: float) -> bool:
        """Wait until so many frames were heard; return False if they are not in time."""
        with self._news:
            return self._news.wait_for(lambda: self._frames >= frames, timeout)

    def wait_until(self, seconds: float, timeout: float = STARTS_WITHIN) -> bool:
        """Wait until what sounds at a time of `time.perf_counter` was heard."""
        return self.wait_for(self.frame_at(seconds), timeout)

    def samples(self, first: int, last: int) -> NDArray[np.float32]:
        """Return the frames from `first` to before `last`, shape (frames, channels), full scale 1.

        They must have been heard, in the last `KEPT` seconds.
        """
        with self._news:
            if not self._frames - len(self._kept) <= first <= last <= self._frames:
                raise IndexError(f"frames {first} to {last} of {self._frames}")
            return self._kept[np.arange(first, last) % len(self._kept)]

    def time_of(self, frame: int) -> float:
        """Return when a frame sounded, in seconds of `time.perf_counter`, to `UNCERTAINTY`."""
        return self._began + frame / self._rate_hz

    def frame_at(self, seconds: float) -> int:
        """Return the frame that sounded, or will, at a time of `time.perf_counter`."""
        return round((seconds - self._began) * self._rate_hz)

    def _listen(self) -> None:
        rest = b""
        pipe = self._process.stdout
        # The descriptor itself, unbuffered, gives what is there at once.
        while pipe is not None and (data := os.read(pipe.fileno(), _READ_BYTES)):
            now = time.perf_counter()
            data = rest + data
            whole = len(data) // _FRAME_BYTES * _FRAME_BYTES
            rest = data[whole:]
            self._keep(np.frombuffer(data[:whole], dtype="<f4").reshape(-1, CHANNELS), now)

    def _keep(self, heard: NDArray[np.float32], now: float) -> None:
        """Keep frames that arrived at a time."""
        with self._news:
            end = self._frames + len(heard)
            self._kept[np.arange(self._frames, end) % len(self._kept)] = heard
            self._frames = end
            self._began = min(self._began, now + BLOCK - end / self._rate_hz)
            self._news.notify_all()

    def _end(self) -> None:
        self._process.kill()
        self._thread.join()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def sounds(samples: NDArray[np.float32], rate_hz: float, quiet: float) -> list[tuple[int, int]]:
    """Return first frame and the one after the last of each sound.

    Parameters
    ----------
    samples
        One channel, shape (frames,).
    rate_hz
        Its rate.
    quiet
        Seconds of silence that part one sound from the next.

    Examples
    --------
    >>> sounds(np.float32([0, 1, 0, 1, 0, 0, 0, 1]), 1000.0, 0.003)
    [(1, 4), (7, 8)]
    """
    loud = np.flatnonzero(samples)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > quiet * rate_hz)
    firsts = loud[np.append(0, breaks + 1)]
    lasts = loud[np.append(breaks, len(loud) - 1)]
    return [(int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True)]
