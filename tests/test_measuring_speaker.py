"""A speaker of the rig is measured by its own driver, through an output that a microphone hears."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError
from sound_bench import PATIENT
from speaker_chain import MICROPHONE, SPEAKER

from calibration.speaker import SpeakerCalibration
from calibration.speaker_measurement import SpeakerMeasurement
from calibration.sweep import sweep_over
from hardware.acceptance.place import Ears
from hardware.calibrating import pistonphone, playing
from hardware.calibrating.playing import RigSpeaker, flat_points, played_by
from hardware.calibrating.recorders import AnalogRecorder, Recorder, SoundCardRecorder
from hardware.calibrating.speaker import measure
from hardware.calibrating.speaker_picture import draw_speaker
from hardware.calibrating.speaker_plan import SpeakerPlan
from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.simulated_speaker import SimulatedMicrophone, SimulatedSpeaker
from hardware.emulators.sound_server import DEVICE, RATE_HZ, SoundServer
from hardware.ni_analog_input import NiAnalogInput, NiAnalogInputSettings
from hardware.ni_speaker import NiSpeaker, NiSpeakerSettings
from hardware.processes.device_process import DeviceProcess
from hardware.sound.inputs import Recorded
from hardware.sound.synthesis import render
from hardware.sound_card import SoundCard, SoundCardSettings
from hardware.speaker import SpeakerSettings, SpeakerTwin
from rig.devices import Context
from rig.errors import DeviceError
from rig.inbox import Failure, Message, Notice, Report
from rig.person import Terminal
from rig.sound import Sound


def planned(**changes: float) -> SpeakerPlan:
    """Return a plan that takes little time."""
    quick = {"sweep_duration": 0.1, "averages": 2, "gap": 0.05}
    return SpeakerPlan.model_validate(
        {**quick, "lowest_db_spl": 70.0, "highest_db_spl": 80.0, **changes}
    )


QUICK = planned()
CARD = RigSpeaker(SoundCard, SoundCardSettings.model_validate(PATIENT))


@pytest.fixture
def recorder(sound_server: SoundServer) -> Iterator[SoundCardRecorder]:
    with SoundCardRecorder(DEVICE, "ALSA", 1, RATE_HZ) as recording:
        yield recording


def microphone(recorder: Recorder, speaker: SimulatedSpeaker = SPEAKER) -> SimulatedMicrophone:
    return SimulatedMicrophone(recorder, speaker, np.random.default_rng(8))


def assert_true(found: SpeakerMeasurement, band_hz: tuple[float, float]) -> None:
    """The gain is that of the simulated speaker, and every correction makes it flat."""
    gains = found.response.gains
    truth = SPEAKER.level_db_spl(gains.frequency_hz)
    assert gains.full_scale_db_spl == pytest.approx(truth, abs=0.1)
    assert found.response.valid_range_hz == pytest.approx(band_hz)
    left = {each.correction: each for each in found.residuals}
    assert list(left) == ["table", "255 taps", "1023 taps"]
    limits = {"table": 0.3, "255 taps": 0.6, "1023 taps": 0.3}
    for name, residual in left.items():
        assert residual.flatness_db < limits[name], name
        assert abs(residual.error_db.mean()) < 0.05, "and as loud as it was ordered"
    heard = [tone.heard_db_spl - tone.ordered_db_spl for tone in found.tones]
    assert heard == pytest.approx([0] * len(found.tones), abs=0.15)
    assert found.linearity_db < 0.1


@pytest.mark.realtime
def test_a_sound_card_is_measured_and_tried_again(
    recorder: SoundCardRecorder, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = planned(lowest_db_spl=80.0)
    found = measure(CARD, microphone(recorder), MICROPHONE, plan, Terminal())
    assert capsys.readouterr().err.splitlines()[:2] == ["silence", "2 sweeps of 0.1 s"]
    assert_true(found, (3000.0, 90_000.0))


@pytest.mark.realtime
def test_an_analog_input_hears_an_analog_output_sample_by_sample(
    emulated_card: EmulatedCard, tmp_path: Path
) -> None:
    emulated_card.wire("Dev1/ao0", "Dev1/ai6")
    rate_hz = 192_307.692
    speaker = NiSpeakerSettings.model_validate(
        {
            "line": "Dev1/ao0",
            "rate_hz": rate_hz,
            "full_scale_v": 2.0,
            "calibration": "unused.toml",
            "trigger": "Dev1/PFI0",
            "address": emulated_card.address,
        }
    )
    channel = {
        "name": "microphone", "line": "Dev1/ai6", "unit": "Pa", "per_volt": 50.0, "at_zero": 7.0,
    }  # fmt: skip
    inputs = NiAnalogInputSettings.model_validate(
        {
            "meaning": "microphone",
            "rate_hz": rate_hz,
            "range_v": 5.0,
            "channels": [channel],
            "address": emulated_card.address,
        }
    )
    played = 0.5 * sweep_over(3000.0, 40_000.0, 0.1, rate_hz).samples(rate_hz)
    ears = Ears()
    device = NiAnalogInput("sensors", inputs, ears.context(tmp_path))
    device.open()
    try:
        recording = AnalogRecorder(device, inputs, "microphone", ears)
        with played_by(RigSpeaker(NiSpeaker, speaker), recording, flat_points(rate_hz)) as bench:
            silence = bench.silence(0.1)
            volts = bench.hear_samples(played)
        recording.begin()
        assert len(recording.end()) < len(volts), "what was heard before is left out"
    finally:
        device.close()
    assert len(silence) >= 0.1 * rate_hz
    assert np.abs(silence).max() < 1e-3
    begin = int(np.argmax(np.correlate(volts, played[:4000], "valid")))
    heard = volts[begin : begin + len(played)]
    assert heard == pytest.approx(2.0 * played, abs=5e-4)


class InstantSpeaker(SpeakerTwin):
    """A speaker whose sounds are heard at once, by the one recorder there is."""

    heard: ClassVar[list[np.ndarray]] = []
    tells: ClassVar[list[Message]] = []
    """What it tells before it reports the next sounds, one message each."""
    share = 1.0
    """How much of a sound it plays."""

    def __init__(self, name: str, settings: SpeakerSettings, context: Context) -> None:
        super().__init__(name, settings, context)
        self._context = context
        self._calibration_now = SpeakerCalibration(context.folder, settings.calibration)

    def load(self, stimuli: Mapping[str, Sound]) -> None:
        for sound in stimuli.values():
            if reason := self.refuse_stimulus(sound):
                raise DeviceError(reason, "speaker", "Change the stimulus.")
        self._sounds = dict(stimuli)

    def present(self, stimulus: str) -> None:
        sound, clock = self._sounds[stimulus], self._context.clock
        samples = render(sound, RATE_HZ, self._calibration_now, self._context.folder)
        self.heard.append(samples.astype(float))
        if self.tells:
            self._context.inbox.put(self.tells.pop())
        achieved = self.share * sound.duration
        report = Report("speaker", "sound", stimulus, clock.now(), sound.duration, achieved)
        self._context.inbox.put(report)


class InstantRecorder:
    """Hears what an `InstantSpeaker` has played since it began."""

    rate_hz = float(RATE_HZ)

    def begin(self) -> None:
        InstantSpeaker.heard.clear()

    def end(self) -> np.ndarray:
        return np.concatenate([np.zeros(20_000), *InstantSpeaker.heard, np.zeros(20_000)])


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> RigSpeaker:
    """Return a speaker that takes no time."""
    monkeypatch.setattr(playing, "BEFORE", 0.0)
    monkeypatch.setattr(playing, "AFTER", 0.0)
    monkeypatch.setattr(InstantSpeaker, "tells", [])
    settings = SpeakerSettings(line="none", rate_hz=RATE_HZ, calibration="unused.toml")
    return RigSpeaker(InstantSpeaker, settings)


def test_a_measurement_holds_what_a_calibration_needs(instant: RigSpeaker, tmp_path: Path) -> None:
    bent = replace(SPEAKER, second_harmonic=0.02)
    found = measure(instant, microphone(InstantRecorder(), bent), MICROPHONE, QUICK, Terminal())
    assert_true(found, (3000.0, 90_000.0))
    assert sorted({tone.ordered_db_spl for tone in found.tones}) == [70.0, 75.0, 80.0]
    assert len({tone.frequency_hz for tone in found.tones}) == 6
    points = found.points()
    assert points[0].frequency_hz == 3000.0
    assert points[-1].frequency_hz == 90_000.0
    loudest = [each.frequency_hz for each in found.tones if each.ordered_db_spl == 80]
    told = np.array([each for each in loudest if 2 * each < RATE_HZ / 4])
    harmonics = SPEAKER.level_db_spl(2 * told) - 2 * SPEAKER.level_db_spl(told) + 80
    assert found.distortion_db == pytest.approx(harmonics.max() + 20 * np.log10(0.02), abs=0.5)
    draw_speaker(found, "", tmp_path / "speaker.png")
    assert (tmp_path / "speaker.png").read_bytes().startswith(b"\x89PNG")


def test_tones_that_the_speaker_cannot_give_are_left_out(instant: RigSpeaker) -> None:
    weak = replace(SPEAKER, full_scale_db_spl=79.0)
    found = measure(instant, microphone(InstantRecorder(), weak), MICROPHONE, QUICK, Terminal())
    tones = {(round(tone.frequency_hz), tone.ordered_db_spl) for tone in found.tones}
    assert 6 < len(tones) < 18
    for frequency_hz, level in tones:
        assert level <= weak.level_db_spl(np.array([frequency_hz]))[0] + 0.1
    assert found.residuals[0].flatness_db < 0.3


@pytest.mark.parametrize(
    ("speaker", "plan", "reason"),
    [
        (SimulatedSpeaker(full_scale_db_spl=-20.0), QUICK, "the sweeps are not heard"),
        (SimulatedSpeaker(clip_v=0.01), QUICK, "the microphone is clipped"),
        (SPEAKER, planned(averages=1), "1 sweep tells nothing"),
        (
            SPEAKER,
            planned(lowest_db_spl=110.0, highest_db_spl=115.0),
            "gives 107 dB SPL at the most, and tones are to be tried from 110",
        ),
        (SimulatedSpeaker(second_harmonic=0.3), QUICK, "dB; -40 dB are allowed"),
    ],
)
def test_a_speaker_that_cannot_be_measured_is_refused(
    speaker: SimulatedSpeaker, plan: SpeakerPlan, reason: str, instant: RigSpeaker
) -> None:
    with pytest.raises(DeviceError, match=reason):
        measure(instant, microphone(InstantRecorder(), speaker), MICROPHONE, plan, Terminal())


@pytest.mark.realtime
@pytest.mark.parametrize(
    ("line", "channel", "reason"),
    [
        ("no such card", 1, "ALSA has no input 'no such card'"),
        (DEVICE, 999, r"'pulse' has \d+ channels, not 999"),
    ],
)
def test_an_input_that_is_not_there_is_refused(
    sound_server: SoundServer, line: str, channel: int, reason: str
) -> None:
    with (
        pytest.raises(DeviceError, match=reason),
        SoundCardRecorder(line, "ALSA", channel, RATE_HZ),
    ):
        pass


def test_an_input_that_lost_samples_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeviceProcess, "ask", lambda *_: Recorded(b"", 1))
    with pytest.raises(DeviceError, match="the input lost some of what was heard"):
        SoundCardRecorder(DEVICE, "ALSA", 1, RATE_HZ).end()


DRY = Notice("speaker", "the output ran dry 2 times", "Close other programs.")


def test_a_sound_with_a_gap_is_played_again(instant: RigSpeaker) -> None:
    InstantSpeaker.tells.extend([DRY] * (playing.TRIES - 1))
    samples = 0.5 * sweep_over(3000.0, 40_000.0, 0.02, RATE_HZ).samples(RATE_HZ)
    with played_by(instant, InstantRecorder(), flat_points(RATE_HZ)) as bench:
        volts = bench.hear_samples(samples)
    assert not InstantSpeaker.tells
    assert volts[20_000:-20_000] == pytest.approx(samples, abs=1e-4)


@pytest.mark.parametrize(
    ("tells", "share", "reason"),
    [
        ([DRY] * playing.TRIES, 1.0, "the output ran dry 2 times"),
        ([Failure("speaker", "it plays no more", "Connect it.")], 1.0, "it plays no more"),
        ([], 0.5, "did not play the whole of a sound"),
    ],
)
def test_a_speaker_that_does_not_play_is_refused(
    instant: RigSpeaker,
    tells: list[Message],
    share: float,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    InstantSpeaker.tells.extend(tells)
    monkeypatch.setattr(InstantSpeaker, "share", share)
    with (
        played_by(instant, InstantRecorder(), flat_points(RATE_HZ)) as bench,
        pytest.raises(DeviceError, match=reason),
    ):
        bench.hear_samples(np.ones(1000) * np.sin(np.arange(1000)))


@pytest.mark.parametrize(
    "changes",
    [
        {"low_hz": 90_000.0},
        {"lowest_db_spl": 90.0},
        {"amplitude": 0.0},
        {"amplitude": 1.0},
        {"gap": 0.01},
        {"volume": 1.0},
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        planned(**changes)


def test_a_pistonphone_is_recorded_for_its_tone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pistonphone, "DURATION", 0.0)
    tone = 0.02 * np.sin(2 * np.pi * 1000 * np.arange(96_000) / RATE_HZ)

    class OnAPistonphone(InstantRecorder):
        def end(self) -> np.ndarray:
            return tone + 1e-6 * np.random.default_rng(1).standard_normal(len(tone))

    found = pistonphone.pistonphone_sensitivity(OnAPistonphone(), 94.0, 1000.0)
    assert found == pytest.approx(0.02 / np.sqrt(2) / 1.0024, rel=1e-3)
