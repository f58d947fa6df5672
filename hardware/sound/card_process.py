"""The process that has a sound card: one stream that runs all the time, and sounds in memory.

It is started by `hardware.sound_card`. When that is gone, what sounds falls to 0 within some tens
of milliseconds, and the process ends.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hardware.processes.device_child import Driver, DriverGone
from hardware.processes.priority import go_first
from hardware.sound.messages import (
    Check,
    Done,
    Ended,
    Found,
    Load,
    Open,
    Opened,
    Output,
    Request,
    Start,
    Stop,
)
from hardware.sound.outputs import SAME_RATE, portaudio, problems, stream_settings, wrong_rate
from hardware.sound.player import Player, Track
from hardware.sound.stream_clock import StreamClock
from rig.errors import DeviceError, RigError

LOOK_EVERY = 0.002
CHECK_EVERY = 0.5
"""Seconds; an output that was not filled at two checks in a row plays no more. (One check may come
right after the whole computer stood still.)
"""
SETTLES_WITHIN = 2.0
LONGEST_FALL = 0.7
"""Seconds until what was cut is silent: longer than the longest latency."""
LOST = 0.005
"""Seconds: an output that plays a block so much later than the one before lets it follow is taken
for one that ran dry."""
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)


class OutputStream:
    """An output that plays silence, and tracks.

    Attributes
    ----------
    player, clock
        What plays the tracks, and when their frames are heard.
    latency
        Seconds from when a block is filled to when it is heard, as PortAudio promises.
    gaps
        How often the output ran dry.
    """

    def __init__(self, output: Output) -> None:
        library = portaudio()
        self.player = Player(
            output.rate_hz,
            output.channel - 1,
            output.trigger_channel - 1 if output.trigger_channel else None,
            output.peak,
            output.trigger,
        )
        self.clock = StreamClock(output.rate_hz)
        self.gaps = 0
        self._block = 0.0
        self._rate_hz = output.rate_hz
        self._longest_gap = max(output.latency, 0.01)
        self._called = self._begin = 0.0
        self._checked = 0
        settings = stream_settings(output)
        try:
            self._stream: Any = library.OutputStream(
                **settings, latency=output.latency, callback=self._fill
            )
        except library.PortAudioError as error:
            raise wrong_rate(output, None, error.args[0]) from error
        true = self._stream.samplerate
        if abs(true / output.rate_hz - 1) > SAME_RATE:
            self._stream.close()
            raise wrong_rate(output, true, "as it was opened")
        self.latency = float(self._stream.latency)
        self._stream.start()
        self._settle(output)

    def doubt(self) -> float:
        """Return by how many seconds the time of a frame may be wrong."""
        return self._block + self.clock.spread()

    def was_filled(self) -> bool:
        """Return whether a block was filled since the last call."""
        before, self._checked = self._checked, self.player.frames
        return self._checked > before

    def close(self) -> None:
        """Let go of the output."""
        self._stream.abort()
        self._stream.close()

    def _settle(self, output: Output) -> None:
        """Wait until the stream's time is known."""
        end = time.perf_counter() + SETTLES_WITHIN
        while self.player.frames < self._rate_hz / 10 and time.perf_counter() < end:
            time.sleep(LOOK_EVERY)
        if not self.clock.knows:
            self.close()
            raise DeviceError(
                f"'{output.line}' opened, but plays nothing",
                "line",
                "See whether another program holds it; disconnect it and connect it again.",
            )

    def _fill(self, out: NDArray[np.float32], frames: int, times: Any, flags: Any) -> None:
        """Fill a block; PortAudio calls this in a thread of its own."""
        now = time.perf_counter()
        silent, self._called = now - self._called, now
        begin = times.outputBufferDacTime - self.player.frames / self._rate_hz
        lost, self._begin = begin - self._begin, begin
        if flags.output_underflow or silent > self._longest_gap or lost > LOST:
            if self.player.frames:
                self.gaps += 1
            self.clock.forget()
        self._block = frames / self._rate_hz
        self.clock.note(self.player.frames, now, times.outputBufferDacTime - times.currentTime)
        self.player.fill(out)


class _Sounding:
    """A track that was ordered, and what is known of it."""

    def __init__(self, sound: str, track: Track, gaps: int) -> None:
        self.sound = sound
        self.track = track
        self.gaps = gaps
        self.onset = 0.0
        self.uncertainty = 0.0
        self.known = False


