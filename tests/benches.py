"""Which bench each driver and each twin is tried on.

A driver is added with the bench that it can be tried on: an object with the verbs of `TwinBench`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from light_bench import LightBench
from ni_bench import LONGEST_DROP, NiBench
from physical_bench import PhysicalBench, physical
from screen_bench import SCREEN, VIDEO, ScreenBench
from serial_bench import NUMBER, PUMP, SerialBench, lickometer, pump
from sound_bench import PATIENT, SoundBench
from twin_bench import HurriedClock, TwinBench

from hardware.audible_speaker import AudibleSpeaker
from hardware.board_digital_input import BoardDigitalInput
from hardware.digital_input import DigitalInputTwin
from hardware.digital_output import DigitalOutputTwin
from hardware.display import DisplayTwin
from hardware.lightcrafter import LightCrafter
from hardware.ni_analog_lick import NiAnalogLick
from hardware.ni_digital_input import NiDigitalInput
from hardware.ni_digital_output import NiDigitalOutput
from hardware.ni_speaker import NiSpeaker
from hardware.ni_timed_output import NiTimedOutput
from hardware.ni_valve import NiValve
from hardware.projector import ProjectorTwin
from hardware.psychopy_display import PsychopyDisplay
from hardware.sound_card import SoundCard
from hardware.speaker import SpeakerTwin
from hardware.syringe_pump import SyringePump
from hardware.valve import ValveTwin
from hardware.video_projector import VideoProjector
from rig.devices import Device

Bench = TwinBench | NiBench | SerialBench | LightBench | ScreenBench | SoundBench | PhysicalBench
Maker = Callable[[Path, pytest.FixtureRequest], Bench]
INPUT: dict[str, Any] = {"line": "Dev1/port0/line1"}
CIRCUIT: dict[str, Any] = {"line": "Dev1/ai9", "on_v": 0.3, "off_v": 0.1}
OUTPUT: dict[str, Any] = {"line": "Dev1/port1/line0"}
VALVE: dict[str, Any] = {
    "line": "Dev1/ctr0",
    "calibration": "calibration/box1-valve.toml",
    "max_open_ms": 1000 * LONGEST_DROP,
}
SPEAKER: dict[str, Any] = {
    "line": "Dev1/ao0",
    "rate_hz": 192_000,
    "calibration": "calibration/box1-speaker.toml",
}
DISPLAY: dict[str, Any] = {
    "line": "HDMI-1",
    "refresh_hz": 60,
    "width_cm": 35,
    "width_px": 1920,
    "distance_cm": 30,
}
PROJECTOR: dict[str, Any] = {
    "line": "HDMI-2",
    "frame_hz": 40,
    "field_width_um": 4000,
    "field_height_um": 3000,
}


def twin(device: type[Device], settings: dict[str, Any]) -> Maker:
    return lambda folder, request: TwinBench(device, settings, folder)


def audible(folder: Path, request: pytest.FixtureRequest) -> TwinBench:
    request.getfixturevalue("sound_server")
    return TwinBench(AudibleSpeaker, SPEAKER, folder, HurriedClock())


def ni(device: type[Device], settings: dict[str, Any]) -> Maker:
    return lambda folder, request: NiBench(
        device, settings, folder, request.getfixturevalue("emulated_card")
    )


def board(folder: Path, request: pytest.FixtureRequest) -> SerialBench:
    return SerialBench(BoardDigitalInput, {"line": NUMBER}, folder, lickometer)


def syringe(folder: Path, request: pytest.FixtureRequest) -> SerialBench:
    return SerialBench(SyringePump, PUMP, folder, pump)


def lightcrafter(folder: Path, request: pytest.FixtureRequest) -> LightBench:
    return LightBench(folder, request.getfixturevalue("emulated_lightcrafter"))


def psychopy(folder: Path, request: pytest.FixtureRequest) -> ScreenBench:
    return ScreenBench(PsychopyDisplay, SCREEN, folder, request)


def video(folder: Path, request: pytest.FixtureRequest) -> ScreenBench:
    return ScreenBench(VideoProjector, VIDEO, folder, request)


def sound_card(folder: Path, request: pytest.FixtureRequest) -> SoundBench:
    return SoundBench(SoundCard, PATIENT, folder, request.getfixturevalue("ear"))


BENCHES: dict[type[Device], Maker] = {
    DigitalInputTwin: twin(DigitalInputTwin, INPUT),
    DigitalOutputTwin: twin(DigitalOutputTwin, OUTPUT),
    ValveTwin: twin(ValveTwin, VALVE),
    SpeakerTwin: twin(SpeakerTwin, SPEAKER),
    AudibleSpeaker: audible,
    DisplayTwin: twin(DisplayTwin, DISPLAY),
    ProjectorTwin: twin(ProjectorTwin, PROJECTOR),
    LightCrafter: lightcrafter,
    NiDigitalInput: ni(NiDigitalInput, INPUT),
    NiAnalogLick: ni(NiAnalogLick, CIRCUIT),
    NiDigitalOutput: ni(NiDigitalOutput, OUTPUT),
    NiTimedOutput: ni(NiTimedOutput, {"line": "Dev1/ctr1"}),
    NiValve: ni(NiValve, VALVE),
    BoardDigitalInput: board,
    SyringePump: syringe,
    SoundCard: sound_card,
    NiSpeaker: ni(NiSpeaker, {**SPEAKER, "rate_hz": 192_307.692, "full_scale_v": 1.0}),
    PsychopyDisplay: psychopy,
    VideoProjector: video,
}


def benches_for(
    rig: Path | None, kind: type[Device], *, observed: bool = False
) -> dict[str, Maker]:
    """Return the benches of a kind of devices by name: those above, or those of a physical rig.

    A contract that is `observed` needs somebody who looks at the device from outside.
    """
    if rig is not None:
        return physical(rig, kind, observed=observed)
    return {driver.__name__: make for driver, make in BENCHES.items() if issubclass(driver, kind)}
