"""Speakers on a sound card, by PortAudio: sounds in memory, on a stream that runs all the time.

Tried with a virtual output only (PulseAudio's null sink at 192 kHz), on no sound card.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import pydantic
from numpy.typing import NDArray

from calibration.speaker import SpeakerCalibration
from hardware.common.session_time import ahead_of_perf_counter
from hardware.processes.device_process import DeviceProcess
from hardware.sound.messages import Answer, Check, Ended, Found, Load, Open, Output, Start, Stop
from hardware.sound.outputs import WASAPI
from hardware.sound.synthesis import refuse_sound, render
from hardware.speaker import SpeakerSettings, SpeakerTwin
from rig.devices import Context, Speaker
from rig.errors import DeviceError, Problem, RecordingError, problems_of
from rig.inbox import Failure, Notice, Report
from rig.sound import Sound
from rig.streams import Channel, StreamSpec

MODULE = "hardware.sound.card_process"
COLUMNS = (("time", "s"), ("frame", "1"), ("uncertainty", "s"), ("achieved", "s"), ("gaps", "1"))
GAP_DO = "Close other programs, or raise latency and delay in the rig file."
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class SoundCardSettings(SpeakerSettings):
    """Settings of a speaker on a sound card.

    `line` is the output's name, or a part of it that no other one has, as `host_api` lists it.
    Sounds go to `channel`; a pulse of `trigger_ms` goes to `trigger_channel` (0: nowhere) with the
    first frame of each. `latency` is how many seconds of sound are held ready, and `delay` how long
    after its order a sound begins, always. No sample exceeds `peak`, a share of full scale, and the
    calibration must have been measured with the card's own level as it is. `exclusive` takes the
    card away from all other programs (WASAPI).
    """

    host_api: str
    channel: int = pydantic.Field(default=1, ge=1, le=64)
    trigger_channel: int = pydantic.Field(default=2, ge=0, le=64)
    trigger_ms: float = pydantic.Field(default=10.0, gt=0, le=1000)
    latency: float = pydantic.Field(default=0.02, ge=0.005, le=0.5)
    delay: float = pydantic.Field(default=0.04, ge=0, le=1)
    peak: float = pydantic.Field(default=1.0, gt=0, le=1)
    exclusive: bool = False

    @pydantic.model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.channel == self.trigger_channel:
            raise ValueError("sound and trigger cannot share a channel")
        if self.exclusive and self.host_api != WASAPI:
            raise ValueError(f"exclusive is for host_api = '{WASAPI}'")
        return self

    def output(self) -> Output:
        """Return what the process that has the card must know."""
        return Output(
            self.line,
            self.host_api,
            self.rate_hz,
            self.latency,
            self.exclusive,
            self.channel,
            self.trigger_channel,
            self.trigger_ms / 1000,
            self.peak,
        )


class SoundCard(Speaker):
    """A speaker whose sounds a sound card plays, in a process of its own.

    A sound begins `delay` seconds after its order, at a frame of the stream that is known; when
    that is heard is known to within the reported uncertainty, and exact beside the trigger.
    """

    twin = SpeakerTwin
    Settings = SoundCardSettings

    def __init__(self, name: str, settings: SoundCardSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._where = f"device '{name}', {settings.line}"
        self._folder = context.folder
        self._clock = context.clock
        self._inbox = context.inbox
        self._streams = context.streams
        self._calibration = SpeakerCalibration(context.folder, settings.calibration)
        self._samples: Mapping[str, NDArray[np.float32]] = {}
        self._durations: Mapping[str, float] = {}
        self._process: DeviceProcess[Answer] | None = None

    def stream(self) -> StreamSpec:
        """Return what is recorded of each sound, beside its report."""
        return StreamSpec(
            name=f"{self._name}_sounds",
            device=self._name,
            meaning="sounds: when one was heard first, the frame of the output that it began at "
            "(-1: it was replaced before), by how much that time may be wrong, how long it lasted, "
            "and how often the output ran dry meanwhile",
            channels=tuple(Channel(name, unit) for name, unit in COLUMNS),
            dtype="<f8",
            rate_hz=None,
        )

    def open(self) -> None:
        """Take hold of the output; it is silent."""
        if self._process is None:
            process = self._made()
            process.start(Open(self._settings.output()))
            self._process = process
            self._hand_over()

    def off(self) -> None:
        """Be silent; a sound that this cuts short is reported with its true length."""
        process = self._process
        if process is not None and not process.over:
            process.ask(Stop(time.perf_counter() + self._settings.latency))

    def close(self) -> None:
        """Be silent and let go of the output."""
        try:
            self.off()
        finally:
            process, self._process = self._process, None
            if process is not None:
                process.close()

    def check(self) -> list[Problem]:
        """Return what keeps the output from playing as the rig file says."""
        if self._process is not None:
            return []
        process = self._made()
        where = f"device '{self._name}'"
        try:
            answer = process.start(Check(self._settings.output()))
        except DeviceError as error:
            return problems_of(error)
        finally:
            process.close()
        found = answer.problems if isinstance(answer, Found) else []
        return [Problem(p.what, f"{where}, {p.where}", p.do, p.level) for p in found]

    def files(self) -> tuple[Path, ...]:
        """Return the calibration file."""
        return (self._calibration.path,)

    def refuse_stimulus(self, stimulus: Sound) -> str | None:
        """Return why that sound cannot be played as it is meant, or None if it can."""
        return refuse_sound(stimulus, self._settings.rate_hz, self._calibration, self._folder)

    def load(self, stimuli: Mapping[str, Sound]) -> None:
        """Make these the sounds that can be played; they are rendered and handed over."""
        self._samples = {name: self._rendered(name, each) for name, each in stimuli.items()}
        self._durations = {name: each.duration for name, each in stimuli.items()}
        self._hand_over()

    def loaded(self) -> frozenset[str]:
        """Return the names of the sounds that can be played."""
        return frozenset(self._samples)

    def present(self, stimulus: str) -> None:
        """Let a sound begin, `delay` seconds from now, in place of any that still sounds."""
        if self._process is None or stimulus not in self._samples:
            raise DeviceError(
                f"it cannot present '{stimulus}'",
                f"device '{self._name}'",
                "Open the device and load the stimulus first.",
            )
        self._process.tell(Start(stimulus, time.perf_counter() + self._settings.delay))

    def _made(self) -> DeviceProcess[Answer]:
        return DeviceProcess(MODULE, self._where, _answers, self._hear, self._lose)

    def _hand_over(self) -> None:
        """Give the sounds to the process, if it runs."""
        if self._process is not None:
            data = {name: samples.tobytes() for name, samples in self._samples.items()}
            self._process.ask(Load(data))

    def _rendered(self, name: str, sound: Sound) -> NDArray[np.float32]:
        """Return the samples of a sound; raise `DeviceError` if it is refused."""
        settings = self._settings
        reason = self.refuse_stimulus(sound)
        if reason is None:
            samples = render(sound, settings.rate_hz, self._calibration, self._folder)
            highest = float(np.abs(samples).max(initial=0))
            if highest <= settings.peak:
                return samples
            reason = f"its peak of {highest:.3g} is above the limit of {settings.peak:g}"
        where = f"device '{self._name}', sound '{name}'"
        raise DeviceError(reason, where, "Change the stimulus.")

    def _hear(self, answer: Answer) -> None:
        """Report a sound that is over."""
        if not isinstance(answer, Ended):
            return
        began = answer.onset + ahead_of_perf_counter(self._clock)
        row = [began, answer.frame, answer.uncertainty, answer.achieved, answer.gaps]
        try:
            self._streams.write(self.stream().name, np.array([row]), began)
        except RecordingError as error:
            self._lose(error.what, error.do)
        if answer.gaps:
            what = f"the output ran dry {answer.gaps} times while it played '{answer.sound}'"
            self._inbox.put(Notice(self._name, what, GAP_DO))
        requested = self._durations.get(answer.sound, answer.achieved)
        self._inbox.put(
            Report(self._name, "sound", answer.sound, began, requested, answer.achieved)
        )

    def _lose(self, what: str, do: str) -> None:
        self._inbox.put(Failure(self._name, what, do))
