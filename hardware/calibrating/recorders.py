"""Recorders of a measuring microphone: an input of a sound card, a channel of an analog input."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from hardware.acceptance.place import Ears
from hardware.analog_input import AnalogInputSettings
from hardware.processes.device_process import DeviceProcess
from hardware.sound.inputs import Answer, Begin, End, Listen, Recorded
from rig.devices import AnalogInput
from rig.errors import DeviceError

_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_HANDS_OVER_WITHIN = 30.0
_SETTLES = 0.05
"""Seconds in which an analog input hands over what it has, or tells that it failed."""


class Recorder(Protocol):
    """Records a microphone."""

    @property
    def rate_hz(self) -> float:
        """Frames a second."""
        ...

    def begin(self) -> None:
        """Keep what is heard from now on."""

    def end(self) -> NDArray[np.float64]:
        """Return the volts since `begin`, shape (frames,); raise `DeviceError` if some are lost."""
        ...


class SoundCardRecorder:
    """Records an input of a sound card, in a process of its own, from ``with`` on.

    Parameters
    ----------
    line, host_api
        The input: its name, or a part of it that no other one has, as `host_api` lists it.
    channel
        Which of its channels, from 1.
    rate_hz
        Frames a second.
    full_scale_v
        Volts at the input for a sample of 1.
    """

    def __init__(
        self, line: str, host_api: str, channel: int, rate_hz: float, full_scale_v: float = 1.0
    ) -> None:
        self.rate_hz = rate_hz
        self._wanted = Listen(line, host_api, rate_hz, channel)
        self._full_scale_v = full_scale_v
        self._where = f"microphone, {line}"
        self._process: DeviceProcess[Answer] = DeviceProcess(
            "hardware.sound.inputs", self._where, _answers, _nothing, _nothing_lost
        )

    def __enter__(self) -> Self:
        self._process.start(self._wanted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.close()

    def begin(self) -> None:
        """Keep what is heard from now on."""
        self._process.ask(Begin())

    def end(self) -> NDArray[np.float64]:
        """Return the volts since `begin`, shape (frames,); raise `DeviceError` if some are lost."""
        answer = self._process.ask(End(), _HANDS_OVER_WITHIN)
        if not isinstance(answer, Recorded) or answer.losses:
            raise DeviceError(
                "the input lost some of what was heard",
                self._where,
                "Close other programs, and measure again.",
            )
        return np.frombuffer(answer.samples, dtype="<f4").astype(np.float64) * self._full_scale_v


class AnalogRecorder:
    """Records one channel of an analog input that is open.

    Parameters
    ----------
    device, settings
        The analog input; its context is one of `ears`.
    channel
        The name of its channel. Whatever unit that has, volts are returned.
    ears
        What the analog input writes to.
    """

    def __init__(
        self, device: AnalogInput, settings: AnalogInputSettings, channel: str, ears: Ears
    ) -> None:
        self.rate_hz = settings.rate_hz
        self._spec = device.stream()
        self._column = [each.name for each in settings.channels].index(channel)
        self._channel = settings.channels[self._column]
        self._ears = ears
        self._begin = 0.0

    def begin(self) -> None:
        """Keep what is heard from now on."""
        self._begin = self._ears.clock.now()

    def end(self) -> NDArray[np.float64]:
        """Return the volts since `begin`, (frames,); raise `DeviceError` if the input failed."""
        self._ears.pause(_SETTLES)
        times, values = self._ears.heard(self._spec, self._column)
        heard = values[times >= self._begin]
        return np.asarray((heard - self._channel.at_zero) / self._channel.per_volt)


def _nothing(report: Answer) -> None:
    """Hear no report: the process tells nothing by itself."""


def _nothing_lost(what: str, do: str) -> None:
    """Wait for the next request, which finds the process gone."""
