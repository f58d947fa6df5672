"""The verb ``rig calibrate speaker``."""

from __future__ import annotations

from typing import Annotated

import typer

from rig.config import validated
from rig.console import JsonOption, LabOption, console, print_json, print_table, rig_file, the_lab
from rig.person import ByOption, DialogOption, the_person


def speaker(
    rig: Annotated[str, typer.Argument(help="The rig: its name or its file.")],
    by: ByOption,
    microphone: Annotated[
        str, typer.Option(help="The microphone: make and serial number.", show_default=False)
    ] = "",
    input_: Annotated[
        str,
        typer.Option(
            "--input",
            help="What records it: DEVICE.CHANNEL of an analog input of the rig, else the name of "
            "an input of a sound card.",
            show_default=False,
        ),
    ] = "",
    host_api: Annotated[str, typer.Option(help="Of the sound card's input.")] = "ALSA",
    channel: Annotated[int, typer.Option(min=1, help="Of the sound card's input.")] = 1,
    input_rate_hz: Annotated[
        float, typer.Option(min=8000, max=1e6, help="Of the sound card's input.")
    ] = 192_000.0,
    sensitivity: Annotated[
        float | None,
        typer.Option(
            min=1e-6,
            max=1000,
            help="Volts for a pascal; else a pistonphone tells.",
            show_default=False,
        ),
    ] = None,
    pistonphone_db_spl: Annotated[
        float, typer.Option(min=60, max=140, help="What the pistonphone gives.")
    ] = 94.0,
    pistonphone_hz: Annotated[
        float, typer.Option(min=20, max=20_000, help="What the pistonphone gives.")
    ] = 1000.0,
    device: Annotated[
        str,
        typer.Option(help="Which speaker; not needed where the rig has one.", show_default=False),
    ] = "",
    low_hz: Annotated[float, typer.Option(help="Begin of the band.")] = 3000.0,
    high_hz: Annotated[float, typer.Option(help="End of the band.")] = 90_000.0,
    amplitude: Annotated[
        float, typer.Option(help="Of the sweeps, as a share of full scale.")
    ] = 0.3,
    averages: Annotated[int, typer.Option(help="How many sweeps.")] = 4,
    sweep_duration: Annotated[float, typer.Option(help="Seconds of a sweep.")] = 2.0,
    gap: Annotated[float, typer.Option(help="Seconds of silence after a sweep.")] = 0.1,
    lowest_db_spl: Annotated[
        float, typer.Option(help="Tones are tried from this level on.")
    ] = 60.0,
    highest_db_spl: Annotated[float, typer.Option(help="In steps of 5 dB, up to this one.")] = 85.0,
    note: Annotated[str, typer.Option(help="What else should be known.")] = "",
    simulate: Annotated[
        bool,
        typer.Option("--simulate", help="Try it with a simulated speaker; nothing is kept."),
    ] = False,
    lab: LabOption = None,
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Measure a speaker by a microphone at the mouse's ear, and put the result in force.

    Sweeps show the gain by frequency; corrected sweeps and tones show what the calibration leaves.
    It takes about a minute. Exit code 4 if what is heard cannot be used, 7 if a session runs on
    the rig.
    """
    from hardware.calibrating.chosen import Meant
    from hardware.calibrating.kept import alone
    from hardware.calibrating.speaker_plan import SpeakerPlan
    from hardware.calibrating.speaker_steps import Hearing, calibrate_speaker

    the = the_lab(lab)
    path = rig_file(the, rig)
    if not simulate and not (microphone and input_):
        raise typer.BadParameter("say --microphone and --input, or try it by --simulate")
    hearing = Hearing(
        microphone, sensitivity, pistonphone_db_spl, pistonphone_hz, input_, host_api, channel,
        input_rate_hz,
    )  # fmt: skip
    plan = validated(
        SpeakerPlan,
        {
            "low_hz": low_hz, "high_hz": high_hz, "amplitude": amplitude, "averages": averages,
            "sweep_duration": sweep_duration, "gap": gap, "lowest_db_spl": lowest_db_spl,
            "highest_db_spl": highest_db_spl,
        },
        "the options",
    )  # fmt: skip
    person = the_person(dialog)
    meant = Meant(the, path, device, person, simulate)
    with alone(the, path), person:
        found = calibrate_speaker(meant, hearing, plan, by, note)
    if json:
        print_json(found.calibrated.as_json())
        return
    fit, response = found.calibrated.record.fit, found.measurement.response
    if fit is None:
        return
    low, high = response.valid_range_hz
    rows = [
        ("valid range", f"{low:.0f} to {high:.0f} Hz; beyond it sounds are refused"),
        ("points", f"{len(found.calibrated.record.points)}, the 95 % interval of one is "
         f"{_widest(fit.lowest_db_spl, fit.highest_db_spl):.2f} dB at the widest"),
        ("noise", f"{max(fit.floor_db_spl):.0f} dB SPL in a third of an octave, at the most"),
        *(("flatness", f"+-{db:.2f} dB by {name}") for name, db in fit.flatness_db.items()),
        ("linearity", f"within {fit.linearity_db:.2f} dB"),
        ("harmonics", "hidden by the noise" if fit.distortion_db is None
         else f"{fit.distortion_db:.0f} dB at the most"),
    ]  # fmt: skip
    print_table(("what", "found"), rows)
    console.print(found.calibrated.words, soft_wrap=True)


def _widest(low: tuple[float, ...], high: tuple[float, ...]) -> float:
    return max(top - bottom for bottom, top in zip(low, high, strict=True))
