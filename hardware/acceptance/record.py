"""What an acceptance test leaves in the lab's folder: the numbers, and a picture of them."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np

from hardware.acceptance.results import Result
from rig.lab import Lab

FOLDER, RECORD, PICTURE = "acceptance", "acceptance.json", "histograms.png"
BINS = 30


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The record of one acceptance test.

    Attributes
    ----------
    rig
        The rig's name.
    made_at
        When it was made, ISO 8601 with the offset of the time zone.
    computer, mouserig
        On which computer, with which version.
    rig_file
        The rig file, as it was.
    results
        What the checks came to.
    """

    rig: str
    made_at: str
    computer: str
    mouserig: str
    rig_file: str
    results: tuple[Result, ...]


def keep(lab: Lab, rig: Path, results: Sequence[Result], made_at: datetime) -> Path:
    """Write the record, and a picture of what was measured again and again; return the folder."""
    name = rig.resolve().stem
    folder = _new_folder(lab.folder / FOLDER, f"{name}-{made_at.date().isoformat()}")
    record = Acceptance(
        name,
        made_at.isoformat(timespec="seconds"),
        platform.node(),
        version("mouserig"),
        rig.read_text(encoding="utf-8-sig"),
        tuple(results),
    )
    text = msgspec.json.format(msgspec.json.encode(record), indent=2)
    (folder / RECORD).write_bytes(text + b"\n")
    _draw(results, folder / PICTURE)
    return folder


def read(folder: Path) -> Acceptance:
    """Return a record; raise `msgspec.MsgspecError` if it is none."""
    return msgspec.json.decode((folder / RECORD).read_bytes(), type=Acceptance)


def _new_folder(beside: Path, name: str) -> Path:
    """Make a folder that did not exist yet: of that name, or with ``-2``, ..."""
    path, number = beside / name, 1
    while path.exists():
        number += 1
        path = beside / f"{name}-{number}"
    path.mkdir(parents=True)
    return path


def _draw(results: Sequence[Result], path: Path) -> None:
    """Draw a histogram of each series; without any, nothing."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = [(each, name) for each in results for name in each.series if len(each.series[name])]
    if not drawn:
        return
    figure = Figure(figsize=(6, 2.6 * len(drawn)), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(drawn), squeeze=False)[:, 0]
    for axes, (result, name) in zip(rows, drawn, strict=True):
        numbers = np.asarray(result.series[name])
        axes.hist(numbers, bins=BINS, color="0.4")
        axes.set_xlabel(name)
        axes.set_ylabel("count")
        middle, longest = np.median(numbers), numbers.max()
        axes.set_title(
            f"{result.check}, {result.device}: n = {len(numbers)}, median {middle:.3g}, "
            f"largest {longest:.3g}: {result.verdict}",
            fontsize=9,
        )
    figure.savefig(path, dpi=120)
