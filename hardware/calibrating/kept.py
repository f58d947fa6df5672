"""What a calibration came to, and how it is kept and put in force."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic

import typer

from calibration.record import Origin, Points
from calibration.store import put_in_force
from rig.errors import ExitCode
from rig.lab import Lab
from rig.locks import hold
from rig.signals import ignore_stop_signals, interrupt_once, stop_on_signals


@dataclass(frozen=True)
class Calibrated(Generic[Points]):
    """What a calibration came to: the record, the file that is in force, and the picture."""

    record: Points
    in_force: str
    kept: Path | None = None
    picture: Path | None = None

    @property
    def words(self) -> str:
        """Where it is kept."""
        if self.kept is None:
            return "Simulated: nothing was kept."
        return f"In force: {self.in_force}. Record: {self.kept}. Picture: {self.picture}."

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "record": self.record.model_dump(mode="json"),
            "in_force": self.in_force if self.kept else None,
            "kept": str(self.kept) if self.kept else None,
            "picture": str(self.picture) if self.picture else None,
        }


def keep(
    lab: Lab, name: str, record: Points, draw: Callable[[Points, str, Path], None]
) -> Calibrated[Points]:
    """Put a sealed record in force, and draw it under a title beside where it is kept."""
    kept = put_in_force(lab.folder, name, record)
    picture = kept.with_suffix(".png")
    origin = record.record
    title = f"{origin.rig}, {origin.device}: {origin.measured_at:%Y-%m-%d %H:%M}" if origin else ""
    draw(record, title, picture)
    return Calibrated(record, name, kept, picture)


def origin_of(kind: str, rig: Path, device: str, hardware: str, at: datetime) -> Origin:
    """Return whose a record is that this version measures; it has no seal yet."""
    name = rig.resolve().stem
    return Origin(
        kind=kind,
        rig=name,
        device=device,
        hardware=hardware,
        measured_at=at,
        software=version("mouserig"),
    )


@contextlib.contextmanager
def alone(lab: Lab, rig: Path) -> Iterator[None]:
    """Hold the rig's lock; who stops the program finds every device off."""
    name = rig.resolve().stem
    try:
        with (
            stop_on_signals(interrupt_once()),
            contextlib.redirect_stdout(sys.stderr),  # what drivers print is not our output
            hold(lab.locks, "rig", name, f"a calibration on '{name}'"),
        ):
            yield
    except KeyboardInterrupt:
        ignore_stop_signals()
        typer.echo("Stopped: every device is off, and nothing was put in force.", err=True)
        raise typer.Exit(ExitCode.STOPPED) from None
