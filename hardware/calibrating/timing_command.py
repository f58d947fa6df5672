"""The verb ``rig calibrate timing``: how late the outputs of a rig are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from hardware.acceptance.place import Place
from hardware.calibrating.kept import Calibrated, Result, alone, head, keep
from hardware.calibrating.timing import Unseen, measure_timing
from rig.calibration_record import sealed
from rig.config import RigConfig, read_config
from rig.console import JsonOption, LabOption, console, print_json, print_table, rig_file, the_lab
from rig.errors import CheckFailed, Problem
from rig.person import ByOption, DialogOption, Person, the_person
from rig.rig_plan import plan_rig
from rig.timing import TIMING, TimingFile, TimingPath, timing_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 30


def timing(
    rig: Annotated[str, typer.Argument(help="The rig: its name or its file.")],
    by: ByOption,
    pulses: Annotated[
        int, typer.Option(min=3, max=1000, help="Drops, tones, gratings or pulses of each output.")
    ] = 100,
    note: Annotated[str, typer.Option(help="What else should be known.")] = "",
    lab: LabOption = None,
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Measure how late each output comes whose end an input sees; put a dish under each spout.

    A valve by its read-back line, a display by the channel `photodiode`, a speaker by `microphone`,
    an output by a channel that has its name. Exit code 3 if none can be seen or one was missed, 4
    if a device fails, 7 if a session runs on the rig.
    """
    the = the_lab(lab)
    path = rig_file(the, rig)
    person = the_person(dialog)
    with alone(the, path), person:
        found, unseen = _measured(
            Place(the, plan_rig(the, path, simulate=False), pulses), path, person, by, note
        )
    if json:
        not_seen = [{"device": each.device, "words": each.words} for each in unseen]
        print_json({**found.as_json(), "unseen": not_seen})
    else:
        _print(found, unseen)


def draw_timing(record: TimingFile, title: str, path: Path) -> None:
    """Draw a histogram of the lags of each path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 0.6 + 2.4 * len(record.paths)), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(record.paths), squeeze=False)[:, 0]
    for axes, each in zip(rows, record.paths, strict=True):
        _draw_path(axes, each)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=120)


def _draw_path(axes: Axes, path: TimingPath) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.hist(np.asarray(path.lags_ms), bins=BINS, color="0.4")
    axes.axvline(path.lag_ms, color="#0072b2")
    for side in (-1, 1):
        edge = path.lag_ms + side * path.uncertainty_ms
        axes.axvline(edge, color="#0072b2", linestyle=":")
    axes.set_xlabel(f"lag after the {path.since} (ms)")
    axes.set_ylabel("pulses")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(
        f"{path.device}, by {path.seen_by}: {path.lag_ms:.2f} ms, jitter {path.jitter_ms:.2f}, "
        f"+-{path.uncertainty_ms:.2f} (n = {len(path.lags_ms)})",
        fontsize=9,
    )


def _measured(
    place: Place, rig: Path, person: Person, by: str, note: str
) -> tuple[Calibrated[TimingFile], list[Unseen]]:
    """Measure, and put the record in force."""
    name = rig.resolve().stem
    paths, unseen = measure_timing(place, person)
    if not paths:
        raise CheckFailed(_nothing_seen(rig, unseen))
    drivers = read_config(rig, RigConfig).devices
    hardware = ", ".join(f"{each.device} {drivers[each.device]['driver']}" for each in paths)
    record = sealed(
        TimingFile(
            **head(TimingFile.kind, rig, TIMING, hardware, by, note),
            paths=tuple(paths),
        )
    )
    result = Result(record, _says(record, unseen), draw_timing)
    return keep(place.lab, timing_file(name), result, person), unseen


def _nothing_seen(rig: Path, unseen: Sequence[Unseen]) -> list[Problem]:
    found = [Problem(each.words, f"{rig}, devices.{each.device}", each.do) for each in unseen]
    return found or [Problem("the rig has no output", str(rig), "Measure another rig.")]


def _print(found: Calibrated[TimingFile], unseen: Sequence[Unseen]) -> None:
    rows = [
        (
            each.device,
            each.seen_by,
            each.since,
            f"{each.lag_ms:.2f}",
            f"{each.jitter_ms:.2f}",
            f"{each.uncertainty_ms:.2f}",
        )
        for each in found.record.paths
    ]
    print_table(("output", "seen by", "since", "lag (ms)", "jitter (ms)", "+- (ms)"), rows)
    for each in unseen:
        console.print(f"{each.device} was not seen: {each.words}.", soft_wrap=True)
    console.print(found.words, soft_wrap=True)


def _says(record: TimingFile, unseen: Sequence[Unseen]) -> str:
    """Return how late each output is, in words."""
    seen = (
        f"{each.device} is {each.lag_ms:.2f} ms late, +-{each.uncertainty_ms:.2f} ms."
        for each in record.paths
    )
    return " ".join([*seen, *(f"{each.device} was not seen: {each.words}." for each in unseen)])
