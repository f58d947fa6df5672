"""Sounds of a sound card, as they come out of it: a virtual output, and a monitor of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from sound_bench import SOUND_CARD, SoundBench

from calibration.speaker import SpeakerCalibration
from hardware.emulators.sound_monitor import UNCERTAINTY, SoundMonitor, sounds
from hardware.emulators.sound_server import RATE_HZ
from hardware.emulators.sound_server import sound_server as started_sound_server
from hardware.sound.synthesis import render
from hardware.sound_card import SoundCard, SoundCardSettings
from rig.errors import DeviceError
from rig.inbox import Failure, Report
from rig.lab import Lab
from rig.sound import Chord, Noise, Sound

pytestmark = pytest.mark.realtime

ROOM = 0.15
"""Seconds between sounds."""
STALL = 0.3
"""Seconds that a busy computer may stand still."""
SOUNDS = {
    "click": Sound((Chord((40_000.0,), 0.0001, 70.0, gate=0.0),)),
    "noise": Sound((Noise(2000.0, 60_000.0, 0.1, 60.0),)),
    "modulated": Sound((Noise(4000.0, 50_000.0, 0.2, 60.0, modulation_hz=20.0),)),
    "ramp": Sound((Noise(4000.0, 50_000.0, 0.2, 60.0, end_level_db_spl=75.0),)),
    "tone": Sound((Chord((48_000.0,), 0.1, 70.0),)),
}
Make = Callable[..., SoundBench]


@pytest.fixture
def make(lab: Lab, ear: SoundMonitor) -> Iterator[Make]:
    made = []

    def card(**settings: Any) -> SoundBench:
        made.append(SoundBench(SoundCard, {**SOUND_CARD, **settings}, lab.folder, ear))
        return made[-1]

    yield card
    for each in made:
        each.close()


def ready(bench: SoundBench, stimuli: dict[str, Sound]) -> SoundCard:
    assert isinstance(bench.device, SoundCard)
    bench.device.load(stimuli)
    bench.device.open()
    return bench.device


def reports(bench: SoundBench, count: int) -> list[Report]:
    """Wait for so many reports."""
    found: list[Report] = []
    while len(found) < count:
        message = bench.inbox.wait(10.0)
        assert isinstance(message, Report), message
        found.append(message)
    return found


def test_what_is_heard_is_what_was_rendered_bit_by_bit_with_a_pulse_at_its_first_frame(
    make: Make, lab: Lab
) -> None:
    bench = make(trigger_ms=1.0, latency=0.2, delay=0.25)
    device = ready(bench, SOUNDS)
    for name, sound in SOUNDS.items():
        device.present(name)
        bench.pass_time(sound.duration + ROOM)
    done = reports(bench, len(SOUNDS))
    assert [report.detail for report in done] == list(SOUNDS)
    heard = bench.heard()
    pulses = sounds(heard[:, 1], RATE_HZ, 0.01)
    assert [end - begin for begin, end in pulses] == [RATE_HZ // 1000] * len(SOUNDS)
    assert set(np.unique(heard[:, 1])) == {0.0, 1.0}
    calibration = SpeakerCalibration(lab.folder, SOUND_CARD["calibration"])
    onsets = [begin for begin, _ in pulses]
    assert [row[4] for row in bench.rows.kept] == [0] * len(SOUNDS), "the output ran dry"
    for (name, sound), onset in zip(SOUNDS.items(), onsets, strict=True):
        samples = render(sound, RATE_HZ, calibration, lab.folder)
        assert np.array_equal(heard[onset : onset + len(samples), 0], samples), name
        heard[onset : onset + len(samples), 0] = 0
    assert not heard[:, 0].any(), "and nothing else is heard, on no channel"
    frames = np.array([row[1] for row in bench.rows.kept])
    assert np.array_equal(np.diff(frames), np.diff(onsets)), "the frames are those of the output"
    for report, row, onset in zip(done, bench.rows.kept, onsets, strict=True):
        assert report.hardware_time == pytest.approx(row[0])
        unsure = row[2] + UNCERTAINTY
        assert bench.session_time(onset) == pytest.approx(report.hardware_time, abs=unsure)


def test_a_sound_that_is_cut_falls_within_five_milliseconds(make: Make) -> None:
    bench = make(trigger_channel=0, latency=0.2, delay=0.25)
    device = ready(bench, {"long": Sound((Chord((4000.0,), 5.0, 70.0, gate=0.0),))})
    device.present("long")
    bench.pass_time(0.2)
    device.off()
    (report,) = reports(bench, 1)
    heard = bench.heard()[:, 0]
    ((begin, end),) = sounds(heard, RATE_HZ, 0.01)
    assert end - begin == pytest.approx(round(report.achieved * RATE_HZ) + 960, abs=60)
    assert np.abs(np.diff(heard[begin + 10 : end + 100])).max() < 0.15 * np.abs(heard).max()


def test_off_does_not_wait_as_long_as_sounds_do(make: Make) -> None:
    bench = make(delay=0.9)
    device = ready(bench, {"long": Sound((Chord((4000.0,), 5.0, 70.0),))})
    device.present("long")
    bench.pass_time(1.1)
    device.off()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert 0 < report.achieved < report.requested


def test_orders_do_not_wait_and_onsets_keep_their_distance_from_them(make: Make) -> None:
    bench = make(trigger_ms=1.0)
    device = ready(bench, {"click": SOUNDS["click"]})
    took, ordered = [], []
    for _ in range(30):
        ordered.append(bench.now())
        device.present("click")
        took.append(bench.now() - ordered[-1])
        bench.pass_time(0.03)
    reports(bench, 30)
    rows = np.array(bench.rows.kept)
    assert np.median(took) < 0.002
    after = rows[:, 0] - ordered
    assert np.median(after) == pytest.approx(0.04, abs=0.002)
    assert np.all(after[rows[:, 4] == 0] > 0.03), "none is early"


def test_nothing_is_lost_beside_two_busy_processes(make: Make) -> None:
    bench = make(trigger_ms=1.0, latency=0.2, delay=0.25)
    device = ready(bench, {"click": SOUNDS["click"]})
    with busy(2):
        for _ in range(20):
            device.present("click")
            bench.pass_time(0.05)
        reports(bench, 20)
    rows = np.array(bench.rows.kept)
    onsets = [begin for begin, _ in sounds(bench.heard()[:, 1], RATE_HZ, 0.005)]
    assert not rows[:, 4].any(), "the output ran dry"
    assert np.array_equal(np.diff(onsets), np.diff(rows[:, 1]))


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Let so many processes compute meanwhile."""
    command = [sys.executable, "-c", "while True: pass"]
    with ExitStack() as stack:
        for _ in range(count):
            stack.callback(stack.enter_context(subprocess.Popen(command)).kill)
        yield


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"line": "Fireface"}, "ALSA has no output 'Fireface'; it has 'pulse'"),
        ({"host_api": "ASIO"}, "this computer has no host API 'ASIO'; it has 'ALSA'"),
        ({"channel": 40}, "'pulse' has 32 channels, not 40"),
        ({"line": "l"}, "'l' may be any of 'pulse', 'default'"),
    ],
)
def test_an_output_that_is_not_there_is_told_in_words(
    make: Make, settings: dict[str, Any], sentence: str
) -> None:
    bench = make(**settings)
    (problem,) = bench.device.check()
    assert sentence in problem.what
    assert (problem.level, problem.where[:12]) == ("error", "device 'box'")
    with pytest.raises(DeviceError, match=sentence):
        bench.device.open()
    assert bench.messages() == []


