"""Stands in for a sound card: an output that nobody hears, and a microphone in front of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from calibration.speaker import SpeakerCalibration
from hardware.emulators.rig.ears import MonitorEar
from hardware.emulators.rig.hearing import SoundRecogniser
from hardware.emulators.rig.stand_ins import StandIn, Surroundings
from hardware.emulators.sound_monitor import SoundMonitor
from hardware.emulators.sound_server import CHANNELS, DEVICE, sound_server
from hardware.sound.synthesis import render
from rig.errors import ConfigError


def sound_card(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a speaker on a sound card: what comes out of a sound server is heard."""
    if "PULSE_SERVER" in around.environment:
        raise ConfigError(
            "one sound card can be emulated, and another device has it already",
            f"devices.{name}",
            "Take one of them out of the rig file.",
        )
    around.tell(f"sound server for '{name}'")
    folder = Path(around.stack.enter_context(tempfile.TemporaryDirectory(prefix="mouserig-")))
    rate_hz = round(settings.rate_hz)
    server = around.stack.enter_context(sound_server(folder, rate_hz))
    around.environment.update(server.environment)
    monitor = around.stack.enter_context(SoundMonitor(server, rate_hz))
    calibration = SpeakerCalibration(around.lab.folder, settings.calibration)
    expected = {
        sound: render(each, settings.rate_hz, calibration, around.lab.folder).astype(np.float64)
        for sound, each in around.stimuli.sounds.items()
    }
    announcements = around.stimuli.announcements
    recogniser = SoundRecogniser(expected, announcements, settings.rate_hz)
    reached = {
        "line": DEVICE,
        "host_api": "ALSA",
        "exclusive": False,
        "channel": 1,
        "trigger_channel": CHANNELS if settings.trigger_channel else 0,
    }
    ear = MonitorEar(monitor, 0, recogniser, settings.rate_hz)
    return StandIn(f"sound server at {rate_hz} Hz", reached, observers=(ear,))
