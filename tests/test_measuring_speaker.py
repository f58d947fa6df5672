"""A speaker of the rig is measured by its own driver, through an output that a microphone hears."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sound_bench import PATIENT
from speaker_chain import MICROPHONE, SPEAKER

from calibration.speaker_figure import draw
from calibration.speaker_measurement import SpeakerMeasurement
from hardware.acceptance.place import Ears
from hardware.calibrating.playing import RigSpeaker
from hardware.calibrating.recorders import AnalogRecorder, SoundCardRecorder
from hardware.calibrating.speaker import SpeakerPlan, measure
from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.simulated_speaker import SimulatedMicrophone, SimulatedSpeaker
from hardware.emulators.sound_server import DEVICE, RATE_HZ, SoundServer
from hardware.ni_analog_input import NiAnalogInput, NiAnalogInputSettings
from hardware.ni_speaker import NiSpeaker, NiSpeakerSettings
from hardware.sound_card import SoundCard, SoundCardSettings
from rig.errors import DeviceError

QUICK = SpeakerPlan(
    sweep_duration=0.1, averages=2, gap=0.05, lowest_db_spl=70.0, highest_db_spl=80.0
)
CARD = RigSpeaker(SoundCard, SoundCardSettings.model_validate(PATIENT))


@pytest.fixture
def recorder(sound_server: SoundServer) -> Iterator[SoundCardRecorder]:
    with SoundCardRecorder(DEVICE, "ALSA", 1, RATE_HZ) as recording:
        yield recording


def microphone(
    recorder: SoundCardRecorder | AnalogRecorder, speaker: SimulatedSpeaker = SPEAKER
) -> SimulatedMicrophone:
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
    recorder: SoundCardRecorder, tmp_path: Path
) -> None:
    found = measure(CARD, microphone(recorder), MICROPHONE, QUICK)
    assert_true(found, (3000.0, 90_000.0))
    assert sorted({tone.ordered_db_spl for tone in found.tones}) == [70.0, 75.0, 80.0]
    assert len({tone.frequency_hz for tone in found.tones}) == 6
    points = found.points()
    assert points[0].frequency_hz == 3000.0
    assert points[-1].frequency_hz == 90_000.0
    assert found.distortion_db is not None
    assert found.distortion_db < -40
    draw(found, tmp_path / "speaker.png")
    assert (tmp_path / "speaker.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.realtime
def test_an_analog_output_is_measured_by_an_analog_input(
    emulated_card: EmulatedCard, tmp_path: Path
) -> None:
    emulated_card.wire("Dev1/ao0", "Dev1/ai6")
    speaker = NiSpeakerSettings.model_validate(
        {
            "line": "Dev1/ao0",
            "rate_hz": 192_307.692,
            "full_scale_v": 2.0,
            "calibration": "unused.toml",
            "trigger": "Dev1/PFI0",
            "address": emulated_card.address,
        }
    )
    channel = {"name": "microphone", "line": "Dev1/ai6", "unit": "Pa", "per_volt": 50.0}
    inputs = NiAnalogInputSettings.model_validate(
        {
            "meaning": "microphone",
            "rate_hz": 200_000.0,
            "range_v": 5.0,
            "channels": [channel],
            "address": emulated_card.address,
        }
    )
    ears = Ears()
    device = NiAnalogInput("sensors", inputs, ears.context(tmp_path))
    device.open()
    try:
        recording = microphone(AnalogRecorder(device, inputs, "microphone", ears))
        plan = SpeakerPlan(3000.0, 60_000.0, 0.3, 0.1, 2, 0.05, 75.0, 80.0)
        heard = MICROPHONE
        found = measure(RigSpeaker(NiSpeaker, speaker), recording, heard, plan)
    finally:
        device.close()
    assert_true(found, (3000.0, 60_000.0))


@pytest.mark.realtime
@pytest.mark.parametrize(
    ("speaker", "reason"),
    [
        (SimulatedSpeaker(full_scale_db_spl=-20.0), "the sweeps are not heard"),
        (SimulatedSpeaker(clip_v=0.01), "the microphone is clipped"),
        (SimulatedSpeaker(second_harmonic=0.3), "harmonics of -[0-9.]+ dB; -40 dB are allowed"),
    ],
)
def test_a_speaker_that_cannot_be_measured_is_refused(
    recorder: SoundCardRecorder, speaker: SimulatedSpeaker, reason: str
) -> None:
    with pytest.raises(DeviceError, match=reason):
        measure(CARD, microphone(recorder, speaker), MICROPHONE, QUICK)


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
