"""Recorded sounds: what is played is what was recorded, and what cannot be trusted is refused."""

from __future__ import annotations

import hashlib
import io
import shutil
import struct
import wave
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from ear import RATES_HZ, SPEAKER, heard, level
from helpers import plan_for, run_virtual
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardware.sound.synthesis import refuse_sound, render
from hardware.speaker import SpeakerTwin
from rig.commands.check import check_lab
from rig.errors import CheckFailed, ConfigError, RecordingError
from rig.journal import digest
from rig.lab import Lab, find_lab
from rig.session_record import load_session
from rig.sound import Chord, Silence, Sound, WavFile

RATE_HZ = 192_000
COUNT = 19_200
CALL = WavFile("sounds/call.wav", 0.1, 70.0)


def call(count: int = COUNT, rate_hz: float = RATE_HZ) -> np.ndarray:
    """Return a call that sweeps from 10 to 30 kHz, full scale at 1."""
    time = np.arange(count) / rate_hz
    sweep = np.sin(2 * np.pi * (10_000 * time + 10_000 * time**2 / time[-1]))
    return 0.5 * sweep * np.hanning(count)


def wav(samples: np.ndarray, width: int = 2, channels: int = 1, rate_hz: int = RATE_HZ) -> bytes:
    """Return a WAV file of samples, full scale at 1."""
    integers = np.rint(samples * (2.0 ** (8 * width - 1) - 1)).astype("<i4")
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((channels, width, rate_hz, 0, "NONE", "not compressed"))
        data = integers.view(np.uint8).reshape(-1, 4)[:, :width]
        file.writeframes(data.tobytes())
    return content.getvalue()


def with_format(tag: int) -> bytes:
    """Return a WAV file whose header names another format than PCM."""
    content = bytearray(wav(call()))
    content[20:22] = struct.pack("<H", tag)
    return bytes(content)


@pytest.fixture
def refused(lab: Lab) -> Callable[..., str | None]:
    """Return a function that says why a file with that content is refused."""
    (lab.folder / "sounds").mkdir()

    def refuse(content: bytes, part: WavFile = CALL, rate_hz: float = RATE_HZ) -> str | None:
        (lab.folder / "sounds/call.wav").write_bytes(content)
        return refuse_sound(Sound((part,)), rate_hz, SPEAKER, lab.folder)

    return refuse


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("width", [2, 3, 4])
def test_a_recording_is_heard_as_it_is_at_the_level_that_is_asked_for(
    lab: Lab, refused: Callable[..., str | None], width: int, rate_hz: float
) -> None:
    recorded = call(rate_hz=rate_hz)
    part = WavFile("sounds/call.wav", COUNT / rate_hz, 70.0)
    assert refused(wav(recorded, width, rate_hz=round(rate_hz)), part, rate_hz) is None
    pressure = heard(part, rate_hz=rate_hz, folder=lab.folder)
    assert len(pressure) == COUNT
    assert level(pressure) == pytest.approx(70.0, abs=0.01)
    assert np.corrcoef(pressure, recorded)[0, 1] > 0.999


def test_a_recording_stands_among_other_parts(lab: Lab, refused: Callable[..., str | None]) -> None:
    assert refused(wav(call(COUNT + 1))) is None, "one sample more than it should have"
    pip = Chord((4000.0,), 0.05, 73.0)
    sound = Sound((pip, CALL, Silence(0.05), CALL, pip))
    assert sound.files == ("sounds/call.wav",)
    assert refuse_sound(sound, RATE_HZ, SPEAKER, lab.folder) is None
    samples = render(sound, RATE_HZ, SPEAKER, lab.folder)
    assert len(samples) == round(0.35 * RATE_HZ)
    first, second = samples[9600:][:COUNT], samples[38_400:][:COUNT]
    assert np.array_equal(first, second)
    assert first.any()
    assert not samples[28_800:38_400].any()


def clipped(sign: float) -> np.ndarray:
    samples = call()
    samples[9600:9637] = sign
    return samples


