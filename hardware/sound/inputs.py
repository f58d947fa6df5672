"""An input of a sound card that records; the process that has it, and what it is told.

`hardware.calibrating.sound_input` starts the process, which ends when that is gone.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hardware.processes.device_child import Driver, DriverGone
from hardware.sound.outputs import SAME_RATE, named, portaudio
from rig.errors import DeviceError, RigError

LATENCY = 0.3
"""Seconds: nobody waits for what is recorded, and a busy computer loses none of it."""
LONGEST = 300.0
"""Seconds that are recorded at one go at the most."""


class InputMessage(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of the messages."""


class Listen(InputMessage, frozen=True):
    """Take hold of an input: the one of `host_api` whose name is, or holds, `line`."""

    line: str
    host_api: str
    rate_hz: float
    channel: int


class Begin(InputMessage, frozen=True):
    """Keep what is heard from now on."""


class End(InputMessage, frozen=True):
    """Hand over what was heard since `Begin`."""


class Done(InputMessage, frozen=True):
    """It was done."""


class Recorded(InputMessage, frozen=True):
    """What was heard: samples as float32, full scale 1, and how often some were lost."""

    samples: bytes
    losses: int


Request = Listen | Begin | End
Answer = Done | Recorded
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)


def find_input(wanted: Listen) -> tuple[int, int]:
    """Return PortAudio's number of an input, and how many channels it has.

    Raises
    ------
    DeviceError
        If there is none, or more than one, of that name; or if it has too few channels.
    """
    found = named(wanted.host_api, wanted.line, "input")
    channels = int(found["max_input_channels"])
    if wanted.channel > channels:
        raise DeviceError(
            f"'{found['name']}' has {channels} channels, not {wanted.channel}",
            "channel",
            "Write a smaller channel.",
        )
    return int(found["index"]), channels


class InputStream:
    """An input that listens all the time, and keeps what it hears when it is told to."""

    def __init__(self, wanted: Listen) -> None:
        library = portaudio()
        device, channels = find_input(wanted)
        self._column = wanted.channel - 1
        self._most = round(LONGEST * wanted.rate_hz)
        self._blocks: deque[NDArray[np.float32]] = deque()
        self._frames = 0
        self._losses = 0
        self._keeps = False
        try:
            self._stream: Any = library.InputStream(
                device=device,
                channels=min(max(wanted.channel, 2), channels),
                samplerate=wanted.rate_hz,
                dtype="float32",
                latency=LATENCY,
                callback=self._take,
            )
        except library.PortAudioError as error:
            raise _wrong_rate(wanted, str(error.args[0])) from error
        true = float(self._stream.samplerate)
        if abs(true / wanted.rate_hz - 1) > SAME_RATE:
            self._stream.close()
            raise _wrong_rate(wanted, f"it would record at {true:.9g} Hz")
        self._stream.start()

    def begin(self) -> None:
        """Keep what is heard from now on."""
        self._keeps = False
        self._blocks.clear()
        self._frames = self._losses = 0
        self._keeps = True

    def end(self) -> Recorded:
        """Return what was heard, and keep no more."""
        self._keeps = False
        samples = b"".join(block.tobytes() for block in list(self._blocks))
        self._blocks.clear()
        return Recorded(samples, self._losses)

    def close(self) -> None:
        """Let go of the input."""
        self._stream.abort()
        self._stream.close()

    def _take(self, heard: NDArray[np.float32], frames: int, times: Any, flags: Any) -> None:
        """Keep a block; PortAudio calls this in a thread of its own."""
        if self._keeps and self._frames < self._most:
            self._losses += bool(flags.input_overflow)
            self._frames += frames
            self._blocks.append(heard[:, self._column].copy())


def _wrong_rate(wanted: Listen, why: str) -> DeviceError:
    return DeviceError(
        f"'{wanted.line}' does not record at {wanted.rate_hz:.9g} Hz ({why})",
        "microphone",
        "Set the card to this rate, or write one that it has.",
    )


def run() -> None:
    """Serve whoever records until they are gone."""
    stream: InputStream | None = None
    driver = Driver(_requests, lambda: None)
    try:
        while True:
            request = driver.receive(0.1)
            try:
                match request:
                    case Listen():
                        stream = InputStream(request)
                        driver.reply(Done())
                    case Begin() if stream is not None:
                        stream.begin()
                        driver.reply(Done())
                    case End() if stream is not None:
                        driver.reply(stream.end())
            except RigError as error:
                driver.refuse(error)
    except DriverGone:
        if stream is not None:
            stream.close()


if __name__ == "__main__":
    run()
