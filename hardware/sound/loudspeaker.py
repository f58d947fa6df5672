"""The computer's own sound output, for people: one sound at a time, from memory.

Its level is not calibrated, and a sound begins some tens of milliseconds after its order. No
animal is tested with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.errors import DeviceError

RATE_HZ = 48_000
"""Samples per second; every computer's output can do it."""
LATENCY = 0.04
"""Seconds that the output holds ready: enough for a computer that has other work."""
REMEDY = "Connect headphones or loudspeakers, or name 'hardware.speaker:SpeakerTwin' as driver."


def why_silent() -> str | None:
    """Return why this computer cannot play sounds, or None if it can."""
    try:
        import sounddevice
    except OSError:
        return "PortAudio is not installed (on Debian and Ubuntu: libportaudio2)"
    try:
        sounddevice.query_devices(kind="output")
    except (sounddevice.PortAudioError, ValueError):
        return "this computer has no sound output"
    return None


class Loudspeaker:
    """Plays samples at `RATE_HZ` through the default output.

    The output runs from `open` to `close`, and a thread of its own copies what is to be heard:
    no call waits for a sound.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self._sound = _Sound(np.zeros(0, dtype=np.float32))

    def open(self, where: str) -> None:
        """Start the output, silent; raise `DeviceError` if there is none.

        Parameters
        ----------
        where
            The device, for errors.
        """
        if self._stream is not None:
            return
        reason = why_silent()
        if reason:
            raise DeviceError(reason, where, REMEDY)
        import sounddevice

        most = sounddevice.query_devices(kind="output")["max_output_channels"]
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=RATE_HZ,
                channels=min(2, most),
                dtype="float32",
                latency=LATENCY,
                callback=self._fill,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            self.close()
            raise DeviceError(f"the sound output did not open: {error}", where, REMEDY) from error

    def play(self, samples: NDArray[np.float32]) -> None:
        """Begin to play samples, shape (samples,), full scale at 1, in place of any before."""
        self._sound = _Sound(samples)

    def silence(self) -> None:
        """Be silent."""
        self._sound = _Sound(np.zeros(0, dtype=np.float32))

    def close(self) -> None:
        """Be silent and let go of the output."""
        self.silence()
        if self._stream is not None:
            self._stream.abort()
            self._stream.close()
            self._stream = None

    def _fill(self, out: NDArray[np.float32], count: int, _time: object, _flags: object) -> None:
        """Copy what is to be heard next into `out`, shape (count, channels)."""
        part = self._sound.next(count)
        out[: len(part)] = part[:, np.newaxis]
        out[len(part) :] = 0


class _Sound:
    """Samples, and how far they were played. Only the output's thread takes from them."""

    def __init__(self, samples: NDArray[np.float32]) -> None:
        self._samples = samples
        self._position = 0

    def next(self, count: int) -> NDArray[np.float32]:
        """Return the next `count` samples, or as many as are left."""
        part = self._samples[self._position : self._position + count]
        self._position += count
        return part
