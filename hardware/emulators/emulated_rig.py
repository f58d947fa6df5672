"""The emulated rig that ships: emulators for all drivers that ship, and a mouse that observes.

The mouse licks at the emulated lick lines; it hears, sees, feels and drinks what observers find
at the outputs. No driver tells it anything.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from hardware.board_digital_input import BoardDigitalInput
from hardware.board_encoder import BoardEncoder
from hardware.emulators.rig import (
    card_stand_ins,
    light_stand_ins,
    serial_stand_ins,
    sound_stand_ins,
)
from hardware.emulators.rig.mouse_life import MouseLife
from hardware.emulators.rig.stand_ins import Maker, StandIn, Surroundings
from hardware.lightcrafter import LightCrafter
from hardware.ni_analog_input import NiAnalogInput
from hardware.ni_analog_lick import NiAnalogLick
from hardware.ni_digital_input import NiDigitalInput
from hardware.ni_digital_output import NiDigitalOutput
from hardware.ni_line_record import NiLineRecord
from hardware.ni_speaker import NiSpeaker
from hardware.ni_timed_output import NiTimedOutput
from hardware.ni_valve import NiValve
from hardware.opencv_camera import OpenCVCamera
from hardware.psychopy_display import PsychopyDisplay
from hardware.sound_card import SoundCard
from hardware.syringe_pump import SyringePump
from hardware.video_projector import VideoProjector
from rig.devices import Device
from rig.emulation import Emulation, Ways
from rig.errors import CheckFailed, Problem, RigError, problems_of
from rig.lab import Lab
from rig.rig_plan import RigPlan
from rig.room import Mouse
from rig.stimuli import Stimuli

MAKERS: dict[type[Device], Maker] = {
    NiDigitalInput: card_stand_ins.line_input,
    NiAnalogLick: card_stand_ins.lick_circuit,
    NiLineRecord: card_stand_ins.line_record,
    NiDigitalOutput: card_stand_ins.line_output,
    NiTimedOutput: card_stand_ins.line_output,
    NiAnalogInput: card_stand_ins.analog_input,
    NiValve: card_stand_ins.valve,
    NiSpeaker: card_stand_ins.speaker,
    BoardDigitalInput: serial_stand_ins.lickometer,
    BoardEncoder: serial_stand_ins.treadmill,
    SyringePump: serial_stand_ins.pump,
    SoundCard: sound_stand_ins.sound_card,
    PsychopyDisplay: light_stand_ins.display,
    VideoProjector: light_stand_ins.video_projector,
    LightCrafter: light_stand_ins.lightcrafter,
    OpenCVCamera: light_stand_ins.camera,
}


class EmulatedRig(Emulation):
    """Emulators for the devices of a rig file, and the virtual mouse among them."""

    def __init__(self, lab: Lab, rig: RigPlan, stimuli: Stimuli, mouse: Mouse | None) -> None:
        self._lab = lab
        self._rig = rig
        self._stimuli = stimuli
        self._mouse = mouse
        self._life: MouseLife | None = None
        self._stack = ExitStack()

    def start(self, tell: Callable[[str], object]) -> Ways:
        """Start an emulator for each device; raise `CheckFailed` with all that have none."""
        makers = self._makers()
        around = self._surroundings(tell)
        made: dict[str, StandIn] = {}
        problems: list[Problem] = []
        for name, maker in makers.items():
            try:
                made[name] = maker(name, self._rig.settings[name], around)
            except RigError as error:
                problems += problems_of(error)
        if problems:
            raise CheckFailed(problems)
        if self._mouse is not None:
            sensors = {name: each.sensor for name, each in made.items() if each.sensor is not None}
            observers = [observer for each in made.values() for observer in each.observers]
            self._life = MouseLife(self._mouse, sensors, observers)
        return Ways(
            {name: dict(each.settings) for name, each in made.items()},
            around.environment,
            {name: each.words for name, each in made.items()},
            {card: wires.side for card, wires in around.cards.items()},
        )

    def let_mouse_in(self) -> None:
        """Begin the mouse's session."""
        if self._life is not None:
            self._life.begin()

    def memory(self) -> dict[str, Any]:
        """Return what the mouse has learned; nothing if there is none."""
        return {} if self._life is None else self._life.memory()

    def stop(self) -> None:
        """Take the mouse out, and end all emulators."""
        if self._life is not None:
            self._life.end()
        self._stack.close()

    def _surroundings(self, tell: Callable[[str], object]) -> Surroundings:
        config = self._rig.config
        onset = config.devices[config.sync.onset]["line"] if config.sync.onset else ""
        screens = [
            name
            for name, driver in self._rig.drivers.items()
            if issubclass(driver, PsychopyDisplay | VideoProjector)
        ]
        return Surroundings(
            self._lab, self._stimuli, config.simulation.card, onset, screens, self._stack, tell
        )

    def _makers(self) -> dict[str, Maker]:
        """Return what makes the emulator of each device."""
        found: dict[str, Maker] = {}
        problems = []
        for name, driver in self._rig.drivers.items():
            maker = next((MAKERS[each] for each in driver.mro() if each in MAKERS), None)
            if maker is not None:
                found[name] = maker
                continue
            problems.append(
                Problem(
                    f"the driver '{driver.__name__}' has no emulator",
                    f"{self._rig.path}, devices.{name}",
                    "Take the device out of the rig file, run with --simulate, or name an "
                    "`emulation` of your own in [simulation]: a rig.emulation.Emulation.",
                )
            )
        if problems:
            raise CheckFailed(problems)
        return found
