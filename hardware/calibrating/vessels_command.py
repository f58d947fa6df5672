"""The verb ``rig calibrate vessels``: where a mouse's cortex lies today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from calibration.map_file import MapFile, map_file
from calibration.vessels_reference import reference_file
from rig.calibration_record import read_calibration
from rig.console import JsonOption, LabOption, console, print_json, rig_file, the_lab
from rig.lab import Lab
from rig.person import ByOption, DialogOption, the_person
from rig.picture import Disk

SubjectOption = Annotated[str, typer.Option(help="Id or ear tag of the mouse.")]


def vessels(
    rig: Annotated[str, typer.Argument(help="The rig: its name or its file.")],
    subject: SubjectOption,
    by: ByOption,
    device: Annotated[
        str, typer.Option(help="Which projector; not needed where the rig has one.")
    ] = "",
    camera: Annotated[
        str, typer.Option(help="Which camera; not needed where the rig has one.")
    ] = "",
    picture: Annotated[
        Path | None, typer.Option(help="Take the blood vessels from this picture, stack or video.")
    ] = None,
    protocol: Annotated[
        Path | None, typer.Option(help="A protocol file: its disks are drawn into the overlay.")
    ] = None,
    new_reference: Annotated[
        str, typer.Option(help="Make this picture the reference, and say why; disks move with it.")
    ] = "",
    confirm: Annotated[
        bool, typer.Option("--confirm", help="The overlay was looked at: do not ask.")
    ] = False,
    note: Annotated[str, typer.Option(help="What else should be known.")] = "",
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Try it with a simulated mouse; nothing is kept.")
    ] = False,
    lab: LabOption = None,
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Register a mouse's blood vessels to its reference, for disks to fall on the same tissue.

    The first picture of a mouse becomes its reference. Look at the overlay before you confirm it.
    Exit code 3 if it is another window, or nothing is sharp, 4 if the camera fails, 7 if a session
    runs on the rig.
    """
    from hardware.calibrating.chosen import Meant
    from hardware.calibrating.kept import alone
    from hardware.calibrating.vessels import (
        Window,
        make_reference,
        place_simulated,
        place_window,
    )

    the = the_lab(lab)
    path = rig_file(the, rig)
    mouse = the.subject(the.named(subject)).id
    disks = disks_of(the, mouse, protocol)
    said = " ".join(filter(None, (new_reference, note)))
    window = Window(mouse, by, said, camera, picture, disks, confirm)
    is_first = not (the.folder / reference_file(mouse)).exists()
    person = the_person(dialog)
    meant = Meant(the, path, device, person, simulate)
    with alone(the, path), person:
        if simulate:
            found = place_simulated(meant, window).as_json()
        elif is_first or new_reference:
            found = make_reference(meant, window).as_json()
        else:
            found = place_window(meant, window).as_json()
    if json:
        print_json(found)
        return
    for text in (found["says"], found["words"]):
        console.print(text, soft_wrap=True)


def disks_of(lab: Lab, subject: str, protocol: Path | None) -> tuple[Disk, ...]:
    """Return the disks of a mouse's protocol on its reference, each once; else of its map."""
    if protocol is None:
        return _mapped(lab, subject)
    from rig.emulation_link import stimuli_of
    from rig.plan import plan_protocol, with_subject

    plan = with_subject(lab, plan_protocol(lab, lab.find(protocol)), lab.subject(subject))
    flashes = stimuli_of(plan, 0).flashes.values()
    return tuple(dict.fromkeys(disk for each in flashes for disk in each.disks))


def _mapped(lab: Lab, subject: str) -> tuple[Disk, ...]:
    """Return disks where a mouse's cortex answers tones; none if that was not mapped."""
    file = map_file(subject)
    if not (lab.folder / file).exists():
        return ()
    record = read_calibration(lab.folder, file, MapFile)
    disks = (each.disk(record.diameter_um) for each in record.tones)
    return tuple(disk for disk in disks if disk is not None)
