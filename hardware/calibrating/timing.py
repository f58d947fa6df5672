"""Gives pulses on each output of a rig whose end an input sees, and tells how late they come.

Valves and displays are measured by the checks of the acceptance test. Tried on an emulated card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calibration.timing import path_of
from hardware.acceptance.lights import PHOTODIODE, SOUGHT, after, lags, photodiode
from hardware.acceptance.place import Ears, Floats, Place, opened
from hardware.acceptance.results import NotApplicable
from hardware.acceptance.sounds import MICROPHONE
from hardware.acceptance.valves import latency
from hardware.analog_input import AnalogInputSettings
from hardware.line_record import LineRecordSettings
from hardware.ni_valve import NiValveSettings
from rig.bench import report_of
from rig.devices import AnalogInput, Device, DigitalOutput, Display, Speaker, Valve
from rig.person import Person
from rig.sound import Chord, Sound
from rig.timing import TimingPath

TONES_HZ = (8000.0, 4000.0, 2000.0, 1000.0)
SAMPLES_A_PERIOD = 5
"""Of the microphone, at least: else the tone is not sampled well."""
TONE_DB_SPL, TONE_DURATION, GATE = 70.0, 0.05, 0.005
ON, BETWEEN = 0.02, 0.1
"""Seconds that an output is on, and off before the next pulse; the fall is not taken for a rise."""
LOUDER = 8.0
"""Times by which a tone must be above silence; the percentiles of noise alone differ by 5."""
PATIENCE = 2.0
WIRE = "Wire its end to an input: docs/how-to/measure-timing.md says how."
MEASURE_REAL = "Measure a real device: of a simulated one nothing comes out."


@dataclass(frozen=True)
class Unseen:
    """An output whose end no input sees, why, and what to do about it."""

    device: str
    words: str
    do: str


def measure_timing(place: Place, person: Person) -> tuple[list[TimingPath], list[Unseen]]:
    """Return the paths of a rig that can be looped back, and the outputs that cannot.

    Parameters
    ----------
    place
        The rig, and how many pulses are given.
    person
        Is told what comes next.

    Raises
    ------
    RigError
        If a device fails, or an input does not see what it should.
    """
    paths, unseen = [], []
    for kind, measure in MEASURES.items():
        for name in place.names(kind):
            try:
                person.tell(f"{name}: {place.pulses} pulses")
                paths.append(measure(place, name))
            except NotApplicable as why:
                is_simulated = place.plan.drivers[name].simulated
                unseen.append(Unseen(name, str(why), MEASURE_REAL if is_simulated else WIRE))
    return paths, unseen


def valve_path(place: Place, name: str) -> TimingPath:
    """Return how late a valve opens after its order, by its read-back line."""
    found = latency(place, name)
    settings = place.plan.settings[name]
    line = settings.read_back if isinstance(settings, NiValveSettings) else ""
    seen_by = f"read-back {line}"
    return path_of(name, Valve.kind, seen_by, "order", found.series["latency (ms)"], place.pulses)


def display_path(place: Place, name: str) -> TimingPath:
    """Return how late the light of a display comes after the onset that it told."""
    found = photodiode(place, name)
    device, _ = place.channel(PHOTODIODE)
    seen_by = f"{PHOTODIODE} of {device}"
    return path_of(name, Display.kind, seen_by, "report", found.series["lag (ms)"], place.pulses)


def speaker_path(place: Place, name: str) -> TimingPath:
    """Return how late tones are heard after the onset that a speaker told."""
    place.real(name)
    device, channel = place.channel(MICROPHONE)
    ears = Ears()
    with opened(place, ears, device, name) as devices:
        speaker: Speaker = devices[name]
        spec = devices[device].stream()
        rate_hz = spec.rate_hz or 0.0
        frequency_hz = _tone_for(speaker, rate_hz, name)
        speaker.load({"tone": _tone(frequency_hz)})
        onsets = []
        for _ in range(place.pulses):
            told = report_of(ears, lambda: speaker.present("tone"), TONE_DURATION + PATIENCE)
            onsets.append(told.hardware_time)
            ears.pause(BETWEEN)
        ears.wait(lambda: _reaches(ears.heard(spec, channel)[0], onsets[-1]), PATIENCE)
        times, pascals = ears.heard(spec, channel)
    found = 1000 * tone_lags(times, pascals, np.array(onsets), frequency_hz)
    seen_by = f"{MICROPHONE} of {device}"
    return path_of(name, Speaker.kind, seen_by, "report", found.tolist(), place.pulses)


def output_path(place: Place, name: str) -> TimingPath:
    """Return how late an output rises after its order, by the channel that has its name."""
    place.real(name)
    device, channel = looped_back(place, name)
    ears = Ears()
    with opened(place, ears, device, name) as devices:
        output: DigitalOutput = devices[name]
        orders = []
        ears.pause(BETWEEN)
        for _ in range(place.pulses):
            before = ears.clock.now()
            output.switch_on()
            orders.append((before + ears.clock.now()) / 2)
            ears.pause(ON)
            output.switch_off()
            ears.pause(BETWEEN)
        spec = devices[device].stream()
        ears.wait(lambda: _reaches(ears.heard(spec, channel)[0], orders[-1]), PATIENCE)
        times, levels = ears.heard(spec, channel)
    found = 1000 * lags(times, levels, np.array(orders))
    seen_by = f"{name} of {device}"
    return path_of(name, DigitalOutput.kind, seen_by, "order", found.tolist(), place.pulses)


MEASURES: dict[type[Device], Callable[[Place, str], TimingPath]] = {
    Valve: valve_path,
    DigitalOutput: output_path,
    Speaker: speaker_path,
    Display: display_path,
}


def looped_back(place: Place, name: str) -> tuple[str, int]:
    """Return which input has a channel that is called after an output, and its number.

    Raises
    ------
    NotApplicable
        If no analog input or line record of the rig has one, or it is simulated.
    """
    for device in place.names(AnalogInput):
        settings = place.plan.settings[device]
        if isinstance(settings, AnalogInputSettings | LineRecordSettings):
            names = [channel.name for channel in settings.channels]
            if name in names:
                place.real(device)
                return device, names.index(name)
    raise NotApplicable(f"no analog input and no line record of the rig has a channel '{name}'")


def tone_lags(times: Floats, pascals: Floats, onsets: Floats, frequency_hz: float) -> Floats:
    """Return the seconds from each onset until its tone was heard; those not heard are left out.

    A tone begins half a gate before its envelope reaches half its height. The envelope is the
    modulus of the signal times a complex wave of the frequency, averaged over two periods.

    Parameters
    ----------
    times, pascals
        What the microphone heard, each of shape (rows,).
    onsets
        Seconds, shape (onsets,).
    frequency_hz
        Of the tones.
    """
    if len(times) < 2:
        return np.zeros(0)
    rate_hz = (len(times) - 1) / (times[-1] - times[0])
    rows = max(1, round(2 * rate_hz / frequency_hz))
    turned = (pascals - np.mean(pascals)) * np.exp(-2j * np.pi * frequency_hz * times)
    envelope = np.abs(np.convolve(turned, np.ones(rows) / rows, mode="same"))
    quiet, loud = np.percentile(envelope, (10, 95))
    if loud < LOUDER * quiet or loud == 0:
        return np.zeros(0)
    above = envelope > loud / 2
    risen = np.flatnonzero(above[1:] & ~above[:-1])
    share = (loud / 2 - envelope[risen]) / (envelope[risen + 1] - envelope[risen])
    began = times[risen] + share * (times[risen + 1] - times[risen]) - GATE / 2
    return after(began, onsets)


def _tone(frequency_hz: float) -> Sound:
    return Sound((Chord((frequency_hz,), TONE_DURATION, TONE_DB_SPL, gate=GATE),))


def _tone_for(speaker: Speaker, rate_hz: float, name: str) -> float:
    """Return a tone that the speaker can play and the microphone can hear."""
    for frequency_hz in TONES_HZ:
        is_sampled = SAMPLES_A_PERIOD * frequency_hz <= rate_hz
        if is_sampled and speaker.refuse_stimulus(_tone(frequency_hz)) is None:
            return frequency_hz
    raise NotApplicable(f"'{name}' can play no tone that is sampled well at {rate_hz:g} Hz")


def _reaches(times: Floats, onset: float) -> bool:
    """Return whether what was sampled goes on until the last pulse must have been seen."""
    return len(times) > 0 and bool(times[-1] >= onset + SOUGHT[1])
