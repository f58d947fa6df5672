"""The steps of a speaker's calibration, from the rig file to the record."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.microphone import Microphone
from calibration.speaker import SpeakerFile, SpeakerFit
from calibration.speaker_measurement import SpeakerMeasurement
from hardware.acceptance.place import Ears
from hardware.analog_input import AnalogInputSettings
from hardware.calibrating.chosen import Meant, chosen
from hardware.calibrating.kept import Calibrated, Result, finish, head
from hardware.calibrating.pistonphone import pistonphone_sensitivity
from hardware.calibrating.playing import RigSpeaker
from hardware.calibrating.recorders import AnalogRecorder, Recorder, SoundCardRecorder
from hardware.calibrating.speaker import measure
from hardware.calibrating.speaker_picture import draw_speaker
from hardware.calibrating.speaker_plan import SpeakerPlan
from hardware.emulators.simulated_speaker import SimulatedMicrophone, SimulatedSpeaker
from hardware.emulators.sound_server import DEVICE, RATE_HZ, sound_server
from hardware.sound_card import SoundCard
from hardware.speaker import SpeakerSettings
from rig.calibration_record import sealed
from rig.config import RigConfig, read_config
from rig.devices import AnalogInput, Speaker
from rig.errors import OptionError
from rig.person import Person
from rig.rig_plan import plan_device

SEED = 1
TAPS_SUFFIX = "-taps.csv"
SIMULATED_LINE = {"line": DEVICE, "host_api": "ALSA", "latency": 0.5}


@dataclass(frozen=True)
class Hearing:
    """What the speaker is measured with.

    Attributes
    ----------
    microphone
        Make and serial number.
    sensitivity_v_per_pa
        Volts for a pascal; None: a pistonphone tells it.
    pistonphone_db_spl, pistonphone_hz
        What the pistonphone gives by its sheet.
    input_
        The input: ``DEVICE.CHANNEL`` of an analog input of the rig, else one of a sound card.
    host_api, channel, rate_hz
        Of a sound card's input.
    """

    microphone: str
    sensitivity_v_per_pa: float | None
    pistonphone_db_spl: float
    pistonphone_hz: float
    input_: str
    host_api: str
    channel: int
    rate_hz: float


@dataclass(frozen=True)
class Measured:
    """A calibration of a speaker, and all that was found beside it."""

    calibrated: Calibrated[SpeakerFile]
    measurement: SpeakerMeasurement


def calibrate_speaker(
    meant: Meant, hearing: Hearing, plan: SpeakerPlan, by: str, note: str
) -> Measured:
    """Measure a speaker, and put the result in force; it takes about a minute.

    Raises
    ------
    RigError
        If the rig file, the input, the speaker or what was heard cannot be used. What was in force
        stays so.
    """
    which = chosen(meant, Speaker, SpeakerSettings, why_not="it makes no sound")
    file = which.target(meant, SpeakerFile)
    with contextlib.ExitStack() as stack:
        if meant.simulate:
            stack.enter_context(_nobody_hears())
            made = SoundCard.Settings.model_validate(
                {**SIMULATED_LINE, "rate_hz": RATE_HZ, "calibration": file}
            )
            measured = RigSpeaker(SoundCard, made)
            recorder, microphone = _simulated(stack)
        else:
            measured = RigSpeaker(which.driver, which.settings)
            recorder = stack.enter_context(_recorder(meant, hearing))
            microphone = _microphone(recorder, hearing, meant.person)
        found = measure(measured, recorder, microphone, plan, meant.person)
    record = sealed(
        SpeakerFile(
            **head(SpeakerFile.kind, meant.rig, which.name, which.hardware, by, note),
            microphone=microphone.name,
            points=found.points(),
            fit=fit_of(found),
        )
    )
    result = Result(record, _says(found), lambda _, title, path: draw_speaker(found, title, path))
    calibrated = finish(meant, file, result)
    if calibrated.kept is not None:
        taps = calibrated.kept.with_name(f"{calibrated.kept.stem}{TAPS_SUFFIX}")
        write_taps(found, taps)
    return Measured(calibrated, found)


def fit_of(found: SpeakerMeasurement) -> SpeakerFit:
    """Return what a record says of a measurement beside its points."""
    response = found.response
    return SpeakerFit(
        lowest_db_spl=_rounded(response.gains.low_db_spl[response.valid]),
        highest_db_spl=_rounded(response.gains.high_db_spl[response.valid]),
        floor_db_spl=_rounded(response.floor_db_spl[response.valid]),
        flatness_db={each.correction: round(each.flatness_db, 3) for each in found.residuals},
        linearity_db=round(found.linearity_db, 3),
        distortion_db=None if found.distortion_db is None else round(found.distortion_db, 1),
        sensitivity_v_per_pa=found.microphone.sensitivity_v_per_pa,
    )


def write_taps(found: SpeakerMeasurement, path: Path) -> None:
    """Write the filters that make the speaker flat, a column each; the shorter ones end early."""
    names = [f"taps_{len(each.taps)}" for each in found.equalisers]
    longest = max(len(each.taps) for each in found.equalisers)
    rows = [
        ",".join(f"{each.taps[k]:.9g}" if k < len(each.taps) else "" for each in found.equalisers)
        for k in range(longest)
    ]
    path.write_text("\n".join([",".join(names), *rows]) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _nobody_hears() -> Iterator[None]:
    """Start an output that nobody hears; programs that are started now play there."""
    with tempfile.TemporaryDirectory() as folder, sound_server(Path(folder)) as server:
        before = os.environ.copy()
        os.environ.update(server.environment)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _simulated(stack: contextlib.ExitStack) -> tuple[Recorder, Microphone]:
    card = stack.enter_context(SoundCardRecorder(DEVICE, "ALSA", 1, RATE_HZ))
    speaker = SimulatedSpeaker()
    heard = SimulatedMicrophone(card, speaker, np.random.default_rng(SEED))
    return heard, Microphone("simulated", speaker.sensitivity_v_per_pa)


@contextlib.contextmanager
def _recorder(meant: Meant, hearing: Hearing) -> Iterator[Recorder]:
    """Give what records the microphone: a channel of the rig, or an input of a sound card."""
    device, _, channel = hearing.input_.partition(".")
    table = read_config(meant.rig, RigConfig).devices.get(device)
    if table is None:
        with SoundCardRecorder(
            hearing.input_, hearing.host_api, hearing.channel, hearing.rate_hz
        ) as recorder:
            yield recorder
        return
    driver, settings = plan_device(meant.lab, meant.rig, device, table, simulate=False)
    channels = (
        [each.name for each in settings.channels]
        if isinstance(settings, AnalogInputSettings)
        else []
    )
    if channel not in channels:
        do = f"Write DEVICE.CHANNEL; it has: {', '.join(channels) or 'none'}."
        raise OptionError(f"'{device}' has no channel '{channel}'", "--input", do)
    ears = Ears()
    made = driver(device, settings, ears.context(meant.lab.folder))
    if not isinstance(made, AnalogInput) or not isinstance(settings, AnalogInputSettings):
        raise OptionError(f"'{device}' is no analog input", "--input", "Name another one.")
    with contextlib.ExitStack() as stack:
        stack.callback(made.close)
        stack.callback(made.off)
        made.open()
        yield AnalogRecorder(made, settings, channel, ears)


def _microphone(recorder: Recorder, hearing: Hearing, person: Person) -> Microphone:
    """Return the microphone; its sensitivity is taken by the pistonphone if it was not told."""
    if hearing.sensitivity_v_per_pa is not None:
        return Microphone(hearing.microphone, hearing.sensitivity_v_per_pa)
    if not person.is_there:
        raise OptionError(
            "nobody is there to put the pistonphone on the microphone",
            "--sensitivity",
            "Tell the sensitivity, or run it at a terminal.",
        )
    person.ready("Put the pistonphone on the microphone and switch it on.")
    found = pistonphone_sensitivity(recorder, hearing.pistonphone_db_spl, hearing.pistonphone_hz)
    person.tell(f"The microphone gives {found:.4g} V for a pascal.")
    person.ready("Put the microphone where the mouse's ear will be.")
    return Microphone(hearing.microphone, found)


def _says(found: SpeakerMeasurement) -> str:
    """Return where sounds can be played, and how flat they are, in words."""
    low, high = found.response.valid_range_hz
    flat = ", ".join(
        f"+-{each.flatness_db:.2f} dB by {each.correction}" for each in found.residuals
    )
    return f"Valid from {low:.0f} to {high:.0f} Hz; beyond it sounds are refused. Flat to {flat}."


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(each), 3) for each in values)
