"""Plays samples and sounds through the rig's own speaker, and records what a microphone hears.

A driver plays by a calibration. To measure one, the driver gets a file in which the speaker is
flat: what it is given as a recorded sound then goes out sample by sample.
"""

from __future__ import annotations

import contextlib
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.speaker import SpeakerPoint
from calibration.sweep import Floats
from hardware.acceptance.place import Ears
from hardware.calibrating.recorders import Recorder
from hardware.ni_speaker import NiSpeakerSettings
from hardware.speaker import SpeakerSettings
from rig.devices import Speaker
from rig.errors import DeviceError
from rig.sound import Sound, WavFile

FLAT_DB_SPL = 100.0
"""The level of full scale in the file of a flat speaker; none but this module sees it."""
FILE = "calibration.toml"
_STIMULUS = "calibration"
_PEAK = 0.9
BEFORE, AFTER = 0.1, 0.4
"""Seconds that are recorded before a sound is ordered and after it is over."""
_PATIENCE = 5.0


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
    ears
        What the device tells.
    recorder
        Records the microphone.
    """

    def __init__(
        self, device: Speaker, folder: Path, rate_hz: float, ears: Ears, recorder: Recorder
    ) -> None:
        self._device = device
        self._folder = folder
        self._rate_hz = rate_hz
        self._ears = ears
        self._recorder = recorder
        self._files = 0

    def silence(self, seconds: float) -> NDArray[np.float64]:
        """Return the volts of the microphone while nothing is played, shape (frames,)."""
        self._recorder.begin()
        self._ears.pause(seconds + BEFORE)
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

        Raises
        ------
        DeviceError
            If the speaker cannot play it, or plays less than all of it.
        """
        self._device.load({_STIMULUS: sound})
        self._recorder.begin()
        self._ears.pause(BEFORE)
        known = len(self._ears.reports)
        self._device.present(_STIMULUS)
        heard = self._ears.wait(lambda: len(self._ears.reports) > known, sound.duration + _PATIENCE)
        if not heard or self._ears.reports[known].achieved < 0.999 * sound.duration:
            raise DeviceError(
                f"the speaker did not play the whole of a sound of {sound.duration:.1f} s",
                "speaker",
                "Look whether the card is connected, and close other programs.",
            )
        self._ears.pause(AFTER)
        return self._recorder.end()

    def hear_samples(self, samples: Floats) -> NDArray[np.float64]:
        """Play samples, (frames,), on a flat speaker; return the microphone's volts, (frames,)."""
        return self.hear(Sound((self.file(samples, FLAT_DB_SPL),)))


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
        ears = Ears()
        device = speaker.driver("speaker", _alone(speaker.settings), ears.context(folder))
        stack.callback(device.close)
        stack.callback(device.off)
        device.open()
        yield Played(device, folder, speaker.settings.rate_hz, ears, recorder)


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
