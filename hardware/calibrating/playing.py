"""Plays samples and sounds through the rig's own speaker, and records what a microphone hears.

A driver plays by a calibration. To measure one, the driver gets a file in which the speaker is
flat: what it is given as a recorded sound then goes out sample by sample.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.speaker import SpeakerPoint
from calibration.sweep import Floats
from hardware.calibrating.recorders import Recorder
from hardware.ni_speaker import NiSpeakerSettings
from hardware.speaker import SpeakerSettings
from rig.clock import Clock, SystemClock
from rig.devices import Context, Speaker
from rig.errors import DeviceError
from rig.inbox import Failure, Inbox, Notice, Report
from rig.room import Room
from rig.sound import Sound, WavFile

FLAT_DB_SPL = 100.0
"""The level of full scale in the file of a flat speaker; none but this module sees it."""
FILE = "calibration.toml"
_STIMULUS = "calibration"
_PEAK = 0.9
BEFORE, AFTER = 0.1, 0.6
"""Seconds that are recorded before a sound is ordered and after it is over."""
_PATIENCE = 5.0
TRIES = 3


@dataclass(frozen=True)
class RigSpeaker:
    """A speaker of the rig: its driver, and its settings in the rig file."""

    driver: type[Speaker]
    settings: SpeakerSettings


class Played:
    """A speaker that is open, and the microphone in front of it.

    Parameters
    ----------
    device
        The speaker.
    folder
        Where the files of sounds are put: the device's own folder.
    rate_hz
        The speaker's rate.
    clock, inbox
        What the device tells, and when.
    recorder
        Records the microphone.
    """

    def __init__(
        self,
        device: Speaker,
        folder: Path,
        rate_hz: float,
        clock: Clock,
        inbox: Inbox,
        recorder: Recorder,
    ) -> None:
        self._device = device
        self._folder = folder
        self._rate_hz = rate_hz
        self._clock = clock
        self._inbox = inbox
        self._recorder = recorder
        self._files = 0

    def silence(self, seconds: float) -> NDArray[np.float64]:
        """Return the volts of the microphone while nothing is played, shape (frames,)."""
        self._recorder.begin()
        time.sleep(seconds + BEFORE)
        return self._recorder.end()

    def file(self, samples: Floats, full_scale_db_spl: float) -> WavFile:
        """Return samples, (frames,), as a recorded sound.

        A tone of amplitude 1 among them has that level; where the speaker is flat and the
        level is `FLAT_DB_SPL`, the speaker plays the samples as they are.
        """
        self._files += 1
        name = f"{self._files}.wav"
        peak = float(np.abs(samples).max())
        whole = np.rint(samples * (_PEAK / peak * 2**31)).astype("<i4")
        with wave.open(str(self._folder / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(4)
            file.setframerate(round(self._rate_hz))
            file.writeframes(whole.tobytes())
        level = full_scale_db_spl + 10 * np.log10(2 * np.mean(np.square(samples)))
        return WavFile(name, len(samples) / self._rate_hz, float(level))

    def hear(self, sound: Sound) -> NDArray[np.float64]:
        """Play a sound and return the volts of the microphone, shape (frames,).

        A sound in which the output ran dry is played again.

        Raises
        ------
        DeviceError
            If the speaker cannot play it, or not without a gap.
        """
        self._device.load({_STIMULUS: sound})
        for tries in range(1, TRIES + 1):
            self._recorder.begin()
            time.sleep(BEFORE)
            self._device.present(_STIMULUS)
            gap = self._gap(sound.duration)
            time.sleep(AFTER)
            volts = self._recorder.end()
            if gap is None:
                break
            if tries == TRIES:
                raise DeviceError(gap.what, "speaker", gap.do)
        return volts

    def hear_samples(self, samples: Floats) -> NDArray[np.float64]:
        """Play samples, (frames,), on a flat speaker; return the microphone's volts, (frames,)."""
        return self.hear(Sound((self.file(samples, FLAT_DB_SPL),)))

    def _gap(self, duration: float) -> Notice | None:
        """Wait until a sound of so many seconds is over; return what was lost of it, if any was.

        Raises
        ------
        DeviceError
            If the speaker fails, or does not play the whole of it.
        """
        gap = None
        end = self._clock.now() + duration + _PATIENCE
        while (message := self._clock.receive(self._inbox, end)) is not None:
            match message:
                case Failure():
                    raise DeviceError(message.what, "speaker", message.do)
                case Notice():
                    gap = message
                case Report():
                    if message.achieved < 0.999 * duration:
                        break
                    return gap
        raise DeviceError(
            f"the speaker did not play the whole of a sound of {duration:.1f} s",
            "speaker",
            "Look whether the card is connected, and close other programs.",
        )


@contextlib.contextmanager
def played_by(
    speaker: RigSpeaker, recorder: Recorder, points: Sequence[SpeakerPoint]
) -> Iterator[Played]:
    """Open a speaker of the rig with the points of a calibration; it is off and closed afterwards.

    Raises
    ------
    DeviceError
        If it does not open, or does not go off.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mouserig-")))
        rows = "".join(
            f"    {{ frequency_hz = {point.frequency_hz!r}, "
            f"full_scale_db_spl = {point.full_scale_db_spl!r} }},\n"
            for point in points
        )
        text = 'measured_on = 2000-01-01\nmeasured_by = "measurement"\nmicrophone = "none"\n'
        (folder / FILE).write_text(f"{text}points = [\n{rows}]\n", encoding="utf-8")
        context = Context(SystemClock(), Inbox(), Room(), folder)
        device = speaker.driver("speaker", _alone(speaker.settings), context)
        stack.callback(device.close)
        stack.callback(device.off)
        device.open()
        rate_hz = speaker.settings.rate_hz
        yield Played(device, folder, rate_hz, context.clock, context.inbox, recorder)


def flat_points(rate_hz: float) -> tuple[SpeakerPoint, SpeakerPoint]:
    """Return the points of a speaker that is as loud at every frequency."""
    return (
        SpeakerPoint(frequency_hz=1.0, full_scale_db_spl=FLAT_DB_SPL),
        SpeakerPoint(frequency_hz=rate_hz / 2, full_scale_db_spl=FLAT_DB_SPL),
    )


def _alone(settings: SpeakerSettings) -> SpeakerSettings:
    """Return settings by which a speaker begins at its order, with the calibration to be tried."""
    update: dict[str, object] = {"calibration": FILE}
    if isinstance(settings, NiSpeakerSettings):
        update |= {"trigger": "", "read_back": ""}
    return settings.model_copy(update=update)
