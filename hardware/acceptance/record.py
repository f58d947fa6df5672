"""What an acceptance test leaves in the lab's folder: the numbers, and a picture of them."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from hardware.acceptance.histograms import draw
from hardware.acceptance.results import Result
from rig.lab import Lab

FOLDER, RECORD, PICTURE = "acceptance", "acceptance.json", "histograms.png"


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
    draw(results, folder / PICTURE)
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
