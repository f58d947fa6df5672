"""What a person hears of a simulated rig's sounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Done

from hardware.audible_speaker import PEAK, AudibleSpeaker, for_people
from hardware.emulators.sound_monitor import SoundMonitor
from hardware.emulators.sound_server import RATE_HZ, SoundServer
from hardware.sound.loudspeaker import RATE_HZ as PLAYED_HZ
from hardware.speaker import SpeakerSettings
from rig.clock import Clock, SystemClock
from rig.devices import Context
from rig.inbox import Inbox
from rig.lab import Lab
from rig.room import Room
from rig.sound import Chord, Sound

pytestmark = pytest.mark.realtime

SETTINGS = SpeakerSettings(
    line="Dev1/ao0", rate_hz=192_000, calibration="calibration/box1-speaker.toml"
)
HABITUATION = ("--rig", "rigs/box1.toml", "--protocol", "protocols/habituation.toml")
RUN = ("run", "--simulate", "--subject", "SIM01", *HABITUATION)
TENTH = RATE_HZ // 10
LONG = Sound((Chord((4000.0,), 5.0, 73.0),))


def speaker(lab: Lab, clock: Clock) -> AudibleSpeaker:
    return AudibleSpeaker("speaker", SETTINGS, Context(clock, Inbox(), Room(), lab.folder))


def strength(samples: np.ndarray, frequency_hz: float, rate_hz: float = PLAYED_HZ) -> float:
    """Return the peak amplitude of a tone in samples, by its projection on sine and cosine."""
    turns = np.exp(-2j * np.pi * frequency_hz * np.arange(len(samples)) / rate_hz)
    return float(2 * np.abs(np.mean(samples * turns)))


def sounding(samples: np.ndarray) -> np.ndarray:
    """Return the stretch from the first to the last sample that is not silent."""
    loud = np.flatnonzero(np.abs(samples) > 0.001)
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]


def test_the_tone_comes_out_of_the_computers_output_and_off_ends_it_at_once(
    lab: Lab, sound_server: SoundServer
) -> None:
    clock = SystemClock()
    device = speaker(lab, clock)
    device.load({"tone": LONG})
    device.open()

    def play() -> None:
        device.present("tone")
        clock.receive(Inbox(), clock.now() + 0.5)
        device.off()
        clock.receive(Inbox(), clock.now() + 0.5)

    with SoundMonitor(sound_server) as ear:
        play()
        heard = sounding(ear.samples(0, ear.frames)[:, 0])
    device.close()
    assert 0.2 < len(heard) / RATE_HZ < 3.0, "off cuts a tone of 5 s"
    # A busy computer leaves gaps: what counts is a tenth of a second without one.
    pieces = [heard[start : start + TENTH] for start in range(0, len(heard) - TENTH, TENTH // 10)]
    best = max(pieces, key=lambda piece: strength(piece, 4000.0, RATE_HZ))
    assert strength(best, 4000.0, RATE_HZ) == pytest.approx(PEAK, rel=0.05)
    assert strength(best, 3000.0, RATE_HZ) < PEAK / 100


def test_what_people_cannot_hear_is_left_out_and_the_rest_keeps_its_strength() -> None:
    time = np.arange(96_000) / 192_000
    tones = [np.sin(2 * np.pi * frequency * time) for frequency in (4000.0, 30_000.0)]
    heard = for_people(np.float32(0.5 * tones[0] + 0.4 * tones[1]), 192_000)
    assert len(heard) == 24_000
    assert strength(heard, 4000.0) == pytest.approx(0.5, rel=1e-3)
    assert np.abs(heard).max() == pytest.approx(0.5, rel=0.01), (
        "30 kHz is nowhere, mirrored neither"
    )


@pytest.fixture
def silent(tmp_path: Path) -> dict[str, str]:
    """Return the surroundings of a computer without any output."""
    alsa = tmp_path / "alsa.conf"
    alsa.write_text("pcm.default { type pulse }\n", encoding="utf-8")
    return {"ALSA_CONFIG_PATH": str(alsa), "PULSE_SERVER": "unix:/nowhere"}


@pytest.fixture
def heard_rig(edit: Callable[[str, str, str], None]) -> None:
    """Give box1 a speaker that a person hears."""
    edit(
        "rigs/box1.toml", "hardware.speaker:SpeakerTwin", "hardware.audible_speaker:AudibleSpeaker"
    )


@pytest.mark.usefixtures("heard_rig")
def test_a_computer_without_sound_is_warned_of_and_only_rehearses(
    shell: Callable[..., Done], silent: dict[str, str]
) -> None:
    checked = shell("check", *HABITUATION, "--json", **silent)
    assert checked.code == 0, "checks play the protocols, and that in silence"
    (problem,) = json.loads(checked.out)["problems"]
    assert problem["level"] == "warning"
    assert "nobody will hear it: this computer has no sound output" in problem["what"]
    run = shell(*RUN, **silent)
    assert run.code == 4
    assert "this computer has no sound output" in run.err
    assert "name 'hardware.speaker:SpeakerTwin' as driver" in run.err