BAD_FILES = {
    "empty": (b"", "no WAV file: it is cut short or damaged"),
    "text": (b"call", "no WAV file: it is cut short or damaged"),
    "other file": (b"fLaC" + bytes(100), "no WAV file: file does not start with RIFF id"),
    "header alone": (wav(call())[:30], "no WAV file: it is cut short or damaged"),
    "cut short": (wav(call())[:-400], "19000 of 19200 samples (sounds/call.wav). Copy it anew"),
    "no samples": (wav(call()[:0]), "the file holds no samples"),
    "stereo": (wav(call(2 * COUNT), channels=2), "has 2 channels (sounds/call.wav). Mix it down"),
    "8 bit": (wav(call(), width=1), "the file has samples of 8 bit"),
    "float": (with_format(3), "floating-point numbers (sounds/call.wav). Save it as WAV of plain"),
    "extended": (with_format(0xFFFE), "extended header (WAVE_FORMAT_EXTENSIBLE)"),
    "compressed": (with_format(2), "the file is compressed (format 2)"),
    "wrong rate": (
        wav(call(), rate_hz=48_000),
        "48000 samples per second, and the speaker plays 192000 (sounds/call.wav). "
        "Convert the file to 192000 samples per second",
    ),
    "too long": (
        wav(call(COUNT + 2)),
        "the file lasts 0.100010 s, and the sound 0.100000 s (sounds/call.wav). "
        "Give the sound that duration, or cut the file to 19200 samples",
    ),
    "too short": (wav(call(COUNT - 2)), "the file lasts 0.099990 s"),
    "silent": (wav(np.zeros(COUNT)), "the file is silent"),
    "clipped above": (
        wav(clipped(1.0)),
        "37 samples stand at full scale, the first at 0.050000 s (sounds/call.wav). Record",
    ),
    "clipped below": (wav(clipped(-1.0), width=3), "37 samples stand at full scale"),
    "offset": (wav(call() + 0.2), "of the sound's power lies outside the speaker's calibration"),
    "hum": (
        wav(call() + 0.05 * np.sin(np.arange(COUNT) * 2 * np.pi * 100 / RATE_HZ)),
        "lies outside the speaker's calibration, 2000 to 64000 Hz (sounds/call.wav). Filter it, "
        "so that at most 1% does",
    ),
}


@pytest.mark.parametrize("mistake", BAD_FILES)
def test_a_bad_file_is_refused_in_words(
    lab: Lab, refused: Callable[..., str | None], mistake: str
) -> None:
    content, said = BAD_FILES[mistake]
    assert said in str(refused(content))
    with pytest.raises(ConfigError):
        render(Sound((CALL,)), RATE_HZ, SPEAKER, lab.folder)


def test_one_sample_at_full_scale_is_no_clipping(refused: Callable[..., str | None]) -> None:
    samples = call()
    samples[[5000, 5002]] = 1.0
    assert refused(wav(samples)) is None


def test_a_recording_too_loud_for_the_speaker_is_refused(
    refused: Callable[..., str | None],
) -> None:
    said = refused(wav(call()), WavFile("sounds/call.wav", 0.1, 110.0))
    assert said == "110 dB SPL is more than the speaker can give of 'sounds/call.wav'"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("sounds/cal.wav", "is missing (sounds/cal.wav). Check its path"),
        ("sounds", "is missing"),
        ("sounds/call.wav/x", "is missing"),
        ("../outside.wav", "does not lie in the lab's folder (../outside.wav). Put it there"),
        ("sounds/../../outside.wav", "does not lie in"),
        ("sounds/../sounds/call.wav", "without ./ and ../"),
        ("./sounds/call.wav", "without ./ and ../"),
        ("sounds//call.wav", "does not lie in"),
        ("sounds\\call.wav", "does not lie in"),
        ("/etc/passwd", "does not lie in"),
        ("", "does not lie in"),
        (".", "does not lie in"),
        ("linked.wav", "does not lie in"),
        ("sounds/\0.wav", "cannot be read"),
        (f"{'long' * 100}.wav", "cannot be read: File name too long"),
    ],
)
def test_a_file_is_read_from_the_lab_s_folder_alone(
    lab: Lab, refused: Callable[..., str | None], file: str, said: str
) -> None:
    outside = lab.folder.parent / "outside.wav"
    outside.write_bytes(wav(call()))
    (lab.folder / "linked.wav").symlink_to(outside)
    assert said in str(refused(wav(call()), WavFile(file, 0.1, 70.0)))


SHORT = wav(call(960))
HEAD = SHORT[:44]


@settings(max_examples=300)
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.builds(lambda data: HEAD + data, st.binary(max_size=100)),
        st.builds(
            lambda position, changed: HEAD[:position] + changed + HEAD[position + len(changed) :],
            st.integers(0, 44),
            st.binary(min_size=1, max_size=8),
        ).map(lambda head: head[:44] + SHORT[44:]),
    )
)
@example(content=SHORT)
def test_any_bytes_are_refused_or_played(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "call.wav").write_bytes(content)
    sound = Sound((WavFile("call.wav", 0.005, 70.0),))
    if refuse_sound(sound, RATE_HZ, SPEAKER, folder) is None:
        samples = render(sound, RATE_HZ, SPEAKER, folder)
        assert len(samples) == 960
        assert np.abs(samples).max() <= 1


PROTOCOL = '''
"""Plays a recorded call in every trial."""
from rig.graph import END, Play, State, TrialGraph
from rig.protocol import Parameters, TrialProtocol
from rig.sound import Chord, Noise, Silence, Sound, WavFile


class Calls(TrialProtocol):
    class Params(Parameters):
        pass

    def __init__(self, params, rng):
        pass

    def sounds(self):
        pip, pause = Chord((4000.0,), 0.05, 73.0), Silence(0.1)
        call = WavFile("sounds/call.wav", 0.1, 70.0)
        ramp = Noise(2000.0, 64000.0, 2.0, 60.0, seed=1, end_level_db_spl=85.0)
        return {
            "call": Sound((pip, pause, call, ramp)),
            "other": Sound((call, pause, WavFile("sounds/night 1/call.wav", 0.1, 60.0))),
        }

    def trial(self, number, past):
        play = (Play("speaker", "call"),)
        state = State("call", "the call plays", enter=play, timeout=(3.0, END), outcome="heard")
        return TrialGraph((state,), "call", "call", stimulus_state="call")
'''
CALLS = Path("protocols/calls.toml")
FILES = {"sounds/call.wav": wav(call()), "sounds/night 1/call.wav": wav(call()[::-1], width=3)}


