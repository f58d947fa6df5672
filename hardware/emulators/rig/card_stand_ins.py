"""Stands in for the devices that are wired to an NI card: one emulated card for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.speaker import SpeakerCalibration
from calibration.valve import ValveCalibration
from hardware.emulators.rig.ears import WireEar
from hardware.emulators.rig.hearing import SoundRecogniser
from hardware.emulators.rig.spout import ValveSpout
from hardware.emulators.rig.stand_ins import StandIn, Surroundings
from hardware.ni.card import card_name
from hardware.sound.synthesis import render

FIRST_OUTPUT = 12
"""The number of the PFI line that the first counter of a card gives its pulses out on."""


def line_input(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a digital input: the mouse drives its line."""
    wires = around.wires_of(card_name(settings.line))
    wires.set_line(settings.line, settings.active_low)
    return _reached(
        around,
        settings.line,
        sensor=lambda level: wires.set_line(settings.line, level != settings.active_low),
    )


def lick_circuit(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a lick circuit: the mouse changes its voltage, well beyond the threshold."""
    wires = around.wires_of(card_name(settings.line))
    beyond = (settings.on_v - settings.off_v) / 2
    touched, free = settings.on_v + beyond, settings.off_v - beyond
    wires.set_volts(settings.line, free)
    return _reached(
        around,
        settings.line,
        sensor=lambda level: wires.set_volts(settings.line, touched if level else free),
    )


def line_record(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a record of lines that other devices drive."""
    line = settings.channels[0].line
    around.wires_of(card_name(line))
    return _reached(around, line)


def line_output(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a digital output."""
    around.wires_of(card_name(settings.line))
    return _reached(around, settings.line)


def analog_input(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for analogue inputs: they are at 0 V."""
    line = settings.channels[0].line
    around.wires_of(card_name(line))
    return _reached(around, line)


def valve(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a valve on a counter: what its line shows comes out of the spout."""
    wires = around.wires_of(card_name(settings.line))
    output = counter_output(settings.line)
    if settings.read_back:
        wires.wire(output, settings.read_back)
    around.trigger(settings.trigger)
    calibration = ValveCalibration(around.lab.folder, settings.calibration)
    spout = ValveSpout(wires, output, calibration, settings.max_open_ms / 1000)
    return _reached(around, settings.line, observers=(spout,))


def speaker(name: str, settings: Any, around: Surroundings) -> StandIn:
    """Stand in for a speaker on an analogue output: what its volts show is heard."""
    wires = around.wires_of(card_name(settings.line))
    calibration = SpeakerCalibration(around.lab.folder, settings.calibration)
    volts = {
        sound: render(each, settings.rate_hz, calibration, around.lab.folder).astype(np.float64)
        * settings.full_scale_v
        for sound, each in around.stimuli.sounds.items()
    }
    around.trigger(settings.trigger, settings.read_back)
    recogniser = SoundRecogniser(volts, around.stimuli.announcements, settings.rate_hz)
    ear = WireEar(wires, settings.line, recogniser, settings.rate_hz)
    return _reached(around, settings.line, observers=(ear,))


def counter_output(line: str) -> str:
    """Return the terminal on which a counter gives its pulses out.

    Examples
    --------
    >>> counter_output("Dev1/ctr1")
    'Dev1/PFI13'
    """
    card, _, counter = line.partition("/")
    return f"{card}/PFI{FIRST_OUTPUT + int(counter.removeprefix('ctr'))}"


def _reached(around: Surroundings, line: str, **parts: Any) -> StandIn:
    """Return the stand-in of a device on a line of a card."""
    card = card_name(line)
    wires = around.wires_of(card)
    return StandIn(f"emulated card {card}, {line}", {"address": wires.address}, **parts)