def test_a_sound_server_that_converts_to_another_rate_is_warned_of(make: Make) -> None:
    (problem,) = make(rate_hz=96_000).device.check()
    assert problem.level == "warning"
    assert "'pulse' is a sound server, which plays at 192000 Hz" in problem.what


def test_a_system_without_portaudio_is_told_in_words(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    (problem,) = make().device.check()
    assert problem.what == "PortAudio is not installed"
    assert "sudo apt install libportaudio2" in problem.do


def test_settings_that_contradict_each_other_are_refused() -> None:
    for wrong in ({"channel": 2}, {"exclusive": True}):
        with pytest.raises(ValidationError):
            SoundCardSettings.model_validate({**SOUND_CARD, **wrong})


def test_a_peak_above_the_limit_is_refused(make: Make) -> None:
    bench = make(peak=0.001)
    with pytest.raises(DeviceError, match=r"its peak of .* is above the limit of 0.001"):
        bench.device.load({"tone": SOUNDS["tone"]})


def test_the_session_is_told_when_the_process_dies(make: Make) -> None:
    bench = make()
    device = ready(bench, SOUNDS)
    process = device._process
    assert process is not None
    process._process.kill()
    message = bench.inbox.wait(10.0)
    assert isinstance(message, Failure)
    assert (message.device, message.what) == ("box", "its process was ended: Killed")
    with pytest.raises(DeviceError, match="Killed"):
        device.present("click")
    device.off()


def test_the_session_is_told_when_the_output_plays_no_more(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sound").mkdir()
    bench = make()
    with started_sound_server(tmp_path / "sound") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        device = ready(bench, SOUNDS)
        assert bench.messages() == []
    message = bench.inbox.wait(10.0)
    assert isinstance(message, Failure)
    assert (message.what, message.urgent) == ("'pulse' plays no more", True)
    device.off()


ENGINE = """
import sys, time
from pathlib import Path
from sound_bench import *
from hardware.sound_card import SoundCard
from rig.sound import Chord, Sound
class Deaf:
    frames = 0
bench = SoundBench(SoundCard, SOUND_CARD, Path(sys.argv[1]), Deaf())
bench.device.open()
bench.device.load({"long": Sound((Chord((4000.0,), 30.0, 70.0),))})
bench.device.present("long")
print("plays", flush=True)
time.sleep(60)
"""


def test_the_output_is_silent_a_tenth_of_a_second_after_the_engine_was_killed(
    lab: Lab, ear: SoundMonitor
) -> None:
    before = ear.frames
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(lab.folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    ) as engine:
        assert engine.stdout is not None
        engine.stdout.readline()
        time.sleep(0.3)
        killed = time.perf_counter()
        engine.send_signal(signal.SIGKILL)
    assert ear.wait_until(killed + 0.1 + 2 * STALL)
    heard = ear.samples(before, ear.frames)[:, 0]
    loud = np.flatnonzero(heard)
    assert len(loud), "it did play"
    assert ear.time_of(before + int(loud[-1])) < killed + 0.1 + UNCERTAINTY + STALL
    assert np.abs(heard[loud[-1] - 100 : loud[-1]]).max() < 0.2 * np.abs(heard).max(), "it falls"
