"""The verb ``rig calibrate map``: where a mouse's cortex answers tones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hardware.calibrating.vessels_command import SubjectOption
from rig.console import JsonOption, LabOption, console, print_json, print_table, rig_file, the_lab
from rig.person import ByOption, DialogOption, the_person

if TYPE_CHECKING:
    from calibration.map_file import MapFile
    from hardware.calibrating.kept import Calibrated


def map_(
    rig: Annotated[str, typer.Argument(help="The rig: its name or its file.")],
    subject: SubjectOption,
    by: ByOption,
    frames: Annotated[
        Path | None, typer.Option(help="The film: a TIFF stack, a video, or an array (.npy).")
    ] = None,
    onsets: Annotated[
        Path | None, typer.Option(help="A CSV file with the tones: frequency_hz,onset.")
    ] = None,
    times: Annotated[
        Path | None, typer.Option(help="A CSV file with the time of each frame in s: time.")
    ] = None,
    rate_hz: Annotated[
        float | None,
        typer.Option(min=0.1, max=1000, help="Frames in a second; the first one has the time 0."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Which projector; not needed where the rig has one.")
    ] = "",
    diameter_um: Annotated[
        float, typer.Option(min=10, max=5000, help="Of the disks that are drawn on responses.")
    ] = 360.0,
    before: Annotated[
        float, typer.Option(min=0.05, max=60, help="Seconds of frames before an onset.")
    ] = 1.0,
    after: Annotated[
        float, typer.Option(min=0.05, max=60, help="Seconds of frames after an onset.")
    ] = 2.0,
    smoothed_um: Annotated[
        float, typer.Option(min=1, max=1000, help="SD of the blur of the maps.")
    ] = 100.0,
    note: Annotated[str, typer.Option(help="What else should be known.")] = "",
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Try it with a simulated film; nothing is kept.")
    ] = False,
    lab: LabOption = None,
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Find where a mouse's cortex darkens after tones, on its reference.

    Register its blood vessels of the same day first. Exit code 3 if the film does not fit to the
    tones or to the camera, or has too few trials.
    """
    from calibration.intrinsic import Settings
    from hardware.calibrating.chosen import Meant
    from hardware.calibrating.kept import alone
    from hardware.calibrating.tone_map import Filmed, map_tones

    the = the_lab(lab)
    path = rig_file(the, rig)
    mouse = the.subject(the.named(subject)).id
    settings = Settings(before=before, after=after, smoothed_um=smoothed_um)
    wanted = Filmed(mouse, by, note, frames, onsets, times, rate_hz, settings, diameter_um)
    person = the_person(dialog)
    with alone(the, path), person:
        found = map_tones(Meant(the, path, device, person, simulate), wanted)
    if json:
        print_json(found.as_json())
    else:
        _print(found)


def _print(found: Calibrated[MapFile]) -> None:
    rows = [
        (
            f"{each.frequency_hz / 1000:g} kHz",
            None if each.x_um is None else f"{each.x_um:.0f}",
            None if each.y_um is None else f"{each.y_um:.0f}",
            None if each.spread_um is None else f"{each.spread_um:.0f}",
            f"{each.p:.3f}",
            each.trials,
        )
        for each in found.record.tones
    ]
    print_table(("tone", "x (um)", "y (um)", "SD (um)", "p", "trials"), rows)
    for text in (found.says, found.words):
        console.print(text, soft_wrap=True)
