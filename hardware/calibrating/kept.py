"""What a calibration came to, and how it is kept and put in force."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic

from calibration.store import put_in_force
from hardware.calibrating.chosen import Meant
from hardware.common.alone import alone_on
from rig.calibration_record import Origin, Points
from rig.lab import Lab
from rig.person import Person

SIMULATED = "Simulated: nothing was kept."
DISCARDED = "Discarded: nothing was kept, and what was in force before still is."


@dataclass(frozen=True)
class Calibrated(Generic[Points]):
    """What a calibration came to.

    Attributes
    ----------
    record
        The record.
    says
        What was found, in a sentence or two.
    words
        What became of it: where it is kept, or that it is not.
    in_force, kept, picture
        The file that devices read, where the record is kept, and its picture; None if it is not.
    """

    record: Points
    says: str
    words: str
    in_force: str | None = None
    kept: Path | None = None
    picture: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "record": self.record.model_dump(mode="json"),
            "says": self.says,
            "words": self.words,
            "in_force": self.in_force,
            "kept": str(self.kept) if self.kept else None,
            "picture": str(self.picture) if self.picture else None,
        }


@dataclass(frozen=True)
class Result(Generic[Points]):
    """A sealed record, what it says in a sentence or two, and what draws it under a title."""

    record: Points
    says: str
    draw: Callable[[Points, str, Path], None]

    def picture(self, path: Path) -> None:
        """Draw it."""
        origin = self.record.record
        time = f"{origin.measured_at:%Y-%m-%d %H:%M}" if origin else ""
        self.draw(self.record, f"{origin.rig}, {origin.device}: {time}" if origin else "", path)


def finish(meant: Meant, name: str, result: Result[Points]) -> Calibrated[Points]:
    """Keep the result of a real device, as `keep` does; show that of a simulated one."""
    if meant.simulate:
        return show(result, meant.person)
    return keep(meant.lab, name, result, meant.person)


def keep(lab: Lab, name: str, result: Result[Points], person: Person) -> Calibrated[Points]:
    """Show a result; put it in force if the person approves, with its picture beside the record."""
    record, says = result.record, result.says
    if not person.approves(says, result.picture):
        return Calibrated(record, says, DISCARDED)
    return put(lab, name, result)


def put(lab: Lab, name: str, result: Result[Points]) -> Calibrated[Points]:
    """Put a result in force that was approved, with its picture beside the record."""
    record, says = result.record, result.says
    kept = put_in_force(lab.folder, name, record)
    picture = kept.with_suffix(".png")
    result.picture(picture)
    words = f"In force: {name}. Record: {kept}. Picture: {picture}."
    return Calibrated(record, says, words, name, kept, picture)


def show(result: Result[Points], person: Person) -> Calibrated[Points]:
    """Show the result of a simulated device; nothing is kept."""
    person.looks_at(f"{result.says} {SIMULATED}", result.picture)
    return Calibrated(result.record, result.says, SIMULATED)


def head(kind: str, rig: Path, device: str, hardware: str, by: str, note: str) -> dict[str, Any]:
    """Return what every record says that is measured now: when, who, and whose it is."""
    now = datetime.now().astimezone().replace(microsecond=0)
    return {
        "measured_on": now.date(),
        "measured_by": by,
        "note": note,
        "record": Origin(
            kind=kind,
            rig=rig.resolve().stem,
            device=device,
            hardware=hardware,
            measured_at=now,
            software=version("mouserig"),
        ),
    }


@contextlib.contextmanager
def alone(lab: Lab, rig: Path) -> Iterator[None]:
    """Hold the rig's lock; who stops the program finds every device off."""
    name = rig.resolve().stem
    stopped = "Stopped: every device is off, and nothing was put in force."
    with alone_on(lab, name, f"a calibration on '{name}'", stopped):
        yield