@pytest.fixture
def with_calls(lab: Lab) -> Lab:
    """Return a lab with a protocol that plays two recordings."""
    (lab.folder / "protocols/calls.py").write_text(PROTOCOL, encoding="utf-8")
    text = 'protocol = "protocols/calls.py:Calls"\n[session]\nmax_trials = 3\n'
    (lab.folder / CALLS).write_text(text, encoding="utf-8")
    for name, content in FILES.items():
        path = lab.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return lab


def test_a_session_records_its_sound_files_and_keeps_copies(with_calls: Lab) -> None:
    folder = run_virtual(plan_for(with_calls, CALLS)).folder
    record = load_session(folder)
    assert len(record.rows) == 3
    digests = {file: hashlib.sha256(content).hexdigest() for file, content in FILES.items()}
    assert record.definition.sound_files == digests
    assert record.definition.sounds["call"]["parts"][2] == {
        "type": "wav", "file": "sounds/call.wav", "duration": 0.1, "level_db_spl": 70.0
    }  # fmt: skip
    assert record.definition.sounds["call"]["parts"][3]["seed"] == 1
    kept = {path.name: path.read_bytes() for path in (folder.path / "sounds").iterdir()}
    assert kept == {
        "sounds%2Fcall.wav": FILES["sounds/call.wav"],
        "sounds%2Fnight%201%2Fcall.wav": FILES["sounds/night 1/call.wav"],
    }


def test_where_the_lab_lies_does_not_change_the_record(with_calls: Lab, tmp_path: Path) -> None:
    shutil.copytree(with_calls.folder, tmp_path / "elsewhere")
    here = run_virtual(plan_for(with_calls, CALLS)).folder
    there = run_virtual(plan_for(find_lab(tmp_path / "elsewhere"), CALLS)).folder
    assert digest(here.journal) == digest(there.journal)


def test_other_bytes_give_another_record(with_calls: Lab) -> None:
    first = run_virtual(plan_for(with_calls, CALLS)).folder
    (with_calls.folder / "subjects/SIM01.memory.json").unlink()
    (with_calls.folder / "sounds/call.wav").write_bytes(wav(-call()))
    second = run_virtual(plan_for(with_calls, CALLS)).folder
    assert digest(first.journal) != digest(second.journal)


def test_a_session_without_recordings_has_no_folder_for_them(short: Lab) -> None:
    folder = run_virtual(plan_for(short)).folder
    assert load_session(folder).definition.sound_files == {}
    assert not (folder.path / "sounds").exists()


def test_check_names_a_bad_file_and_no_session_begins(with_calls: Lab) -> None:
    (with_calls.folder / "sounds/call.wav").write_bytes(wav(call(2 * COUNT), channels=2))
    rigs, protocols = [with_calls.folder / "rigs/box1.toml"], [with_calls.folder / CALLS]
    problems, _ = check_lab(with_calls, rigs, protocols, simulate=True)
    assert len(problems) == 2
    assert all("has 2 channels (sounds/call.wav)" in problem.what for problem in problems)
    with pytest.raises(CheckFailed, match="the file has 2 channels"):
        run_virtual(plan_for(with_calls, CALLS))
    assert not with_calls.data.exists()


def test_a_file_that_nobody_can_play_is_not_read_from_outside(
    with_calls: Lab, edit: Callable[[str, str, str], None]
) -> None:
    edit("rigs/box1.toml", "[devices.speaker]", "[devices.loudspeaker]")
    edit(
        "rigs/box1.toml",
        "hardware.speaker:SpeakerTwin",
        "hardware.digital_output:DigitalOutputTwin",
    )
    edit("rigs/box1.toml", 'rate_hz = 192_000\ncalibration = "calibration/box1-speaker.toml"', "")
    edit("protocols/calls.py", "sounds/call.wav", "../call.wav")
    with pytest.raises(ConfigError, match="does not lie in the lab's folder"):
        run_virtual(plan_for(with_calls, CALLS))
    assert not with_calls.data.exists()


def test_a_file_that_changes_while_the_session_begins_is_noticed(
    with_calls: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(speaker: SpeakerTwin, sounds: Mapping[str, Sound]) -> None:
        (with_calls.folder / "sounds/call.wav").write_bytes(wav(-call()))

    monkeypatch.setattr(SpeakerTwin, "load", load)
    with pytest.raises(RecordingError, match="has just changed"):
        run_virtual(plan_for(with_calls, CALLS))
    assert not with_calls.data.exists()
