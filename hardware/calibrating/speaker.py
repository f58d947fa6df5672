"""Measures a speaker of the rig with a microphone where the ear will be.

First sweeps show the gain by frequency. Then every correction is tried: sweeps through the filters,
and through the calibration as sessions use it, are measured again. Last come tones at steps of
their level, made as in a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.equaliser import TAPS, Equaliser, equaliser
from calibration.heard_sweeps import arrivals, refuse_few
from calibration.microphone import Microphone
from calibration.speaker import SpeakerPoint
from calibration.speaker_measurement import (
    SILENCE_MORE,
    Residual,
    SpeakerMeasurement,
    SpeakerResponse,
    SweepTrain,
    residual,
    response,
)
from calibration.sweep import Floats, sweep_over, train
from calibration.tones import STEP_DB, HeardTone, hear_tone, refuse_tones
from hardware.calibrating.playing import Played, RigSpeaker, flat_points, played_by
from hardware.calibrating.recorders import Recorder
from hardware.calibrating.speaker_plan import SpeakerPlan
from rig.errors import DeviceError
from rig.person import Person
from rig.sound import Chord, Part, Silence, Sound

TABLE = "table"
TONE_DURATION = 0.15
_TONE_GAP = 0.03
_QUIET = 0.02
"""Seconds at either end of a tone that are not looked at."""
TONES = 6
_FROM_EDGE = 2 ** (1 / 8)
CHECKS = 2
HIGHEST_PEAK = 0.9
BELOW_FULL_SCALE_DB = 3.0
"""How far below full scale the weakest frequency stays when the calibration is tried."""


def measure(
    speaker: RigSpeaker,
    recorder: Recorder,
    microphone: Microphone,
    plan: SpeakerPlan,
    person: Person,
) -> SpeakerMeasurement:
    """Measure a speaker.

    Parameters
    ----------
    speaker
        The rig's own speaker; it must not be open.
    recorder
        Records the microphone, which stands where the ear will be.
    microphone
        The microphone.
    plan
        What is played.
    person
        Is told what comes next; the whole takes about a minute.

    Raises
    ------
    DeviceError
        If a device fails, or what was heard cannot be used: microphone silent or clipped, speaker
        not heard, wrong rate, noise too high, tones distorted or beside a straight line.
    ConfigError
        If the plan cannot be carried out at the rates of output and input.
    """
    refuse_few(plan.averages)
    rate_hz, heard_hz = speaker.settings.rate_hz, recorder.rate_hz
    sweeps = _sweeps(plan, (plan.low_hz, plan.high_hz), min(rate_hz, heard_hz), plan.averages)
    with played_by(speaker, recorder, flat_points(rate_hz)) as played:
        person.tell("silence")
        silence = played.silence(plan.sweep_duration + SILENCE_MORE)
        person.tell(f"{sweeps.count} sweeps of {plan.sweep_duration:g} s")
        volts = played.hear_samples(_samples(sweeps, rate_hz))
        found = response(volts, silence, sweeps, heard_hz, microphone)
        checked = _sweeps(plan, found.valid_range_hz, min(rate_hz, heard_hz), CHECKS)
        levels = found.trusted[1]
        level = min(plan.highest_db_spl, float(levels.min()) - BELOW_FULL_SCALE_DB)
        heard = _Heard(silence, checked, level, heard_hz, microphone)
        ordered = _ordered(plan, found)
        filters = tuple(equaliser(*found.trusted, rate_hz, taps) for taps in TAPS)
        person.tell("sweeps through the filters")
        filtered = tuple(_filtered(played, each, float(levels.max()), heard) for each in filters)
    with played_by(speaker, recorder, _points(found, checked)) as played:
        person.tell("sweeps and tones by the new calibration")
        by_table = _by_table(played, rate_hz, heard)
        tones = _tones(played, ordered, rate_hz, heard)
    refuse_tones(tones)
    residuals = by_table, *filtered
    return SpeakerMeasurement(
        microphone, rate_hz, heard_hz, sweeps, found, filters, residuals, tones
    )


@dataclass(frozen=True)
class _Heard:
    """How corrected sweeps are heard: the noise, the sweeps, their level, rate and microphone."""

    silence: NDArray[np.float64]
    sweeps: SweepTrain
    level_db_spl: float
    rate_hz: float
    microphone: Microphone

    def residual(
        self, correction: str, volts: Floats, amplitude: float, ordered_db_spl: float
    ) -> Residual:
        sweeps = replace(self.sweeps, amplitude=amplitude)
        return residual(
            correction, volts, self.silence, sweeps, ordered_db_spl, self.rate_hz, self.microphone
        )


def _sweeps(
    plan: SpeakerPlan, band_hz: tuple[float, float], rate_hz: float, count: int
) -> SweepTrain:
    sweep = sweep_over(*band_hz, plan.sweep_duration, rate_hz)
    return SweepTrain(sweep, plan.amplitude, count, plan.gap)


def _samples(sweeps: SweepTrain, rate_hz: float) -> NDArray[np.float64]:
    return sweeps.amplitude * train(sweeps.sweep, sweeps.count, sweeps.gap, rate_hz)


def _filtered(played: Played, each: Equaliser, loudest_db_spl: float, heard: _Heard) -> Residual:
    """Return what sweeps through a filter sound like; they are as loud as the loudest before."""
    louder = 10 ** ((loudest_db_spl - each.full_scale_db_spl) / 20)
    samples = _samples(replace(heard.sweeps, amplitude=1.0), each.rate_hz)
    filtered = np.convolve(samples, each.taps)
    highest = HIGHEST_PEAK / float(np.abs(filtered).max())
    amplitude = min(louder * heard.sweeps.amplitude, highest)
    volts = played.hear_samples(amplitude * filtered)
    name = f"{len(each.taps)} taps"
    return heard.residual(name, volts, amplitude, each.full_scale_db_spl)


def _points(found: SpeakerResponse, checked: SweepTrain) -> tuple[SpeakerPoint, ...]:
    """Return the calibration that is tried; beyond its band it stays as it is at the edges.

    There the sweeps begin and end.
    """
    frequencies, levels = found.trusted
    sweep = checked.sweep
    rows = zip(
        (sweep.begin_hz, *frequencies, sweep.end_hz), (levels[0], *levels, levels[-1]), strict=True
    )
    return tuple(
        SpeakerPoint(frequency_hz=float(f), full_scale_db_spl=float(level)) for f, level in rows
    )


def _by_table(played: Played, rate_hz: float, heard: _Heard) -> Residual:
    """Return what sweeps by the calibration sound like, as a session would play them."""
    samples = _samples(replace(heard.sweeps, amplitude=1.0), rate_hz)
    volts = played.hear(Sound((played.file(samples, heard.level_db_spl),)))
    return heard.residual(TABLE, volts, 1.0, heard.level_db_spl)


def _ordered(plan: SpeakerPlan, found: SpeakerResponse) -> list[tuple[float, float]]:
    """Return frequency and level of each tone; those that the speaker cannot give are left out.

    Raises
    ------
    DeviceError
        If none is left.
    """
    low, high = found.valid_range_hz
    places, most = found.trusted
    steps = int((plan.highest_db_spl - plan.lowest_db_spl) / STEP_DB)
    levels = plan.lowest_db_spl + STEP_DB * np.arange(steps + 1)
    frequencies = np.geomspace(low * _FROM_EDGE, high / _FROM_EDGE, TONES)
    highest = np.interp(np.log(frequencies), np.log(places), most)
    ordered = [
        (float(frequency_hz), float(level))
        for frequency_hz, limit in zip(frequencies, highest, strict=True)
        for level in levels
        if level <= limit
    ]
    if not ordered:
        raise DeviceError(
            f"the speaker gives {highest.max():.0f} dB SPL at the most, and tones are to be tried "
            f"from {plan.lowest_db_spl:g} dB SPL on",
            "speaker",
            "Turn its amplifier up, or try lower levels.",
        )
    return ordered


def _tones(
    played: Played, ordered: Sequence[tuple[float, float]], rate_hz: float, heard: _Heard
) -> tuple[HeardTone, ...]:
    """Return what tones sound like; a sweep before them tells when they come."""
    sweep, gap = heard.sweeps.sweep, heard.sweeps.gap
    marker = _samples(SweepTrain(sweep, 1.0, 1, gap), rate_hz)
    parts: list[Part] = [played.file(marker, heard.level_db_spl)]
    for frequency_hz, level in ordered:
        parts += [Chord((frequency_hz,), TONE_DURATION, level), Silence(_TONE_GAP)]
    pascals = heard.microphone.pascals(played.hear(Sound(tuple(parts))))
    (begin,) = arrivals(pascals, sweep, 1, 0.0, heard.rate_hz)
    found = []
    for number, (frequency_hz, level) in enumerate(ordered):
        onset = sweep.duration + gap + number * (TONE_DURATION + _TONE_GAP)
        first, last = (
            begin + round((onset + at) * heard.rate_hz) for at in (_QUIET, TONE_DURATION - _QUIET)
        )
        part = pascals[first:last]
        found.append(hear_tone(part, heard.rate_hz, frequency_hz, level, heard.microphone))
    return tuple(found)