class SoundCardProcess:
    """Does what the driver asks, and reports each sound when it is over."""

    def __init__(self) -> None:
        self._stream: OutputStream | None = None
        self._line = ""
        self._rate_hz = 0.0
        self._check_at = 0.0
        self._unfilled = 0
        self._sounds: dict[str, NDArray[np.float32]] = {}
        self._sounding: list[_Sounding] = []
        self._driver = Driver(_requests, self.silence)

    def run(self) -> None:
        """Serve the driver until it is gone; then be silent."""
        try:
            while True:
                request = self._driver.receive(LOOK_EVERY if self._sounding else 0.1)
                if request is not None:
                    self._obey(request)
                self._look()
                self._check()
        except DriverGone:
            self.silence()
            self._wait_for_silence()
            if self._stream is not None:
                time.sleep(self._stream.doubt())  # the end of the fall may be heard so much later
                self._stream.close()

    def silence(self) -> None:
        """Let all that sounds fall to 0 at once; any thread may ask for it."""
        for each in list(self._sounding):
            each.track.cut = min(each.track.cut, 0)

    def _obey(self, request: Request) -> None:
        try:
            match request:
                case Check(output=output):
                    self._driver.reply(Found(problems(output)))
                case Open(output=output):
                    self._stream = OutputStream(output)
                    self._line, self._rate_hz = output.line, output.rate_hz
                    self._driver.reply(Opened(self._stream.latency))
                case Load(sounds=sounds):
                    self._sounds = {
                        name: np.frombuffer(data, dtype=np.float32) for name, data in sounds.items()
                    }
                    self._driver.reply(Done())
                case Start(sound=sound, at=at):
                    self._start(sound, at)
                case Stop(at=at):
                    self._cut(at)
                    self._wait_for_silence()
                    self._driver.reply(Done())
        except RigError as error:
            self._driver.refuse(error)

    def _start(self, sound: str, at: float) -> None:
        if self._stream is None:
            return
        self._cut(at)
        track = Track(self._sounds[sound], self._stream.clock.frame_at(at))
        self._sounding.append(_Sounding(sound, track, self._stream.gaps))
        self._stream.player.play(track)

    def _cut(self, at: float) -> None:
        """Let what sounds, or is about to, begin to fall at a time."""
        if self._stream is not None:
            for each in self._sounding:
                each.track.cut = min(each.track.cut, self._stream.clock.frame_at(at))

    def _wait_for_silence(self) -> None:
        end = time.perf_counter() + LONGEST_FALL
        while self._sounding and time.perf_counter() < end:
            self._look()
            time.sleep(LOOK_EVERY)

    def _look(self) -> None:
        """Note which sounds have begun, and report those that are over."""
        stream = self._stream
        if stream is None:
            return
        now = time.perf_counter()
        for each in list(self._sounding):
            if each.track.began >= 0 and not each.known:
                each.known = True
                each.onset = stream.clock.time_of(each.track.began)
                each.uncertainty = stream.doubt()
            end = stream.player.end_of(each.track)
            if end is not None and stream.clock.time_of(end) <= now:
                self._sounding.remove(each)
                self._driver.report(self._ended(each, stream))

    def _check(self) -> None:
        """See whether the output still plays; PortAudio itself tells nobody that a card is gone."""
        now = time.perf_counter()
        if self._stream is None or now < self._check_at:
            return
        self._check_at = now + CHECK_EVERY
        self._unfilled = 0 if self._stream.was_filled() else self._unfilled + 1
        if self._unfilled == 2:
            self._driver.fail(
                f"'{self._line}' plays no more",
                "Look whether the card is connected and switched on; then start the session again.",
            )

    def _ended(self, each: _Sounding, stream: OutputStream) -> Ended:
        track = each.track
        gaps = stream.gaps - each.gaps
        if not each.known:
            return Ended(each.sound, -1, stream.clock.time_of(track.onset), 0.0, 0.0, gaps)
        achieved = track.frames / self._rate_hz
        return Ended(each.sound, track.began, each.onset, each.uncertainty, achieved, gaps)


if __name__ == "__main__":
    go_first()
    SoundCardProcess().run()
